//! A disk that fails while a node runs.

use gainsay_store::{Database, Entry, StoreError, WriteBatch};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A database that cannot be read any more, as of a disk that fails.
pub(super) struct Breakable {
    pub(super) database: Box<dyn Database>,
    pub(super) broken: Arc<AtomicBool>,
}

impl Breakable {
    fn check(&self) -> Result<(), StoreError> {
        if self.broken.load(Ordering::SeqCst) {
            Err(StoreError::Damaged { record: "disk", reason: "it is gone".to_owned() })
        } else {
            Ok(())
        }
    }
}

impl Database for Breakable {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.check()?;
        self.database.get(key)
    }

    fn contains(&self, key: &[u8]) -> Result<bool, StoreError> {
        self.check()?;
        self.database.contains(key)
    }

    fn scan<'a>(&'a self, prefix: &[u8], from: &[u8]) -> Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a> {
        self.database.scan(prefix, from)
    }

    fn apply(&self, batch: &WriteBatch) -> Result<(), StoreError> {
        self.database.apply(batch)
    }

    fn write_back(&self) -> Result<(), StoreError> {
        self.database.write_back()
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.database.flush()
    }
}
