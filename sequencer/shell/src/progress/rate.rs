//! How fast a chain catches up: a core that is told where the chain is and what time it is.

use std::{collections::VecDeque, time::Duration};

/// Rates are means over this time.
const WINDOW: Duration = Duration::from_secs(10);

/// Where the chain is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Batches derived.
    pub batches: u64,
    /// Blocks derived by this process.
    pub blocks: u64,
    /// Gas of those blocks.
    pub gas: u64,
}

/// How fast it gets on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Batches a second.
    pub batches: f64,
    /// Blocks a second.
    pub blocks: f64,
    /// Gas a second.
    pub gas: f64,
}

/// Samples of the last seconds.
#[derive(Debug, Default)]
pub struct Recent {
    samples: VecDeque<(Duration, Sample)>,
}

impl Recent {
    /// Adds where the chain is at `now`, time since any start, and gives its pace since the oldest sample kept. A chain that was rewound starts anew.
    pub fn add(&mut self, now: Duration, sample: Sample) -> Pace {
        if self.samples.back().is_some_and(|(_, last)| last.batches > sample.batches) {
            self.samples.clear();
        }
        self.samples.push_back((now, sample));
        // One of them may be older than the window, so that all of it is covered.
        while self.samples.get(1).is_some_and(|(time, _)| now.saturating_sub(*time) >= WINDOW) {
            self.samples.pop_front();
        }
        let (start, first) = self.samples.front().copied().unwrap_or((now, sample));
        let seconds = now.saturating_sub(start).as_secs_f64();
        let per_second = |from: u64, to: u64| if seconds > 0.0 { to.saturating_sub(from) as f64 / seconds } else { 0.0 };
        Pace {
            batches: per_second(first.batches, sample.batches),
            blocks: per_second(first.blocks, sample.blocks),
            gas: per_second(first.gas, sample.gas),
        }
    }
}

impl Pace {
    /// Time for so many more batches; none while nothing moves.
    #[must_use]
    pub fn time_for(&self, batches: u64) -> Option<Duration> {
        let seconds = batches as f64 / self.batches;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(batches: u64) -> Sample {
        Sample { batches, blocks: batches * 10, gas: batches * 1_000 }
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn the_pace_is_that_of_the_last_ten_seconds() {
        let mut recent = Recent::default();
        assert_eq!(recent.add(seconds(0), sample(0)), Pace::default());
        for second in 1..=60 {
            // Twice as fast from second 30 on.
            let batches = if second <= 30 { second } else { 30 + 2 * (second - 30) };
            let pace = recent.add(seconds(second), sample(batches));
            if second == 30 {
                assert_eq!(pace, Pace { batches: 1.0, blocks: 10.0, gas: 1_000.0 });
            }
            if second == 60 {
                assert_eq!(pace, Pace { batches: 2.0, blocks: 20.0, gas: 2_000.0 });
                assert_eq!(pace.time_for(100), Some(seconds(50)));
            }
        }
    }

    #[test]
    fn nobody_knows_how_long_a_chain_takes_that_does_not_move() {
        let mut recent = Recent::default();
        recent.add(seconds(0), sample(5));
        assert_eq!(recent.add(seconds(5), sample(5)).time_for(3), None);
    }

    #[test]
    fn a_chain_that_is_rewound_has_no_pace_until_it_moves_on() {
        let mut recent = Recent::default();
        recent.add(seconds(0), sample(50));
        assert_eq!(recent.add(seconds(1), sample(3)), Pace::default());
        assert_eq!(recent.add(seconds(2), sample(4)).batches, 1.0);
    }
}
