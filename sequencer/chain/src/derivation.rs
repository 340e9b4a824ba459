//! Deriving the safe chain from the archived inbox, one block step at a time.

use crate::{
    Chain, ChainError, Dropped,
    ahead::{Ahead, Closed},
    executor::{Derivation, SafeExecutor},
    unwind::unwind,
};
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use gainsay_derive::{Ignored, Inbox, OpenBatch, Step, StepError, block_step};
use gainsay_store::{BlockHeader, Commit, Store, StoreError};
use gainsay_types::{BatchHeader, Message, State};
use std::sync::Arc;

/// What one call of [`Chain::derive_next`] did.
#[derive(Debug)]
pub enum Derived {
    /// The safe cursor is at the end of the archived inbox.
    UpToDate,
    /// These blobs of the next batch are not archived: fetch them, [`Chain::put_blob`], and go on.
    NeedsBlobs {
        /// What the inbox says of the batch; its L1 block tells where to look.
        header: Box<BatchHeader>,
        /// Hash of that L1 block.
        l1_hash: B256,
        /// Versioned hashes of the blobs.
        hashes: Vec<B256>,
    },
    /// One block step.
    Step(Box<DerivedStep>),
}

/// One block step.
#[derive(Debug)]
pub struct DerivedStep {
    /// The State after it: the safe cursor.
    pub state: State,
    /// The block that it made, if any: the new safe head.
    pub block: Option<DerivedBlock>,
    /// What was ignored of the batch, and why.
    pub ignored: Vec<Ignored>,
    /// Unsafe blocks that are not what L1 says.
    pub dropped: Dropped,
}

/// A block derived from L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DerivedBlock {
    /// Number and hash.
    pub id: BlockNumHash,
    /// Gas used by it.
    pub gas_used: u64,
    /// The chain had it already: it was not executed again.
    pub known: bool,
}

/// The archived inbox, without blobs that are missing.
struct Archive<'a> {
    store: Store,
    ahead: &'a Ahead,
}

impl Inbox for Archive<'_> {
    type Error = Closed;

    fn batch(&self, index: u64) -> Result<Arc<OpenBatch>, Closed> {
        self.ahead.open(index)
    }

    fn message(&self, index: u64) -> Result<Message, Closed> {
        Ok(self.store.message(index)?.ok_or_else(|| missing("message", index))?.message)
    }
}

fn missing(record: &'static str, index: u64) -> StoreError {
    StoreError::Missing { record, key: index.to_string() }
}

impl Chain {
    /// Takes one block step from the safe cursor. A derived block that the unsafe chain has is not executed again; one that differs from the
    /// unsafe chain's replaces that block and all above it. Not yet durable: see [`Chain::flush`].
    ///
    /// # Errors
    /// When the store fails. Nothing that L1 holds is an error.
    pub fn derive_next(&mut self) -> Result<Derived, ChainError> {
        let heads = self.heads();
        let next = heads.safe.batch_index + 1;
        if heads.latest.number == heads.safe.l2_block_number {
            // Nothing that comes is known: all of it has to be executed.
            self.ahead.look(next, heads.batches);
        }
        let parent = self.header(heads.safe.l2_block_number)?;
        let (config, ahead) = (&self.config, &self.ahead);
        let archive = Archive { store: self.writer.store().clone(), ahead };
        let next_block = (next, heads.safe.batch_offset);
        let mut executor = SafeExecutor { config, writer: &mut self.writer, ahead, parent, next: next_block, executions: 0 };
        let step = block_step(config, &heads.safe, heads.batches, &archive, &mut executor);
        let executions = executor.executions;
        self.executions += executions;
        match step {
            Ok(None) => Ok(Derived::UpToDate),
            Ok(Some(step)) => self.commit_step(step).map(|step| Derived::Step(Box::new(step))),
            Err(StepError::Inbox(Closed::Blobs(hashes))) => self.needs_blobs(next, hashes),
            Err(StepError::Inbox(Closed::Store(error))) => Err(error.into()),
            Err(StepError::Executor(error)) => Err(error),
            Err(StepError::Closing { reason }) => Err(ChainError::Closing { reason }),
        }
    }

    /// Header of a block that is known to be there.
    pub(crate) fn header(&self, number: u64) -> Result<BlockHeader, ChainError> {
        Ok(self.store().header(number)?.ok_or_else(|| missing("block", number))?)
    }

    fn needs_blobs(&self, batch: u64, hashes: Vec<B256>) -> Result<Derived, ChainError> {
        let record = self.store().batch(batch)?.ok_or_else(|| missing("batch", batch))?;
        Ok(Derived::NeedsBlobs { header: Box::new(record.header), l1_hash: record.l1_hash, hashes })
    }

    fn commit_step(&mut self, step: Step<Derivation>) -> Result<DerivedStep, ChainError> {
        let Step { state, block, ignored } = step;
        let mut commit = Commit::new(self.store());
        let before = commit.heads().clone();
        let mut dropped = Dropped::default();
        let mut safe_hash = before.safe_hash;
        let mut derived = None;
        if let Some(block) = block {
            let (header, known) = match &block {
                Derivation::Known(block) => (&block.header, true),
                Derivation::New(block) => {
                    dropped = unwind(&mut commit, before.safe.l2_block_number)?;
                    commit.push_block(block, state.deposit_index)?;
                    (&block.header, false)
                }
            };
            safe_hash = header.hash();
            derived = Some(DerivedBlock { id: BlockNumHash { number: header.number, hash: safe_hash }, gas_used: header.gas_used, known });
        }
        commit.push_step(state, safe_hash)?;
        self.advance_finalized(&mut commit, before.safe.batch_index + 1)?;
        self.writer.apply(commit)?;
        Ok(DerivedStep { state, block: derived, ignored, dropped })
    }

    /// The step just pushed read `batch`: it is final if all before it are and the batch's L1 block is.
    fn advance_finalized(&self, commit: &mut Commit, batch: u64) -> Result<(), ChainError> {
        let heads = commit.heads();
        if heads.finalized_steps + 1 != heads.steps {
            return Ok(());
        }
        let l1_number = match self.ahead.opened(batch) {
            Some(opened) => opened.header.l1_number,
            None => self.store().batch(batch)?.ok_or_else(|| missing("batch", batch))?.header.l1_number,
        };
        if l1_number <= heads.l1_finalized {
            let heads = commit.heads_mut();
            heads.finalized_steps = heads.steps;
            (heads.finalized, heads.finalized_hash) = (heads.safe, heads.safe_hash);
        }
        Ok(())
    }
}
