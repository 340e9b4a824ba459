//! One trie: pages in memory over pages elsewhere.

use crate::{
    PageSource, PagedStateError, Prefix, TrieId,
    bucket::{Bucket, Entries, Known},
    node::{Node, Slot},
    page,
    reference::{EMPTY_ROOT, Encoder, Reference},
    source::DirtyPage,
    threads::MOST_ALONE,
    value::Change,
};
use alloy_primitives::B256;
use std::{collections::BTreeSet, sync::Arc};

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
    /// Pages that the source has, and that nothing refers to any more, unless there is a new node in their place.
    pub(crate) removed: BTreeSet<Prefix>,
    /// Nodes that differ from their pages.
    pub(crate) dirty: usize,
    /// Bytes in memory, roughly.
    pub(crate) held: usize,
}

/// Buffers for changes of tries.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) encoder: Encoder,
    pub(crate) entries: Entries,
    pub(crate) body: Vec<u8>,
    /// With more changes below one branch than this, other threads help.
    pub(crate) most_alone: usize,
}

impl Default for Tools {
    fn default() -> Self {
        Self { encoder: Encoder::default(), entries: Entries::default(), body: Vec::new(), most_alone: MOST_ALONE }
    }
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

    /// The trie whose pages are in a source.
    pub(crate) fn stored(id: TrieId) -> Self {
        Self { root: Slot::stored(Reference::Empty), open: false, ..Self::empty(id) }
    }

    /// The storage trie of an account whose storage root is known.
    pub(crate) fn of_account(key: &B256, root: B256) -> Self {
        let id = TrieId::Storage(*key);
        if root == EMPTY_ROOT { Self::empty(id) } else { Self::stored(id) }
    }

    /// Reads the root's page, once, and compares its root with the one that it must have.
    pub(crate) fn open_at<P: PageSource>(&mut self, root: B256, pages: &P, tools: &mut Tools) -> Result<(), PagedStateError<P::Error>> {
        self.open(pages, tools)?;
        match self.root() {
            found if found == root => Ok(()),
            EMPTY_ROOT => Err(PagedStateError::Missing { trie: self.id, depth: 0 }),
            _ => Err(PagedStateError::Damaged { trie: self.id, depth: 0 }),
        }
    }

    /// Reads the root's page, once: its reference is computed from what is in it. Without a page the trie is empty.
    pub(crate) fn open<P: PageSource>(&mut self, pages: &P, tools: &mut Tools) -> Result<(), PagedStateError<P::Error>> {
        if self.open {
            return Ok(());
        }
        if let Some(bytes) = pages.page(&self.id, &Prefix::ROOT).map_err(PagedStateError::Source)? {
            let damaged = PagedStateError::Damaged { trie: self.id, depth: 0 };
            let Some((node, seal)) = page::read(&self.id, &Prefix::ROOT, &bytes) else { return Err(damaged) };
            let reference = tools.reference(&self.id, &Prefix::ROOT, &node);
            if reference.seal() != seal {
                return Err(damaged);
            }
            self.tally.held += node.size();
            (self.root.node, self.root.reference) = (node, reference);
        } else {
            self.root = Slot::EMPTY;
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
                Node::Bucket(bytes) => {
                    let bucket = Bucket::read(&prefix, bytes).ok_or_else(|| walk.damaged(&prefix))?;
                    return Ok(bucket.get(key).map(<[u8]>::to_vec));
                }
                Node::Branch(branch) if !branch.path().contains(key) => return Ok(None),
                Node::Branch(branch) => (slot, prefix) = Arc::make_mut(branch).towards(key),
            }
        }
    }

    /// Makes changes, which are sorted by key, each key once.
    pub(crate) fn update<P: PageSource<Error: Send> + Sync>(
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
    pub(crate) fn clear<P: PageSource<Error: Send> + Sync>(
        &mut self,
        pages: &P,
        tools: &mut Tools,
    ) -> Result<(), PagedStateError<P::Error>> {
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
        self.tally.dirty + self.tally.removed.len()
    }

    /// Bytes in memory, roughly.
    pub(crate) const fn held(&self) -> usize {
        size_of::<Self>() + self.tally.held
    }

    /// Whether nothing is in memory that pages do not have, and nothing of them is loaded.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.dirty() == 0 && !self.root.node.is_loaded()
    }

    /// Appends the pages that differ from the source's, which from now on count as written.
    pub(crate) fn take_dirty(&mut self, out: &mut Vec<DirtyPage>) {
        let from = out.len();
        take_dirty(&self.id, &mut self.root, Prefix::ROOT, out);
        self.tally.dirty = 0;
        let mut removed = std::mem::take(&mut self.tally.removed);
        if !removed.is_empty() {
            for (_, prefix, _) in out.iter().skip(from) {
                removed.remove(prefix);
            }
        }
        out.extend(removed.into_iter().map(|prefix| (self.id, prefix, None)));
    }

    /// Drops what pages have: nodes deeper than `resident`, all of them without one, but those used since the last call if `keep` says so.
    pub(crate) fn forget(&mut self, resident: Option<u8>, keep: bool) {
        if self.open {
            forget(&mut self.root, 0, resident, keep, &mut self.tally.held);
        }
    }
}

impl Tools {
    /// For a thread that nobody helps.
    pub(crate) fn alone() -> Self {
        Self { most_alone: usize::MAX, ..Self::default() }
    }

    /// The reference of a node.
    fn reference(&mut self, trie: &TrieId, prefix: &Prefix, node: &Node) -> Reference {
        match node {
            Node::Empty | Node::Unloaded => Reference::Empty,
            Node::Branch(branch) => branch.reference(prefix.depth(), &mut self.encoder),
            Node::Bucket(bytes) => {
                let Some(bucket) = Bucket::read(prefix, bytes) else { return Reference::Empty };
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
        let found = self.pages.page(&self.id, prefix).map_err(PagedStateError::Source)?;
        let found = found.ok_or(PagedStateError::Missing { trie: self.id, depth: prefix.depth() })?;
        let read = page::read(&self.id, prefix, &found).filter(|(_, seal)| *seal == slot.reference.seal());
        slot.node = read.ok_or_else(|| self.damaged(prefix))?.0;
        self.tally.held += slot.node.size();
        Ok(())
    }
}

fn take_dirty(id: &TrieId, slot: &mut Slot, prefix: Prefix, out: &mut Vec<DirtyPage>) {
    if !std::mem::take(&mut slot.dirty) {
        return;
    }
    slot.stored = true;
    out.extend(page::write(id, &prefix, &slot.reference, &slot.node).map(|page| (*id, prefix, Some(page))));
    let Node::Branch(branch) = &mut slot.node else { return };
    if branch.slots().iter().any(|slot| slot.dirty) {
        let branch = Arc::make_mut(branch);
        let path = *branch.path();
        for (nibble, slot) in (0..).zip(branch.slots_mut()) {
            take_dirty(id, slot, path.child(nibble), out);
        }
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
