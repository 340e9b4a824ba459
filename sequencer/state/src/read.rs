//! Reading one account or slot straight from pages.

use crate::{
    PageSource, PagedStateError, Prefix, TrieId,
    key::NIBBLES,
    page::{self, Found},
    value,
};
use alloy_primitives::{Address, B256, U256, keccak256};
use gainsay_execute::Account;
use std::sync::atomic::{AtomicU8, Ordering};

/// Where keys were found lately, so that a read asks for the right page first: a guess, which is right nearly always and may be wrong.
#[derive(Debug)]
pub struct Depths {
    accounts: AtomicU8,
    storage: [AtomicU8; 256],
}

impl Default for Depths {
    fn default() -> Self {
        Self { accounts: AtomicU8::new(0), storage: [const { AtomicU8::new(0) }; 256] }
    }
}

impl Depths {
    const fn of(&self, trie: &TrieId) -> &AtomicU8 {
        match trie {
            TrieId::Accounts => &self.accounts,
            TrieId::Storage(account) => &self.storage[account.0[0] as usize],
        }
    }
}

/// An account and the root of its storage; none if it does not exist.
///
/// # Errors
/// When a page is missing, damaged or cannot be read.
pub fn read_account<P: PageSource>(pages: &P, address: &Address) -> Result<Option<(Account, B256)>, PagedStateError<P::Error>> {
    read(pages, &TrieId::Accounts, &keccak256(address), value::read_account)
}

/// Value of a slot; zero if there is none.
///
/// # Errors
/// When a page is missing, damaged or cannot be read.
pub fn read_slot<P: PageSource>(pages: &P, address: &Address, slot: &U256) -> Result<U256, PagedStateError<P::Error>> {
    let account = keccak256(address);
    let key = keccak256(slot.to_be_bytes::<32>());
    Ok(read(pages, &TrieId::Storage(account), &key, value::read_word)?.unwrap_or_default())
}

/// Looks for a key from the depth where others were found: up where there is no page, down where a page says so.
fn read<P: PageSource, T>(
    pages: &P,
    trie: &TrieId,
    key: &B256,
    decode: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<Option<T>, PagedStateError<P::Error>> {
    let hint = pages.depths().map(|depths| depths.of(trie));
    let guess = hint.map_or(0, |hint| hint.load(Ordering::Relaxed)).min(NIBBLES);
    let (mut depth, mut down) = (guess, false);
    loop {
        let prefix = Prefix::of(key, depth);
        let Some(found) = pages.page(trie, &prefix).map_err(PagedStateError::Source)? else {
            match (down, depth) {
                (true, _) => return Err(PagedStateError::Missing { trie: *trie, depth }),
                (false, 0) => return Ok(None),
                (false, _) => depth -= 1,
            }
            continue;
        };
        let damaged = PagedStateError::Damaged { trie: *trie, depth };
        match page::find(trie, &prefix, &found, key) {
            None => return Err(damaged),
            Some(Found::Below(next)) => (depth, down) = (next, true),
            Some(Found::Value(found)) => {
                if let Some(hint) = hint.filter(|_| depth != guess) {
                    hint.store(depth, Ordering::Relaxed);
                }
                return found.map(|value| decode(value).ok_or(damaged)).transpose();
            }
        }
    }
}
