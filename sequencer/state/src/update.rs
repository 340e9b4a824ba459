//! Changing a trie: sorted changes go down once, references come up.

use crate::{
    PageSource, PagedStateError, Prefix,
    bucket::{Bucket, Entries, Entry, Known, MOST},
    key::{common, nibble},
    node::{Branch, BucketPage, Node, Slot},
    reference::Reference,
    trie::Walk,
    value::Change,
};
use alloy_primitives::B256;
use std::{borrow::Cow, sync::Arc};

/// Children of a branch become one bucket again once they are as few as this.
const FEW: usize = MOST / 3;

type Changes<'a> = [(B256, Change<'a>)];

impl<P: PageSource> Walk<'_, P> {
    /// Makes changes below a slot; whether there were any. After an error what is below is not whole.
    pub(crate) fn update(&mut self, slot: &mut Slot, prefix: Prefix, changes: &Changes<'_>) -> Result<bool, PagedStateError<P::Error>> {
        self.load(slot, &prefix)?;
        match self.take(slot) {
            Node::Empty | Node::Unloaded => Ok(self.fill(slot, prefix, changes)),
            Node::Bucket(page) => self.update_bucket(slot, prefix, page, changes),
            Node::Branch(branch) => self.update_branch(slot, prefix, branch, changes),
        }
    }

    fn take(&mut self, slot: &mut Slot) -> Node {
        let node = std::mem::replace(&mut slot.node, Node::Empty);
        self.tally.held -= node.size();
        node
    }

    fn give(&mut self, slot: &mut Slot, node: Node) {
        self.tally.held += node.size();
        slot.node = node;
    }

    /// A new node in a slot that has none.
    fn put(&mut self, slot: &mut Slot, node: Node, reference: Reference) {
        self.give(slot, node);
        (slot.reference, slot.used) = (reference, true);
        if !std::mem::replace(&mut slot.dirty, true) {
            self.tally.dirty += 1;
        }
    }

    /// Empties a slot whose node is gone or elsewhere.
    fn vacate(&mut self, slot: &mut Slot) {
        self.take(slot);
        self.tally.superseded.extend(slot.page);
        self.tally.dirty -= usize::from(slot.dirty);
        *slot = Slot::EMPTY;
    }

    fn fill(&mut self, slot: &mut Slot, prefix: Prefix, changes: &Changes<'_>) -> bool {
        let mut entries = std::mem::take(&mut self.tools.entries);
        entries.clear();
        entries.extend_changes(changes);
        let any = !entries.list.is_empty();
        if any {
            self.build(slot, prefix, &entries, &entries.list, Known::NOTHING);
        }
        self.tools.entries = entries;
        any
    }

    /// Puts entries into a slot that has no node: a bucket, or a branch over buckets.
    fn build(&mut self, slot: &mut Slot, prefix: Prefix, entries: &Entries, part: &[Entry], known: Known<'_>) {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { return self.vacate(slot) };
        if part.len() <= MOST {
            let tools = &mut *self.tools;
            let reference = entries.write(part, &prefix, self.id.kind(), known, &mut tools.encoder, &mut tools.body);
            let page = BucketPage::new(&tools.body);
            return self.put(slot, Node::Bucket(page), reference);
        }
        let at = common(&first.key, &last.key);
        let mut branch = Branch::new(Prefix::of(&first.key, at));
        for group in part.chunk_by(|a, b| nibble(&a.key, at) == nibble(&b.key, at)) {
            let Some(first) = group.first() else { continue };
            let (child, below) = branch.towards(&first.key);
            self.build(child, below, entries, group, Known::NOTHING);
        }
        let reference = branch.reference(prefix.depth(), &mut self.tools.encoder);
        self.put(slot, Node::Branch(Arc::new(branch)), reference);
    }

    fn update_bucket(
        &mut self,
        slot: &mut Slot,
        prefix: Prefix,
        page: BucketPage,
        changes: &Changes<'_>,
    ) -> Result<bool, PagedStateError<P::Error>> {
        let bucket = Bucket::read(&prefix, page.bucket()).ok_or_else(|| self.damaged(&prefix))?;
        let mut entries = std::mem::take(&mut self.tools.entries);
        entries.clear();
        let touched = entries.merge(&bucket, changes);
        match touched {
            Some(touched) => self.build(slot, prefix, &entries, &entries.list, Known::but(&bucket, touched)),
            None => self.give(slot, Node::Bucket(page.clone())),
        }
        self.tools.entries = entries;
        Ok(touched.is_some())
    }

    fn update_branch(
        &mut self,
        slot: &mut Slot,
        prefix: Prefix,
        mut branch: Arc<Branch>,
        changes: &Changes<'_>,
    ) -> Result<bool, PagedStateError<P::Error>> {
        let changes = if branch.path().depth() > prefix.depth() { self.part(&mut branch, changes) } else { Cow::Borrowed(changes) };
        let node = Arc::make_mut(&mut branch);
        let at = node.path().depth();
        let mut changed = false;
        for group in changes.chunk_by(|(a, _), (b, _)| nibble(a, at) == nibble(b, at)) {
            let Some((first, _)) = group.first() else { continue };
            let (child, below) = node.towards(first);
            changed |= self.update(child, below, group)?;
        }
        if changed {
            self.settle(slot, prefix, branch)?;
        } else {
            self.give(slot, Node::Branch(branch));
        }
        Ok(changed)
    }

    /// Changes that concern a branch whose keys have more in common than its place tells. Where a new key leaves them on the way, the branch becomes the
    /// child of a new one.
    fn part<'c>(&mut self, branch: &mut Arc<Branch>, changes: &'c Changes<'c>) -> Cow<'c, Changes<'c>> {
        let path = *branch.path();
        let shared = |key: &B256| common(key, path.first()).min(path.depth());
        let new = changes.iter().filter(|(_, change)| !matches!(change, Change::Remove));
        let at = new.map(|(key, _)| shared(key)).min().unwrap_or(path.depth());
        if at < path.depth() {
            let mut above = Branch::new(Prefix::of(path.first(), at));
            let reference = branch.reference(at + 1, &mut self.tools.encoder);
            let (child, _) = above.towards(path.first());
            let old = std::mem::replace(branch, Arc::new(Branch::new(path)));
            self.put(child, Node::Branch(old), reference);
            *branch = Arc::new(above);
        }
        // What is left outside is to be removed, and is not there.
        if changes.iter().all(|(key, _)| shared(key) >= at) {
            return Cow::Borrowed(changes);
        }
        changes.iter().filter(|(key, _)| shared(key) >= at).copied().collect::<Vec<_>>().into()
    }

    /// Puts a changed branch into its slot, in the form that its children need: every branch has two at least.
    fn settle(&mut self, slot: &mut Slot, prefix: Prefix, mut branch: Arc<Branch>) -> Result<(), PagedStateError<P::Error>> {
        match branch.children() {
            0 => self.vacate(slot),
            1 => self.lift(slot, prefix, Arc::make_mut(&mut branch))?,
            count if count <= FEW && self.gather(&mut branch) => {
                let entries = std::mem::take(&mut self.tools.entries);
                self.build(slot, prefix, &entries, &entries.list, Known::NOTHING);
                self.tools.entries = entries;
            }
            _ => {
                let reference = branch.reference(prefix.depth(), &mut self.tools.encoder);
                self.put(slot, Node::Branch(branch), reference);
            }
        }
        Ok(())
    }

    /// Puts a branch's only child into its place.
    fn lift(&mut self, slot: &mut Slot, prefix: Prefix, branch: &mut Branch) -> Result<(), PagedStateError<P::Error>> {
        let path = *branch.path();
        let only = (0..).zip(branch.slots_mut()).find(|(_, child)| !child.reference.is_empty());
        let Some((nibble, child)) = only else { return Ok(()) };
        let below = path.child(nibble);
        self.load(child, &below)?;
        match self.take(child) {
            Node::Empty | Node::Unloaded => {}
            Node::Branch(branch) => {
                let reference = branch.reference(prefix.depth(), &mut self.tools.encoder);
                self.put(slot, Node::Branch(branch), reference);
            }
            Node::Bucket(page) => {
                let bucket = Bucket::read(&below, page.bucket()).ok_or_else(|| self.damaged(&below))?;
                let mut entries = std::mem::take(&mut self.tools.entries);
                entries.clear();
                entries.extend(&bucket);
                self.build(slot, prefix, &entries, &entries.list, Known::but(&bucket, 0));
                self.tools.entries = entries;
            }
        }
        self.vacate(child);
        Ok(())
    }

    /// Whether all children are buckets in memory with few entries together; then these are ready to be put in the branch's place.
    fn gather(&mut self, branch: &mut Arc<Branch>) -> bool {
        let path = *branch.path();
        let mut count = 0;
        for (nibble, child) in (0..).zip(branch.slots()) {
            count += match &child.node {
                Node::Empty => 0,
                Node::Bucket(page) => Bucket::read(&path.child(nibble), page.bucket()).map_or(MOST, |bucket| bucket.count()),
                Node::Unloaded | Node::Branch(_) => MOST,
            };
        }
        if count > FEW {
            return false;
        }
        let mut entries = std::mem::take(&mut self.tools.entries);
        entries.clear();
        for (nibble, child) in (0..).zip(Arc::make_mut(branch).slots_mut()) {
            let below = path.child(nibble);
            if let Node::Bucket(page) = &child.node {
                if let Some(bucket) = Bucket::read(&below, page.bucket()) {
                    entries.extend(&bucket);
                }
                self.vacate(child);
            }
        }
        self.tools.entries = entries;
        true
    }

    /// Empties a slot and all below it, reading every page.
    pub(crate) fn clear_below(&mut self, slot: &mut Slot, prefix: Prefix) -> Result<(), PagedStateError<P::Error>> {
        self.load(slot, &prefix)?;
        if let Node::Branch(branch) = &mut slot.node {
            let path = *branch.path();
            for (nibble, child) in (0..).zip(Arc::make_mut(branch).slots_mut()) {
                self.clear_below(child, path.child(nibble))?;
            }
        }
        self.vacate(slot);
        Ok(())
    }
}
