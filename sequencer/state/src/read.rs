//! Reading one account or slot straight from pages.

use crate::{
    PageId, PageSource, PagedStateError, Prefix, TrieId,
    page::{self, Found},
    value::{self, StorageRoot},
};
use alloy_primitives::{Address, B256, U256, keccak256};
use gainsay_execute::Account;

/// An account and the root of its storage; none if it does not exist.
///
/// # Errors
/// When a page is missing, damaged or cannot be read.
pub fn read_account<P: PageSource>(pages: &P, address: &Address) -> Result<Option<(Account, B256)>, PagedStateError<P::Error>> {
    let found = account(pages, &keccak256(address))?;
    Ok(found.map(|(account, storage)| (account, storage.root)))
}

/// Value of a slot; zero if there is none.
///
/// # Errors
/// When a page is missing, damaged or cannot be read.
pub fn read_slot<P: PageSource>(pages: &P, address: &Address, slot: &U256) -> Result<U256, PagedStateError<P::Error>> {
    read_storage(pages, address)?.slot(pages, slot)
}

/// Where an account's storage begins: for whoever reads many slots of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageAt {
    trie: TrieId,
    /// None without storage.
    root: Option<PageId>,
}

impl StorageAt {
    /// Value of a slot, from the pages of the state that it was read of; zero if there is none.
    ///
    /// # Errors
    /// When a page is missing, damaged or cannot be read.
    pub fn slot<P: PageSource>(&self, pages: &P, slot: &U256) -> Result<U256, PagedStateError<P::Error>> {
        let Some(root) = self.root else { return Ok(U256::ZERO) };
        Ok(read(pages, &self.trie, root, &keccak256(slot.to_be_bytes::<32>()), value::read_word)?.unwrap_or_default())
    }
}

/// Where the storage of an account is; one that does not exist has none.
///
/// # Errors
/// When a page is missing, damaged or cannot be read.
pub fn read_storage<P: PageSource>(pages: &P, address: &Address) -> Result<StorageAt, PagedStateError<P::Error>> {
    let key = keccak256(address);
    let trie = TrieId::Storage(key);
    match account(pages, &key)? {
        None | Some((_, StorageRoot::EMPTY)) => Ok(StorageAt { trie, root: None }),
        Some((_, StorageRoot { page: None, .. })) => Err(PagedStateError::Missing { trie, depth: 0 }),
        Some((_, StorageRoot { page, .. })) => Ok(StorageAt { trie, root: page }),
    }
}

fn account<P: PageSource>(pages: &P, key: &B256) -> Result<Option<(Account, StorageRoot)>, PagedStateError<P::Error>> {
    let Some(root) = pages.root() else { return Ok(None) };
    read(pages, &TrieId::Accounts, root, key, value::read_account)
}

/// Looks for a key from the root's page down.
fn read<P: PageSource, T>(
    pages: &P,
    trie: &TrieId,
    root: PageId,
    key: &B256,
    decode: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<Option<T>, PagedStateError<P::Error>> {
    let (mut id, mut depth) = (root, 0);
    loop {
        let prefix = Prefix::of(key, depth);
        let found = pages.page(id).map_err(PagedStateError::Source)?.ok_or(PagedStateError::Missing { trie: *trie, depth })?;
        let damaged = PagedStateError::Damaged { trie: *trie, depth };
        match page::find(id, trie, &prefix, &found, key) {
            None => return Err(damaged),
            // Deeper each time, at most to 64.
            Some(Found::Below(page, below)) => (id, depth) = (page, below),
            Some(Found::Value(found)) => return found.map(|value| decode(value).ok_or(damaged)).transpose(),
        }
    }
}
