//! What L1 holds: archived as it comes, dropped when L1 is reorganised.

use crate::{Chain, ChainError, Dropped, unwind::unwind};
use alloy_primitives::B256;
use gainsay_store::{BatchData, BatchRecord, Commit, L1Block, MessageRecord, Store, StoreError};
use gainsay_types::{BatchHeader, Message};

/// A change of L1, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum L1Update {
    /// A block on top, with the inbox's events in log order. Blocks without events may be left out.
    Extend {
        /// The block.
        block: L1Block,
        /// What it appended to the inbox.
        events: Vec<InboxEvent>,
    },
    /// Everything above this block is gone.
    Rewind {
        /// The newest block that is left.
        to: L1Block,
    },
}

/// An entry of the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboxEvent {
    /// A batch was appended.
    Batch {
        /// What the inbox commits to.
        header: BatchHeader,
        /// `batchAcc` after it.
        acc: B256,
        /// Its payload, already checked against the header.
        data: BatchData,
    },
    /// A message was enqueued.
    Message {
        /// The message.
        message: Message,
        /// `depositAcc` after it.
        acc: B256,
        /// Hash of the L1 transaction that enqueued it.
        tx_hash: B256,
    },
}

/// What an update of L1 did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct L1Applied {
    /// Batches that a rewind dropped. The safe cursor is before the first of them.
    pub dropped_batches: u64,
    /// Messages that a rewind dropped.
    pub dropped_messages: u64,
    /// Blocks that consumed such messages or came after, or all above the safe head if unsafe blocks are not kept.
    pub dropped: Dropped,
}

impl Chain {
    /// Applies one change of L1. Not yet durable: see [`Chain::flush`].
    ///
    /// # Errors
    /// When the data does not follow on what is archived, and when the store fails. Nothing is changed then.
    pub fn apply_l1(&mut self, update: &L1Update) -> Result<L1Applied, ChainError> {
        let mut commit = Commit::new(self.store());
        let applied = match update {
            L1Update::Extend { block, events } => {
                extend(&mut commit, block, events)?;
                L1Applied::default()
            }
            L1Update::Rewind { to } => self.rewind(&mut commit, to)?,
        };
        self.writer.apply(commit)?;
        if matches!(update, L1Update::Rewind { .. }) {
            self.ahead.forget();
        }
        Ok(applied)
    }

    /// Notes that L1's blocks up to `number` are final, and moves the finalised head, which only a rewind moves back.
    ///
    /// # Errors
    /// When the store fails.
    pub fn set_l1_finalized(&mut self, number: u64) -> Result<(), ChainError> {
        let mut commit = Commit::new(self.store());
        if number <= commit.heads().l1_finalized {
            return Ok(());
        }
        commit.heads_mut().l1_finalized = number;
        let batches = self.batches_up_to(number)?;
        // Beyond the batches that are derived, the safe head itself is final.
        let steps = self.store().step_at_batch(batches)?.filter(|_| batches <= commit.heads().safe.batch_index);
        let steps = steps.unwrap_or(commit.heads().steps);
        commit.set_finalized(steps.max(commit.heads().finalized_steps))?;
        Ok(self.writer.apply(commit)?)
    }

    /// Archives a blob that the caller has checked against its versioned hash.
    ///
    /// # Errors
    /// When the store fails.
    pub fn put_blob(&mut self, versioned_hash: &B256, blob: &[u8]) -> Result<(), ChainError> {
        self.put_blobs([(*versioned_hash, blob)])
    }

    /// Archives blobs that the caller has checked against their versioned hashes, in one write. Batches that wait for blobs are looked at again, so
    /// give those of a batch together.
    ///
    /// # Errors
    /// When the store fails. None of them is archived then.
    pub fn put_blobs<'a>(&mut self, blobs: impl IntoIterator<Item = (B256, &'a [u8])>) -> Result<(), ChainError> {
        let mut commit = Commit::new(self.store());
        for (versioned_hash, blob) in blobs {
            commit.put_blob(&versioned_hash, blob);
        }
        self.writer.apply(commit)?;
        self.ahead.retry();
        Ok(())
    }

    /// Drops the blobs that only batches up to `batch` need: to be called once the assertion that covers them is confirmed. Batches that are not
    /// derived yet keep theirs.
    ///
    /// # Errors
    /// When the store fails.
    pub fn prune_blobs(&mut self, batch: u64) -> Result<(), ChainError> {
        let mut commit = Commit::new(self.store());
        let batch = batch.min(commit.heads().safe.batch_index);
        if batch <= commit.heads().blobs_pruned {
            return Ok(());
        }
        commit.prune_blobs(batch)?;
        Ok(self.writer.apply(commit)?)
    }

    /// Blobs of archived batches that are not archived themselves, for at most `batches` batches after the safe cursor: with the batch's header and
    /// the hash of its L1 block.
    ///
    /// # Errors
    /// When the store fails.
    pub fn missing_blobs(&self, batches: u64) -> Result<Vec<(BatchRecord, Vec<B256>)>, ChainError> {
        let heads = self.heads();
        let first = heads.safe.batch_index + 1;
        let indices = first..=heads.batches.min(first.saturating_add(batches).saturating_sub(1));
        Ok(indices.filter_map(|index| missing_blobs(self.store(), index).transpose()).collect::<Result<_, _>>()?)
    }

    fn rewind(&self, commit: &mut Commit, to: &L1Block) -> Result<L1Applied, ChainError> {
        let before = self.heads();
        if let Some(known) = self.store().l1_block(to.number)?.filter(|known| known.hash != to.hash) {
            return Err(gap("L1 block", to.hash, known.hash));
        }
        let batches = self.batches_up_to(to.number)?;
        let messages = self.messages_up_to(to.number)?;
        if let Some(steps) = self.store().step_at_batch(batches)? {
            commit.truncate_steps(steps)?;
        }
        commit.truncate_batches(batches)?;
        commit.truncate_messages(messages)?;
        commit.truncate_l1(to)?;
        let heads = commit.heads_mut();
        heads.l1_finalized = heads.l1_finalized.min(to.number);
        let keep = if self.keep_unsafe { self.last_block_within(messages)? } else { commit.heads().safe.l2_block_number };
        let dropped = unwind(commit, keep)?;
        Ok(L1Applied { dropped_batches: before.batches - batches, dropped_messages: before.messages - messages, dropped })
    }

    /// The last block that consumes no message beyond `messages`.
    fn last_block_within(&self, messages: u64) -> Result<u64, ChainError> {
        let mut number = self.heads().latest.number;
        while number > 0 && self.header(number)?.deposit_index > messages {
            number -= 1;
        }
        Ok(number)
    }

    /// Batches in L1 blocks up to `l1_number`.
    fn batches_up_to(&self, l1_number: u64) -> Result<u64, StoreError> {
        last_within(self.heads().batches, |index| Ok(self.store().batch(index)?.map(|record| record.header.l1_number)), l1_number)
    }

    /// Messages in L1 blocks up to `l1_number`.
    pub(crate) fn messages_up_to(&self, l1_number: u64) -> Result<u64, StoreError> {
        last_within(self.heads().messages, |index| Ok(self.store().message(index)?.map(|record| record.message.l1_number)), l1_number)
    }
}

/// The blobs of batch `index` that are not archived, with the batch. None if nothing is missing, or if there is no such batch (any more).
///
/// # Errors
/// When the store fails.
pub fn missing_blobs(store: &Store, index: u64) -> Result<Option<(BatchRecord, Vec<B256>)>, StoreError> {
    let Some(record) = store.batch(index)? else { return Ok(None) };
    let BatchData::Blobs(hashes) = &record.data else { return Ok(None) };
    let mut missing = Vec::new();
    for hash in hashes {
        if !store.has_blob(hash)? {
            missing.push(*hash);
        }
    }
    Ok((!missing.is_empty()).then_some((record, missing)))
}

/// How many of the entries 1..=count are in L1 blocks up to `l1_number`. The blocks' numbers never fall.
fn last_within(count: u64, l1_number_of: impl Fn(u64) -> Result<Option<u64>, StoreError>, l1_number: u64) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let number = l1_number_of(middle)?.ok_or_else(|| StoreError::Missing { record: "inbox entry", key: middle.to_string() })?;
        if number <= l1_number {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

fn extend(commit: &mut Commit, block: &L1Block, events: &[InboxEvent]) -> Result<(), ChainError> {
    if let Some(tip) = commit.heads().l1 {
        if block.number <= tip.number {
            return Err(gap("L1 block number", block.number, format_args!("more than {}", tip.number)));
        }
        if block.number == tip.number + 1 && block.parent_hash != tip.hash {
            return Err(gap("the L1 block's parent", block.parent_hash, tip.hash));
        }
    }
    for event in events {
        match event {
            InboxEvent::Batch { header, acc, data } => push_batch(commit, block, header, *acc, data)?,
            InboxEvent::Message { message, acc, tx_hash } => push_message(commit, block, message, *acc, *tx_hash)?,
        }
    }
    Ok(commit.push_l1_block(block)?)
}

fn push_batch(commit: &mut Commit, block: &L1Block, header: &BatchHeader, acc: B256, data: &BatchData) -> Result<(), ChainError> {
    let heads = commit.heads();
    follows("batch index", header.batch_index, heads.batches + 1)?;
    follows("batch accumulator", acc, header.accumulate(heads.batch_acc))?;
    follows("the batch's L1 block", header.l1_number, block.number)?;
    if header.deposit_count > heads.messages {
        return Err(gap("the batch's message count", header.deposit_count, format_args!("at most {}", heads.messages)));
    }
    let record = BatchRecord { header: header.clone(), acc, data: data.clone(), l1_hash: block.hash };
    Ok(commit.push_batch(&record)?)
}

fn push_message(commit: &mut Commit, block: &L1Block, message: &Message, acc: B256, l1_transaction: B256) -> Result<(), ChainError> {
    let heads = commit.heads();
    follows("message index", message.index, heads.messages + 1)?;
    follows("message accumulator", acc, message.accumulate(heads.deposit_acc))?;
    follows("the message's L1 block", message.l1_number, block.number)?;
    Ok(commit.push_message(&MessageRecord { message: message.clone(), acc, l1_hash: block.hash, l1_transaction })?)
}

fn follows<T: PartialEq + ToString>(what: &'static str, found: T, expected: T) -> Result<(), ChainError> {
    if found == expected { Ok(()) } else { Err(gap(what, found, expected)) }
}

fn gap(what: &'static str, found: impl ToString, expected: impl ToString) -> ChainError {
    ChainError::L1Gap { what, found: found.to_string(), expected: expected.to_string() }
}
