//! From memory to disk.

use super::{
    Bounds, Index, Snapshot,
    merge::{Builder, Merge},
    run::{self, Covered, Run},
    sorted::Sorted,
};
use crate::{Database, StoreError, WriteBatch, codec, keys};
use std::sync::{Arc, PoisonError};

/// Runs of a level that are merged into one of the next. A look-up asks at most some FAN_IN runs a level, and an entry is written once a level.
const FAN_IN: usize = 8;
/// Entries that a flush merges for each that it writes: what keeps up with eight levels, a million times what one flush writes.
const MERGED_PER_WRITTEN: u64 = 8;
/// Entries that a flush merges anyway.
const MERGED_ANYWAY: u64 = 1 << 16;

/// What goes on between flushes.
pub(super) struct Compaction {
    next_run: u32,
    merge: Option<Merge>,
}

impl Compaction {
    pub(super) const fn new(next_run: u32) -> Self {
        Self { next_run, merge: None }
    }

    #[cfg(test)]
    pub(super) const fn is_merging(&self) -> bool {
        self.merge.is_some()
    }

    fn next_id(&mut self) -> u32 {
        let id = self.next_run;
        self.next_run += 1;
        id
    }
}

impl Index {
    /// Writes the blocks in memory as a run, and goes on with merging runs for a bounded time. For a background thread: look-ups and pushes go on.
    ///
    /// # Errors
    /// When the database fails. Nothing is lost then: the next flush writes the same and more.
    pub fn flush(&self, database: &dyn Database) -> Result<(), StoreError> {
        let mut compaction = self.compaction.lock().unwrap_or_else(PoisonError::into_inner);
        let written = self.write_memory(database, &mut compaction)?;
        let mut budget = written.saturating_mul(MERGED_PER_WRITTEN).saturating_add(MERGED_ANYWAY);
        while budget > 0 {
            let Some(mut merge) = compaction.merge.take().or_else(|| self.next_merge(&mut compaction)) else { break };
            if merge.advance(database, &mut budget)? {
                self.finish_merge(database, merge)?;
            } else {
                compaction.merge = Some(merge);
            }
        }
        Ok(())
    }

    /// Entries written.
    fn write_memory(&self, database: &dyn Database, compaction: &mut Compaction) -> Result<u64, StoreError> {
        let (upto, frozen) = self.freeze();
        let entries = Sorted::merged(&frozen);
        let count = entries.len() as u64;
        let run = if count > 0 { Some(write_run(database, compaction.next_id(), &entries)?) } else { None };
        let mut bounds = self.lock_bounds();
        let covered = upto.min(bounds.floor);
        let mut writes = WriteBatch::default();
        if covered != bounds.covered {
            writes.put(keys::INDEX, codec::encode(&Covered(covered))?);
        }
        if let Some(run) = &run {
            writes.put(keys::index_run(run.id), codec::encode(&run.record)?);
        }
        database.apply(&writes)?;
        bounds.covered = covered;
        self.change(|snapshot| {
            snapshot.frozen.clear();
            snapshot.replace_runs(&[], run);
        });
        Ok(count)
    }

    /// Sets what is in memory aside, and says up to which block that is.
    fn freeze(&self) -> (u64, Vec<Arc<Sorted>>) {
        let mut bounds: std::sync::MutexGuard<'_, Bounds> = self.lock_bounds();
        bounds.floor = u64::MAX;
        self.change(|snapshot| snapshot.frozen.append(&mut snapshot.live));
        (bounds.tip, self.snapshot().frozen.clone())
    }

    /// The lowest level with enough runs.
    fn next_merge(&self, compaction: &mut Compaction) -> Option<Merge> {
        let snapshot = self.snapshot();
        let of_level = |level| snapshot.runs.iter().filter(move |run| run.record.level == level);
        let level = snapshot.runs.iter().map(|run| run.record.level).filter(|level| of_level(*level).count() >= FAN_IN).min()?;
        Some(Merge::new(compaction.next_id(), of_level(level).cloned().collect()))
    }

    fn finish_merge(&self, database: &dyn Database, merge: Merge) -> Result<(), StoreError> {
        let sources = merge.sources.clone();
        let run = merge.finish(database)?;
        let mut writes = WriteBatch::default();
        writes.put(keys::index_run(run.id), codec::encode(&run.record)?);
        sources.iter().for_each(|source| writes.remove(keys::index_run(source.id)));
        database.apply(&writes)?;
        self.change(|snapshot| snapshot.replace_runs(&sources, Some(run)));
        sources.iter().try_for_each(|source| run::remove(database, source.id))
    }
}

fn write_run(database: &dyn Database, id: u32, entries: &Sorted) -> Result<Run, StoreError> {
    let mut builder = Builder::new(id, 0, entries.len() as u64);
    entries.entries().iter().try_for_each(|entry| builder.push(database, *entry))?;
    builder.finish(database)
}

impl Snapshot {
    fn replace_runs(&mut self, removed: &[Arc<Run>], added: Option<Run>) {
        self.runs.retain(|run| removed.iter().all(|gone| gone.id != run.id));
        self.runs.extend(added.map(Arc::new));
        self.runs.sort_by_key(|run| (std::cmp::Reverse(run.record.level), run.id));
        run::bound_filters(&mut self.runs);
    }
}
