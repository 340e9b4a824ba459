//! Making what sled wrote survive a power failure.
//!
//! On Linux sled's flush ends with `sync_file_range`, which leaves out the file's size and what the disk itself has yet to write; and a value or leaf above
//! 128 kB is a file of its own, which sled does not sync at all. So both are done here.

use crate::StoreError;
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// The files of a sled database.
#[derive(Debug)]
pub(crate) struct Disk {
    log: File,
    /// Where large values are, each in a file.
    large: PathBuf,
}

impl Disk {
    /// Of the open database in `directory`.
    ///
    /// # Errors
    /// When its files cannot be opened.
    pub(crate) fn of(directory: &Path) -> Result<Self, StoreError> {
        let (log, large) = (directory.join("db"), directory.join("blobs"));
        match File::open(&log) {
            Ok(log) => Ok(Self { log, large }),
            Err(source) => Err(StoreError::Io { path: log, source }),
        }
    }

    /// Returns once what sled has written is on the disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        let synced = self.log.sync_data().and_then(|()| if self.has_large()? { self.sync_large() } else { Ok(()) });
        synced.map_err(|source| StoreError::Io { path: self.large.clone(), source })
    }

    fn has_large(&self) -> std::io::Result<bool> {
        Ok(std::fs::read_dir(&self.large)?.next().is_some())
    }

    /// Files of large values come and go with every block under load: the file system syncs all of them, and their names, in one go.
    #[cfg(target_os = "linux")]
    fn sync_large(&self) -> std::io::Result<()> {
        Ok(rustix::fs::syncfs(&self.log)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync_large(&self) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&self.large)? {
            match File::open(entry?.path()) {
                Ok(file) => file.sync_all()?,
                // Removed meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        File::open(&self.large)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Database, SledDatabase, WriteBatch};

    /// A large value must not go unnoticed, or it would be lost with the power.
    #[test]
    fn a_large_value_is_seen_as_a_file_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let database = SledDatabase::open(directory.path(), 1 << 20).unwrap();
        let disk = Disk::of(&directory.path().join("db")).unwrap();
        let put = |key: &str, size: usize| {
            let mut batch = WriteBatch::default();
            batch.put(key, vec![7; size]);
            database.apply(&batch).unwrap();
            database.flush().unwrap();
        };
        put("a", 1000);
        assert!(!disk.has_large().unwrap());
        put("b", 200_000);
        assert!(disk.has_large().unwrap());
        disk.sync().unwrap();
        let log = std::fs::metadata(directory.path().join("db/db")).unwrap();
        assert_eq!(disk.log.metadata().unwrap().len(), log.len());
        assert!(log.len() > 1000);
    }
}
