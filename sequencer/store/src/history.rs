//! Which states are kept.

use crate::{Store, StoreError, epoch::Epoch};
use std::sync::Arc;

/// How far back states can be read. Blocks, receipts and the index stay in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// So many milliseconds before the finalised head. What is not final yet can always be read, and unwound.
    Window(u64),
    /// To the first block.
    Archive,
}

impl Default for History {
    /// Two weeks: the longest challenge window, a week, and the longest dispute after it, with time to spare.
    fn default() -> Self {
        Self::Window(14 * 24 * 60 * 60 * 1000)
    }
}

impl Store {
    /// The oldest epoch and the one after it, if that one is old enough to be the oldest.
    pub(crate) fn prunable(&self, history: History) -> Result<Option<[Arc<Epoch>; 2]>, StoreError> {
        let History::Window(window) = history else { return Ok(None) };
        let finalized = self.heads().finalized.l2_block_number;
        let Some(head) = self.header(finalized)? else { return Ok(None) };
        let epochs = self.epochs();
        let mut numbers = epochs.values();
        let (Some(oldest), Some(next)) = (numbers.next(), numbers.next()) else { return Ok(None) };
        let is_old = next.number <= finalized && next.time.plus(window) <= head.time();
        Ok(is_old.then(|| [oldest.clone(), next.clone()]))
    }

    /// From now on the oldest epoch cannot be read; `next` is the oldest then.
    pub(crate) fn prune(&self, oldest: &Epoch, next: u64) {
        oldest.prune(next);
        self.epochs().remove(&oldest.number);
    }
}
