//! As much of the Inbox as the game reads.

use alloy::primitives::B256;

/// The accumulators of the batches, from `batchAcc[0] = 0` on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batches {
    accs: Vec<B256>,
}

impl Batches {
    /// An inbox with these batches; `accs[i]` is the accumulator of batch i + 1.
    #[must_use]
    pub const fn new(accs: Vec<B256>) -> Self {
        Self { accs }
    }

    /// One more batch.
    pub fn append(&mut self, acc: B256) {
        self.accs.push(acc);
    }

    /// Batches so far.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.accs.len() as u64
    }

    /// The accumulator after so many batches; zero beyond the last one, as a mapping has it.
    #[must_use]
    pub fn acc(&self, index: u64) -> B256 {
        let place = index.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.accs.get(place)).copied().unwrap_or_default()
    }
}
