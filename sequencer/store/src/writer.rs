//! The store's write side. There is one, and it is not shared.

use crate::{Commit, Database, Heads, Identity, SledDatabase, Store, StoreError, codec, heads::FlatMarker, keys};
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use gainsay_execute::genesis::Genesis;
use std::path::Path;

/// Writes the chain.
pub struct Writer {
    store: Store,
}

/// What opening had to put right. Batches are atomic, so this takes a damaged file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The tip that the heads named.
    pub from: BlockNumHash,
    /// The block to which the chain was unwound.
    pub to: BlockNumHash,
}

impl Writer {
    /// Opens the data directory at `path` for the chain `identity`, or creates it with `genesis`. `cache_bytes` bounds sled's page cache.
    ///
    /// # Errors
    /// When another process has the directory, when it belongs to another chain, and when it is damaged beyond repair.
    pub fn open(path: &Path, identity: &Identity, genesis: &Genesis, cache_bytes: u64) -> Result<(Self, Option<Repair>), StoreError> {
        let database = SledDatabase::open(path, cache_bytes)?;
        identity.claim(&database, path)?;
        Self::over(Box::new(database), genesis)
    }

    /// The same over any database, which is taken to belong to this chain.
    ///
    /// # Errors
    /// When it is damaged beyond repair.
    pub fn over(database: Box<dyn Database>, genesis: &Genesis) -> Result<(Self, Option<Repair>), StoreError> {
        let heads = database.get(keys::HEADS)?.map(|bytes| codec::decode::<Heads>(&bytes)).transpose()?;
        let hash = genesis.header.hash();
        let new = heads.is_none();
        let store = Store::new(database, heads.unwrap_or_else(|| Heads::genesis(hash, genesis.output_root)));
        let mut writer = Self { store };
        if new {
            let mut commit = Commit::new(&writer.store);
            commit.put_genesis(genesis)?;
            writer.apply(commit)?;
            writer.flush()?;
        }
        let repair = writer.repair()?;
        Ok((writer, repair))
    }

    /// The read side.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Applies a commit: all of it or, after a crash, none of it. Not yet durable; see [`Self::flush`].
    ///
    /// # Errors
    /// When the database fails. Nothing was changed then that a reader can see.
    pub fn apply(&mut self, mut commit: Commit) -> Result<(), StoreError> {
        let heads = commit.heads.clone();
        commit.put(keys::HEADS, &heads)?;
        let write = || {
            self.store.database().apply(&commit.writes)?;
            self.store.set_heads(heads);
            Ok(())
        };
        if commit.moves_state { self.store.in_next_generation(write) } else { write() }
    }

    /// Returns once everything applied so far survives a power failure.
    ///
    /// # Errors
    /// When the database fails.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.store.flush()
    }

    /// Compares the flat state's marker, the heads and the tip's records; where they differ, unwinds to the newest block that is whole.
    fn repair(&mut self) -> Result<Option<Repair>, StoreError> {
        let from = self.store.heads().latest;
        let marker: FlatMarker = self.store.record(keys::FLAT)?.ok_or_else(|| StoreError::missing("flat state", "marker"))?;
        let mut number = marker.0.number;
        let mut commit = Commit::new(&self.store);
        let to = loop {
            // The newest block whose state the flat state can be, with every record at hand.
            match self.whole_block(number)? {
                Some(hash) if number < marker.0.number || hash == marker.0.hash => break BlockNumHash { number, hash },
                _ => commit.undo_state(number)?,
            }
            number = number.checked_sub(1).ok_or_else(|| StoreError::missing("block", 0))?;
        };
        if to == from && to == marker.0 {
            return Ok(None);
        }
        let steps = self.store.steps_up_to_block(to.number)?;
        commit.truncate_steps(steps)?;
        commit.set_latest(to)?;
        self.apply(commit)?;
        self.flush()?;
        Ok(Some(Repair { from, to }))
    }

    /// Hash of block `number` if its header, its body and its state root's node are there.
    fn whole_block(&self, number: u64) -> Result<Option<B256>, StoreError> {
        let Some(block) = self.store.block(number)? else { return Ok(None) };
        let root = self.store.get(&keys::node(&block.header.state_root))?;
        Ok(root.map(|_| block.header.hash()))
    }
}
