//! sled as the database: what is large is cut into parts.
//!
//! sled keeps a value or leaf of a quarter of a segment and more in a file of its own. It never syncs these files, and its cache counts them as next to nothing,
//! so that it keeps them all: a node's memory would grow by every block. With parts of 8 kB a leaf has 128 kB at most, and nothing is that large.
//!
//! | key | value |
//! |---|---|
//! | as given | 0, then the value; or 1, then the number of the value and how many parts it has |
//! | 255, the value's number, the part | the part |

use crate::{Database, StoreError, WriteBatch, at_hand::takes_time, database::Entry, disk::Disk};
use sled::IVec;
use std::{
    fs::{File, TryLockError},
    path::Path,
    thread,
    time::Duration,
};

/// Times that opening is tried when sled's own lock is still held. Only this process can hold it, since [`SledDatabase`] has a lock of its own:
/// a database dropped a moment ago may still have a write of its background thread under way.
const OPEN_ATTEMPTS: u32 = 50;
const OPEN_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of a segment of sled's log.
const SEGMENT: usize = 2 << 20;
/// Bytes of a part. A leaf has up to 16 entries, which fit into a quarter of a segment, and each of the 256 parts of sled's cache keeps a leaf at least: with
/// parts of 64 kB they took 480 MB.
const PART: usize = 8 << 10;

const WHOLE: u8 = 0;
const PARTS: u8 = 1;
/// No key of the store starts with it.
const PART_KEY: u8 = 0xff;

/// sled in a directory that this process holds alone.
pub struct SledDatabase {
    // Dropped in this order: the directory is free once sled is closed.
    tree: sled::Db,
    disk: Disk,
    _lock: File,
}

/// A value as it is kept at its key.
enum Kept<'a> {
    Whole(&'a [u8]),
    Parts(Parts),
}

/// Where a large value is. Its number is given once, so whoever reads it while it is replaced finds parts missing, never those of another.
#[derive(Clone, Copy)]
struct Parts {
    number: u64,
    count: u32,
}

impl Parts {
    fn keys(self) -> impl Iterator<Item = [u8; 13]> {
        (0..self.count).map(move |part| {
            let mut key = [PART_KEY; 13];
            key[1..9].copy_from_slice(&self.number.to_be_bytes());
            key[9..].copy_from_slice(&part.to_be_bytes());
            key
        })
    }

    fn encode(self) -> Vec<u8> {
        [&[PARTS][..], &self.number.to_be_bytes(), &self.count.to_be_bytes()].concat()
    }
}

impl<'a> Kept<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, StoreError> {
        let damaged = || StoreError::damaged("value", "it says neither what it is nor where");
        match bytes.split_first() {
            Some((&WHOLE, value)) => Ok(Self::Whole(value)),
            Some((&PARTS, rest)) => {
                let (number, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
                let count = rest.first_chunk().filter(|_| rest.len() == 4).ok_or_else(damaged)?;
                Ok(Self::Parts(Parts { number: u64::from_be_bytes(*number), count: u32::from_be_bytes(*count) }))
            }
            _ => Err(damaged()),
        }
    }
}

impl SledDatabase {
    /// Opens or creates the database. `cache_bytes` bounds sled's page cache.
    ///
    /// # Errors
    /// When another process has it open, when the directory cannot be written, and when sled finds it damaged.
    pub fn open(path: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        let directory = path.join("db");
        let config = sled::Config::new().path(&directory).cache_capacity(cache_bytes).segment_size(SEGMENT);
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

    /// What is kept at a key, put together; none if there is nothing.
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut kept = self.tree.get(key)?;
        while let Some(bytes) = kept {
            if let Some(value) = self.put_together(&bytes)? {
                return Ok(Some(value));
            }
            // It was replaced or removed meanwhile, and its parts with it.
            kept = self.tree.get(key)?;
            if kept.as_ref() == Some(&bytes) {
                return Err(StoreError::damaged("value", "a part of it is missing"));
            }
        }
        Ok(None)
    }

    /// None if a part is missing.
    fn put_together(&self, kept: &IVec) -> Result<Option<Vec<u8>>, StoreError> {
        let parts = match Kept::read(kept)? {
            Kept::Whole(value) => return Ok(Some(value.to_vec())),
            Kept::Parts(parts) => parts,
        };
        let mut value = Vec::with_capacity(parts.count as usize * PART);
        for key in parts.keys() {
            let Some(part) = self.tree.get(key)? else { return Ok(None) };
            value.extend_from_slice(&part);
        }
        Ok(Some(value))
    }

    /// Adds the writes that put a value at a key, whole or in parts.
    fn put(&self, key: &[u8], value: &[u8], writes: &mut sled::Batch) -> Result<(), StoreError> {
        if value.len() <= PART {
            writes.insert(key, [&[WHOLE], value].concat());
            return Ok(());
        }
        let chunks = value.chunks(PART);
        let count = u32::try_from(chunks.len()).map_err(|_| StoreError::damaged("value", "it is larger than any can be"))?;
        let parts = Parts { number: self.tree.generate_id()?, count };
        parts.keys().zip(chunks).for_each(|(key, part)| writes.insert(&key, part));
        writes.insert(key, parts.encode());
        Ok(())
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
        self.read(key)
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
        let ours = move |entry: &sled::Result<(IVec, IVec)>| entry.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix));
        let entries = self.tree.range(start..).take_while(ours).filter_map(|entry| {
            let value = entry.map_err(StoreError::from).and_then(|(key, kept)| {
                let value = self.put_together(&kept)?;
                Ok((key.to_vec(), if value.is_some() { value } else { self.read(&key)? }))
            });
            value.map(|(key, value)| Some((key, value?))).transpose()
        });
        Box::new(entries)
    }

    fn apply(&self, batch: &WriteBatch) -> Result<(), StoreError> {
        let mut writes = sled::Batch::default();
        for (key, value) in batch.writes() {
            if let Some(kept) = self.tree.get(key)?
                && let Kept::Parts(parts) = Kept::read(&kept)?
            {
                parts.keys().for_each(|key| writes.remove(&key));
            }
            match value {
                Some(value) => self.put(key, value, &mut writes)?,
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

    /// Such a file would not survive a power failure, and never leave the memory.
    #[test]
    fn nothing_is_kept_in_a_file_of_its_own_and_no_part_stays_when_its_value_goes() {
        let directory = tempfile::tempdir().unwrap();
        let database = SledDatabase::open(directory.path(), 1 << 20).unwrap();
        let value = |seed: u32, size: u32| (0..size).map(|byte| (byte * 7 + seed) as u8).collect::<Vec<_>>();
        let sizes = [0, 1, PART as u32, PART as u32 + 1, 3 * PART as u32, 1_000_000];
        for round in 0..40u32 {
            let mut batch = WriteBatch::default();
            for key in 0..30u32 {
                match (key + round) % 7 {
                    6 => batch.remove(key.to_be_bytes()),
                    size => batch.put(key.to_be_bytes(), value(round, sizes[size as usize])),
                }
            }
            database.apply(&batch).unwrap();
            database.flush().unwrap();
            let kept: Vec<_> = database.scan(&[0], &[]).map(Result::unwrap).collect();
            let expected = batch.writes().filter_map(|(key, value)| Some((key.to_vec(), value?.to_vec())));
            assert!(kept.iter().cloned().eq(expected), "round {round}");
            let parts: usize = kept.iter().filter(|(_, value)| value.len() > PART).map(|(_, value)| value.len().div_ceil(PART)).sum();
            assert_eq!(database.tree.len(), kept.len() + parts);
        }
        assert_eq!(std::fs::read_dir(directory.path().join("db/blobs")).unwrap().count(), 0);
    }

    #[test]
    fn a_value_that_is_replaced_while_it_is_read_is_the_old_or_the_new_one() {
        let directory = tempfile::tempdir().unwrap();
        let database = SledDatabase::open(directory.path(), 1 << 20).unwrap();
        let put = |byte: u8| {
            let mut batch = WriteBatch::default();
            batch.put(*b"a", vec![byte; 200_000 + 1_000 * usize::from(byte)]);
            database.apply(&batch).unwrap();
        };
        put(0);
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| (1..=100).for_each(put));
            while !writer.is_finished() {
                let value = database.get(b"a").unwrap().unwrap();
                assert!(value.iter().all(|byte| *byte == value[0]) && value.len() == 200_000 + 1_000 * usize::from(value[0]));
            }
        });
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
