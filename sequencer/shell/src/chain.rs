//! The chain as a core that its owner advances: derives whatever L1 gives, and tells the rest of the process.

use crate::owner::Owner;
use alloy::{eips::BlockNumHash, primitives::B256};
use gainsay_chain::{Chain, ChainError, Derived, DerivedStep, Dropped, L1Update};
use gainsay_store::Heads;
use gainsay_types::Transaction;
use std::sync::Arc;
use tokio::sync::watch;

/// Transactions of dropped blocks that are kept for the mempool at most. Older ones go first: their senders will send them again.
const MAX_DROPPED: usize = 50_000;

/// Sends work to the thread that owns the chain.
pub type ChainOwner = Owner<ChainCore>;

/// Where the chain is. Published after every change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// All heads.
    pub heads: Arc<Heads>,
    /// Every batch that L1 is known to have is derived.
    pub up_to_date: bool,
    /// Blobs without which derivation cannot go on.
    pub needs: Option<NeededBlobs>,
    /// What this process has derived so far.
    pub derived: DerivedSoFar,
    /// Counts the times that blocks were dropped or L1 was rewound: what was computed before may no longer hold.
    pub rewinds: u64,
}

/// What was derived from L1, for figures of progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DerivedSoFar {
    /// Blocks.
    pub blocks: u64,
    /// Gas used by them.
    pub gas: u64,
}

/// Blobs of a batch that are not archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededBlobs {
    /// The batch.
    pub batch: u64,
    /// The L1 block that includes it.
    pub l1_hash: B256,
    /// Versioned hashes of the blobs.
    pub hashes: Vec<B256>,
}

/// The chain and what its owner has to tell.
pub struct ChainCore {
    /// The chain.
    pub chain: Chain,
    progress: watch::Sender<Progress>,
    latest: watch::Sender<BlockNumHash>,
    dropped: Vec<Transaction>,
    derived: DerivedSoFar,
    rewinds: u64,
    /// Something was derived since the last flush.
    dirty: bool,
}

impl ChainCore {
    /// Takes a chain. Also gives where its progress is published.
    #[must_use]
    pub fn new(chain: Chain) -> (Self, watch::Receiver<Progress>) {
        let first = Progress { heads: chain.heads(), up_to_date: false, needs: None, derived: DerivedSoFar::default(), rewinds: 0 };
        let first_latest = first.heads.latest;
        let (progress, receiver) = watch::channel(first);
        let latest = watch::Sender::new(first_latest);
        (Self { chain, progress, latest, dropped: Vec::new(), derived: DerivedSoFar::default(), rewinds: 0, dirty: false }, receiver)
    }

    /// The latest block, set after each change.
    #[must_use]
    pub fn latest(&self) -> watch::Receiver<BlockNumHash> {
        self.latest.subscribe()
    }

    /// Derives one block step, if there is one. True if there may be more.
    ///
    /// # Errors
    /// When the store fails, or on a defect.
    pub fn advance(&mut self) -> Result<bool, ChainError> {
        let (more, up_to_date, needs) = match self.chain.derive_next()? {
            Derived::Step(step) => {
                self.dirty = true;
                self.derived(*step);
                (true, false, None)
            }
            Derived::UpToDate => (false, true, None),
            Derived::NeedsBlobs { header, l1_hash, hashes } => {
                (false, false, Some(NeededBlobs { batch: header.batch_index, l1_hash, hashes }))
            }
        };
        if !more && std::mem::take(&mut self.dirty) {
            // Before anybody is told that something is safe.
            self.chain.flush()?;
        }
        self.publish(up_to_date, needs);
        Ok(more)
    }

    /// Applies a change of L1.
    ///
    /// # Errors
    /// When it does not follow on what is archived, or the store fails.
    pub fn apply_l1(&mut self, update: &L1Update) -> Result<(), ChainError> {
        let applied = self.chain.apply_l1(update)?;
        if let L1Update::Rewind { to } = update {
            self.rewinds += 1;
            let (batches, messages) = (applied.dropped_batches, applied.dropped_messages);
            tracing::warn!(l1_block = to.number, batches, messages, "L1 was reorganised");
        }
        self.keep_dropped(applied.dropped);
        Ok(())
    }

    /// The transactions of blocks that were dropped since the last call, in the order of the chain.
    pub fn take_dropped(&mut self) -> Vec<Transaction> {
        std::mem::take(&mut self.dropped)
    }

    /// Notes dropped blocks, so that their transactions can be had from [`Self::take_dropped`].
    pub fn keep_dropped(&mut self, dropped: Dropped) {
        let (Some(first), Some(last)) = (dropped.blocks.first(), dropped.blocks.last()) else { return };
        self.rewinds += 1;
        let transactions = dropped.transactions.len();
        tracing::warn!(first = first.number, last = last.number, transactions, "blocks were dropped");
        self.dropped.extend(dropped.transactions);
        let surplus = self.dropped.len().saturating_sub(MAX_DROPPED);
        self.dropped.drain(..surplus);
    }

    fn derived(&mut self, step: DerivedStep) {
        for reason in &step.ignored {
            tracing::warn!(batch = step.state.batch_index, %reason, "part of a batch is ignored");
        }
        if let Some(block) = step.block {
            self.derived.blocks += 1;
            self.derived.gas = self.derived.gas.saturating_add(block.gas_used);
            tracing::debug!(number = block.id.number, hash = %block.id.hash, known = block.known, "block is safe");
        }
        self.keep_dropped(step.dropped);
    }

    fn publish(&self, up_to_date: bool, needs: Option<NeededBlobs>) {
        let now = Progress { heads: self.chain.heads(), up_to_date, needs, derived: self.derived, rewinds: self.rewinds };
        let latest = now.heads.latest;
        measure(&now.heads);
        self.latest.send_if_modified(|before| std::mem::replace(before, latest) != latest);
        self.progress.send_if_modified(|before| {
            let changed = *before != now;
            *before = now;
            changed
        });
    }
}

fn measure(heads: &Heads) {
    metrics::gauge!("gainsay_latest_block").set(heads.latest.number as f64);
    metrics::gauge!("gainsay_safe_block").set(heads.safe.l2_block_number as f64);
    metrics::gauge!("gainsay_finalized_block").set(heads.finalized.l2_block_number as f64);
    metrics::gauge!("gainsay_l1_block").set(heads.l1.map_or(0, |block| block.number) as f64);
    metrics::gauge!("gainsay_batches").set(heads.batches as f64);
    metrics::gauge!("gainsay_batches_derived").set(heads.safe.batch_index as f64);
}
