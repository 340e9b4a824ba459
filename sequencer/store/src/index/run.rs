//! A run: entries on disk, sorted, in chunks of which a look-up reads one.

use super::{
    filter::Filter,
    sorted::{Entry, PREFIX_BITS, first_at_or_after},
};
use crate::{
    Database, StoreError, WriteBatch,
    codec::{self, Record},
    keys,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Memory for filters, bytes: 45 million transactions. Those of the newest runs are kept; older runs are asked on disk.
const FILTER_BYTES: usize = 64 << 20;
/// Entries that a chunk has on average, at most: 6.6 kB.
const CHUNK_ENTRIES: u64 = 512;
/// A filter's bytes are kept in values of this size.
const FILTER_PART: usize = 64 << 10;
/// Chunks are removed so many at a time.
const REMOVED_AT_A_TIME: usize = 4096;

/// A run on disk.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: u32,
    pub(super) record: RunRecord,
    /// None if there was no room for it in memory.
    pub(super) filter: Option<Filter>,
}

/// A run counts once this is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RunRecord {
    /// 0 as flushed, one more with each merge.
    pub(super) level: u8,
    /// It has two to the power of this many chunks; a hash's first bits are its chunk's number.
    pub(super) bits: u8,
    pub(super) entries: u64,
}

/// The last block that runs cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Covered(pub(super) u64);

impl Record for RunRecord {
    const NAME: &'static str = "index run";
}

impl Record for Covered {
    const NAME: &'static str = "index bound";
}

impl RunRecord {
    /// Chunks enough for so many entries.
    pub(super) fn with_room_for(entries: u64, level: u8) -> Self {
        let chunks = entries.div_ceil(CHUNK_ENTRIES).next_power_of_two();
        // At most 2^31 chunks, a thousand billion transactions.
        let bits = chunks.trailing_zeros().min(31) as u8;
        Self { level, bits, entries }
    }

    pub(super) const fn chunks(&self) -> u32 {
        1 << self.bits
    }

    pub(super) const fn chunk_of(&self, prefix: u64) -> u32 {
        (prefix >> (PREFIX_BITS - self.bits as u32)) as u32
    }
}

impl Run {
    pub(super) fn may_have(&self, prefix: u64) -> bool {
        self.record.entries > 0 && self.filter.as_ref().is_none_or(|filter| filter.may_have(prefix))
    }

    /// Entries with this prefix, the newest first; none if the chunk is gone.
    pub(super) fn candidates(&self, database: &dyn Database, prefix: u64) -> Result<Option<Vec<Entry>>, StoreError> {
        let chunk = self.record.chunk_of(prefix);
        let Some(bytes) = database.get(&keys::index_chunk(self.id, chunk))? else { return Ok(None) };
        let entries = as_entries(&bytes)?;
        let width = 1 << (PREFIX_BITS - u32::from(self.record.bits));
        let low = u64::from(chunk) * width;
        let start = first_at_or_after(entries.len(), low, low + width, prefix, |index| Entry::read(&entries[index]).prefix);
        let mut found: Vec<Entry> =
            entries[start..].iter().map(|bytes| Entry::read(bytes)).take_while(|entry| entry.prefix == prefix).collect();
        found.reverse();
        Ok(Some(found))
    }

    /// Entries of one chunk, in order.
    pub(super) fn chunk(&self, database: &dyn Database, chunk: u32) -> Result<Vec<Entry>, StoreError> {
        let missing = || StoreError::missing("chunk of an index run", format!("{}/{chunk}", self.id));
        let bytes = database.get(&keys::index_chunk(self.id, chunk))?.ok_or_else(missing)?;
        Ok(as_entries(&bytes)?.iter().map(|bytes| Entry::read(bytes)).collect())
    }
}

fn as_entries(bytes: &[u8]) -> Result<&[[u8; Entry::BYTES]], StoreError> {
    let (entries, rest) = bytes.as_chunks();
    if rest.is_empty() { Ok(entries) } else { Err(StoreError::damaged("chunk of an index run", "not a whole number of entries")) }
}

/// Whether a run of so many entries gets a filter: not if it would take all the memory there is for them.
pub(super) fn has_filter(entries: u64) -> bool {
    Filter::bytes_for(entries) <= FILTER_BYTES
}

/// All runs that count, by level downwards, older before newer; with filters, see [`bound_filters`].
pub(super) fn load_all(database: &dyn Database) -> Result<Vec<Arc<Run>>, StoreError> {
    let mut runs = Vec::new();
    for entry in database.scan(keys::INDEX_RUNS, keys::INDEX_RUNS) {
        let (key, value) = entry?;
        let id = key.last_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        let id = id.ok_or_else(|| StoreError::damaged("index run", "a key that is too short"))?;
        runs.push(Run { id, record: codec::decode(&value)?, filter: None });
    }
    runs.sort_by_key(|run| (std::cmp::Reverse(run.record.level), run.id));
    let mut room = FILTER_BYTES;
    for run in runs.iter_mut().rev() {
        let Some(rest) = room.checked_sub(Filter::bytes_for(run.record.entries)) else { break };
        room = rest;
        run.filter = Some(load_filter(database, run.id, run.record.entries)?);
    }
    Ok(runs.into_iter().map(Arc::new).collect())
}

/// Drops the filters of the oldest runs once all take more than [`FILTER_BYTES`].
pub(super) fn bound_filters(runs: &mut [Arc<Run>]) {
    let mut used = 0;
    for run in runs.iter_mut().rev() {
        used += Filter::bytes_for(run.record.entries);
        if used > FILTER_BYTES && run.filter.is_some() {
            *run = Arc::new(Run { id: run.id, record: run.record, filter: None });
        }
    }
}

fn load_filter(database: &dyn Database, id: u32, entries: u64) -> Result<Filter, StoreError> {
    let prefix = keys::index_filter_of(id);
    let mut bytes = Vec::with_capacity(Filter::bytes_for(entries));
    for part in database.scan(&prefix, &prefix) {
        bytes.extend_from_slice(&part?.1);
    }
    Filter::from_bytes(&bytes, entries).ok_or_else(|| StoreError::damaged("filter of an index run", "not of its run's size"))
}

pub(super) fn put_filter(filter: &Filter, id: u32, writes: &mut WriteBatch) {
    for (part, bytes) in (0..).zip(filter.to_bytes().chunks(FILTER_PART)) {
        writes.put(keys::index_filter(id, part), bytes);
    }
}

/// Removes the chunks and the filter of a run that does not count any more.
pub(super) fn remove(database: &dyn Database, id: u32) -> Result<(), StoreError> {
    for prefix in [keys::index_chunks_of(id), keys::index_filter_of(id)] {
        loop {
            let mut writes = WriteBatch::default();
            for entry in database.scan(&prefix, &prefix).take(REMOVED_AT_A_TIME) {
                writes.remove(entry?.0);
            }
            if writes.is_empty() {
                break;
            }
            database.apply(&writes)?;
        }
    }
    Ok(())
}

/// Removes what a crash left: chunks and filters whose run has no record.
pub(super) fn remove_orphans(database: &dyn Database, runs: &[Arc<Run>]) -> Result<(), StoreError> {
    let known = |id| runs.iter().any(|run| run.id == id);
    for letter in [keys::INDEX_CHUNKS, keys::INDEX_FILTERS] {
        let mut from = letter.to_vec();
        loop {
            let first = database.scan(letter, &from).next().transpose()?;
            let Some(id) = first.and_then(|(key, _)| Some(u32::from_be_bytes(*key.get(1..)?.first_chunk()?))) else { break };
            if !known(id) {
                remove(database, id)?;
            }
            let Some(next) = id.checked_add(1) else { break };
            from = [letter, &next.to_be_bytes()].concat();
        }
    }
    Ok(())
}
