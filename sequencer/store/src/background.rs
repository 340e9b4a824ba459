//! Writing the pages of an epoch, and pruning, on a thread of low priority.
//!
//! Pages go out in chunks, each with the list of its keys in the same batch; the epoch's record comes last, and only with it the epoch is there. What a crash
//! leaves of an epoch without a record is found by the lists and removed when the store is opened.

use crate::{Database, History, Store, StoreError, WriteBatch, codec, epoch::Epoch, keys, pages};
use gainsay_state::DirtyPage;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// Pages a batch: while it is applied nobody else reads or writes, which takes well below a millisecond.
const CHUNK: usize = 64;
/// Chunks after which what was written is written back, so that the flush of a block never has much to wait for.
const CHUNKS_AT_ONCE: usize = 8;
/// Epochs pruned at most for each that is written: more than one, so that a backlog shrinks.
const PRUNED_AT_ONCE: usize = 2;
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// An epoch that is being written.
pub(crate) struct Background {
    pub(crate) epoch: Arc<Epoch>,
    cancelled: Arc<AtomicBool>,
    thread: JoinHandle<Result<Done, StoreError>>,
}

/// What came of it, if its pages could be written.
pub(crate) enum Done {
    /// Its record is there. Whatever came of the chores after that, it counts.
    Whole {
        /// Writing the transaction index, and pruning.
        chores: Result<(), StoreError>,
    },
    /// It was cancelled before.
    Cancelled,
}

impl Background {
    /// Writes an epoch whose dirty pages are `taken`, then prunes.
    pub(crate) fn start(store: &Store, epoch: Arc<Epoch>, taken: Vec<DirtyPage>, history: History) -> Result<Self, StoreError> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let (job_store, job_epoch, job_cancelled) = (store.clone(), epoch.clone(), cancelled.clone());
        let job = move || {
            lower_priority();
            if !write(job_store.database(), &job_epoch, taken, &job_cancelled)? {
                return Ok(Done::Cancelled);
            }
            let flushed = job_store.index().flush(job_store.database());
            Ok(Done::Whole { chores: flushed.and_then(|()| prune(&job_store, history, &job_cancelled)) })
        };
        let thread = thread::Builder::new().name("epoch".to_owned()).spawn(job).map_err(|source| StoreError::Thread { source })?;
        Ok(Self { epoch, cancelled, thread })
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Stops between two chunks.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Waits for the end. After an error the epoch may be there in part, or as a whole: remove it.
    pub(crate) fn join(self) -> Result<Done, StoreError> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Of the calling thread, where that can be said of one thread.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    // Without it the thread only takes more from the others.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// Writes all pages and the record; false if it was cancelled before.
pub(crate) fn write(database: &dyn Database, epoch: &Epoch, taken: Vec<DirtyPage>, cancelled: &AtomicBool) -> Result<bool, StoreError> {
    let pages: BTreeMap<Vec<u8>, Option<Vec<u8>>> =
        taken.into_iter().map(|(trie, prefix, page)| (pages::page_key(&trie, &prefix), page)).collect();
    let mut pages = pages.into_iter().peekable();
    for chunk in 0.. {
        if cancelled.load(Ordering::Relaxed) {
            return Ok(false);
        }
        if pages.peek().is_none() {
            break;
        }
        let mut batch = WriteBatch::default();
        let mut list = Vec::new();
        for (key, page) in pages.by_ref().take(CHUNK) {
            batch.put(pages::version_key(&key, epoch.number), pages::value(page.as_deref()));
            // A key has at most 66 bytes.
            list.push(key.len() as u8);
            list.extend_from_slice(&key);
        }
        batch.put(keys::written(epoch.number, chunk), list);
        database.apply(&batch)?;
        if (chunk as usize + 1).is_multiple_of(CHUNKS_AT_ONCE) {
            database.write_back()?;
        }
    }
    let mut batch = WriteBatch::default();
    batch.put(keys::epoch(epoch.number), codec::encode(&epoch.record())?);
    database.apply(&batch)?;
    Ok(true)
}

/// The keys in a list of written pages.
fn listed(mut list: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let damaged = || StoreError::damaged("list of pages", "shorter than it says");
    let mut found = Vec::new();
    while let Some((length, rest)) = list.split_first() {
        let (key, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(damaged)?;
        found.push(key.to_vec());
        list = rest;
    }
    Ok(found)
}

/// A list of written pages: its epoch, its key, and the keys in it.
type List = (u64, Vec<u8>, Vec<Vec<u8>>);

/// Lists of written pages by epoch, of those between two, both included.
fn lists(database: &dyn Database, from: u64, to: u64) -> impl Iterator<Item = Result<List, StoreError>> {
    let scan = database.scan(keys::WRITTEN, &keys::written_by(from)).map(|entry| {
        let (key, list) = entry?;
        let number = key.get(1..).and_then(|rest| rest.first_chunk()).map(|bytes| u64::from_be_bytes(*bytes));
        Ok((number.ok_or_else(|| StoreError::damaged("list of pages", "its key is too short"))?, key, listed(&list)?))
    });
    scan.take_while(move |list| list.as_ref().map_or(true, |(epoch, ..)| *epoch <= to))
}

/// Removes the pages that epoch `number` wrote. Nobody may read them any more.
pub(crate) fn remove_pages(database: &dyn Database, number: u64) -> Result<(), StoreError> {
    for list in lists(database, number, number) {
        let (_, list, pages) = list?;
        let mut batch = WriteBatch::default();
        pages.iter().for_each(|page| batch.remove(pages::version_key(page, number)));
        batch.remove(list);
        database.apply(&batch)?;
    }
    Ok(())
}

/// Removes all that there is of an epoch: its record first, so that a crash in between leaves none that lacks pages.
pub(crate) fn remove(database: &dyn Database, number: u64) -> Result<(), StoreError> {
    let mut batch = WriteBatch::default();
    batch.remove(keys::epoch(number));
    database.apply(&batch)?;
    remove_pages(database, number)
}

/// Removes what a crash left of epochs that are none. They are above the newest one: nothing is taken before fragments are removed.
pub(crate) fn remove_fragments(database: &dyn Database, epochs: &BTreeMap<u64, Arc<Epoch>>) -> Result<(), StoreError> {
    let Some(mut next) = epochs.keys().next_back().and_then(|newest| newest.checked_add(1)) else { return Ok(()) };
    while let Some((number, ..)) = lists(database, next, u64::MAX).next().transpose()? {
        remove_pages(database, number)?;
        let Some(after) = number.checked_add(1) else { break };
        next = after;
    }
    Ok(())
}

/// Forgets states that are older than is asked for: a few epochs at a time.
fn prune(store: &Store, history: History, cancelled: &AtomicBool) -> Result<(), StoreError> {
    let database = store.database();
    for _ in 0..PRUNED_AT_ONCE {
        let Some((oldest, next)) = store.prunable(history)? else { break };
        // The record goes before anything that it stands for, or after an error in between it would stand for less.
        let mut batch = WriteBatch::default();
        batch.remove(keys::epoch(oldest.number));
        database.apply(&batch)?;
        store.prune(&oldest, next);
        if !sweep(database, store.oldest_epoch(), cancelled)? {
            break;
        }
    }
    sweep(database, store.oldest_epoch(), cancelled).map(drop)
}

/// Removes what nobody can read any more once `oldest` is the oldest epoch: older versions of the pages it wrote, and journals up to it. Takes up
/// again what an earlier call did not finish; false if it was cancelled.
fn sweep(database: &dyn Database, oldest: u64, cancelled: &AtomicBool) -> Result<bool, StoreError> {
    for list in lists(database, 0, oldest) {
        if cancelled.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let (epoch, list, pages) = list?;
        let mut batch = WriteBatch::default();
        for page in pages {
            remove_older(database, &page, epoch, &mut batch)?;
        }
        batch.remove(list);
        database.apply(&batch)?;
    }
    let mut batch = WriteBatch::default();
    for entry in database.scan(keys::JOURNALS, keys::JOURNALS) {
        let (key, _) = entry?;
        if key > keys::journal(oldest) {
            break;
        }
        batch.remove(key);
    }
    if !batch.is_empty() {
        database.apply(&batch)?;
    }
    Ok(true)
}

/// Of one page: versions older than that of `epoch`, and that one too if it only says that the page is gone.
fn remove_older(database: &dyn Database, page: &[u8], epoch: u64, batch: &mut WriteBatch) -> Result<(), StoreError> {
    let mut below = epoch;
    let mut found = false;
    while let Some(before) = below.checked_sub(1) {
        let Some((key, _)) = database.first(&pages::version_key(page, before), &pages::version_key(page, 0))? else { break };
        below = pages::epoch_of(&key).unwrap_or_default();
        batch.remove(key);
        found = true;
    }
    let own = pages::version_key(page, epoch);
    if found && database.get(&own)?.is_some_and(|value| value.is_empty()) {
        batch.remove(own);
    }
    Ok(())
}
