//! Trie nodes by their hash, made from pages.

use crate::{
    PageSource, PagedStateError, Prefix, TrieId, World,
    bucket::{Bucket, Known},
    node::Node,
    reference::{EMPTY_ROOT, Reference},
    trie::Tools,
    value::{self, StorageRoot},
};
use alloy_primitives::{B256, Bytes, map::B256Map};
use gainsay_execute::{StateChanges, trie::NodeSource};
use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Where a node is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) trie: TrieId,
    /// If it is a storage trie: its root.
    pub(crate) storage: StorageRoot,
    /// Of its page.
    pub(crate) prefix: Prefix,
}

/// What a page stands for.
#[derive(Debug, Default)]
pub(crate) struct PageNodes {
    /// Nodes by their hashes.
    pub(crate) nodes: Vec<(B256, Bytes)>,
    /// Where the nodes are to which these refer.
    pub(crate) below: Vec<(B256, Place)>,
}

impl Tools {
    /// All nodes of a page, hashed anew.
    pub(crate) fn nodes(&mut self, place: &Place, node: &Node) -> PageNodes {
        let (kind, depth) = (place.trie.kind(), place.prefix.depth());
        let mut below = Vec::new();
        self.encoder.nodes = Some(Vec::new());
        match node {
            Node::Empty | Node::Unloaded => {}
            Node::Branch(branch) => {
                branch.reference(depth, &mut self.encoder);
                for (nibble, slot) in (0..).zip(branch.slots()) {
                    if let Reference::Hash(hash) = slot.reference {
                        below.push((hash, Place { prefix: branch.path().child(nibble), ..*place }));
                    }
                }
            }
            Node::Bucket(page) => {
                if let Some(bucket) = Bucket::read(&place.prefix, page.bucket()) {
                    self.entries.clear();
                    self.entries.extend(&bucket);
                    self.entries.write(&self.entries.list, &place.prefix, kind, Known::NOTHING, &mut self.encoder, &mut self.body);
                    if place.trie == TrieId::Accounts {
                        below.extend(bucket.entries().filter_map(|(key, value)| storage(key, value)));
                    }
                }
            }
        }
        PageNodes { nodes: self.encoder.nodes.take().unwrap_or_default(), below }
    }
}

/// Where the storage root of an account is.
fn storage(key: B256, account: &[u8]) -> Option<(B256, Place)> {
    let (_, storage) = value::read_account(account).filter(|(_, storage)| storage.root != EMPTY_ROOT)?;
    Some((storage.root, Place { trie: TrieId::Storage(key), storage, prefix: Prefix::ROOT }))
}

/// The nodes under one state root, found by walking down from it: a node is known once one that refers to it was asked for.
///
/// It reads pages as it needs them and keeps them, so it is for one proof or one block's witness, not for long.
pub struct NodesAt<P> {
    pages: P,
    known: Mutex<Nodes>,
}

#[derive(Debug)]
struct Nodes {
    world: World,
    made: B256Map<Bytes>,
    places: B256Map<Place>,
}

impl<P> fmt::Debug for NodesAt<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NodesAt").finish_non_exhaustive()
    }
}

impl<P: PageSource> NodesAt<P> {
    /// The state in pages with the changes of some blocks on top, oldest first.
    ///
    /// # Errors
    /// When pages cannot be read, and when the state that comes out has another root.
    pub fn new<'a>(
        pages: P,
        state_root: B256,
        changes: impl IntoIterator<Item = &'a StateChanges>,
    ) -> Result<Self, PagedStateError<P::Error>> {
        let mut world = World::stored();
        for changes in changes {
            world.apply(changes, &pages)?;
        }
        Self::over(world, pages, state_root)
    }

    /// The state in tries over pages; a clone of live ones costs nothing.
    ///
    /// # Errors
    /// When pages cannot be read, and when the tries have another root.
    pub fn over(mut world: World, pages: P, state_root: B256) -> Result<Self, PagedStateError<P::Error>> {
        let found = world.roots(&pages)?.state_root;
        if found != state_root {
            return Err(PagedStateError::Root { expected: state_root, found });
        }
        let place = Place { trie: TrieId::Accounts, storage: StorageRoot::EMPTY, prefix: Prefix::ROOT };
        let places = if found == EMPTY_ROOT { B256Map::default() } else { [(found, place)].into_iter().collect() };
        Ok(Self { pages, known: Mutex::new(Nodes { world, made: B256Map::default(), places }) })
    }

    /// The pages.
    pub const fn pages(&self) -> &P {
        &self.pages
    }

    fn known(&self) -> MutexGuard<'_, Nodes> {
        // Nothing in it is half-done at a point where it could panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: PageSource> NodeSource for NodesAt<P> {
    type Error = PagedStateError<P::Error>;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, Self::Error> {
        let mut known = self.known();
        if let Some(node) = known.made.get(hash) {
            return Ok(Some(node.clone()));
        }
        let Some(place) = known.places.get(hash).copied() else { return Ok(None) };
        let PageNodes { nodes, below } = known.world.page_nodes(&place, &self.pages)?;
        known.made.extend(nodes);
        for (hash, place) in below {
            known.places.entry(hash).or_insert(place);
        }
        let damaged = PagedStateError::Damaged { trie: place.trie, depth: place.prefix.depth() };
        known.made.get(hash).cloned().map(Some).ok_or(damaged)
    }
}
