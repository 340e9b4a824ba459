//! The key-value database below the store.

use crate::StoreError;
use std::collections::BTreeMap;

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
