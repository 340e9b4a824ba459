//! Which blocks are not on L1 yet: fills the packer from the chain, and starts over when the chain has changed.

use gainsay_batch::{PackError, Packer, PendingBlock};
use gainsay_store::{BlockRecord, Store, StoreError};
use gainsay_types::{Transaction, batch::BatchBlock};

/// What the queue was filled on. While it is the same, blocks are only added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Base {
    batches: u64,
    safe: alloy::primitives::B256,
    rewinds: u64,
}

/// The blocks after the safe head, in the packer.
pub struct Queue {
    packer: Packer,
    base: Option<Base>,
}

/// Blocks that cannot be queued.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The packer.
    #[error("{source}")]
    Pack {
        /// The reason.
        #[from]
        source: PackError,
    },
    /// The store.
    #[error("{source}")]
    Store {
        /// The reason.
        #[from]
        source: StoreError,
    },
}

impl Queue {
    /// An empty one.
    #[must_use]
    pub const fn new(packer: Packer) -> Self {
        Self { packer, base: None }
    }

    /// Brings it up to the latest block. `rewinds` counts the times that blocks were dropped. Call it only when every batch on L1 is derived:
    /// then the first block after the safe head is the first that is not on L1.
    ///
    /// # Errors
    /// When the store fails, or a block can never be packed.
    pub fn fill(&mut self, store: &Store, rewinds: u64, block_time_ms: u64) -> Result<&mut Packer, QueueError> {
        let heads = store.heads();
        let base = Base { batches: heads.batches, safe: heads.safe_hash, rewinds };
        if self.base != Some(base) {
            self.packer.reset();
            self.base = Some(base);
        }
        let first = self.packer.last_pushed().map_or(heads.safe.l2_block_number, |last| last) + 1;
        for number in first..=heads.latest.number {
            // A block that was dropped meanwhile ends it; the next call starts over.
            let (Some(parent), Some(block)) = (store.header(number - 1)?, store.block(number)?) else { break };
            let elapsed = block.time().since(parent.time());
            self.packer.push(pending(&block, elapsed.saturating_sub(block_time_ms), block.deposit_index - parent.deposit_index))?;
        }
        Ok(&mut self.packer)
    }

    /// Makes the next [`Self::fill`] start over: what was taken did not get to L1.
    pub const fn forget(&mut self) {
        self.base = None;
    }
}

fn pending(block: &BlockRecord, delay_ms: u64, deposits: u64) -> PendingBlock {
    // Behind the deposits there is nothing but what users may send.
    let transactions = block.user_transactions().cloned().filter_map(|envelope| Transaction::new(envelope).ok()).collect();
    PendingBlock {
        number: block.header.number,
        deposit_index: block.deposit_index,
        sealed_at: block.time(),
        block: BatchBlock { delay_ms, deposits, transactions },
    }
}
