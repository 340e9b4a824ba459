//! Opening: the newest epoch and the journals after it give the tip's state, and its root says whether that is right. No rescan: it takes as long as the
//! blocks since that epoch.

use crate::{
    BlockHeader, Commit, Databases, Heads, History, Identity, Index, Store, StoreError, Writer, background, codec,
    epoch::{Epoch, EpochRecord},
    keys,
    layer::{self, Layer, Layers},
    pages::{MOST_SERIAL, numbers_of},
    snapshot::Snapshot,
    store::View,
    writer::Tries,
};
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use gainsay_execute::genesis::Genesis;
use gainsay_state::{NoPages, PageId, World};
use gainsay_types::Millis;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

/// How a data directory is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// Bound of the database's page cache, bytes.
    pub cache_bytes: u64,
    /// Which states are kept.
    pub history: History,
}

/// What opening had to put right. Batches are atomic, so this takes a damaged file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The tip that the heads named.
    pub from: BlockNumHash,
    /// The block to which the chain was unwound.
    pub to: BlockNumHash,
}

/// A state that was made of an epoch and journals, and has the root that its block names.
struct Whole {
    tip: BlockHeader,
    snapshot: Snapshot,
    world: World,
}

impl Writer {
    /// Opens the data directory at `path` for the chain `identity`, or creates it with `genesis`.
    ///
    /// # Errors
    /// When another process has the directory, when it belongs to another chain or is of another version, and when it is damaged beyond repair.
    pub fn open(path: &Path, identity: &Identity, genesis: &Genesis, options: StoreOptions) -> Result<(Self, Option<Repair>), StoreError> {
        let databases = Databases::open(path, options.cache_bytes)?;
        identity.claim(databases.database.as_ref(), path)?;
        Self::over(databases, genesis, options.history)
    }

    /// The same over any databases, which are taken to belong to this chain.
    ///
    /// # Errors
    /// When it is damaged beyond repair.
    pub fn over(databases: Databases, genesis: &Genesis, history: History) -> Result<(Self, Option<Repair>), StoreError> {
        let index = Index::open(databases.database.as_ref())?;
        let store = match databases.database.get(keys::HEADS)? {
            None => create(databases, index, genesis)?,
            Some(bytes) => found(databases, index, codec::decode(&bytes)?)?,
        };
        let heads = store.heads();
        let whole = newest_whole(&store, &heads)?;
        let to = BlockNumHash { number: whole.tip.header.number, hash: whole.tip.header.hash() };
        let damaged: Vec<_> =
            store.epochs().range(whole.snapshot.base.number + 1..).map(|(number, epoch)| (*number, epoch.serial)).collect();
        let repaired = to != heads.latest || !damaged.is_empty();
        store.set_view(View::new(heads.clone(), Arc::new(whole.tip), whole.snapshot));
        let mut writer = Self::new(store, history, Tries::of(whole.world));
        if repaired {
            writer.repair(heads.latest, to, &damaged)?;
        }
        writer.store.index_again()?;
        Ok((writer, repaired.then_some(Repair { from: heads.latest, to })))
    }

    /// Takes off what is not whole: blocks above `to`, and epochs.
    fn repair(&mut self, from: BlockNumHash, to: BlockNumHash, damaged: &[(u64, u64)]) -> Result<(), StoreError> {
        let mut commit = Commit::new(&self.store);
        for number in (to.number + 1..=from.number).rev() {
            let hash = self.store.block_hash(number).ok().flatten();
            commit.drop_block(number, &hash.unwrap_or(from.hash))?;
        }
        // The view has the tip already: nothing is to be unwound but what was read meanwhile.
        commit.unwound_to = None;
        self.store.recent().unwind(to.number + 1);
        commit.truncate_steps(self.store.steps_up_to_block(to.number)?)?;
        commit.heads.latest = to;
        damaged.iter().for_each(|(number, _)| commit.writes.remove(keys::epoch(*number)));
        self.apply(commit)?;
        self.flush()?;
        for (number, serial) in damaged {
            self.store.epochs().remove(number);
            background::remove_pages(self.store.database(), self.store.pages(), *serial)?;
        }
        Ok(())
    }
}

/// A new chain: its first state in pages, then the records of the first block. A crash in between starts again from nothing.
fn create(databases: Databases, index: Index, genesis: &Genesis) -> Result<Store, StoreError> {
    let header = BlockHeader { header: genesis.header.clone(), output_root: genesis.output_root, deposit_index: 0 };
    let mut world = World::empty();
    let roots = world.apply(&genesis.changes, &NoPages);
    let found = roots.map_err(|error| StoreError::damaged("genesis state", error))?.state_root;
    if found != header.header.state_root {
        return Err(StoreError::wrong_root(0, header.header.state_root, found));
    }
    let (database, pages) = (databases.database.as_ref(), databases.pages.as_ref());
    background::remove_serials(database, pages, 0, MOST_SERIAL)?;
    let (hash, time, serial) = (genesis.header.hash(), header.time(), 1);
    let first = PageId::new(numbers_of(serial).0).ok_or_else(|| StoreError::damaged("genesis state", "has no number"))?;
    let taken = world.take_dirty(first);
    let epoch = Arc::new(Epoch::new(0, &EpochRecord { hash, time, serial, root: taken.root.map_or(0, PageId::get) }));
    background::write(database, pages, &epoch, taken.pages, &[], &AtomicBool::new(false))?;
    let heads = Arc::new(Heads::genesis(genesis.header.hash(), genesis.output_root));
    let view = View::new(heads, Arc::new(header), Snapshot { base: epoch.clone(), layers: Arc::new([]) });
    let store = Store::new(databases, index, view, [(0, epoch)].into());
    let mut commit = Commit::new(&store);
    commit.put_genesis(genesis)?;
    let heads = commit.heads.clone();
    commit.put(keys::HEADS, &heads)?;
    store.database().apply(&commit.writes)?;
    store.flush()?;
    Ok(store)
}

/// What is in the database, unchecked but for what a crash left of epochs.
fn found(databases: Databases, index: Index, heads: Heads) -> Result<Store, StoreError> {
    let mut epochs = BTreeMap::new();
    let (database, pages) = (databases.database.as_ref(), databases.pages.as_ref());
    for entry in database.scan(keys::EPOCHS, keys::EPOCHS) {
        let (key, value) = entry?;
        let number = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        let number = number.ok_or_else(|| StoreError::damaged("epoch", "its key is too short"))?;
        epochs.insert(number, Arc::new(Epoch::new(number, &codec::decode(&value)?)));
    }
    background::remove_fragments(database, pages, &epochs)?;
    // Replaced before anybody sees it.
    let nothing = Arc::new(Epoch::new(0, &EpochRecord { hash: B256::ZERO, time: Millis(0), serial: 0, root: 0 }));
    let tip = BlockHeader { header: Default::default(), output_root: B256::ZERO, deposit_index: 0 };
    let snapshot = Snapshot { base: nothing, layers: Arc::new([]) };
    Ok(Store::new(databases, index, View::new(Arc::new(heads), Arc::new(tip), snapshot), epochs))
}

/// The newest state, up to the tip that the heads name, which is whole.
fn newest_whole(store: &Store, heads: &Heads) -> Result<Whole, StoreError> {
    let epochs: Vec<_> = store.epochs().range(..=heads.latest.number).map(|(_, epoch)| epoch.clone()).collect();
    let mut reason = StoreError::missing("epoch up to block", heads.latest.number);
    for epoch in epochs.into_iter().rev() {
        match whole_above(store, heads, epoch) {
            Ok(whole) => return Ok(whole),
            // Of another version, or the database itself: not for repair.
            Err(error @ (StoreError::Database { .. } | StoreError::Pages { .. } | StoreError::Version { .. })) => return Err(error),
            Err(error) => reason = error,
        }
    }
    match reason {
        StoreError::Missing { record, key } => Err(StoreError::damaged(record, format!("none {key}"))),
        damage => Err(damage),
    }
}

/// The newest state that `epoch` and the journals after it give.
fn whole_above(store: &Store, heads: &Heads, epoch: Arc<Epoch>) -> Result<Whole, StoreError> {
    let base = checked(store, epoch.number)?.filter(|block| block.header.hash() == epoch.hash);
    let mut blocks = vec![base.ok_or_else(|| StoreError::missing("block of epoch", epoch.number))?];
    let mut layers = Vec::new();
    for number in epoch.number + 1..=heads.latest.number {
        let parent = blocks.last().map(|block| block.header.hash()).unwrap_or_default();
        let Some((block, layer)) = next_block(store, number, parent)? else { break };
        blocks.push(block);
        layers.push(Arc::new(layer));
    }
    let snapshot = |count: usize| Snapshot {
        base: epoch.clone(),
        layers: layers.iter().take(count).fold(Layers::from([]), |stack, layer| layer::push(&stack, layer.clone(), epoch.number)),
    };
    // The tip's root first: nearly always it is right, and then so were all before.
    let (all, tip) = (snapshot(layers.len()), blocks.last().cloned());
    let (world, roots) = all.world(store)?;
    if let Some(tip) = tip.filter(|tip| tip.header.state_root == roots.state_root) {
        return Ok(Whole { tip, snapshot: all, world });
    }
    let mut best = Err(StoreError::damaged("state", format!("that of block {} has another root than its header", epoch.number)));
    for (count, tip) in blocks.into_iter().enumerate() {
        let snapshot = snapshot(count);
        let (world, roots) = snapshot.world(store)?;
        if roots.state_root != tip.header.state_root {
            break;
        }
        best = Ok(Whole { tip, snapshot, world });
    }
    best
}

/// Block `number` and what it changed, if it is whole and its parent is `parent`.
fn next_block(store: &Store, number: u64, parent: B256) -> Result<Option<(BlockHeader, Layer)>, StoreError> {
    let journal = match store.journal(number) {
        Err(StoreError::Damaged { .. }) | Ok(None) => return Ok(None),
        other => other?,
    };
    let Some(journal) = journal.filter(|journal| journal.parent == parent) else { return Ok(None) };
    let block = checked(store, number)?.filter(|block| block.header.hash() == journal.hash);
    Ok(block.map(|block| (block, journal.layer)))
}

/// Header of a block whose header has the hash that it should, and whose body can be read too.
fn checked(store: &Store, number: u64) -> Result<Option<BlockHeader>, StoreError> {
    match store.stored_block(number) {
        Ok(Some(block)) => {
            Ok(Some(block.header().clone())
                .filter(|block| block.header.number == number && block.header.hash_slow() == block.header.hash()))
        }
        Ok(None) | Err(StoreError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
