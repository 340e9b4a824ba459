//! The live tries of a state.

use crate::{
    DirtyPages, PageId, PageSource, PagedStateError, TrieId,
    nodes::{PageNodes, Place},
    reference::EMPTY_ROOT,
    trie::{Tools, Trie},
    value::{self, Change, StorageRoot},
};
use alloy_primitives::{B256, keccak256, map::B256Map};
use gainsay_execute::{Account, AccountChange, StateChanges, StateRoots};
use gainsay_types::predeploys::MESSAGE_PASSER;
use std::{collections::hash_map::Entry, sync::Arc};

/// Pages of the accounts down to this depth stay in memory once they were used: at most 69,905 nodes of about 1.1 kB.
const RESIDENT_DEPTH: u8 = 4;

/// Bytes beyond which [`World::forget`] drops even what was used lately.
const KEPT_BYTES: usize = 64 << 20;

/// The tries of a state: that of the accounts, and the storage tries in use, with what changed since their pages were taken.
///
/// A clone shares all nodes with the original until either changes them.
#[derive(Debug)]
pub struct World {
    accounts: Trie,
    storage: Arc<B256Map<Trie>>,
    /// Pages of storage tries that have to be written or removed.
    dirty: usize,
    tools: Tools,
    /// Cleared while changes are made: an error in between leaves the tries unusable.
    whole: bool,
}

/// Changes of one account, in one direction.
struct Step<'a> {
    key: B256,
    change: &'a AccountChange,
    forward: bool,
}

impl Step<'_> {
    const fn after(&self) -> Option<&Account> {
        if self.forward { self.change.after.as_ref() } else { self.change.before.as_ref() }
    }

    /// Slots by their keys, sorted.
    fn slots(&self) -> Vec<(B256, Change<'_>)> {
        let mut slots = Vec::with_capacity(self.change.storage.len());
        for (slot, (before, after)) in &self.change.storage {
            let value = if self.forward { after } else { before };
            let change = if value.is_zero() { Change::Remove } else { Change::Word(value) };
            slots.push((keccak256(slot.to_be_bytes::<32>()), change));
        }
        slots.sort_unstable_by_key(|(key, _)| *key);
        slots
    }
}

impl Clone for World {
    fn clone(&self) -> Self {
        Self {
            accounts: self.accounts.clone(),
            storage: self.storage.clone(),
            dirty: self.dirty,
            tools: Tools::default(),
            whole: self.whole,
        }
    }
}

impl World {
    /// A state without accounts, over no pages.
    #[must_use]
    pub fn empty() -> Self {
        Self { accounts: Trie::empty(TrieId::Accounts), storage: Arc::default(), dirty: 0, tools: Tools::default(), whole: true }
    }

    /// The state whose pages are in a source, read as they are needed. A source without a page of the accounts' root holds the empty state: compare the
    /// [roots](Self::roots) with what they must be.
    #[must_use]
    pub fn stored() -> Self {
        Self { accounts: Trie::stored(), ..Self::empty() }
    }

    /// Takes over what a block changed; the roots after it. All that a deleted account had in its storage goes with it.
    ///
    /// # Errors
    /// When a page is missing, damaged or cannot be read. The tries are of no use then: make them anew.
    pub fn apply<P: PageSource>(&mut self, changes: &StateChanges, pages: &P) -> Result<StateRoots, PagedStateError<P::Error>> {
        self.change(changes, true, pages)
    }

    /// Takes back what a block changed, which must be what was applied last; the roots before it. Slots that went with an account and that the changes do
    /// not name do not come back: execution names them all.
    ///
    /// # Errors
    /// When a page is missing, damaged or cannot be read. The tries are of no use then: make them anew.
    pub fn revert<P: PageSource>(&mut self, changes: &StateChanges, pages: &P) -> Result<StateRoots, PagedStateError<P::Error>> {
        self.change(changes, false, pages)
    }

    /// The roots as they are.
    ///
    /// # Errors
    /// When a page is missing, damaged or cannot be read.
    pub fn roots<P: PageSource>(&mut self, pages: &P) -> Result<StateRoots, PagedStateError<P::Error>> {
        if !self.whole {
            return Err(PagedStateError::Broken);
        }
        self.accounts.open(pages, &mut self.tools)?;
        let message_passer_root = self.storage_root(&keccak256(MESSAGE_PASSER), pages)?.root;
        Ok(StateRoots { state_root: self.accounts.root(), message_passer_root })
    }

    fn change<P: PageSource>(&mut self, changes: &StateChanges, forward: bool, pages: &P) -> Result<StateRoots, PagedStateError<P::Error>> {
        if !std::mem::replace(&mut self.whole, false) {
            return Err(PagedStateError::Broken);
        }
        let mut steps: Vec<_> =
            changes.accounts.iter().map(|(address, change)| Step { key: keccak256(address), change, forward }).collect();
        steps.sort_unstable_by_key(|step| step.key);
        let mut accounts = Vec::with_capacity(steps.len());
        for step in &steps {
            let root = self.change_storage(step, pages)?;
            accounts.push((step.key, step.after().map_or(Change::Remove, |account| Change::Account(account, root))));
        }
        self.accounts.update(&accounts, pages, &mut self.tools)?;
        self.whole = true;
        self.roots(pages)
    }

    /// The root of an account's storage, if that changes.
    fn change_storage<P: PageSource>(&mut self, step: &Step<'_>, pages: &P) -> Result<Option<B256>, PagedStateError<P::Error>> {
        let remains = step.after().is_some();
        if remains && step.change.storage.is_empty() {
            return Ok(None);
        }
        let storage = self.storage_root(&step.key, pages)?;
        if !remains && storage.root == EMPTY_ROOT {
            return Ok(None);
        }
        let (trie, tools) = self.storage_trie(&step.key, &storage)?;
        let before = trie.dirty();
        if remains {
            trie.update(&step.slots(), pages, tools)?;
        } else {
            trie.clear(pages, tools)?;
        }
        let (root, after) = (trie.root(), trie.dirty());
        self.dirty = self.dirty + after - before;
        Ok(Some(root))
    }

    /// The storage root of an account; that of nothing if there is no account.
    fn storage_root<P: PageSource>(&mut self, key: &B256, pages: &P) -> Result<StorageRoot, PagedStateError<P::Error>> {
        let Some(value) = self.accounts.get(key, pages, &mut self.tools)? else { return Ok(StorageRoot::EMPTY) };
        let damaged = PagedStateError::Damaged { trie: TrieId::Accounts, depth: 0 };
        value::read_account(&value).map(|(_, storage)| storage).ok_or(damaged)
    }

    /// The storage trie of an account, whose root is known.
    fn storage_trie<E>(&mut self, key: &B256, storage: &StorageRoot) -> Result<(&mut Trie, &mut Tools), PagedStateError<E>> {
        let trie = match Arc::make_mut(&mut self.storage).entry(*key) {
            Entry::Occupied(live) => live.into_mut(),
            Entry::Vacant(place) => place.insert(Trie::of_account(key, storage)?),
        };
        trie.check_root(storage.root)?;
        Ok((trie, &mut self.tools))
    }

    /// The nodes of a page, for a trie with the given root.
    pub(crate) fn page_nodes<P: PageSource>(&mut self, place: &Place, pages: &P) -> Result<PageNodes, PagedStateError<P::Error>> {
        let (trie, tools) = match place.trie {
            TrieId::Accounts => (&mut self.accounts, &mut self.tools),
            TrieId::Storage(account) => self.storage_trie(&account, &place.storage)?,
        };
        let node = trie.node_at(&place.prefix, pages, tools)?.cloned();
        let missing = PagedStateError::Missing { trie: place.trie, depth: place.prefix.depth() };
        Ok(tools.nodes(place, &node.ok_or(missing)?))
    }

    /// How many pages have to be written or removed.
    #[must_use]
    pub fn dirty(&self) -> usize {
        self.accounts.dirty() + self.dirty
    }

    /// Bytes in memory, roughly.
    #[must_use]
    pub fn held(&self) -> usize {
        self.accounts.held() + self.storage.values().map(Trie::held).sum::<usize>()
    }

    /// The pages that differ from the source's, which from now on count as written: the source must have them before anything is
    /// [forgotten](Self::forget). They are numbered from `first` on; nobody may have had these numbers before. An unopened state has none to take.
    pub fn take_dirty(&mut self, first: PageId) -> DirtyPages {
        let mut dirty = DirtyPages::from(first);
        for (account, trie) in Arc::make_mut(&mut self.storage).iter_mut().filter(|(_, trie)| trie.dirty() > 0) {
            // What changed a storage trie changed its account as well, so that is still to be written.
            if let Some(page) = trie.take_dirty(&mut dirty) {
                self.accounts.set_storage_page(account, page);
            }
        }
        dirty.root = self.accounts.take_dirty(&mut dirty);
        self.dirty = 0;
        dirty
    }

    /// Drops what can be read again: what was not used since the last call, and everything if that is not enough, but the accounts' pages down to depth
    /// 4. Call it when the source has the pages that were taken.
    pub fn forget(&mut self) {
        self.drop_clean(true);
        if self.held() > KEPT_BYTES {
            self.drop_clean(false);
        }
    }

    fn drop_clean(&mut self, keep: bool) {
        self.accounts.forget(Some(RESIDENT_DEPTH), keep);
        let storage = Arc::make_mut(&mut self.storage);
        storage.values_mut().for_each(|trie| trie.forget(None, keep));
        storage.retain(|_, trie| !trie.is_forgotten());
    }
}
