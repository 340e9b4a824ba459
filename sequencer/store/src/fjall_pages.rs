//! Pages in fjall, a log-structured merge tree: what sled is slow at, many small values at random, it takes as sorted runs.

use crate::{Pages, StoreError, at_hand::takes_time, pages::NumberedPages};
use fjall::{Database, Keyspace, KeyspaceCreateOptions};
use gainsay_state::{Page, PageId};
use std::path::Path;

/// The engine's own cache, bytes: of its index mostly. Pages are cached by the store, and by the operating system.
const CACHE_BYTES: u64 = 16 << 20;
/// Threads that merge runs.
const WORKERS: usize = 1;
/// Files that are kept open.
const OPEN_FILES: usize = 128;

/// fjall in a directory that this process holds alone.
pub struct FjallPages {
    // Dropped before the database, which waits for its threads.
    pages: Keyspace,
    _database: Database,
}

impl FjallPages {
    /// Opens or creates the pages in `directory`.
    ///
    /// # Errors
    /// When the directory cannot be written, and when fjall finds it damaged.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let database =
            Database::builder(directory).cache_size(CACHE_BYTES).worker_threads(WORKERS).max_cached_files(Some(OPEN_FILES)).open()?;
        // What is looked for is there, nearly always: its filters would be of no use.
        let pages = database.keyspace("pages", || KeyspaceCreateOptions::default().expect_point_read_hits(true))?;
        Ok(Self { pages, _database: database })
    }
}

fn key(id: u64) -> [u8; 8] {
    id.to_be_bytes()
}

impl Pages for FjallPages {
    fn page(&self, id: PageId) -> Result<Option<Page>, StoreError> {
        takes_time()?;
        Ok(self.pages.get(key(id.get()))?.map(|page| Page::from(&*page)))
    }

    fn add(&self, pages: NumberedPages) -> Result<(), StoreError> {
        let mut run = self.pages.start_ingestion()?;
        for (id, page) in pages {
            run.write(key(id.get()), page)?;
        }
        Ok(run.finish()?)
    }

    fn remove(&self, ids: &[PageId]) -> Result<(), StoreError> {
        let mut run = self.pages.start_ingestion()?;
        for id in ids {
            run.write_tombstone(key(id.get()))?;
        }
        Ok(run.finish()?)
    }

    fn numbers(&self, from: u64, to: u64) -> Result<Vec<PageId>, StoreError> {
        let mut found = Vec::new();
        for entry in self.pages.range(key(from)..=key(to)) {
            let number = entry.key()?.first_chunk().copied().map(u64::from_be_bytes);
            found.push(number.and_then(PageId::new).ok_or_else(|| StoreError::damaged("page of the state", "its number is too short"))?);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> PageId {
        PageId::new(number).unwrap()
    }

    #[test]
    fn pages_are_there_until_they_are_removed_however_often_it_is_opened() {
        let directory = tempfile::tempdir().unwrap();
        let page = |number: u64| vec![number as u8; 1 + number as usize];
        for round in 0..3u64 {
            let pages = FjallPages::open(directory.path()).unwrap();
            let first = round * 1_000 + 1;
            pages.add((first..first + 500).map(|number| (id(number), page(number).into())).collect()).unwrap();
            pages.remove(&[id(first), id(first + 499), id(first + 700)]).unwrap();
            assert_eq!(pages.page(id(first)).unwrap(), None);
            assert_eq!(pages.numbers(first, first + 999).unwrap().len(), 498);
        }
        let pages = FjallPages::open(directory.path()).unwrap();
        assert_eq!(*pages.page(id(1_250)).unwrap().unwrap(), *page(1_250));
        assert_eq!(pages.numbers(0, u64::MAX).unwrap().len(), 3 * 498);
        assert_eq!(pages.numbers(400, 1_003).unwrap(), (400..500).chain(1_002..=1_003).map(id).collect::<Vec<_>>());
        pages.add(Vec::new()).unwrap();
        pages.remove(&[]).unwrap();
    }
}
