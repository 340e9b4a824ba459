//! What one atomic write changes.

use crate::{
    BatchData, BatchRecord, BlockRecord, Heads, L1Block, Location, MessageRecord, Store, StoreError, WriteBatch,
    block::{BodyRecord, HeaderRecord},
    codec::{self, Record},
    heads::FlatMarker,
    keys,
    state::{self, UndoRecord},
};
use alloy_eips::BlockNumHash;
use alloy_primitives::{B256, Bytes};
use gainsay_execute::{ExecutedBlock, StateChanges, genesis::Genesis};
use gainsay_types::State;

/// Blocks whose undo record is kept. Nothing older can be unwound: at four blocks a second this is 11 days, far beyond L1's finality.
pub(crate) const UNDO_BLOCKS: u64 = 1 << 22;
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
    /// The flat state changes.
    pub(crate) moves_state: bool,
}

impl Commit {
    /// On top of what the store holds.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone(), writes: WriteBatch::default(), heads: store.heads().as_ref().clone(), moves_state: false }
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

    /// The first block.
    ///
    /// # Errors
    /// When a record cannot be encoded.
    pub(crate) fn put_genesis(&mut self, genesis: &Genesis) -> Result<(), StoreError> {
        self.heads = Heads::genesis(genesis.header.hash(), genesis.output_root);
        let state = self.heads.safe;
        self.put(keys::step(0), &state)?;
        self.put_block(&BlockRecord::genesis(genesis), &genesis.changes, &genesis.nodes)
    }

    /// Puts a block on top of the tip: its records, its state and its trie nodes.
    ///
    /// # Errors
    /// When a record cannot be encoded.
    pub fn push_block(&mut self, block: &ExecutedBlock, deposit_index: u64, nodes: &[(B256, Bytes)]) -> Result<(), StoreError> {
        let number = block.header.number;
        self.put(keys::undo(number), &UndoRecord::new(&block.changes))?;
        if let Some(old) = number.checked_sub(UNDO_BLOCKS) {
            self.writes.remove(keys::undo(old));
        }
        self.put_block(&BlockRecord::new(block, deposit_index), &block.changes, nodes)
    }

    fn put_block(&mut self, block: &BlockRecord, changes: &StateChanges, nodes: &[(B256, Bytes)]) -> Result<(), StoreError> {
        let id = BlockNumHash { number: block.header.number, hash: block.header.hash() };
        self.put(keys::header(id.number), &HeaderRecord::new(block))?;
        self.put(keys::body(id.number), &BodyRecord::new(block))?;
        self.writes.put(keys::block_hash(&id.hash), id.number.to_be_bytes());
        for (index, transaction) in (0..).zip(&block.transactions) {
            self.put(keys::transaction(&transaction.tx_hash()), &Location { block: id.number, index })?;
        }
        state::apply(changes, &mut self.writes);
        for (hash, node) in nodes {
            self.writes.put(keys::node(hash), node.as_ref());
        }
        self.set_latest(id)
    }

    /// Takes the tip off: its records go, the flat state is as before it. Trie nodes stay, since other blocks may share them.
    ///
    /// # Errors
    /// At the genesis block, and when the undo record is pruned.
    pub fn pop_block(&mut self) -> Result<BlockRecord, StoreError> {
        let number = self.heads.latest.number;
        let block = self.store.block(number)?.ok_or_else(|| StoreError::missing("block", number))?;
        self.undo_state(number)?;
        for transaction in &block.transactions {
            self.writes.remove(keys::transaction(&transaction.tx_hash()));
        }
        self.writes.remove(keys::block_hash(&block.header.hash()));
        self.writes.remove(keys::header(number));
        self.writes.remove(keys::body(number));
        self.set_latest(BlockNumHash { number: number - 1, hash: block.header.parent_hash })?;
        Ok(block)
    }

    /// Puts the flat state back to before block `number`, whose undo record goes.
    pub(crate) fn undo_state(&mut self, number: u64) -> Result<(), StoreError> {
        let undo: UndoRecord = self.store.record(&keys::undo(number))?.ok_or(StoreError::Pruned { number })?;
        undo.apply(&mut self.writes);
        self.writes.remove(keys::undo(number));
        Ok(())
    }

    pub(crate) fn set_latest(&mut self, id: BlockNumHash) -> Result<(), StoreError> {
        self.heads.latest = id;
        self.moves_state = true;
        self.put(keys::FLAT, &FlatMarker(id))
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
