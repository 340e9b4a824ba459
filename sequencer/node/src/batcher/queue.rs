//! Which blocks are not on L1 yet: fills the packer from the chain, and starts over when the chain has changed.

use gainsay_batch::{L1Fees, PackError, PackedBatch, Packer, PendingBlock};
use gainsay_derive::MAX_AHEAD;
use gainsay_store::{BlockRecord, Store, StoreError};
use gainsay_types::{Millis, Transaction, batch::BatchBlock};

/// What the queue was filled on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Base {
    rewinds: u64,
    /// Number of the safe head.
    safe: u64,
}

/// The blocks after the safe head, in the packer.
pub struct Queue {
    packer: Packer,
    /// None: it starts over.
    base: Option<Base>,
    /// A block is held back because its time lies too far ahead of L1's.
    held: bool,
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
        Self { packer, base: None, held: false }
    }

    /// Brings it up to the latest block, or until it has plenty. `rewinds` counts the times that blocks were dropped. Call it only when every batch
    /// on L1 is derived: then the first block after the safe head is the first that is not on L1. While no block is dropped, and what becomes safe is
    /// what was taken, blocks are only added: none is read twice.
    ///
    /// A batch must not hold a block whose time is later than [`MAX_AHEAD`] after the batch's own on L1: it would be ignored, with all after it. The batch comes
    /// after L1's latest block known here, so what is not too far ahead of that one is good; the rest waits.
    ///
    /// # Errors
    /// When the store fails, or a block can never be packed.
    pub fn fill(&mut self, store: &Store, rewinds: u64, block_time_ms: u64) -> Result<&mut Packer, QueueError> {
        let heads = store.heads();
        let base = Base { rewinds, safe: heads.safe.l2_block_number };
        let as_taken = self.packer.next_block() == Some(base.safe + 1);
        if self.base.is_none_or(|former| former.rewinds != rewinds || former.safe != base.safe && !as_taken) {
            self.packer.reset();
        }
        self.base = Some(base);
        let latest_time = heads.l1.map(|block| Millis::from_secs(block.timestamp.saturating_add(MAX_AHEAD)));
        let mut held = false;
        let first = self.packer.last_pushed().map_or(heads.safe.l2_block_number, |last| last) + 1;
        for number in first..=heads.latest.number {
            if self.packer.has_plenty() {
                break;
            }
            // A block that was dropped meanwhile ends it; the next call starts over.
            let (Some(parent), Some(block)) = (store.header(number - 1)?, store.block(number)?) else { break };
            held = latest_time.is_some_and(|latest| block.time() > latest);
            if held {
                if !self.held {
                    tracing::warn!(
                        number,
                        "blocks are ahead of L1's time by more than {MAX_AHEAD} s and cannot be posted yet: check this machine's clock"
                    );
                }
                break;
            }
            let elapsed = block.time().since(parent.time());
            self.packer.push(pending(&block, elapsed.saturating_sub(block_time_ms), block.deposit_index - parent.deposit_index))?;
        }
        self.held = held;
        Ok(&mut self.packer)
    }

    /// The next batch, if one is due; with `flush` also one that is young or small. Reads blocks and compresses them: not for a thread that others wait for.
    ///
    /// # Errors
    /// When the store fails, or a block can never be packed.
    pub fn pack(
        &mut self,
        store: &Store,
        rewinds: u64,
        block_time_ms: u64,
        now: Millis,
        fees: L1Fees,
        flush: bool,
    ) -> Result<Option<PackedBatch>, QueueError> {
        let packer = self.fill(store, rewinds, block_time_ms)?;
        metrics::gauge!("gainsay_batch_backlog_bytes").set(packer.estimated_bytes() as f64);
        Ok(packer.take(now, fees, flush)?)
    }

    /// Hands the queue out to another thread. What is left is empty and starts over, should it not come back.
    #[must_use]
    pub fn lend(&mut self) -> Self {
        let packer = self.packer.emptied();
        Self { packer: std::mem::replace(&mut self.packer, packer), base: self.base.take(), held: self.held }
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
