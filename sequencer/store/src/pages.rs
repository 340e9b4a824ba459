//! Pages of the state's tries in the database, each in one version an epoch that changed it.
//!
//! A version's key ends with its epoch inverted, so that of all versions of a page the newest comes first, and the first key at or after an epoch's is
//! the newest one that is not newer. A value is a checksum of 4 bytes, then the page; a page that is gone has an empty value.

use crate::{Database, Store, StoreError, checksum::checksum, epoch::Epoch, keys, page_cache::Place};
use alloy_primitives::{B256, Bytes};
use gainsay_state::{Depths, PageSource, PagedStateError, Prefix, TrieId};
use std::sync::Arc;

const SUM: usize = 4;

/// The state's pages as they were at an epoch.
#[derive(Clone, Debug)]
pub struct PagesAt {
    pub(crate) store: Store,
    pub(crate) epoch: Arc<Epoch>,
}

impl PageSource for PagesAt {
    type Error = StoreError;

    fn page(&self, trie: &TrieId, prefix: &Prefix) -> Result<Option<Bytes>, StoreError> {
        let place = Place { epoch: self.epoch.hash, trie: *trie, prefix: *prefix };
        if let Some(page) = self.store.page_cache().get(&place) {
            self.epoch.check()?;
            return Ok(Some(page));
        }
        let page = read(self.store.database(), trie, prefix, self.epoch.number);
        // After reading: if the epoch was whole then, so was what was read.
        self.epoch.check()?;
        if let Ok(Some(page)) = &page {
            self.store.page_cache().put(place, page.clone());
        }
        page
    }

    fn depths(&self) -> Option<&Depths> {
        Some(self.store.depths())
    }
}

/// The newest version of a page that is not newer than `epoch`.
pub(crate) fn read(database: &dyn Database, trie: &TrieId, prefix: &Prefix, epoch: u64) -> Result<Option<Bytes>, StoreError> {
    let page = page_key(trie, prefix);
    let found = database.first(&version_key(&page, epoch), &version_key(&page, 0))?;
    let Some((_, value)) = found.filter(|(_, value)| !value.is_empty()) else { return Ok(None) };
    let damaged = || StoreError::damaged("page of the state", format!("at depth {} of {trie:?}", prefix.depth()));
    let (sum, page) = value.split_first_chunk::<SUM>().ok_or_else(damaged)?;
    if *sum != short_sum(page) {
        return Err(damaged());
    }
    Ok(Some(Bytes::from(value).slice(SUM..)))
}

fn short_sum(page: &[u8]) -> [u8; SUM] {
    let [_, _, _, _, sum @ ..] = checksum(page).to_le_bytes();
    sum
}

/// The value of a page's version; none means that it is gone.
pub(crate) fn value(page: Option<&[u8]>) -> Vec<u8> {
    page.map_or_else(Vec::new, |page| [&short_sum(page)[..], page].concat())
}

/// The key of all versions of a page, without the epoch at its end.
pub(crate) fn page_key(trie: &TrieId, prefix: &Prefix) -> Vec<u8> {
    let nibbles = &prefix.first()[..usize::from(prefix.depth()).div_ceil(2)];
    match trie {
        TrieId::Accounts => keys::account_page(prefix.depth(), nibbles),
        TrieId::Storage(account) => keys::storage_page(account, prefix.depth(), nibbles),
    }
}

/// The key of one version.
pub(crate) fn version_key(page: &[u8], epoch: u64) -> Vec<u8> {
    [page, &(!epoch).to_be_bytes()].concat()
}

/// The epoch at the end of a version's key.
pub(crate) fn epoch_of(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| !u64::from_be_bytes(*bytes))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{WriteBatch, testing::Memory};

    #[test]
    fn of_all_versions_the_newest_that_is_not_newer_is_read() {
        let database = Memory::default();
        let (trie, other) = (TrieId::Accounts, TrieId::Storage(B256::repeat_byte(0xff)));
        let prefix = Prefix::ROOT.child(0xa).child(0xb).child(0xc);
        let mut batch = WriteBatch::default();
        let mut put = |trie: &TrieId, prefix: &Prefix, epoch: u64, page: Option<&[u8]>| {
            batch.put(version_key(&page_key(trie, prefix), epoch), value(page));
        };
        put(&trie, &prefix, 7, Some(b"seven"));
        put(&trie, &prefix, 300, Some(b"later"));
        put(&trie, &prefix, 301, None);
        put(&trie, &Prefix::ROOT.child(0xa).child(0xb), 9, Some(b"above"));
        put(&other, &prefix, 8, Some(b"elsewhere"));
        database.apply(&batch).unwrap();
        let at = |epoch| read(&database, &trie, &prefix, epoch).unwrap();
        assert_eq!([6, 7, 8, 299].map(at), [None, Some(b"seven".into()), Some(b"seven".into()), Some(b"seven".into())]);
        assert_eq!([300, 301, u64::MAX].map(at), [Some(b"later".into()), None, None]);
        assert_eq!(read(&database, &other, &prefix, 8).unwrap(), Some(b"elsewhere".into()));
        assert_eq!(read(&database, &other, &Prefix::ROOT, 8).unwrap(), None);
        assert_eq!(epoch_of(&version_key(b"x", 300)), Some(300));
    }

    #[test]
    fn a_page_with_a_changed_byte_is_an_error() {
        let database = Memory::default();
        let key = version_key(&page_key(&TrieId::Accounts, &Prefix::ROOT), 1);
        let whole = value(Some(b"some page"));
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            let mut batch = WriteBatch::default();
            batch.put(key.clone(), bytes);
            database.apply(&batch).unwrap();
            let error = read(&database, &TrieId::Accounts, &Prefix::ROOT, 1).unwrap_err().to_string();
            assert!(error.contains("damaged") && error.contains("delete the data directory"), "{error}");
        }
    }
}
