//! Pages that were read a moment ago: what execution reads, the roots of the same block want again.

use alloy_primitives::{B256, Bytes, map::DefaultHashBuilder};
use gainsay_state::{Prefix, TrieId};
use std::{
    collections::{HashMap, VecDeque},
    hash::BuildHasher,
    sync::{Mutex, PoisonError},
};

/// Bytes of the pages kept: more than the largest block reads.
const MOST_BYTES: usize = 32 << 20;
/// So that readers rarely meet. A lock guards one look-up.
const SHARDS: usize = 32;
/// What a page takes beside its bytes.
const OVERHEAD: usize = 256;

/// A page of an epoch, which the hash of its block names: a number comes again after unwinding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) epoch: B256,
    pub(crate) trie: TrieId,
    pub(crate) prefix: Prefix,
}

/// Pages by place; what came first goes first.
#[derive(Default)]
pub(crate) struct PageCache {
    hasher: DefaultHashBuilder,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug, Default)]
struct Shard {
    pages: HashMap<Place, Bytes, DefaultHashBuilder>,
    order: VecDeque<Place>,
    bytes: usize,
}

impl PageCache {
    pub(crate) fn get(&self, place: &Place) -> Option<Bytes> {
        self.in_shard(place, |shard| shard.pages.get(place).cloned())
    }

    pub(crate) fn put(&self, place: Place, page: Bytes) {
        self.in_shard(&place, |shard| shard.put(place, page));
    }

    fn in_shard<T>(&self, place: &Place, work: impl FnOnce(&mut Shard) -> T) -> T {
        // Below the number of shards.
        let shard = &self.shards[self.hasher.hash_one(place) as usize % SHARDS];
        work(&mut shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    fn put(&mut self, place: Place, page: Bytes) {
        self.bytes += page.len() + OVERHEAD;
        if let Some(before) = self.pages.insert(place, page) {
            self.bytes -= before.len() + OVERHEAD;
        } else {
            self.order.push_back(place);
        }
        while self.bytes > MOST_BYTES / SHARDS {
            let Some(first) = self.order.pop_front() else { break };
            self.bytes -= self.pages.remove(&first).map_or(0, |page| page.len() + OVERHEAD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(epoch: u8, number: u64) -> Place {
        Place {
            epoch: B256::repeat_byte(epoch),
            trie: TrieId::Storage(B256::from(alloy_primitives::U256::from(number))),
            prefix: Prefix::ROOT,
        }
    }

    #[test]
    fn a_page_is_that_of_its_epoch_and_place() {
        let cache = PageCache::default();
        cache.put(place(1, 1), Bytes::from_static(b"one"));
        cache.put(place(2, 1), Bytes::from_static(b"later"));
        assert_eq!(cache.get(&place(1, 1)), Some(Bytes::from_static(b"one")));
        assert_eq!(cache.get(&place(2, 1)), Some(Bytes::from_static(b"later")));
        assert_eq!([cache.get(&place(3, 1)), cache.get(&place(1, 2))], [None, None]);
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_newest_stays() {
        let cache = PageCache::default();
        let page = Bytes::from(vec![7; 100_000]);
        for number in 0..2_000 {
            cache.put(place(1, number), page.clone());
            assert!(cache.get(&place(1, number)).is_some());
        }
        let kept = (0..2_000).filter(|number| cache.get(&place(1, *number)).is_some()).count();
        assert!((100..=MOST_BYTES / page.len()).contains(&kept), "{kept}");
        for shard in &cache.shards {
            let shard = shard.lock().unwrap();
            assert_eq!(shard.order.len(), shard.pages.len());
        }
    }
}
