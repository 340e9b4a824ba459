//! One trie: pages in memory over pages elsewhere.

use crate::{
    DirtyPages, PageId, PageSource, PagedStateError, Prefix, TrieId,
    bucket::{Bucket, Entries, Known},
    node::{Node, Slot},
    page,
    reference::{EMPTY_ROOT, Encoder, Reference},
    value::{self, Change, StorageRoot},
};
use alloy_primitives::B256;
use std::sync::Arc;

/// A Merkle-Patricia trie over keys of 32 bytes.
#[derive(Clone, Debug)]
pub(crate) struct Trie {
    id: TrieId,
    root: Slot,
    /// The root's reference is known.
    open: bool,
    tally: Tally,
}

/// What is known of a trie without walking it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Pages that the source has, and that nothing refers to any more.
    pub(crate) superseded: Vec<PageId>,
    /// Nodes that differ from their pages.
    pub(crate) dirty: usize,
    /// Bytes in memory, roughly.
    pub(crate) held: usize,
}

/// Buffers for changes of tries.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    pub(crate) encoder: Encoder,
    pub(crate) entries: Entries,
    pub(crate) body: Vec<u8>,
}

/// A walk through a trie.
pub(crate) struct Walk<'a, P> {
    pub(crate) id: TrieId,
    pub(crate) pages: &'a P,
    pub(crate) tools: &'a mut Tools,
    pub(crate) tally: &'a mut Tally,
}

impl Trie {
    /// Without entries, and without pages.
    pub(crate) fn empty(id: TrieId) -> Self {
        Self { id, root: Slot::EMPTY, open: true, tally: Tally::default() }
    }

    /// The accounts' trie whose pages are in a source.
    pub(crate) fn stored() -> Self {
        Self { open: false, ..Self::empty(TrieId::Accounts) }
    }

    /// The storage trie of an account whose storage is known, and whose pages are in a source.
    ///
    /// # Errors
    /// If it is said to have entries, but not where.
    pub(crate) fn of_account<E>(account: &B256, storage: &StorageRoot) -> Result<Self, PagedStateError<E>> {
        let trie = Self::empty(TrieId::Storage(*account));
        if storage.root == EMPTY_ROOT {
            return Ok(trie);
        }
        let page = storage.page.ok_or(PagedStateError::Missing { trie: trie.id, depth: 0 })?;
        Ok(Self { root: Slot::stored(Reference::Hash(storage.root), page), ..trie })
    }

    /// Compares the root of an open trie with the one that it must have.
    pub(crate) fn check_root<E>(&self, root: B256) -> Result<(), PagedStateError<E>> {
        if self.root() == root { Ok(()) } else { Err(PagedStateError::Damaged { trie: self.id, depth: 0 }) }
    }

    /// Reads the page of the accounts' root, once: its reference is computed from what is in it. Without a page the trie is empty.
    pub(crate) fn open<P: PageSource>(&mut self, pages: &P, tools: &mut Tools) -> Result<(), PagedStateError<P::Error>> {
        if self.open {
            return Ok(());
        }
        if let Some(id) = pages.root() {
            let found = pages.page(id).map_err(PagedStateError::Source)?;
            let bytes = found.ok_or(PagedStateError::Missing { trie: self.id, depth: 0 })?;
            let damaged = PagedStateError::Damaged { trie: self.id, depth: 0 };
            let Some((node, seal)) = page::read(id, &self.id, &Prefix::ROOT, &bytes) else { return Err(damaged) };
            let reference = tools.reference(&self.id, &Prefix::ROOT, &node);
            if reference.seal() != seal {
                return Err(damaged);
            }
            self.tally.held += node.size();
            self.root = Slot { node, ..Slot::stored(reference, id) };
        }
        self.open = true;
        Ok(())
    }

    /// The root of an open trie.
    pub(crate) fn root(&self) -> B256 {
        self.root.reference.root()
    }

    /// The value at a key.
    pub(crate) fn get<P: PageSource>(
        &mut self,
        key: &B256,
        pages: &P,
        tools: &mut Tools,
    ) -> Result<Option<Vec<u8>>, PagedStateError<P::Error>> {
        self.open(pages, tools)?;
        let mut walk = Walk { id: self.id, pages, tools, tally: &mut self.tally };
        let (mut slot, mut prefix) = (&mut self.root, Prefix::ROOT);
        loop {
            walk.load(slot, &prefix)?;
            match &mut slot.node {
                Node::Empty | Node::Unloaded => return Ok(None),
                Node::Bucket(page) => {
                    let bucket = Bucket::read(&prefix, page.bucket()).ok_or_else(|| walk.damaged(&prefix))?;
                    return Ok(bucket.get(key).map(<[u8]>::to_vec));
                }
                Node::Branch(branch) if !branch.path().contains(key) => return Ok(None),
                Node::Branch(branch) => (slot, prefix) = Arc::make_mut(branch).towards(key),
            }
        }
    }

    /// Makes changes, which are sorted by key, each key once.
    pub(crate) fn update<P: PageSource>(
        &mut self,
        changes: &[(B256, Change<'_>)],
        pages: &P,
        tools: &mut Tools,
    ) -> Result<(), PagedStateError<P::Error>> {
        self.open(pages, tools)?;
        if changes.is_empty() {
            return Ok(());
        }
        let mut walk = Walk { id: self.id, pages, tools, tally: &mut self.tally };
        walk.update(&mut self.root, Prefix::ROOT, changes).map(|_| ())
    }

    /// Removes everything: all pages are read to know which there are.
    pub(crate) fn clear<P: PageSource>(&mut self, pages: &P, tools: &mut Tools) -> Result<(), PagedStateError<P::Error>> {
        self.open(pages, tools)?;
        Walk { id: self.id, pages, tools, tally: &mut self.tally }.clear_below(&mut self.root, Prefix::ROOT)
    }

    /// The node whose page has this prefix; none if there is none there.
    pub(crate) fn node_at<P: PageSource>(
        &mut self,
        at: &Prefix,
        pages: &P,
        tools: &mut Tools,
    ) -> Result<Option<&Node>, PagedStateError<P::Error>> {
        self.open(pages, tools)?;
        let mut walk = Walk { id: self.id, pages, tools, tally: &mut self.tally };
        let (mut slot, mut prefix) = (&mut self.root, Prefix::ROOT);
        loop {
            walk.load(slot, &prefix)?;
            if prefix.depth() >= at.depth() {
                return Ok((prefix == *at).then_some(&slot.node));
            }
            match &mut slot.node {
                Node::Branch(branch) if branch.path().contains(at.first()) => (slot, prefix) = Arc::make_mut(branch).towards(at.first()),
                _ => return Ok(None),
            }
        }
    }

    /// Pages to write or remove at least.
    pub(crate) fn dirty(&self) -> usize {
        self.tally.dirty + self.tally.superseded.len()
    }

    /// Bytes in memory, roughly.
    pub(crate) const fn held(&self) -> usize {
        size_of::<Self>() + self.tally.held
    }

    /// Whether nothing is in memory that pages do not have, and nothing of them is loaded.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.dirty() == 0 && !self.root.node.is_loaded()
    }

    /// Appends the pages that differ from the source's, which from now on count as written; the page of the root.
    pub(crate) fn take_dirty(&mut self, out: &mut DirtyPages) -> Option<PageId> {
        take_dirty(&self.id, &mut self.root, Prefix::ROOT, out);
        self.tally.dirty = 0;
        out.superseded.append(&mut self.tally.superseded);
        self.root.page
    }

    /// Tells an account's value, which is not written yet, where the page of its storage root is. Nothing if there is no such account.
    pub(crate) fn set_storage_page(&mut self, account: &B256, page: PageId) {
        let (mut slot, mut prefix) = (&mut self.root, Prefix::ROOT);
        loop {
            match &mut slot.node {
                Node::Branch(branch) if branch.path().contains(account) => (slot, prefix) = Arc::make_mut(branch).towards(account),
                Node::Bucket(bucket) => {
                    let bytes = bucket.bucket();
                    let value = Bucket::read(&prefix, bytes).and_then(|bucket| bucket.place(account));
                    let Some((from, value)) = value.and_then(|place| Some((place.start, bytes.get(place)?))) else { return };
                    let Some(place) = value::storage_page(value) else { return };
                    if let Some(told) = bucket.bucket_mut().get_mut(from + place.start..from + place.end) {
                        told.copy_from_slice(&PageId::encode(Some(page)));
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    /// Drops what pages have: nodes deeper than `resident`, all of them without one, but those used since the last call if `keep` says so.
    pub(crate) fn forget(&mut self, resident: Option<u8>, keep: bool) {
        if self.open {
            forget(&mut self.root, 0, resident, keep, &mut self.tally.held);
        }
    }
}

impl Tools {
    /// The reference of a node.
    fn reference(&mut self, trie: &TrieId, prefix: &Prefix, node: &Node) -> Reference {
        match node {
            Node::Empty | Node::Unloaded => Reference::Empty,
            Node::Branch(branch) => branch.reference(prefix.depth(), &mut self.encoder),
            Node::Bucket(page) => {
                let Some(bucket) = Bucket::read(prefix, page.bucket()) else { return Reference::Empty };
                self.entries.clear();
                self.entries.extend(&bucket);
                let known = Known::but(&bucket, 0);
                self.entries.write(&self.entries.list, prefix, trie.kind(), known, &mut self.encoder, &mut self.body)
            }
        }
    }
}

impl<P: PageSource> Walk<'_, P> {
    pub(crate) const fn damaged(&self, prefix: &Prefix) -> PagedStateError<P::Error> {
        PagedStateError::Damaged { trie: self.id, depth: prefix.depth() }
    }

    /// Reads the page of a slot where it is not in memory.
    pub(crate) fn load(&mut self, slot: &mut Slot, prefix: &Prefix) -> Result<(), PagedStateError<P::Error>> {
        slot.used = true;
        if !matches!(slot.node, Node::Unloaded) {
            return Ok(());
        }
        let missing = PagedStateError::Missing { trie: self.id, depth: prefix.depth() };
        let Some(id) = slot.page else { return Err(missing) };
        let found = self.pages.page(id).map_err(PagedStateError::Source)?.ok_or(missing)?;
        let read = page::read(id, &self.id, prefix, &found).filter(|(_, seal)| *seal == slot.reference.seal());
        slot.node = read.ok_or_else(|| self.damaged(prefix))?.0;
        self.tally.held += slot.node.size();
        Ok(())
    }
}

/// What is below comes first: a page says where its children are.
fn take_dirty(id: &TrieId, slot: &mut Slot, prefix: Prefix, out: &mut DirtyPages) {
    if !std::mem::take(&mut slot.dirty) {
        return;
    }
    if let Node::Branch(branch) = &mut slot.node
        && branch.slots().iter().any(|slot| slot.dirty)
    {
        let branch = Arc::make_mut(branch);
        let path = *branch.path();
        for (nibble, slot) in (0..).zip(branch.slots_mut()) {
            take_dirty(id, slot, path.child(nibble), out);
        }
    }
    if let Some(page) = out.push(|page| page::write(page, id, &prefix, &slot.reference, &mut slot.node)) {
        out.superseded.extend(slot.page.replace(page));
    }
}

/// Whether anything stays that may be forgotten another time.
fn forget(slot: &mut Slot, depth: u8, resident: Option<u8>, keep: bool, held: &mut usize) -> bool {
    if !slot.used && !slot.warm {
        return false;
    }
    if let Node::Branch(branch) = &mut slot.node {
        let below = branch.path().depth() + 1;
        let branch = Arc::make_mut(branch);
        slot.warm = false;
        for child in branch.slots_mut() {
            slot.warm |= forget(child, below, resident, keep, held);
        }
    }
    let used = std::mem::take(&mut slot.used);
    if slot.dirty || !slot.node.is_loaded() {
        slot.warm = slot.node.is_loaded();
        return slot.warm;
    }
    if resident.is_some_and(|resident| depth <= resident) {
        return slot.warm;
    }
    slot.warm = used && keep;
    if !slot.warm {
        *held -= slot.node.size();
        slot.node = Node::Unloaded;
    }
    slot.warm
}

#[cfg(test)]
mod tests;
