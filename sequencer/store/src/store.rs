//! The store's read side. Cheap to clone; every method may be called while the writer writes.

use crate::{
    BatchRecord, BlockHeader, Database, FjallPages, Heads, Index, L1Block, MessageRecord, Pages, SledDatabase, StoreError,
    codec::{self, Record},
    codes::Codes,
    edits::Edits,
    epoch::Epoch,
    keys,
    nodes::LastTries,
    page_cache::{PageCache, Storages},
    pages::{MOST_SERIAL, numbers_of},
    recent::Recent,
    snapshot::Snapshot,
    state::OldStates,
};
use alloy_primitives::{B256, Bytes};
use gainsay_state::PageId;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Reads the chain.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    database: Box<dyn Database>,
    /// What a reader of the tip needs. The lock guards one assignment.
    view: RwLock<Arc<View>>,
    /// Epochs whose pages are there, by number. Never empty.
    epochs: Mutex<BTreeMap<u64, Arc<Epoch>>>,
    old_states: Mutex<OldStates>,
    edits: Mutex<Edits>,
    last_tries: Mutex<LastTries>,
    index: Index,
    recent: Recent,
    pages: Box<dyn Pages>,
    page_cache: PageCache,
    storages: Storages,
    codes: Codes,
    /// Of the next epoch that is taken. None has it twice as long as the process lives: readers may hold pages of dropped ones.
    next_serial: AtomicU64,
}

/// Where a store keeps what it is given.
pub struct Databases {
    /// Everything but the pages of the state.
    pub database: Box<dyn Database>,
    /// The pages of the state.
    pub pages: Box<dyn Pages>,
}

impl Databases {
    /// sled and fjall in a directory that this process holds alone. `cache_bytes` bounds sled's page cache.
    ///
    /// # Errors
    /// When another process has the directory open, when it cannot be written, and when it is found damaged.
    pub fn open(path: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        let database = SledDatabase::open(path, cache_bytes)?;
        let pages = FjallPages::open(&path.join("state"))?;
        Ok(Self { database: Box::new(database), pages: Box::new(pages) })
    }
}

/// The tip: replaced as a whole by each commit.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) heads: Arc<Heads>,
    pub(crate) tip: Arc<BlockHeader>,
    /// Of the tip, as its header says.
    pub(crate) snapshot: Snapshot,
    /// The same with edits on top, if there are any: what readers see.
    pub(crate) shown: Snapshot,
}

impl View {
    pub(crate) fn new(heads: Arc<Heads>, tip: Arc<BlockHeader>, snapshot: Snapshot) -> Self {
        Self { heads, tip, shown: snapshot.clone(), snapshot }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").field("heads", &self.heads()).finish_non_exhaustive()
    }
}

impl Store {
    pub(crate) fn new(databases: Databases, index: Index, view: View, epochs: BTreeMap<u64, Arc<Epoch>>) -> Self {
        let Databases { database, pages } = databases;
        let next_serial = AtomicU64::new(1 + epochs.values().map(|epoch| epoch.serial).max().unwrap_or_default());
        let (view, epochs) = (RwLock::new(Arc::new(view)), Mutex::new(epochs));
        Self {
            shared: Arc::new(Shared {
                database,
                view,
                epochs,
                old_states: Mutex::default(),
                edits: Mutex::default(),
                last_tries: Mutex::default(),
                index,
                recent: Recent::default(),
                pages,
                page_cache: PageCache::default(),
                storages: Storages::default(),
                codes: Codes::default(),
                next_serial,
            }),
        }
    }

    /// Heads after the latest commit.
    #[must_use]
    pub fn heads(&self) -> Arc<Heads> {
        self.view().heads.clone()
    }

    // Nothing can panic half-way through what these locks guard.
    pub(crate) fn view(&self) -> Arc<View> {
        self.shared.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_view(&self, view: View) {
        let view = Arc::new(view);
        let before = std::mem::replace(&mut *self.shared.view.write().unwrap_or_else(PoisonError::into_inner), view);
        // Layers may be large: their memory is given back without the lock.
        drop(before);
    }

    pub(crate) fn epochs(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Epoch>>> {
        self.shared.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn old_states(&self) -> MutexGuard<'_, OldStates> {
        self.shared.old_states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn edits(&self) -> MutexGuard<'_, Edits> {
        self.shared.edits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn last_tries(&self) -> MutexGuard<'_, LastTries> {
        self.shared.last_tries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives their memory back, unless somebody makes some at this moment.
    pub(crate) fn forget_last_tries(&self) {
        let last = self.shared.last_tries.try_lock().map(|mut last| std::mem::take(&mut *last));
        drop(last);
    }

    pub(crate) fn oldest(&self) -> Option<Arc<Epoch>> {
        self.epochs().values().next().cloned()
    }

    pub(crate) fn oldest_epoch(&self) -> u64 {
        self.epochs().keys().next().copied().unwrap_or_default()
    }

    /// The newest epoch that is not newer than block `number`.
    pub(crate) fn epoch_up_to(&self, number: u64) -> Result<Arc<Epoch>, StoreError> {
        let found = self.epochs().range(..=number).next_back().map(|(_, epoch)| epoch.clone());
        found.ok_or_else(|| StoreError::Pruned { number, oldest: self.oldest_epoch() })
    }

    pub(crate) fn page_cache(&self) -> &PageCache {
        &self.shared.page_cache
    }

    pub(crate) fn storages(&self) -> &Storages {
        &self.shared.storages
    }

    pub(crate) fn codes(&self) -> &Codes {
        &self.shared.codes
    }

    pub(crate) fn pages(&self) -> &dyn Pages {
        self.shared.pages.as_ref()
    }

    /// The serial of an epoch that is being taken, and the number of its first page.
    pub(crate) fn next_serial(&self) -> Result<(u64, PageId), StoreError> {
        let serial = self.shared.next_serial.fetch_add(1, Ordering::SeqCst);
        let first = PageId::new(numbers_of(serial).0).filter(|_| serial <= MOST_SERIAL);
        Ok((serial, first.ok_or_else(|| StoreError::damaged("epoch", "there are no more serials"))?))
    }

    pub(crate) fn index(&self) -> &Index {
        &self.shared.index
    }

    pub(crate) fn recent(&self) -> &Recent {
        &self.shared.recent
    }

    pub(crate) fn database(&self) -> &dyn Database {
        self.shared.database.as_ref()
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.database().get(key)
    }

    pub(crate) fn record<T: Record>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.get(key)?.map(|bytes| codec::decode(&bytes)).transpose()
    }

    /// Number of the block with this hash.
    ///
    /// # Errors
    /// When the store fails.
    pub fn block_number(&self, hash: &B256) -> Result<Option<u64>, StoreError> {
        let Some(bytes) = self.get(&keys::block_hash(hash))? else { return Ok(None) };
        let number = bytes.as_slice().try_into().map_err(|_| StoreError::damaged("block hash", "not 8 bytes"))?;
        Ok(Some(u64::from_be_bytes(number)))
    }

    /// Batch `index`, from 1.
    ///
    /// # Errors
    /// When the store fails.
    pub fn batch(&self, index: u64) -> Result<Option<BatchRecord>, StoreError> {
        self.record(&keys::batch(index))
    }

    /// `batchAcc` after `index` batches.
    ///
    /// # Errors
    /// When that batch is not archived.
    pub fn batch_acc(&self, index: u64) -> Result<B256, StoreError> {
        match index {
            0 => Ok(B256::ZERO),
            _ => Ok(self.batch(index)?.ok_or_else(|| StoreError::missing("batch", index))?.acc),
        }
    }

    /// Message `index`, from 1.
    ///
    /// # Errors
    /// When the store fails.
    pub fn message(&self, index: u64) -> Result<Option<MessageRecord>, StoreError> {
        self.record(&keys::message(index))
    }

    /// Indices of the messages that an L1 transaction enqueued, in order; none if it enqueued none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn messages_of_l1_transaction(&self, hash: &B256) -> Result<Vec<u64>, StoreError> {
        let prefix = keys::enqueued_by(hash);
        self.database().scan(&prefix, &prefix).map(|entry| entry.and_then(|(key, _)| trailing_number(&key))).collect()
    }

    /// `depositAcc` after `index` messages.
    ///
    /// # Errors
    /// When that message is not archived.
    pub fn deposit_acc(&self, index: u64) -> Result<B256, StoreError> {
        match index {
            0 => Ok(B256::ZERO),
            _ => Ok(self.message(index)?.ok_or_else(|| StoreError::missing("message", index))?.acc),
        }
    }

    /// A blob by its versioned hash, 131,072 bytes.
    ///
    /// # Errors
    /// When the store fails.
    pub fn blob(&self, versioned_hash: &B256) -> Result<Option<Bytes>, StoreError> {
        Ok(self.get(&keys::blob(versioned_hash))?.map(Bytes::from))
    }

    /// Whether a blob is archived.
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_blob(&self, versioned_hash: &B256) -> Result<bool, StoreError> {
        self.database().contains(&keys::blob(versioned_hash))
    }

    /// The last batch that names this blob.
    pub(crate) fn last_user_of_blob(&self, hash: &B256) -> Result<Option<u64>, StoreError> {
        let prefix = keys::blob_users(hash);
        let users = self.database().scan(&prefix, &prefix).map(|entry| entry.and_then(|(key, _)| trailing_number(&key)));
        users.last().transpose()
    }

    /// Blobs named by the batches `from..=to`, with the batch.
    pub(crate) fn blobs_of_batches(&self, from: u64, to: u64) -> Result<Vec<(u64, B256)>, StoreError> {
        let mut found = Vec::new();
        for entry in self.database().scan(b"y", &keys::batch_blob(from, &B256::ZERO)) {
            let (key, _) = entry?;
            let (batch, hash) = key.get(1..).and_then(|key| key.split_first_chunk::<8>()).ok_or_else(short_key)?;
            let batch = u64::from_be_bytes(*batch);
            if batch > to {
                break;
            }
            found.push((batch, B256::try_from(hash).map_err(|_| short_key())?));
        }
        Ok(found)
    }

    /// The L1 blocks kept, from `from` on, in order. Those without events may be missing.
    ///
    /// # Errors
    /// When the store fails.
    pub fn l1_blocks(&self, from: u64) -> Result<Vec<L1Block>, StoreError> {
        self.database().scan(b"l", &keys::l1_block(from)).map(|entry| codec::decode(&entry?.1)).collect()
    }

    /// One L1 block, if it is kept.
    ///
    /// # Errors
    /// When the store fails.
    pub fn l1_block(&self, number: u64) -> Result<Option<L1Block>, StoreError> {
        self.record(&keys::l1_block(number))
    }

    pub(crate) fn l1_blocks_below(&self, end: u64) -> Result<Vec<u64>, StoreError> {
        let numbers = self.database().scan(b"l", b"l").map(|entry| entry.and_then(|(key, _)| trailing_number(&key)));
        numbers.take_while(|number| number.as_ref().map_or(true, |number| *number < end)).collect()
    }

    /// Hash of block `number`.
    pub(crate) fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        Ok(self.header(number)?.map(|block| block.header.hash()))
    }

    /// Returns once everything committed so far survives a power failure.
    ///
    /// # Errors
    /// When the database fails.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.database().flush()
    }
}

fn trailing_number(key: &[u8]) -> Result<u64, StoreError> {
    key.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes)).ok_or_else(short_key)
}

fn short_key() -> StoreError {
    StoreError::damaged("key", "too short")
}
