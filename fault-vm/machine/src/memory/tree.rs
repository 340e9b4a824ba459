//! The tree that holds a memory: tables of 32, four levels of them, over pages of 32 leaves. Each covers five levels of the Merkle tree.

use super::{Aligned, LEAF, PAGE, hash_node, zero_root};
use alloy_primitives::{B256, keccak256};
use std::sync::{Arc, OnceLock};

/// Children of a table, leaves of a page.
const WIDTH: usize = 32;
/// Levels of the Merkle tree that a table or page covers.
const LEVELS: usize = 5;

/// A part of the memory. Leaves are named by their number in the whole memory, of which a part looks at its own bits only.
pub(super) trait Subtree: Clone + Default {
    /// Levels of the Merkle tree from the leaves to the root of this part.
    const HEIGHT: usize;

    /// The Merkle root of this part.
    fn root(&self) -> B256;
    /// The page of a leaf, if it was written.
    fn page(&self, leaf: u32) -> Option<&Page>;
    /// The page of a leaf, to write to. Forgets the hashes above it.
    fn page_mut(&mut self, leaf: u32) -> &mut Page;
    /// Appends the siblings on the way from a leaf to the root of this part, from the lowest.
    fn siblings(&self, leaf: u32, siblings: &mut Vec<B256>);
    /// Calls with every page and its first leaf, upwards. `first` is the first leaf of this part.
    fn each_page<'a>(&'a self, first: u32, call: &mut dyn FnMut(u32, &'a Page));
    /// The child number `slot`, for comparing; pages have none.
    fn each_unshared(&self, other: Option<&Self>, first: u32, call: &mut dyn FnMut(u32));
}

/// 4 KiB of memory.
#[derive(Clone, Debug)]
pub struct Page {
    bytes: [u8; PAGE],
    root: OnceLock<B256>,
}

impl Page {
    pub(super) const fn new(bytes: &[u8; PAGE]) -> Self {
        Self { bytes: *bytes, root: OnceLock::new() }
    }

    pub(super) const fn bytes(&self) -> &[u8; PAGE] {
        &self.bytes
    }

    /// N bytes; of the address, the offset in the page counts.
    #[inline(always)]
    pub(super) fn read<const N: usize>(&self, at: Aligned<N>) -> [u8; N] {
        self.bytes.as_chunks().0.get(at.piece_of(PAGE)).copied().unwrap_or([0; N])
    }

    /// Writes N bytes; of the address, the offset in the page counts.
    #[inline(always)]
    pub(super) fn write<const N: usize>(&mut self, at: Aligned<N>, value: [u8; N]) {
        if let Some(bytes) = self.bytes.as_chunks_mut().0.get_mut(at.piece_of(PAGE)) {
            *bytes = value;
        }
    }

    /// Copies bytes that fit behind `offset`.
    pub(super) fn copy_from(&mut self, offset: usize, bytes: &[u8]) {
        for (to, from) in self.bytes.iter_mut().skip(offset).zip(bytes) {
            *to = *from;
        }
    }

    pub(super) fn leaf(&self, leaf: u32) -> [u8; LEAF] {
        self.bytes.as_chunks().0.get(leaf as usize % WIDTH).copied().unwrap_or([0; LEAF])
    }

    fn nodes(&self) -> Vec<B256> {
        let hash = |leaf: &[u8; LEAF]| if *leaf == [0; LEAF] { zero_root(0) } else { keccak256(leaf) };
        grow(self.bytes.as_chunks().0.iter().map(hash), 0)
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new(&[0; PAGE])
    }
}

impl Subtree for Page {
    const HEIGHT: usize = LEVELS;

    fn root(&self) -> B256 {
        *self.root.get_or_init(|| root_of(&self.nodes()))
    }

    #[inline(always)]
    fn page(&self, _: u32) -> Option<&Page> {
        Some(self)
    }

    #[inline(always)]
    fn page_mut(&mut self, _: u32) -> &mut Page {
        self.root.take();
        self
    }

    fn siblings(&self, leaf: u32, siblings: &mut Vec<B256>) {
        climb(&self.nodes(), leaf as usize % WIDTH, siblings);
    }

    fn each_page<'a>(&'a self, first: u32, call: &mut dyn FnMut(u32, &'a Page)) {
        call(first, self);
    }

    fn each_unshared(&self, _: Option<&Self>, first: u32, call: &mut dyn FnMut(u32)) {
        call(first);
    }
}

/// 32 parts of the same size; those that are missing are zero.
#[derive(Clone, Debug)]
pub(super) struct Table<C> {
    children: [Option<Arc<C>>; WIDTH],
    /// The nodes above the children, see [`grow`].
    nodes: OnceLock<Vec<B256>>,
}

impl<C: Subtree> Table<C> {
    #[inline(always)]
    const fn slot(leaf: u32) -> usize {
        (leaf as usize).wrapping_shr(C::HEIGHT as u32) % WIDTH
    }

    fn nodes(&self) -> &[B256] {
        let child_root = |child: &Option<Arc<C>>| child.as_ref().map_or_else(|| zero_root(C::HEIGHT), |child| child.root());
        self.nodes.get_or_init(|| grow(self.children.iter().map(child_root), C::HEIGHT))
    }

    /// The children with their first leaves.
    fn children(&self, first: u32) -> impl Iterator<Item = (u32, Option<&Arc<C>>)> {
        let leaves = 1_u32.wrapping_shl(C::HEIGHT as u32);
        (0_u32..).zip(&self.children).map(move |(slot, child)| (first.wrapping_add(slot.wrapping_mul(leaves)), child.as_ref()))
    }
}

impl<C> Default for Table<C> {
    fn default() -> Self {
        Self { children: [const { None }; WIDTH], nodes: OnceLock::new() }
    }
}

impl<C: Subtree> Subtree for Table<C> {
    const HEIGHT: usize = C::HEIGHT.saturating_add(LEVELS);

    fn root(&self) -> B256 {
        root_of(self.nodes())
    }

    #[inline(always)]
    fn page(&self, leaf: u32) -> Option<&Page> {
        self.children.get(Self::slot(leaf))?.as_ref()?.page(leaf)
    }

    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "a slot is below the number of children")]
    fn page_mut(&mut self, leaf: u32) -> &mut Page {
        self.nodes.take();
        Arc::make_mut(self.children[Self::slot(leaf)].get_or_insert_default()).page_mut(leaf)
    }

    fn siblings(&self, leaf: u32, siblings: &mut Vec<B256>) {
        match self.children.get(Self::slot(leaf)) {
            Some(Some(child)) => child.siblings(leaf, siblings),
            _ => siblings.extend((0..C::HEIGHT).map(zero_root)),
        }
        climb(self.nodes(), Self::slot(leaf), siblings);
    }

    fn each_page<'a>(&'a self, first: u32, call: &mut dyn FnMut(u32, &'a Page)) {
        for (first, child) in self.children(first) {
            if let Some(child) = child {
                child.each_page(first, call);
            }
        }
    }

    fn each_unshared(&self, other: Option<&Self>, first: u32, call: &mut dyn FnMut(u32)) {
        let nothing = Self::default();
        for ((first, own), (_, others)) in self.children(first).zip(other.unwrap_or(&nothing).children(first)) {
            unshared(own, others, first, call);
        }
    }
}

/// Calls with the first leaf of every page that is in one of two parts and not, shared, in the other.
pub(super) fn unshared<C: Subtree>(own: Option<&Arc<C>>, other: Option<&Arc<C>>, first: u32, call: &mut dyn FnMut(u32)) {
    match (own, other) {
        (Some(own), Some(other)) if Arc::ptr_eq(own, other) => {}
        (Some(one), other) | (other @ None, Some(one)) => one.each_unshared(other.map(Arc::as_ref), first, call),
        (None, None) => {}
    }
}

/// The nodes of a perfect Merkle tree over 32 nodes of a height: these, then each level above, the root last. The parent of node p is node
/// 32 + p / 2. Nodes above zeroes are known and not hashed: most tables are nearly empty.
fn grow(lowest: impl Iterator<Item = B256>, height: usize) -> Vec<B256> {
    let mut nodes = Vec::with_capacity(WIDTH.saturating_mul(2));
    nodes.extend(lowest);
    let mut pairs = 0_usize..;
    for level in 0..LEVELS {
        let (zero, above) = (zero_root(height.saturating_add(level)), zero_root(height.saturating_add(level).saturating_add(1)));
        for pair in pairs.by_ref().take(WIDTH >> 1_usize.saturating_add(level)) {
            let Some([left, right]) = nodes.as_chunks().0.get(pair) else { break };
            let parent = if *left == zero && *right == zero { above } else { hash_node(left, right) };
            nodes.push(parent);
        }
    }
    nodes
}

fn root_of(nodes: &[B256]) -> B256 {
    nodes.last().copied().unwrap_or_default()
}

/// Appends the siblings on the way from node `at` of the lowest level to the root.
fn climb(nodes: &[B256], mut at: usize, siblings: &mut Vec<B256>) {
    for _ in 0..LEVELS {
        siblings.push(nodes.get(at ^ 1).copied().unwrap_or_default());
        at = WIDTH.saturating_add(at / 2);
    }
}
