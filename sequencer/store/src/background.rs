//! Writing the pages of an epoch, and pruning, on a thread of low priority.
//!
//! First comes the list of the pages that the epoch does not refer to any more, then its pages, then its record, and only with that the epoch is there. What a
//! crash leaves of an epoch without a record has a higher serial than any that is there, and is removed when the store is opened.

use crate::{
    Database, History, Pages, Store, StoreError, WriteBatch, codec,
    epoch::Epoch,
    keys,
    pages::{MOST_SERIAL, NumberedPages, numbers_of},
};
use gainsay_state::{DirtyPages, PageId};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// Numbers in one value of a list of superseded pages.
const CHUNK: usize = 8_000;
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
    pub(crate) fn start(store: &Store, epoch: Arc<Epoch>, taken: DirtyPages, history: History) -> Result<Self, StoreError> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let (job_store, job_epoch, job_cancelled) = (store.clone(), epoch.clone(), cancelled.clone());
        let job = move || {
            lower_priority();
            let cache = job_store.page_cache();
            // Whoever reads the state of this epoch would read each from the disk once.
            taken.pages.iter().for_each(|(id, page)| cache.put(*id, page.clone()));
            let DirtyPages { pages, mut superseded, .. } = taken;
            superseded.sort_unstable();
            if !write(job_store.database(), job_store.pages(), &job_epoch, pages, &superseded, &job_cancelled)? {
                return Ok(Done::Cancelled);
            }
            // Only readers of older states want them yet.
            superseded.iter().for_each(|id| cache.remove(*id));
            let flushed = job_store.index().flush(job_store.database());
            Ok(Done::Whole { chores: flushed.and_then(|()| prune(&job_store, history, &job_cancelled)) })
        };
        let thread = thread::Builder::new().name("epoch".to_owned()).spawn(job).map_err(|source| StoreError::Thread { source })?;
        Ok(Self { epoch, cancelled, thread })
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Stops where it may.
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

/// Writes all pages, the list of those that they replace, and the record; false if it was cancelled before.
pub(crate) fn write(
    database: &dyn Database,
    pages: &dyn Pages,
    epoch: &Epoch,
    written: NumberedPages,
    superseded: &[PageId],
    cancelled: &AtomicBool,
) -> Result<bool, StoreError> {
    write_list(database, epoch.serial, superseded)?;
    if cancelled.load(Ordering::Relaxed) {
        return Ok(false);
    }
    pages.add(written)?;
    if cancelled.load(Ordering::Relaxed) {
        return Ok(false);
    }
    let mut batch = WriteBatch::default();
    batch.put(keys::epoch(epoch.number), codec::encode(&epoch.record())?);
    database.apply(&batch)?;
    Ok(true)
}

fn write_list(database: &dyn Database, serial: u64, superseded: &[PageId]) -> Result<(), StoreError> {
    for (chunk, ids) in (0..).zip(superseded.chunks(CHUNK)) {
        let mut batch = WriteBatch::default();
        batch.put(keys::superseded(serial, chunk), ids.iter().flat_map(|id| id.get().to_be_bytes()).collect::<Vec<_>>());
        database.apply(&batch)?;
    }
    Ok(())
}

/// What epochs superseded.
struct List {
    serial: u64,
    key: Vec<u8>,
    pages: Vec<PageId>,
}

/// Lists of superseded pages, of the epochs with serials from `from` to `to`.
fn lists(database: &dyn Database, from: u64, to: u64) -> impl Iterator<Item = Result<List, StoreError>> {
    let damaged = |reason| StoreError::damaged("list of pages", reason);
    let scan = database.scan(keys::SUPERSEDED, &keys::superseded_by(from)).map(move |entry| {
        let (key, list) = entry?;
        let serial = key.get(1..).and_then(|rest| rest.first_chunk()).map(|bytes| u64::from_be_bytes(*bytes));
        let serial = serial.ok_or_else(|| damaged("its key is too short"))?;
        let (numbers, rest) = list.as_chunks::<8>();
        let pages: Option<_> = numbers.iter().map(|number| PageId::new(u64::from_be_bytes(*number))).collect();
        let pages = pages.filter(|_| rest.is_empty()).ok_or_else(|| damaged("not of whole numbers"))?;
        Ok(List { serial, key, pages })
    });
    scan.take_while(move |list| list.as_ref().map_or(true, |list| list.serial <= to))
}

/// Removes the pages with serials from `from` to `to`, and what those epochs superseded, which is live again. Nobody may read them any more, and after a power
/// failure no epoch may be there that needs them.
pub(crate) fn remove_serials(database: &dyn Database, pages: &dyn Pages, from: u64, to: u64) -> Result<(), StoreError> {
    let written = pages.numbers(numbers_of(from).0, numbers_of(to).1)?;
    if !written.is_empty() {
        pages.remove(&written)?;
    }
    for list in lists(database, from, to) {
        let mut batch = WriteBatch::default();
        batch.remove(list?.key);
        database.apply(&batch)?;
    }
    Ok(())
}

/// Removes the pages of an epoch whose record is gone for good.
pub(crate) fn remove_pages(database: &dyn Database, pages: &dyn Pages, serial: u64) -> Result<(), StoreError> {
    remove_serials(database, pages, serial, serial)
}

/// Removes all that there is of an epoch: its record first, so that a crash in between leaves none that lacks pages.
pub(crate) fn remove(database: &dyn Database, pages: &dyn Pages, number: u64, serial: u64) -> Result<(), StoreError> {
    remove_record(database, number)?;
    remove_pages(database, pages, serial)
}

/// The two databases do not keep step: what the one does not know any more must be on the disk before the other one acts on it.
fn remove_record(database: &dyn Database, number: u64) -> Result<(), StoreError> {
    let mut batch = WriteBatch::default();
    batch.remove(keys::epoch(number));
    database.apply(&batch)?;
    database.flush()
}

/// Removes what a crash left of epochs that are none. They are above the newest one: nothing is taken before fragments are removed.
pub(crate) fn remove_fragments(database: &dyn Database, pages: &dyn Pages, epochs: &BTreeMap<u64, Arc<Epoch>>) -> Result<(), StoreError> {
    match epochs.values().map(|epoch| epoch.serial).max() {
        Some(newest) => remove_serials(database, pages, newest + 1, MOST_SERIAL),
        None => Ok(()),
    }
}

/// Forgets states that are older than is asked for: a few epochs at a time.
fn prune(store: &Store, history: History, cancelled: &AtomicBool) -> Result<(), StoreError> {
    let (database, pages) = (store.database(), store.pages());
    for _ in 0..PRUNED_AT_ONCE {
        let Some([oldest, next]) = store.prunable(history)? else { break };
        // The record goes before anything that it stands for, or after an error in between it would stand for less.
        remove_record(database, oldest.number)?;
        store.prune(&oldest, next.number);
        if !sweep(database, pages, &next, cancelled)? {
            return Ok(());
        }
    }
    match store.oldest() {
        Some(oldest) => sweep(database, pages, &oldest, cancelled).map(drop),
        None => Ok(()),
    }
}

/// Removes what nobody can read any more once `oldest` is the oldest epoch: pages that it or one before it superseded, and journals up to it. Takes up
/// again what an earlier call did not finish; false if it was cancelled.
fn sweep(database: &dyn Database, pages: &dyn Pages, oldest: &Epoch, cancelled: &AtomicBool) -> Result<bool, StoreError> {
    for list in lists(database, 0, oldest.serial) {
        if cancelled.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let list = list?;
        pages.remove(&list.pages)?;
        let mut batch = WriteBatch::default();
        batch.remove(list.key);
        database.apply(&batch)?;
    }
    let mut batch = WriteBatch::default();
    for entry in database.scan(keys::JOURNALS, keys::JOURNALS) {
        let (key, _) = entry?;
        if key > keys::journal(oldest.number) {
            break;
        }
        batch.remove(key);
    }
    if !batch.is_empty() {
        database.apply(&batch)?;
    }
    Ok(true)
}
