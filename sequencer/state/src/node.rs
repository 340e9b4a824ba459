//! Nodes of a trie in memory: each stands for one page.

use crate::{
    Page, PageId,
    key::{Prefix, nibble},
    page,
    reference::{Encoder, Reference},
};
use alloy_primitives::B256;
use std::sync::Arc;

/// A bucket as its page, so that the page that was read, or will be written, need not be copied. What stands before the bucket is right once the page has
/// its number, and nobody looks at it before.
#[derive(Clone, Debug)]
pub(crate) struct BucketPage {
    bytes: Page,
}

impl BucketPage {
    /// The page of a bucket that is written as `bucket.rs` says.
    pub(crate) fn new(bucket: &[u8]) -> Self {
        let head = std::iter::repeat_n(0, page::HEAD);
        Self { bytes: head.chain(bucket.iter().copied()).collect() }
    }

    /// Of a page that is known to be a bucket's.
    pub(crate) const fn of(bytes: Page) -> Self {
        Self { bytes }
    }

    /// What `bucket.rs` has to do with.
    #[inline]
    pub(crate) fn bucket(&self) -> &[u8] {
        self.bytes.get(page::HEAD..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn bucket_mut(&mut self) -> &mut [u8] {
        Arc::make_mut(&mut self.bytes).get_mut(page::HEAD..).unwrap_or_default()
    }

    /// The page, once `seal` has written what stands before the bucket.
    pub(crate) fn page(&mut self, seal: impl FnOnce(&mut [u8])) -> Page {
        seal(Arc::make_mut(&mut self.bytes));
        self.bytes.clone()
    }
}

/// What is in a place. Copies of a trie share nodes until one of them changes.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Empty,
    /// Only its page has it.
    Unloaded,
    Bucket(BucketPage),
    Branch(Arc<Branch>),
}

impl Node {
    /// Bytes that it holds, roughly, without what is below.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Empty | Self::Unloaded => 0,
            Self::Bucket(page) => page.bytes.len() + 32,
            Self::Branch(_) => size_of::<Branch>() + 32,
        }
    }

    #[inline]
    pub(crate) const fn is_loaded(&self) -> bool {
        matches!(self, Self::Bucket(_) | Self::Branch(_))
    }
}

/// A place for a node.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// As the node above holds it.
    pub(crate) reference: Reference,
    pub(crate) node: Node,
    /// Differs from its page, or has none yet. Then all above it do.
    pub(crate) dirty: bool,
    /// What the source has here: the page of this node, or of an older one.
    pub(crate) page: Option<PageId>,
    /// Read or changed since nodes were last forgotten. Then all above it were.
    pub(crate) used: bool,
    /// Something below has been loaded, and may be forgotten.
    pub(crate) warm: bool,
}

impl Slot {
    pub(crate) const EMPTY: Self =
        Self { reference: Reference::Empty, node: Node::Empty, dirty: false, page: None, used: false, warm: false };

    /// Of a node whose page the source has.
    pub(crate) const fn stored(reference: Reference, page: PageId) -> Self {
        Self { reference, node: Node::Unloaded, dirty: false, page: Some(page), used: false, warm: false }
    }
}

/// Where keys part.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    /// What all keys below have in common.
    path: Prefix,
    slots: [Slot; 16],
}

impl Branch {
    pub(crate) const fn new(path: Prefix) -> Self {
        Self { path, slots: [Slot::EMPTY; 16] }
    }

    #[inline]
    pub(crate) const fn path(&self) -> &Prefix {
        &self.path
    }

    #[inline]
    pub(crate) const fn slots(&self) -> &[Slot; 16] {
        &self.slots
    }

    pub(crate) const fn slots_mut(&mut self) -> &mut [Slot; 16] {
        &mut self.slots
    }

    /// The slot towards a key that begins with the path, and its prefix.
    #[inline]
    pub(crate) fn towards(&mut self, key: &B256) -> (&mut Slot, Prefix) {
        let nibble = nibble(key, self.path.depth());
        (&mut self.slots[usize::from(nibble)], self.path.child(nibble))
    }

    /// How many children there are.
    pub(crate) fn children(&self) -> usize {
        self.slots.iter().filter(|slot| !slot.reference.is_empty()).count()
    }

    /// Seen from `depth`, not below its path.
    pub(crate) fn reference(&self, depth: u8, encoder: &mut Encoder) -> Reference {
        let children = std::array::from_fn(|place| self.slots[place].reference);
        encoder.branch(self.path.first(), depth, self.path.depth(), &children)
    }
}
