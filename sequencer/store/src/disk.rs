//! Making what sled wrote survive a power failure.
//!
//! On Linux sled's flush ends with `sync_file_range`, which leaves out the file's size and what the disk itself has yet to write. So the log is synced here.

use crate::StoreError;
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// The log of a sled database.
#[derive(Debug)]
pub(crate) struct Disk {
    log: File,
    path: PathBuf,
}

impl Disk {
    /// Of the open database in `directory`.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn of(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join("db");
        match File::open(&path) {
            Ok(log) => Ok(Self { log, path }),
            Err(source) => Err(StoreError::Io { path, source }),
        }
    }

    /// Returns once what sled has written is on the disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.log.sync_data().map_err(|source| StoreError::Io { path: self.path.clone(), source })
    }
}
