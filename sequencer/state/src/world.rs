//! The live tries of a state.

use crate::{DirtyPage, PageSource, PagedStateError, Pages, Prefix, Trie, TrieError, TrieId, trie::EMPTY_ROOT};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use gainsay_execute::{Account, StateChanges, StateRoots, trie::TrieAccount};
use gainsay_types::predeploys::MESSAGE_PASSER;
use std::collections::{BTreeMap, HashMap};

/// The tries of a state: that of the accounts, and the storage tries in use, with what changed since their pages were taken.
#[derive(Debug, Default)]
pub struct World {
    accounts: Trie,
    storage: HashMap<B256, Trie>,
}

struct Of<'a, P>(TrieId, &'a P);

impl<P: PageSource> Pages for Of<'_, P> {
    type Error = P::Error;

    fn page(&self, prefix: &Prefix) -> Result<Option<Bytes>, P::Error> {
        self.1.page(&self.0, prefix)
    }
}

fn error<E>(trie: TrieId) -> impl Fn(TrieError<E>) -> PagedStateError<E> {
    move |error| match error {
        TrieError::Page(_) => PagedStateError::Damaged { trie, depth: 0 },
        TrieError::Missing { depth } => PagedStateError::Missing { trie, depth },
        TrieError::Source(error) => PagedStateError::Source(error),
    }
}

impl World {
    /// A state without accounts, over no pages.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The state whose pages are in a source.
    #[must_use]
    pub fn stored() -> Self {
        Self { accounts: Trie::stored(), storage: HashMap::new() }
    }

    /// Takes over what a block changed; the roots after it.
    ///
    /// # Errors
    /// When a page is missing, damaged or cannot be read.
    pub fn apply<P: PageSource>(&mut self, changes: &StateChanges, pages: &P) -> Result<StateRoots, PagedStateError<P::Error>> {
        self.change(changes, true, pages)
    }

    /// Takes back what a block changed, which must be what was applied last; the roots before it.
    ///
    /// # Errors
    /// When a page is missing, damaged or cannot be read.
    pub fn revert<P: PageSource>(&mut self, changes: &StateChanges, pages: &P) -> Result<StateRoots, PagedStateError<P::Error>> {
        self.change(changes, false, pages)
    }

    /// The roots as they are.
    ///
    /// # Errors
    /// When a page is missing, damaged or cannot be read.
    pub fn roots<P: PageSource>(&mut self, pages: &P) -> Result<StateRoots, PagedStateError<P::Error>> {
        let of = Of(TrieId::Accounts, pages);
        let state_root = self.accounts.root(&of).map_err(error(TrieId::Accounts))?;
        let passer = self.account(keccak256(MESSAGE_PASSER), pages)?;
        Ok(StateRoots { state_root, message_passer_root: passer.map_or(EMPTY_ROOT, |account| account.storage_root) })
    }

    fn account<P: PageSource>(&mut self, key: B256, pages: &P) -> Result<Option<TrieAccount>, PagedStateError<P::Error>> {
        let value = self.accounts.get(&key, &Of(TrieId::Accounts, pages)).map_err(error(TrieId::Accounts))?;
        let decode = |value: Bytes| alloy_rlp::Decodable::decode(&mut &value[..]);
        value.map(decode).transpose().map_err(|_| PagedStateError::Damaged { trie: TrieId::Accounts, depth: 0 })
    }

    pub(crate) fn read_account<P: PageSource>(
        &mut self,
        address: &Address,
        pages: &P,
    ) -> Result<Option<(Account, B256)>, PagedStateError<P::Error>> {
        let found = self.account(keccak256(address), pages)?;
        Ok(found.map(|TrieAccount { nonce, balance, storage_root, code_hash }| (Account { nonce, balance, code_hash }, storage_root)))
    }

    pub(crate) fn read_slot<P: PageSource>(
        &mut self,
        address: &Address,
        slot: &U256,
        pages: &P,
    ) -> Result<U256, PagedStateError<P::Error>> {
        let key = keccak256(address);
        if self.account(key, pages)?.is_none_or(|account| account.storage_root == EMPTY_ROOT) {
            return Ok(U256::ZERO);
        }
        let id = TrieId::Storage(key);
        let value = Trie::stored().get(&keccak256(slot.to_be_bytes::<32>()), &Of(id, pages)).map_err(error(id))?;
        let decode = |value: Bytes| alloy_rlp::Decodable::decode(&mut &value[..]);
        Ok(value.map(decode).transpose().map_err(|_| PagedStateError::Damaged { trie: id, depth: 0 })?.unwrap_or_default())
    }

    fn change<P: PageSource>(&mut self, changes: &StateChanges, forward: bool, pages: &P) -> Result<StateRoots, PagedStateError<P::Error>> {
        for (address, change) in &changes.accounts {
            let key = keccak256(address);
            let after = if forward { change.after } else { change.before };
            let old = self.account(key, pages)?.map_or(EMPTY_ROOT, |account| account.storage_root);
            let slots: BTreeMap<U256, U256> =
                change.storage.iter().map(|(slot, (before, after))| (*slot, if forward { *after } else { *before })).collect();
            let storage_root = self.change_storage(key, old, &slots, pages)?;
            let value = after.map(|Account { nonce, balance, code_hash }| {
                alloy_rlp::encode(TrieAccount { nonce, balance, storage_root, code_hash }).into()
            });
            self.accounts.set(key, value, &Of(TrieId::Accounts, pages)).map_err(error(TrieId::Accounts))?;
        }
        self.roots(pages)
    }

    fn change_storage<P: PageSource>(
        &mut self,
        account: B256,
        old: B256,
        slots: &BTreeMap<U256, U256>,
        pages: &P,
    ) -> Result<B256, PagedStateError<P::Error>> {
        if slots.is_empty() {
            return Ok(old);
        }
        let id = TrieId::Storage(account);
        let trie = self.storage.entry(account).or_insert_with(|| if old == EMPTY_ROOT { Trie::default() } else { Trie::stored() });
        for (slot, value) in slots {
            let value = (!value.is_zero()).then(|| alloy_rlp::encode(value).into());
            trie.set(keccak256(slot.to_be_bytes::<32>()), value, &Of(id, pages)).map_err(error(id))?;
        }
        trie.root(&Of(id, pages)).map_err(error(id))
    }

    /// How many pages differ from the source's, roughly.
    #[must_use]
    pub fn dirty(&self) -> usize {
        self.accounts.dirty() + self.storage.values().map(Trie::dirty).sum::<usize>()
    }

    /// The pages that differ from the source's, which from now on count as written.
    pub fn take_dirty(&mut self) -> Vec<DirtyPage> {
        let mut pages: Vec<_> = self.accounts.take_dirty().into_iter().map(|(prefix, page)| (TrieId::Accounts, prefix, page)).collect();
        for (account, trie) in &mut self.storage {
            pages.extend(trie.take_dirty().into_iter().map(|(prefix, page)| (TrieId::Storage(*account), prefix, page)));
        }
        pages
    }

    /// Drops what can be had from pages again. Call it after pages were taken, and when the source has them.
    pub fn forget(&mut self) {
        self.storage.retain(|_, trie| trie.dirty() > 0);
    }
}
