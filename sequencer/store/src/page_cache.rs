//! Pages that were read or written lately: the upper ones of a trie, which every read passes, and those that execution reads and the roots of the same block want
//! again.

use alloy_primitives::{Address, map::DefaultHashBuilder};
use gainsay_state::{Page, PageId, StorageAt};
use quick_cache::{
    UnitWeighter, Weighter,
    sync::{Cache, DefaultLifecycle},
};

/// Bytes of the pages kept: all of a state of two million accounts, a quarter of one of ten million. Live tries share them.
const MOST_BYTES: u64 = 192 << 20;
/// What a page takes beside its bytes.
const OVERHEAD: u64 = 96;
/// Bytes of a usual page.
const USUAL_BYTES: u64 = 600;

#[derive(Clone)]
struct Weight;

impl Weighter<PageId, Page> for Weight {
    fn weight(&self, _: &PageId, page: &Page) -> u64 {
        page.len() as u64 + OVERHEAD
    }
}

/// Pages by number.
pub(crate) struct PageCache(Cache<PageId, Page, Weight, DefaultHashBuilder>);

impl Default for PageCache {
    fn default() -> Self {
        let items = (MOST_BYTES / (USUAL_BYTES + OVERHEAD)) as usize;
        Self(Cache::with(items, MOST_BYTES, Weight, DefaultHashBuilder::default(), DefaultLifecycle::default()))
    }
}

impl PageCache {
    pub(crate) fn get(&self, id: PageId) -> Option<Page> {
        self.0.get(&id)
    }

    pub(crate) fn put(&self, id: PageId, page: Page) {
        self.0.insert(id, page);
    }

    pub(crate) fn remove(&self, id: PageId) {
        self.0.remove(&id);
    }

    #[cfg(test)]
    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

/// Accounts whose storage was read lately, a state each: a contract's slots are read one after the other.
const MOST_STORAGES: usize = 4_096;

/// Where the storage of accounts is, by the root's page of their state.
pub(crate) struct Storages(Cache<(PageId, Address), StorageAt, UnitWeighter, DefaultHashBuilder>);

impl Default for Storages {
    fn default() -> Self {
        let most = MOST_STORAGES as u64;
        Self(Cache::with(MOST_STORAGES, most, UnitWeighter, DefaultHashBuilder::default(), DefaultLifecycle::default()))
    }
}

impl Storages {
    pub(crate) fn get(&self, state: PageId, account: Address) -> Option<StorageAt> {
        self.0.get(&(state, account))
    }

    pub(crate) fn put(&self, state: PageId, account: Address, storage: StorageAt) {
        self.0.insert((state, account), storage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_what_is_used_stays() {
        let (cache, often) = (PageCache::default(), PageId::new(1).unwrap());
        cache.put(often, Page::from(*b"root"));
        let page = Page::from(vec![7; 100_000]);
        for number in 2..3_000 {
            cache.put(PageId::new(number).unwrap(), page.clone());
            assert_eq!(cache.get(often), Some(Page::from(*b"root")));
        }
        let kept = (2..3_000).filter(|number| cache.get(PageId::new(*number).unwrap()).is_some()).count();
        assert!((300..=MOST_BYTES as usize / page.len()).contains(&kept), "{kept}");
    }
}
