//! What happened in a run.

use std::collections::BTreeMap;

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(pub BTreeMap<&'static str, u64>);

impl Report {
    /// One more.
    pub fn count(&mut self, what: &'static str) {
        self.more(what, 1);
    }

    /// So many more.
    pub fn more(&mut self, what: &'static str, count: u64) {
        if count != 0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// Adds what happened in another run.
    pub fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, count)| self.more(what, *count));
    }

    /// How often it happened.
    #[must_use]
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }
}
