//! How long things took.

use serde_json::{Value, json};
use std::time::Duration;

/// Times of one kind, in no order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// One more.
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How many.
    #[must_use]
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The least time that so much of a whole (from 0 to 1) does not exceed. Zero if there are none.
    #[must_use]
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() as f64 * part).ceil() as usize;
        sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// Half of them, 99 of 100, all: milliseconds.
    #[must_use]
    pub(crate) fn line(&self) -> Value {
        let milliseconds = |part: f64| self.quantile(part).as_secs_f64() * 1e3;
        json!({ "p50": milliseconds(0.5), "p99": milliseconds(0.99), "max": milliseconds(1.0), "count": self.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_times() {
        let mut latencies = Latencies::default();
        for time in [4u64, 1, 3, 2] {
            latencies.push(Duration::from_millis(time));
        }
        assert_eq!([0.0, 0.5, 0.51, 0.99, 1.0].map(|part| latencies.quantile(part).as_millis()), [1, 2, 3, 4, 4]);
        assert_eq!(Latencies::default().quantile(0.5), Duration::ZERO);
    }
}
