//! What happened in a game.

use alloy::primitives::U256;
use std::collections::BTreeMap;

/// What happened in a game, or in several.
#[derive(Clone, Debug)]
pub struct Report {
    /// Acts that L1 did, by name.
    pub done: BTreeMap<&'static str, u64>,
    /// Acts that L1 refused, by the error's name.
    pub refused: BTreeMap<&'static str, u64>,
    /// Times that L1 undid blocks.
    pub reorgs: u64,
    /// Assertions confirmed.
    pub confirmed: u64,
    /// Stakes that lost.
    pub defeated: u64,
    /// Forks that opened again.
    pub reopened: u64,
    /// Wei that honest players earned by their moves.
    pub earned: U256,
    /// The longest delay: from `t0 + W` until a fork was decided, in thousandths of `C + 14E`.
    pub delay: u64,
    /// The least that an honest stake's clock showed, seconds.
    pub least_clock: u64,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            done: BTreeMap::new(),
            refused: BTreeMap::new(),
            reorgs: 0,
            confirmed: 0,
            defeated: 0,
            reopened: 0,
            earned: U256::ZERO,
            delay: 0,
            least_clock: u64::MAX,
        }
    }
}

impl Report {
    /// Adds what happened in another game.
    pub fn add(&mut self, other: &Self) {
        other.done.iter().for_each(|(name, count)| *self.done.entry(name).or_default() += count);
        other.refused.iter().for_each(|(name, count)| *self.refused.entry(name).or_default() += count);
        self.reorgs += other.reorgs;
        self.confirmed += other.confirmed;
        self.defeated += other.defeated;
        self.reopened += other.reopened;
        self.earned += other.earned;
        self.delay = self.delay.max(other.delay);
        self.least_clock = self.least_clock.min(other.least_clock);
    }
}
