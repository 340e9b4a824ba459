//! The key-value database below the store, and sled as one.

use crate::{StoreError, at_hand::takes_time, disk::Disk};
use std::{
    collections::BTreeMap,
    fs::{File, TryLockError},
    path::Path,
    thread,
    time::Duration,
};

/// Times that opening is tried when sled's own lock is still held. Only this process can hold it, since [`SledDatabase`] has a lock of its own:
/// a database dropped a moment ago may still have a write of its background thread under way.
const OPEN_ATTEMPTS: u32 = 50;
const OPEN_PAUSE: Duration = Duration::from_millis(50);

/// Writes that take effect together or not at all. A later write to a key replaces an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteBatch {
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl WriteBatch {
    /// Sets a key.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.writes.insert(key.into(), Some(value.into()));
    }

    /// Removes a key, which need not exist.
    pub fn remove(&mut self, key: impl Into<Vec<u8>>) {
        self.writes.insert(key.into(), None);
    }

    /// Keys with their new values, in order; none removes the key.
    pub fn writes(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.writes.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// Nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }
}

/// A key with its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// An ordered key-value database with atomic batches. Reads run beside the one writer.
pub trait Database: Send + Sync + 'static {
    /// Value of a key.
    ///
    /// # Errors
    /// When the database fails.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether the key has a value.
    ///
    /// # Errors
    /// When the database fails.
    fn contains(&self, key: &[u8]) -> Result<bool, StoreError>;

    /// Every key that starts with `prefix` and is not below `from`, with its value, in order. Not a snapshot: what is written meanwhile may show.
    fn scan<'a>(&'a self, prefix: &[u8], from: &[u8]) -> Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a>;

    /// Applies a batch: after a crash all of it is there or none of it, and no batch is there without those before it. A `get` sees all of it or none.
    ///
    /// # Errors
    /// When the database fails.
    fn apply(&self, batch: &WriteBatch) -> Result<(), StoreError>;

    /// Writes back what was applied so far, so that the next flush has less to wait for. It may still be lost with the power.
    ///
    /// # Errors
    /// When the database fails.
    fn write_back(&self) -> Result<(), StoreError>;

    /// Returns once everything applied so far survives a power failure.
    ///
    /// # Errors
    /// When the database fails.
    fn flush(&self) -> Result<(), StoreError>;
}

/// sled in a directory that this process holds alone.
pub struct SledDatabase {
    // Dropped in this order: the directory is free once sled is closed.
    tree: sled::Db,
    disk: Disk,
    _lock: File,
}

impl SledDatabase {
    /// Opens or creates the database. `cache_bytes` bounds sled's page cache.
    ///
    /// # Errors
    /// When another process has it open, when the directory cannot be written, and when sled finds it damaged.
    pub fn open(path: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        let directory = path.join("db");
        let config = sled::Config::new().path(&directory).cache_capacity(cache_bytes);
        let mut attempt = 1;
        loop {
            match config.open() {
                Ok(tree) => return Ok(Self { tree, disk: Disk::of(&directory)?, _lock: lock }),
                Err(sled::Error::Io(_)) if attempt < OPEN_ATTEMPTS => {
                    attempt += 1;
                    thread::sleep(OPEN_PAUSE);
                }
                Err(source) => return Err(source.into()),
            }
        }
    }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(io)?;
    let file = File::options().create(true).truncate(false).write(true).open(path.join("LOCK")).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

impl Database for SledDatabase {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        takes_time()?;
        Ok(self.tree.get(key)?.map(|value| value.to_vec()))
    }

    fn contains(&self, key: &[u8]) -> Result<bool, StoreError> {
        takes_time()?;
        Ok(self.tree.contains_key(key)?)
    }

    fn scan<'a>(&'a self, prefix: &[u8], from: &[u8]) -> Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a> {
        if let Err(error) = takes_time() {
            return Box::new(std::iter::once(Err(error)));
        }
        let prefix = prefix.to_vec();
        let start = from.max(prefix.as_slice()).to_vec();
        let entries = self.tree.range(start..).map(|entry| {
            let (key, value) = entry?;
            Ok((key.to_vec(), value.to_vec()))
        });
        Box::new(entries.take_while(move |entry| entry.as_ref().map_or(true, |(key, _): &Entry| key.starts_with(&prefix))))
    }

    fn apply(&self, batch: &WriteBatch) -> Result<(), StoreError> {
        let mut writes = sled::Batch::default();
        for (key, value) in batch.writes() {
            match value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        Ok(self.tree.apply_batch(writes)?)
    }

    fn write_back(&self) -> Result<(), StoreError> {
        self.tree.flush()?;
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.tree.flush()?;
        self.disk.sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_write_of_a_batch_replaces_an_earlier_one() {
        let directory = tempfile::tempdir().unwrap();
        let database = SledDatabase::open(directory.path(), 1 << 20).unwrap();
        let mut batch = WriteBatch::default();
        batch.put(*b"a", *b"1");
        batch.remove(*b"a");
        batch.remove(*b"b");
        batch.put(*b"b", *b"2");
        database.apply(&batch).unwrap();
        assert_eq!((database.get(b"a").unwrap(), database.get(b"b").unwrap()), (None, Some(b"2".to_vec())));
        assert!(database.contains(b"b").unwrap() && !database.contains(b"a").unwrap());
    }

    #[test]
    fn a_scan_gives_one_prefix_in_order_from_a_key_on() {
        let directory = tempfile::tempdir().unwrap();
        let database = SledDatabase::open(directory.path(), 1 << 20).unwrap();
        let mut batch = WriteBatch::default();
        for key in ["a9", "b1", "b2", "b3", "c0"] {
            batch.put(key, key);
        }
        database.apply(&batch).unwrap();
        let keys = |prefix: &str, from: &str| -> Vec<String> {
            let entries = database.scan(prefix.as_bytes(), from.as_bytes());
            entries.map(|entry| String::from_utf8(entry.unwrap().0).unwrap()).collect()
        };
        assert_eq!(keys("b", "b"), ["b1", "b2", "b3"]);
        assert_eq!(keys("b", "b2"), ["b2", "b3"]);
        assert_eq!(keys("b", "a"), ["b1", "b2", "b3"]);
        assert!(keys("d", "d").is_empty());
    }

    #[test]
    fn a_value_as_large_as_the_largest_block_survives_reopening() {
        let directory = tempfile::tempdir().unwrap();
        // Thirty million gas buy less than four megabytes of logs or of transactions.
        let value: Vec<u8> = (0..8_000_000u32).flat_map(|word| [(word >> 3) as u8]).collect();
        for round in 0..2u8 {
            let database = SledDatabase::open(directory.path(), 1 << 20).unwrap();
            let mut batch = WriteBatch::default();
            for key in 0..3 {
                batch.put([round, key], value.clone());
            }
            database.apply(&batch).unwrap();
            database.flush().unwrap();
        }
        let database = SledDatabase::open(directory.path(), 1 << 20).unwrap();
        for key in [[0, 0], [0, 2], [1, 1]] {
            assert!(database.get(&key).unwrap().as_ref() == Some(&value));
        }
    }
}
