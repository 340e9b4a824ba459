//! The rate of a load, from when which block was seen.

use std::time::{Duration, Instant};

/// After a look at the chain: so many transactions of the load are in blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// When.
    pub(crate) at: Instant,
    /// Transactions.
    pub(crate) included: u64,
}

/// Transactions a second between the first block of the load and the last that was seen while it was still being sent: neither the start nor the
/// wait for the last block counts, which would be to the disadvantage of a node with long blocks. With too few blocks in between: from `start` to
/// the last block.
#[must_use]
pub(crate) fn sustained(start: Instant, sent: Instant, samples: &[Sample]) -> f64 {
    let between: Vec<_> = samples.iter().filter(|sample| sample.at <= sent).collect();
    let per_second = |transactions: u64, time: Duration| transactions as f64 / time.as_secs_f64().max(f64::EPSILON);
    match (between.as_slice(), samples.last()) {
        ([first, _, .., last], _) => per_second(last.included - first.included, last.at - first.at),
        (_, Some(last)) => per_second(last.included, last.at - start),
        (_, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_and_end_do_not_count() {
        let start = Instant::now();
        let sample = |second: u64, included| Sample { at: start + Duration::from_secs(second), included };
        let samples = [sample(1, 50), sample(2, 150), sample(3, 250), sample(4, 255)];
        assert!((sustained(start, start + Duration::from_millis(3_500), &samples) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_short_load_is_measured_as_a_whole() {
        let start = Instant::now();
        let samples = [Sample { at: start + Duration::from_secs(2), included: 50 }];
        assert!((sustained(start, start, &samples) - 25.0).abs() < 1e-9);
        assert!(sustained(start, start, &[]).abs() < 1e-9);
    }
}
