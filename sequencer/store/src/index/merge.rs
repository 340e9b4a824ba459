//! Writing a run, and making one of several a little at a time, so that no flush takes long.

use super::{
    filter::Filter,
    run::{self, Run, RunRecord},
    sorted::Entry,
};
use crate::{Database, StoreError, WriteBatch, keys};
use std::sync::Arc;

/// Bytes of chunks that go to the database together.
const BATCH_BYTES: usize = 256 << 10;

/// A run that is being written, from its lowest entry on.
pub(super) struct Builder {
    id: u32,
    record: RunRecord,
    filter: Option<Filter>,
    /// Number of the chunk that is being filled.
    chunk: u32,
    bytes: Vec<u8>,
    last: Option<Entry>,
    writes: WriteBatch,
    waiting: usize,
}

impl Builder {
    /// For at most `entries`.
    pub(super) fn new(id: u32, level: u8, entries: u64) -> Self {
        let record = RunRecord::with_room_for(entries, level);
        let filter = run::has_filter(entries).then(|| Filter::for_entries(entries));
        Self { id, record, filter, chunk: 0, bytes: Vec::new(), last: None, writes: WriteBatch::default(), waiting: 0 }
    }

    /// Adds the next entry in order. One that is there already is left out.
    pub(super) fn push(&mut self, database: &dyn Database, entry: Entry) -> Result<(), StoreError> {
        if self.last == Some(entry) {
            return Ok(());
        }
        while self.chunk < self.record.chunk_of(entry.prefix) {
            self.close_chunk(database)?;
        }
        entry.write(&mut self.bytes);
        if let Some(filter) = &mut self.filter {
            filter.insert(entry.prefix);
        }
        self.last = Some(entry);
        Ok(())
    }

    fn close_chunk(&mut self, database: &dyn Database) -> Result<(), StoreError> {
        let bytes = std::mem::take(&mut self.bytes);
        self.waiting += bytes.len();
        self.writes.put(keys::index_chunk(self.id, self.chunk), bytes);
        self.chunk += 1;
        if self.waiting >= BATCH_BYTES {
            database.apply(&std::mem::take(&mut self.writes))?;
            self.waiting = 0;
        }
        Ok(())
    }

    /// Writes the rest. The run does not count before its record is written.
    pub(super) fn finish(mut self, database: &dyn Database) -> Result<Run, StoreError> {
        while self.chunk < self.record.chunks() {
            self.close_chunk(database)?;
        }
        if let Some(filter) = &self.filter {
            run::put_filter(filter, self.id, &mut self.writes);
        }
        database.apply(&self.writes)?;
        Ok(Run { id: self.id, record: self.record, filter: self.filter })
    }
}

/// Runs of one level on their way to being one of the next.
pub(super) struct Merge {
    pub(super) sources: Vec<Arc<Run>>,
    cursors: Vec<Cursor>,
    target: Builder,
}

/// The place in a source.
#[derive(Default)]
struct Cursor {
    next_chunk: u32,
    entries: Vec<Entry>,
    at: usize,
}

impl Cursor {
    /// The next entry; none at the end of the run.
    fn peek(&mut self, database: &dyn Database, run: &Run) -> Result<Option<Entry>, StoreError> {
        while self.at == self.entries.len() && self.next_chunk < run.record.chunks() {
            self.entries = run.chunk(database, self.next_chunk)?;
            (self.at, self.next_chunk) = (0, self.next_chunk + 1);
        }
        Ok(self.entries.get(self.at).copied())
    }
}

impl Merge {
    pub(super) fn new(id: u32, sources: Vec<Arc<Run>>) -> Self {
        let level = sources.iter().map(|run| run.record.level).max().unwrap_or_default().saturating_add(1);
        let target = Builder::new(id, level, sources.iter().map(|run| run.record.entries).sum());
        let cursors = sources.iter().map(|_| Cursor::default()).collect();
        Self { sources, cursors, target }
    }

    /// Moves at most `budget` entries, and takes them off it. True once all are moved.
    pub(super) fn advance(&mut self, database: &dyn Database, budget: &mut u64) -> Result<bool, StoreError> {
        while *budget > 0 {
            let mut lowest: Option<(Entry, usize)> = None;
            for (index, (cursor, run)) in self.cursors.iter_mut().zip(&self.sources).enumerate() {
                if let Some(entry) = cursor.peek(database, run)?
                    && lowest.is_none_or(|(low, _)| entry < low)
                {
                    lowest = Some((entry, index));
                }
            }
            let Some((entry, index)) = lowest else { return Ok(true) };
            self.target.push(database, entry)?;
            self.cursors[index].at += 1;
            *budget -= 1;
        }
        Ok(false)
    }

    pub(super) fn finish(self, database: &dyn Database) -> Result<Run, StoreError> {
        self.target.finish(database)
    }
}
