//! What can go wrong with the store.

use alloy_primitives::B256;
use std::path::PathBuf;

/// Why the store cannot answer or be opened. Every variant is a reason to stop the process, but those about a state that is not there
/// ([`StoreError::Missing`], [`StoreError::Pruned`], [`StoreError::Dropped`]) and [`StoreError::NotAtHand`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the directory open.
    #[error("data directory {} is in use by another process: stop that one, or give another directory", path.display())]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// The directory holds another chain.
    #[error(
        "data directory {} belongs to another chain: its {field} is {found}, this network's is {expected}; give another directory",
        path.display()
    )]
    OtherChain {
        /// The data directory.
        path: PathBuf,
        /// Which part of the chain's identity differs.
        field: &'static str,
        /// What the directory was created for.
        found: String,
        /// What this process was started for.
        expected: String,
    },
    /// A file operation failed.
    #[error("data directory {} cannot be used: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The reason given by the operating system.
        source: std::io::Error,
    },
    /// The thread that writes pages cannot be started.
    #[error("no thread can be started to write the state: {source}; raise the limit of threads")]
    Thread {
        /// The reason given by the operating system.
        source: std::io::Error,
    },
    /// The database failed.
    #[error("the database failed: {source}; if it is corrupted, delete the data directory to sync again from L1")]
    Database {
        /// The reason that it gives.
        #[from]
        source: sled::Error,
    },
    /// The database of pages failed.
    #[error("the database of the state failed: {source}; if it is corrupted, delete the data directory to sync again from L1")]
    Pages {
        /// The reason that it gives.
        #[from]
        source: fjall::Error,
    },
    /// A record was written by another version of this software.
    #[error(
        "a {record} record has version {found}, this software reads version {expected}: delete the data directory to sync again from L1"
    )]
    Version {
        /// Kind of the record.
        record: &'static str,
        /// Version found.
        found: u8,
        /// Version that this software writes.
        expected: u8,
    },
    /// A record cannot be read.
    #[error("a {record} record is damaged ({reason}): delete the data directory to sync again from L1")]
    Damaged {
        /// Kind of the record.
        record: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A record that must exist does not.
    #[error("the store has no {record} {key}")]
    Missing {
        /// Kind of the record.
        record: &'static str,
        /// Its key, for people.
        key: String,
    },
    /// A state that is not kept any more.
    #[error("the state after block {number} is pruned, the oldest kept is that after block {oldest}: ask a node that keeps an archive")]
    Pruned {
        /// The block asked for.
        number: u64,
        /// The oldest block that can be asked for.
        oldest: u64,
    },
    /// The chain cannot be unwound that far.
    #[error(
        "block {number} cannot be undone: the state before it is pruned, the oldest kept is that after block {oldest}; delete the data directory to sync again from L1"
    )]
    TooDeep {
        /// Block to undo.
        number: u64,
        /// The lowest block that can be gone back to.
        oldest: u64,
    },
    /// A reader was held while its block was taken off the chain.
    #[error("block {number} is not part of the chain any more: ask again")]
    Dropped {
        /// The block.
        number: u64,
    },
    /// Within [`at_hand`](crate::at_hand): memory does not have it, or it takes long.
    #[error("what is asked for is not in memory: ask on a thread that may wait")]
    NotAtHand,
    /// A block whose state root is not that of its changes.
    #[error("block {number} names the state root {named}, but its changes make {found}: seal it with the roots of the state that it is on")]
    Root {
        /// The block.
        number: u64,
        /// The root in its header.
        named: B256,
        /// The root of the state after it.
        found: B256,
    },
}

impl StoreError {
    pub(crate) fn missing(record: &'static str, key: impl ToString) -> Self {
        Self::Missing { record, key: key.to_string() }
    }

    pub(crate) fn damaged(record: &'static str, reason: impl ToString) -> Self {
        Self::Damaged { record, reason: reason.to_string() }
    }
}

impl revm::database_interface::DBErrorMarker for StoreError {}
