//! Where a transaction is, by its hash.
//!
//! ```text
//!  push_block ─▶ sorted lists in memory ──flush──▶ run of level 0 ─┐
//!                (blocks since the last flush)      run of level 0 ─┼─ merge, FAN_IN into one ─▶ run of level 1 ─▶ ...
//!                                                   run of level 0 ─┘
//! ```
//!
//! An entry is the first 40 bits of a hash with the block's number and the position there: 13 bytes on disk. A hash is therefore not found but
//! located: its entries are candidates, and the caller compares the transaction that is there. That is also why nothing is removed when blocks are
//! unwound. A filter of 12 bits an entry, in memory for the newest 45 million transactions, keeps unknown hashes off the disk.
//!
//! Crash safety: a run counts from the write of its record on, together with the number of the last block that runs cover; the blocks after that are
//! pushed again at start-up. Chunks without a record are what a crash left, and are removed then.

mod filter;
mod flush;
mod merge;
mod run;
mod sorted;
#[cfg(test)]
mod tests;

use crate::{Database, Location, StoreError, WriteBatch, codec, keys};
use alloy_primitives::B256;
use flush::Compaction;
use run::{Covered, Run};
use sorted::{Entry, Sorted};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Finds transactions by hash. Readers share no lock with the writer but the one that guards the swap of an `Arc`.
pub struct Index {
    snapshot: RwLock<Arc<Snapshot>>,
    bounds: Mutex<Bounds>,
    /// One flush at a time.
    compaction: Mutex<Compaction>,
}

/// What a reader sees. Newest last everywhere.
#[derive(Clone, Default)]
struct Snapshot {
    /// Blocks since the last flush began.
    live: Vec<Arc<Sorted>>,
    /// Blocks of the flush that is under way.
    frozen: Vec<Arc<Sorted>>,
    /// On disk, by level downwards, older before newer.
    runs: Vec<Arc<Run>>,
}

/// Block numbers that say what would have to be pushed again.
struct Bounds {
    /// The newest block pushed.
    tip: u64,
    /// Runs have every block up to this one.
    covered: u64,
    /// The lowest tip since the flush under way began.
    floor: u64,
}

/// What memory alone knows of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is here.
    At(Location),
    /// There is no such transaction.
    Nowhere,
    /// A run on disk may have it: ask [`Index::locate`].
    AskDisk,
}

impl Index {
    /// Reads the runs' records and filters. The caller then pushes the blocks after [`Self::covered`].
    ///
    /// # Errors
    /// When the database fails or a record is damaged.
    pub fn open(database: &dyn Database) -> Result<Self, StoreError> {
        let covered = database.get(keys::INDEX)?.map(|bytes| codec::decode::<Covered>(&bytes)).transpose()?.map_or(0, |covered| covered.0);
        let runs = run::load_all(database)?;
        let next_run = runs.iter().map(|run| run.id + 1).max().unwrap_or_default();
        run::remove_orphans(database, &runs)?;
        Ok(Self {
            snapshot: RwLock::new(Arc::new(Snapshot { runs, ..Snapshot::default() })),
            bounds: Mutex::new(Bounds { tip: covered, covered, floor: u64::MAX }),
            compaction: Mutex::new(Compaction::new(next_run)),
        })
    }

    /// The last block that is in a run, as are all before it.
    #[must_use]
    pub fn covered(&self) -> u64 {
        self.lock_bounds().covered
    }

    /// Transactions that are in memory only, or in memory still.
    #[must_use]
    pub fn in_memory(&self) -> usize {
        let snapshot = self.snapshot();
        snapshot.live.iter().chain(&snapshot.frozen).map(|sorted| sorted.len()).sum()
    }

    /// Adds the transactions of a block, in order, once the block is in the database. Of more than 2^24, which no gas limit allows, the rest is left out.
    pub fn push_block<'a>(&self, number: u64, hashes: impl IntoIterator<Item = &'a B256>) {
        let added = Sorted::of_block(number, hashes);
        let mut bounds = self.lock_bounds();
        bounds.tip = number;
        if added.len() > 0 {
            self.change(|snapshot| sorted::push(&mut snapshot.live, added));
        }
    }

    /// To be called for each block that a commit takes off. The same commit then says that runs cover it no more.
    ///
    /// # Errors
    /// When the record cannot be encoded.
    pub fn pop_block(&self, number: u64, writes: &mut WriteBatch) -> Result<(), StoreError> {
        let below = number.saturating_sub(1);
        let mut bounds = self.lock_bounds();
        bounds.tip = bounds.tip.min(below);
        bounds.floor = bounds.floor.min(below);
        bounds.covered = bounds.covered.min(below);
        writes.put(keys::INDEX, codec::encode(&Covered(bounds.covered))?);
        Ok(())
    }

    /// Where the transaction is, newest first. `is_there` compares the transaction at a place with the hash.
    ///
    /// # Errors
    /// When the database fails, and when `is_there` does.
    pub fn locate(
        &self,
        database: &dyn Database,
        hash: &B256,
        mut is_there: impl FnMut(Location) -> Result<bool, StoreError>,
    ) -> Result<Option<Location>, StoreError> {
        let prefix = Entry::prefix_of(hash);
        let mut snapshot = self.snapshot();
        'again: loop {
            if let Some(found) = snapshot.in_memory(prefix, &mut is_there)? {
                return Ok(Some(found));
            }
            for run in snapshot.runs.iter().rev().filter(|run| run.may_have(prefix)) {
                let Some(candidates) = run.candidates(database, prefix)? else {
                    // The run was merged into another one meanwhile.
                    let newer = self.snapshot();
                    if Arc::ptr_eq(&newer, &snapshot) {
                        return Err(StoreError::damaged("transaction index", format!("run {} lacks a chunk", run.id)));
                    }
                    snapshot = newer;
                    continue 'again;
                };
                for entry in candidates {
                    if is_there(entry.location())? {
                        return Ok(Some(entry.location()));
                    }
                }
            }
            return Ok(None);
        }
    }

    /// As [`Self::locate`] without touching the disk, as far as that goes; `is_there` must not either.
    ///
    /// # Errors
    /// When `is_there` fails.
    pub fn known(&self, hash: &B256, mut is_there: impl FnMut(Location) -> Result<bool, StoreError>) -> Result<Known, StoreError> {
        let prefix = Entry::prefix_of(hash);
        let snapshot = self.snapshot();
        if let Some(found) = snapshot.in_memory(prefix, &mut is_there)? {
            return Ok(Known::At(found));
        }
        Ok(if snapshot.runs.iter().any(|run| run.may_have(prefix)) { Known::AskDisk } else { Known::Nowhere })
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        // The lock guards one assignment, which cannot panic half-way.
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut guard = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut guard));
    }

    fn lock_bounds(&self) -> std::sync::MutexGuard<'_, Bounds> {
        self.bounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Index").field("covered", &self.covered()).field("in_memory", &self.in_memory()).finish_non_exhaustive()
    }
}

impl Snapshot {
    fn in_memory(
        &self,
        prefix: u64,
        is_there: &mut impl FnMut(Location) -> Result<bool, StoreError>,
    ) -> Result<Option<Location>, StoreError> {
        for sorted in self.live.iter().rev().chain(self.frozen.iter().rev()) {
            for entry in sorted.candidates(prefix).iter().rev() {
                if is_there(entry.location())? {
                    return Ok(Some(entry.location()));
                }
            }
        }
        Ok(None)
    }
}
