//! The trie: pages in memory over pages elsewhere.

use crate::{
    bucket::{Bucket, MOST},
    key::{Prefix, nibble},
    page::{self, Page, PageError},
    reference::{Encoder, Reference},
    shape::Shape,
};
use alloy_primitives::{B256, Bytes, b256, keccak256};

/// Root of a trie without entries.
pub(crate) const EMPTY_ROOT: B256 = b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// Where pages come from that are not in memory.
pub trait Pages {
    /// Why a page cannot be read.
    type Error;

    /// The page at a prefix; none if there is none.
    ///
    /// # Errors
    /// When the source fails.
    fn page(&self, prefix: &Prefix) -> Result<Option<Bytes>, Self::Error>;
}

/// A trie that cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrieError<E> {
    /// A page is damaged.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A page that another refers to is missing.
    #[error("a page of the state at depth {depth} is missing")]
    Missing {
        /// Its depth.
        depth: u8,
    },
    /// The source failed.
    #[error("pages of the state cannot be read")]
    Source(E),
}

/// A Merkle-Patricia trie over keys of 32 bytes.
#[derive(Debug)]
pub struct Trie {
    root: Slot,
    encoder: Encoder,
}

/// A place for a node.
#[derive(Debug)]
struct Slot {
    /// As its parent holds it; not set while something below has changed.
    reference: Option<Reference>,
    node: Node,
    /// Differs from its page.
    dirty: bool,
}

#[derive(Debug)]
enum Node {
    Empty,
    /// There is a page of it.
    Unloaded,
    Bucket(Bucket),
    Branch(Box<[Slot; 16]>),
}

impl Slot {
    const EMPTY: Self = Self { reference: Some(Reference::Empty), node: Node::Empty, dirty: false };

    const fn unloaded(reference: Reference) -> Self {
        if reference.is_empty() { Self::EMPTY } else { Self { reference: Some(reference), node: Node::Unloaded, dirty: false } }
    }

    fn load<P: Pages>(&mut self, prefix: &Prefix, pages: &P) -> Result<(), TrieError<P::Error>> {
        if !matches!(self.node, Node::Unloaded) {
            return Ok(());
        }
        let found = pages.page(prefix).map_err(TrieError::Source)?.ok_or(TrieError::Missing { depth: prefix.depth() })?;
        self.node = match page::read(prefix, &found)? {
            Page::Bucket(bucket) => Node::Bucket(bucket),
            Page::Branch(children) => Node::Branch(Box::new(children.map(Slot::unloaded))),
        };
        Ok(())
    }
}

impl Default for Trie {
    fn default() -> Self {
        Self { root: Slot::EMPTY, encoder: Encoder::default() }
    }
}

impl Trie {
    /// The trie whose root page is in the source.
    #[must_use]
    pub fn stored() -> Self {
        Self { root: Slot { reference: None, node: Node::Unloaded, dirty: false }, encoder: Encoder::default() }
    }

    /// The value at a key.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub fn get<P: Pages>(&mut self, key: &B256, pages: &P) -> Result<Option<Bytes>, TrieError<P::Error>> {
        let (mut slot, mut prefix) = (&mut self.root, Prefix::ROOT);
        loop {
            slot.load(&prefix, pages)?;
            match &mut slot.node {
                Node::Empty | Node::Unloaded => return Ok(None),
                Node::Bucket(bucket) => return Ok(bucket.get(key).cloned()),
                Node::Branch(children) => {
                    let next = nibble(key, prefix.depth());
                    prefix = prefix.child(next);
                    slot = &mut children[usize::from(next)];
                }
            }
        }
    }

    /// Sets a value, or removes it.
    ///
    /// # Errors
    /// When a page cannot be read; then nothing has changed.
    pub fn set<P: Pages>(&mut self, key: B256, value: Option<Bytes>, pages: &P) -> Result<(), TrieError<P::Error>> {
        set(&mut self.root, Prefix::ROOT, key, value, pages).map(|_| ())
    }

    /// The root of all that is in it.
    ///
    /// # Errors
    /// When a page cannot be read: one is needed where a branch has a single child left.
    pub fn root<P: Pages>(&mut self, pages: &P) -> Result<B256, TrieError<P::Error>> {
        let shape = shape(&mut self.root, Prefix::ROOT, pages, &mut self.encoder)?;
        self.root.reference = Some(shape.reference(0, &mut self.encoder));
        Ok(match &shape {
            Shape::Empty => EMPTY_ROOT,
            Shape::Leaf { key, value } => keccak256(self.encoder.leaf_rlp(key, 0, value)),
            // A branch has at least two hashes of leaves below it, or leaves as short as no account or word is: with keys of 32 bytes
            // a leaf at depth 1 is longer than 32 bytes.
            Shape::Branch { reference: Reference::Hash(hash), depth: 0, .. } => *hash,
            Shape::Branch { key, depth, reference } => keccak256(self.encoder.extension_rlp(key, 0, *depth, reference)),
        })
    }

    pub(crate) fn dirty(&self) -> usize {
        dirty(&self.root)
    }

    /// Pages that differ from those of the source, which from now on count as written: none where there is none any more. Ask for the root before.
    pub fn take_dirty(&mut self) -> Vec<(Prefix, Option<Vec<u8>>)> {
        let mut pages = Vec::new();
        take_dirty(&mut self.root, Prefix::ROOT, &mut pages);
        pages
    }
}

fn set<P: Pages>(slot: &mut Slot, prefix: Prefix, key: B256, value: Option<Bytes>, pages: &P) -> Result<bool, TrieError<P::Error>> {
    slot.load(&prefix, pages)?;
    let changed = match &mut slot.node {
        Node::Empty | Node::Unloaded => value.is_some_and(|value| {
            let mut bucket = Bucket::default();
            bucket.set(key, Some(value));
            slot.node = Node::Bucket(bucket);
            true
        }),
        Node::Bucket(bucket) => {
            let changed = bucket.set(key, value);
            if bucket.entries.len() > MOST {
                slot.node = split(std::mem::take(bucket), prefix.depth());
            }
            changed
        }
        Node::Branch(children) => {
            let next = nibble(&key, prefix.depth());
            return set(&mut children[usize::from(next)], prefix.child(next), key, value, pages).inspect(|changed| {
                if *changed {
                    (slot.reference, slot.dirty) = (None, true);
                }
            });
        }
    };
    if changed {
        (slot.reference, slot.dirty) = (None, true);
    }
    Ok(changed)
}

/// A branch of buckets. One of them may have all entries: it splits again with its next one.
fn split(bucket: Bucket, depth: u8) -> Node {
    let mut children = Box::new([const { Slot::EMPTY }; 16]);
    for entry in bucket.entries {
        let slot = &mut children[usize::from(nibble(&entry.key, depth))];
        (slot.reference, slot.dirty) = (None, true);
        match &mut slot.node {
            Node::Bucket(bucket) => bucket.entries.push(entry),
            node => *node = Node::Bucket(Bucket { entries: vec![entry] }),
        }
    }
    Node::Branch(children)
}

/// What is in a slot, with the references of all slots below it set.
fn shape<P: Pages>(slot: &mut Slot, prefix: Prefix, pages: &P, encoder: &mut Encoder) -> Result<Shape, TrieError<P::Error>> {
    slot.load(&prefix, pages)?;
    match &mut slot.node {
        Node::Empty | Node::Unloaded => Ok(Shape::Empty),
        Node::Bucket(bucket) => Ok(bucket.shape(encoder)),
        Node::Branch(children) => {
            let depth = prefix.depth();
            let mut references = [Reference::Empty; 16];
            for (place, child) in (0..).zip(children.iter_mut()) {
                references[usize::from(place)] = reference(child, prefix.child(place), pages, encoder)?;
            }
            let mut ways = (0..).zip(&references).filter(|(_, reference)| !reference.is_empty()).map(|(place, _)| place);
            match (ways.next(), ways.next()) {
                (None, _) => Ok(Shape::Empty),
                (Some(only), None) => shape(&mut children[usize::from(only)], prefix.child(only), pages, encoder),
                _ => Ok(Shape::Branch { key: *prefix.first(), depth, reference: encoder.branch(&references) }),
            }
        }
    }
}

fn reference<P: Pages>(slot: &mut Slot, prefix: Prefix, pages: &P, encoder: &mut Encoder) -> Result<Reference, TrieError<P::Error>> {
    if let Some(known) = slot.reference {
        return Ok(known);
    }
    let found = shape(slot, prefix, pages, encoder)?.reference(prefix.depth(), encoder);
    slot.reference = Some(found);
    Ok(found)
}

fn dirty(slot: &Slot) -> usize {
    let below = match &slot.node {
        Node::Branch(children) => children.iter().map(dirty).sum(),
        _ => 0,
    };
    if slot.dirty { 1 + below } else { 0 }
}

fn take_dirty(slot: &mut Slot, prefix: Prefix, pages: &mut Vec<(Prefix, Option<Vec<u8>>)>) {
    if !std::mem::take(&mut slot.dirty) {
        return;
    }
    match &mut slot.node {
        Node::Empty | Node::Unloaded => pages.push((prefix, None)),
        Node::Bucket(bucket) => {
            let page = (!bucket.entries.is_empty()).then(|| page::write_bucket(&prefix, bucket));
            pages.push((prefix, page));
        }
        Node::Branch(children) => {
            let references = std::array::from_fn(|place| children[place].reference.unwrap_or(Reference::Empty));
            pages.push((prefix, Some(page::write_branch(&references))));
            for (place, child) in (0..).zip(children.iter_mut()) {
                take_dirty(child, prefix.child(place), pages);
            }
        }
    }
}
