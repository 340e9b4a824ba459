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
    /// If the second oldest epoch is old enough to be the oldest: from now on the oldest cannot be read, and is returned.
    pub(crate) fn prune_oldest(&self, history: History) -> Result<Option<Arc<Epoch>>, StoreError> {
        let History::Window(window) = history else { return Ok(None) };
        let finalized = self.heads().finalized.l2_block_number;
        let Some(head) = self.header(finalized)? else { return Ok(None) };
        let mut epochs = self.epochs();
        let mut numbers = epochs.values();
        let (Some(oldest), Some(next)) = (numbers.next().cloned(), numbers.next().cloned()) else { return Ok(None) };
        if next.number > finalized || next.time.plus(window) > head.time() {
            return Ok(None);
        }
        oldest.prune(next.number);
        epochs.remove(&oldest.number);
        Ok(Some(oldest))
    }
}
