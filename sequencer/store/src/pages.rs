//! Pages of the state's tries: where they are kept, and how a state reads them.
//!
//! A page is written once, by an epoch, and its number says by which: the epoch's serial in the upper bits, a count in the lower ones. So numbers only grow,
//! which is what the engine below does best, and a page that is cached never changes.

use crate::{Store, StoreError, epoch::Epoch};
use alloy_primitives::B256;
use gainsay_state::{Page, PageId, PageSource, PagedStateError};
use std::sync::Arc;

/// Bits of a page's number that count the pages of one epoch: as many as three billion accounts have.
const COUNT_BITS: u32 = 28;

/// What is written of an epoch, ascending.
pub type NumberedPages = Vec<(PageId, Page)>;

/// Keeps pages by their numbers. Reads run beside the one writer.
pub trait Pages: Send + Sync + 'static {
    /// A page; none if it is not there.
    ///
    /// # Errors
    /// When the database fails.
    fn page(&self, id: PageId) -> Result<Option<Page>, StoreError>;

    /// Adds pages in ascending order: all of them or, after a crash, none. Once it returns they survive a power failure.
    ///
    /// # Errors
    /// When the database fails.
    fn add(&self, pages: NumberedPages) -> Result<(), StoreError>;

    /// Removes pages in ascending order, which need not be there; durable as [`Self::add`] is.
    ///
    /// # Errors
    /// When the database fails.
    fn remove(&self, ids: &[PageId]) -> Result<(), StoreError>;

    /// The numbers `from..=to` of which there are pages, ascending.
    ///
    /// # Errors
    /// When the database fails.
    fn numbers(&self, from: u64, to: u64) -> Result<Vec<PageId>, StoreError>;
}

/// No epoch has a higher serial: the upper bits hold no more.
pub(crate) const MOST_SERIAL: u64 = u64::MAX >> COUNT_BITS;

/// Numbers of the pages of an epoch with this serial, the first and the last.
pub(crate) const fn numbers_of(serial: u64) -> (u64, u64) {
    let first = serial << COUNT_BITS;
    (first, first | ((1 << COUNT_BITS) - 1))
}

/// The state's pages as they were at an epoch.
#[derive(Clone, Debug)]
pub struct PagesAt {
    pub(crate) store: Store,
    pub(crate) epoch: Arc<Epoch>,
}

impl PageSource for PagesAt {
    type Error = StoreError;

    fn root(&self) -> Option<PageId> {
        self.epoch.root
    }

    fn page(&self, id: PageId) -> Result<Option<Page>, StoreError> {
        if let Some(page) = self.store.page_cache().get(id) {
            self.epoch.check()?;
            return Ok(Some(page));
        }
        let page = self.store.pages().page(id);
        // After reading: if the epoch was whole then, so was what was read.
        self.epoch.check()?;
        if let Ok(Some(page)) = &page {
            self.store.page_cache().put(id, page.clone());
        }
        page
    }
}

impl StoreError {
    /// Of the tries over pages.
    pub(crate) fn of_state(error: PagedStateError<Self>) -> Self {
        match error {
            PagedStateError::Source(error) => error,
            PagedStateError::Missing { trie, depth } => Self::damaged("page of the state", format!("none at depth {depth} of {trie:?}")),
            other => Self::damaged("state", other),
        }
    }

    /// The state does not have the root that its block names.
    pub(crate) fn wrong_root(number: u64, expected: B256, found: B256) -> Self {
        Self::damaged("state", format!("the root after block {number} is {found}, its header says {expected}"))
    }
}
