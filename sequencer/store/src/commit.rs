//! What one atomic write changes.

use crate::{
    BatchData, BatchRecord, BlockHeader, BlockRecord, Heads, L1Block, MessageRecord, Store, StoreError, StoredBlock, WriteBatch,
    block::HeaderRecord,
    blocks::l1_slots_after,
    body::{L1Slots, Parts},
    codec::{self, Record},
    journal, keys,
    layer::Layer,
};
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use gainsay_execute::{ExecutedBlock, StateChanges, genesis::Genesis};
use gainsay_types::State;
use std::sync::Arc;

/// L1 blocks whose hash is kept.
const L1_BLOCKS: u64 = 8192;

/// Changes that take effect together, through [`Writer::apply`](crate::Writer::apply).
///
/// It reads what was there when it was made: within one commit, take things off before putting things on.
pub struct Commit {
    store: Store,
    pub(crate) writes: WriteBatch,
    /// Heads after the commit.
    pub(crate) heads: Heads,
    /// Blocks above this one are taken off.
    pub(crate) unwound_to: Option<u64>,
    /// Blocks put on then.
    pub(crate) pushed: Vec<Pushed>,
}

/// A block that a commit puts on the tip.
pub(crate) struct Pushed {
    pub(crate) block: Arc<StoredBlock>,
    pub(crate) layer: Layer,
}

impl Commit {
    /// On top of what the store holds.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        Self {
            store: store.clone(),
            writes: WriteBatch::default(),
            heads: store.heads().as_ref().clone(),
            unwound_to: None,
            pushed: Vec::new(),
        }
    }

    /// Heads as this commit leaves them.
    #[must_use]
    pub const fn heads(&self) -> &Heads {
        &self.heads
    }

    /// To move the heads that no other function here moves: the finalised ones and L1's.
    pub const fn heads_mut(&mut self) -> &mut Heads {
        &mut self.heads
    }

    /// The records of the first block, whose state is written already.
    ///
    /// # Errors
    /// When a record cannot be encoded.
    pub(crate) fn put_genesis(&mut self, genesis: &Genesis) -> Result<(), StoreError> {
        self.heads = Heads::genesis(genesis.header.hash(), genesis.output_root);
        let state = self.heads.safe;
        self.put(keys::step(0), &state)?;
        self.put_codes(&genesis.changes);
        let header = BlockHeader { header: genesis.header.clone(), output_root: genesis.output_root, deposit_index: 0 };
        let none = Parts { transactions: &[], senders: &[], receipts: &[], l1_fees: &[] };
        self.put_block(&StoredBlock::new(header, &none, &l1_slots_after(L1Slots::default(), &genesis.changes))?)
    }

    /// Puts a block on top of the tip: its records, and the journal of its state. Its header's state root is checked when the commit is applied.
    ///
    /// # Errors
    /// When a record cannot be encoded.
    pub fn push_block(&mut self, block: &ExecutedBlock, deposit_index: u64) -> Result<(), StoreError> {
        let (number, hash) = (block.header.number, block.header.hash());
        self.writes.put(keys::journal(number), journal::encode(&hash, &block.header.parent_hash, &block.changes));
        self.put_codes(&block.changes);
        let stored = StoredBlock::after(self.l1_slots_before(number)?, block, deposit_index)?;
        self.put_block(&stored)?;
        self.pushed.push(Pushed { block: Arc::new(stored), layer: Layer::of(number, &block.changes) });
        self.heads.latest = BlockNumHash { number, hash };
        Ok(())
    }

    fn put_codes(&mut self, changes: &StateChanges) {
        for (hash, code) in &changes.codes {
            self.writes.put(keys::code(hash), code.as_ref());
        }
    }

    fn put_block(&mut self, block: &StoredBlock) -> Result<(), StoreError> {
        let header = &block.header().header;
        self.put(keys::header(header.number), &HeaderRecord::new(block.header()))?;
        self.writes.put(keys::body(header.number), block.body().as_ref());
        self.writes.put(keys::block_hash(&header.hash()), header.number.to_be_bytes());
        Ok(())
    }

    /// What L1 data cost in the block before `number`.
    fn l1_slots_before(&self, number: u64) -> Result<L1Slots, StoreError> {
        if let Some(pushed) = self.pushed.last() {
            return Ok(pushed.block.l1_slots());
        }
        let parent = number.saturating_sub(1);
        Ok(self.store.stored_block(parent)?.ok_or_else(|| StoreError::missing("block", parent))?.l1_slots())
    }

    /// Takes the tip off: its records go, and with the commit the state is as before it.
    ///
    /// # Errors
    /// At the genesis block, and when the state before is pruned.
    pub fn pop_block(&mut self) -> Result<BlockRecord, StoreError> {
        let number = self.heads.latest.number;
        let block = self.store.block(number)?.ok_or_else(|| StoreError::missing("block", number))?;
        let below = number.checked_sub(1).ok_or_else(|| StoreError::missing("block before block", 0))?;
        let oldest = self.store.oldest_state();
        if below < oldest {
            return Err(StoreError::TooDeep { number, oldest });
        }
        self.drop_block(number, &block.header.hash())?;
        self.heads.latest = BlockNumHash { number: below, hash: block.header.parent_hash };
        Ok(block)
    }

    /// Removes the records of the tip, which need not be whole.
    pub(crate) fn drop_block(&mut self, number: u64, hash: &B256) -> Result<(), StoreError> {
        self.writes.remove(keys::block_hash(hash));
        self.writes.remove(keys::header(number));
        self.writes.remove(keys::body(number));
        self.writes.remove(keys::journal(number));
        self.store.index().pop_block(number, &mut self.writes)?;
        self.unwound_to = Some(number.saturating_sub(1));
        Ok(())
    }

    /// Moves the safe cursor one block step on.
    ///
    /// # Errors
    /// When the record cannot be encoded.
    pub fn push_step(&mut self, state: State, safe_hash: B256) -> Result<(), StoreError> {
        self.heads.steps += 1;
        (self.heads.safe, self.heads.safe_hash) = (state, safe_hash);
        self.put(keys::step(self.heads.steps), &state)
    }

    /// Moves the safe cursor back to the State after `steps` block steps, and the finalised head with it if it was beyond. Blocks stay.
    ///
    /// # Errors
    /// When the database fails.
    pub fn truncate_steps(&mut self, steps: u64) -> Result<(), StoreError> {
        for step in steps + 1..=self.heads.steps {
            self.writes.remove(keys::step(step));
        }
        if steps < self.heads.steps {
            self.heads.steps = steps;
            (self.heads.safe, self.heads.safe_hash) = self.store.state_with_hash(steps)?;
        }
        self.set_finalized(self.heads.finalized_steps.min(steps))
    }

    /// Sets the finalised head to the State after `steps` block steps.
    ///
    /// # Errors
    /// When that step is not in the store.
    pub fn set_finalized(&mut self, steps: u64) -> Result<(), StoreError> {
        if steps != self.heads.finalized_steps {
            (self.heads.finalized, self.heads.finalized_hash) = self.store.state_with_hash(steps)?;
            self.heads.finalized_steps = steps;
        }
        Ok(())
    }

    /// Archives the next batch. Its blobs may come earlier or later.
    ///
    /// # Errors
    /// When the record cannot be encoded.
    pub fn push_batch(&mut self, batch: &BatchRecord) -> Result<(), StoreError> {
        let index = batch.header.batch_index;
        self.put(keys::batch(index), batch)?;
        if let BatchData::Blobs(hashes) = &batch.data {
            for hash in hashes {
                self.writes.put(keys::blob_user(hash, index), []);
                self.writes.put(keys::batch_blob(index, hash), []);
            }
        }
        (self.heads.batches, self.heads.batch_acc) = (index, batch.acc);
        Ok(())
    }

    /// Archives the next message.
    ///
    /// # Errors
    /// When the record cannot be encoded.
    pub fn push_message(&mut self, message: &MessageRecord) -> Result<(), StoreError> {
        self.put(keys::message(message.message.index), message)?;
        self.writes.put(keys::enqueued(&message.l1_transaction, message.message.index), []);
        (self.heads.messages, self.heads.deposit_acc) = (message.message.index, message.acc);
        Ok(())
    }

    /// Drops the batches after `index`. Their blobs stay until pruned: L1 usually includes them again.
    ///
    /// # Errors
    /// When the database fails.
    pub fn truncate_batches(&mut self, index: u64) -> Result<(), StoreError> {
        for dropped in index + 1..=self.heads.batches {
            self.writes.remove(keys::batch(dropped));
        }
        if index < self.heads.batches {
            self.heads.batches = index;
            self.heads.batch_acc = self.store.batch_acc(index)?;
            // Batches that come in their place have blobs to prune again.
            self.heads.blobs_pruned = self.heads.blobs_pruned.min(index);
        }
        Ok(())
    }

    /// Drops the messages after `index`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn truncate_messages(&mut self, index: u64) -> Result<(), StoreError> {
        for dropped in index + 1..=self.heads.messages {
            if let Some(record) = self.store.message(dropped)? {
                self.writes.remove(keys::enqueued(&record.l1_transaction, dropped));
            }
            self.writes.remove(keys::message(dropped));
        }
        if index < self.heads.messages {
            self.heads.messages = index;
            self.heads.deposit_acc = self.store.deposit_acc(index)?;
        }
        Ok(())
    }

    /// Archives a blob, 131,072 bytes, already checked against its versioned hash.
    pub fn put_blob(&mut self, versioned_hash: &B256, blob: &[u8]) {
        self.writes.put(keys::blob(versioned_hash), blob);
    }

    /// Drops the blobs that only batches up to and including `batch` need.
    ///
    /// # Errors
    /// When the database fails.
    pub fn prune_blobs(&mut self, batch: u64) -> Result<(), StoreError> {
        for (user, hash) in self.store.blobs_of_batches(self.heads.blobs_pruned + 1, batch)? {
            self.writes.remove(keys::batch_blob(user, &hash));
            self.writes.remove(keys::blob_user(&hash, user));
            if self.store.last_user_of_blob(&hash)?.is_none_or(|last| last <= batch) {
                self.writes.remove(keys::blob(&hash));
            }
        }
        self.heads.blobs_pruned = self.heads.blobs_pruned.max(batch);
        Ok(())
    }

    /// Puts an L1 block on top and forgets the one that leaves the window.
    ///
    /// # Errors
    /// When the record cannot be encoded.
    pub fn push_l1_block(&mut self, block: &L1Block) -> Result<(), StoreError> {
        self.put(keys::l1_block(block.number), block)?;
        for old in self.store.l1_blocks_below(block.number.saturating_sub(L1_BLOCKS))? {
            self.writes.remove(keys::l1_block(old));
        }
        self.heads.l1 = Some(*block);
        Ok(())
    }

    /// Makes `block` the newest L1 block; those above it go.
    ///
    /// # Errors
    /// When the record cannot be encoded.
    pub fn truncate_l1(&mut self, block: &L1Block) -> Result<(), StoreError> {
        for above in self.store.l1_blocks(block.number + 1)? {
            self.writes.remove(keys::l1_block(above.number));
        }
        self.push_l1_block(block)
    }

    pub(crate) fn put<T: Record>(&mut self, key: impl Into<Vec<u8>>, record: &T) -> Result<(), StoreError> {
        self.writes.put(key, codec::encode(record)?);
        Ok(())
    }
}
