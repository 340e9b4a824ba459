//! The store's read side. Cheap to clone; every method may be called while the writer writes.

use crate::{
    BatchRecord, BlockHeader, BlockRecord, Database, Heads, L1Block, Location, MessageRecord, StateReader, StoreError,
    block::{BodyRecord, HeaderRecord},
    codec::{self, Record},
    keys,
};
use alloy_primitives::{B256, Bytes};
use std::sync::{
    Arc, RwLock,
    atomic::{AtomicU64, Ordering},
};

/// Times that [`Store::latest_state`] looks again when the chain was unwound while it looked.
const LATEST_ATTEMPTS: usize = 1000;

/// Reads the chain.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    database: Box<dyn Database>,
    /// Odd while the flat state changes, and never the same before and after that: what a reader saw in between is whole if it did not change.
    generation: AtomicU64,
    heads: RwLock<Arc<Heads>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").field("heads", &self.heads()).finish_non_exhaustive()
    }
}

impl Store {
    pub(crate) fn new(database: Box<dyn Database>, heads: Heads) -> Self {
        Self { shared: Arc::new(Shared { database, generation: AtomicU64::new(0), heads: RwLock::new(Arc::new(heads)) }) }
    }

    /// Heads after the latest commit.
    #[must_use]
    pub fn heads(&self) -> Arc<Heads> {
        // The lock guards one assignment, which cannot panic half-way.
        self.shared.heads.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub(crate) fn set_heads(&self, heads: Heads) {
        *self.shared.heads.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(heads);
    }

    pub(crate) fn database(&self) -> &dyn Database {
        self.shared.database.as_ref()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::SeqCst)
    }

    /// Runs `change` with the generation odd.
    pub(crate) fn in_next_generation<T>(&self, change: impl FnOnce() -> T) -> T {
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
        let result = change();
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
        result
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.database().get(key)
    }

    pub(crate) fn record<T: Record>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.get(key)?.map(|bytes| codec::decode(&bytes)).transpose()
    }

    /// Header of block `number`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn header(&self, number: u64) -> Result<Option<BlockHeader>, StoreError> {
        self.record::<HeaderRecord>(&keys::header(number))?.map(|record| record.read()).transpose()
    }

    /// Block `number`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn block(&self, number: u64) -> Result<Option<BlockRecord>, StoreError> {
        let Some(header) = self.header(number)? else { return Ok(None) };
        self.record::<BodyRecord>(&keys::body(number))?.map(|body| body.read(header)).transpose()
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

    /// Where a transaction is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn transaction(&self, hash: &B256) -> Result<Option<Location>, StoreError> {
        self.record(&keys::transaction(hash))
    }

    /// State of the latest block.
    ///
    /// # Errors
    /// When the store fails.
    pub fn latest_state(&self) -> Result<StateReader, StoreError> {
        for _ in 0..LATEST_ATTEMPTS {
            let generation = self.generation();
            let latest = self.heads().latest;
            let header = self.header(latest.number)?.filter(|block| block.header.hash() == latest.hash);
            if let Some(block) = header {
                return Ok(StateReader::new(self.clone(), block, generation.is_multiple_of(2).then_some(generation)));
            }
            std::thread::yield_now();
        }
        Err(StoreError::missing("block", self.heads().latest.number))
    }

    /// State after block `number`; none if there is no such block.
    ///
    /// # Errors
    /// When the store fails.
    pub fn state_at(&self, number: u64) -> Result<Option<StateReader>, StoreError> {
        Ok(self.header(number)?.map(|block| StateReader::new(self.clone(), block, None)))
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

    /// Keccak of the whole flat state, key by key: two stores with the same one hold the same accounts and slots. Reads everything.
    ///
    /// # Errors
    /// When the store fails.
    pub fn flat_state_hash(&self) -> Result<B256, StoreError> {
        let mut hasher = alloy_primitives::Keccak256::new();
        for prefix in [b"a", b"s"] {
            for entry in self.database().scan(prefix, prefix) {
                let (key, value) = entry?;
                hasher.update((key.len() as u64).to_be_bytes());
                hasher.update(&key);
                hasher.update((value.len() as u64).to_be_bytes());
                hasher.update(&value);
            }
        }
        Ok(hasher.finalize())
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
