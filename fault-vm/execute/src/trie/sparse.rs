//! Reading and changing the trie.

use super::{
    EMPTY_ROOT_HASH, NodeSource, TrieError, TrieNodes,
    node::{Kind, Loaded, Node, Reference},
};
use alloc::{boxed::Box, vec::Vec};
use alloy_primitives::B256;
use alloy_trie::Nibbles;

/// A trie of which only the nodes on walked paths are in memory.
///
/// An operation that fails changes nothing: what it needs is loaded before anything is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SparseTrie {
    root: Node,
}

impl SparseTrie {
    /// The trie with the given root; nothing is loaded yet.
    #[must_use]
    pub fn new(root: B256) -> Self {
        Self { root: if root == EMPTY_ROOT_HASH { Node::Empty } else { Node::Unresolved(root) } }
    }

    /// The value at `key`, at most 32 bytes long.
    ///
    /// # Errors
    /// When a node on the way is missing or malformed.
    pub fn get<N: NodeSource>(&mut self, key: &[u8], nodes: &N) -> Result<Option<Vec<u8>>, TrieError<N::Error>> {
        let path = nibbles(key)?;
        get(&mut self.root, path, nodes)
    }

    /// Sets the value at `key`, at most 32 bytes long; an empty value removes it.
    ///
    /// # Errors
    /// When a node on the way is missing or malformed. Nothing has changed then.
    pub fn insert<N: NodeSource>(&mut self, key: &[u8], value: Vec<u8>, nodes: &N) -> Result<(), TrieError<N::Error>> {
        if value.is_empty() {
            return self.remove(key, nodes);
        }
        let path = nibbles(key)?;
        insert(&mut self.root, path, value, nodes).map(drop)
    }

    /// Removes the value at `key`, if there is one.
    ///
    /// # Errors
    /// When a node on the way, or one that takes the place of its parent, is missing or malformed. Nothing has changed then.
    pub fn remove<N: NodeSource>(&mut self, key: &[u8], nodes: &N) -> Result<(), TrieError<N::Error>> {
        let path = nibbles(key)?;
        remove(&mut self.root, path, nodes).map(drop)
    }

    /// The root, and the nodes that are new since the trie was made or since the last call.
    pub fn commit(&mut self) -> (B256, TrieNodes) {
        let mut new = Vec::new();
        let root = match &mut self.root {
            Node::Empty => EMPTY_ROOT_HASH,
            Node::Unresolved(hash) => *hash,
            Node::Loaded(node) => root_hash(node, &mut new),
        };
        (root, new)
    }
}

/// The root is stored and referred to by its hash, however short it is.
fn root_hash(node: &mut Loaded, new: &mut TrieNodes) -> B256 {
    let known = node.reference.is_some();
    match node.reference(new) {
        Reference::Hash(hash) => hash,
        Reference::Inline(rlp) => {
            let hash = alloy_primitives::keccak256(&rlp);
            if !known {
                new.push((hash, rlp.into()));
            }
            hash
        }
    }
}

/// The value at `key` in the trie with the given root.
///
/// # Errors
/// When a node on the way is missing or malformed.
pub fn lookup<N: NodeSource>(root: B256, key: &[u8], nodes: &N) -> Result<Option<Vec<u8>>, TrieError<N::Error>> {
    SparseTrie::new(root).get(key, nodes)
}

fn nibbles<E>(key: &[u8]) -> Result<Nibbles, TrieError<E>> {
    if key.len() > 32 {
        return Err(TrieError::Key);
    }
    Ok(Nibbles::unpack(key))
}

/// Loads the node if it is not loaded; none if it is empty.
pub(super) fn resolve<'a, N: NodeSource>(node: &'a mut Node, nodes: &N) -> Result<Option<&'a mut Loaded>, TrieError<N::Error>> {
    if let Node::Unresolved(hash) = *node {
        let bytes = nodes.node(&hash).map_err(TrieError::Source)?.ok_or(TrieError::Missing { hash })?;
        *node = Node::decode(&bytes, Reference::Hash(hash)).map_err(|_| TrieError::Malformed { hash })?;
    }
    match node {
        Node::Loaded(loaded) => Ok(Some(loaded)),
        Node::Empty | Node::Unresolved(_) => Ok(None),
    }
}

/// The part of a path after its first `count` nibbles.
pub(super) fn tail(path: &Nibbles, count: usize) -> Nibbles {
    path.slice(count.min(path.len())..)
}

/// The child that a path goes to.
pub(super) fn child_mut<'a>(children: &'a mut [Node; 16], path: &Nibbles) -> Option<&'a mut Node> {
    children.get_mut(usize::from(path.first()?))
}

fn get<N: NodeSource>(node: &mut Node, path: Nibbles, nodes: &N) -> Result<Option<Vec<u8>>, TrieError<N::Error>> {
    let Some(loaded) = resolve(node, nodes)? else { return Ok(None) };
    match &mut loaded.kind {
        Kind::Leaf(rest, value) => Ok((*rest == path).then(|| value.clone())),
        Kind::Extension(shared, child) => {
            if !path.starts_with(shared) {
                return Ok(None);
            }
            get(child, tail(&path, shared.len()), nodes)
        }
        Kind::Branch(children, value) => match child_mut(children, &path) {
            Some(child) => get(child, tail(&path, 1), nodes),
            None => Ok(Some(value.clone()).filter(|value| !value.is_empty())),
        },
    }
}

/// Sets a value; whether anything changed.
fn insert<N: NodeSource>(node: &mut Node, path: Nibbles, new: Vec<u8>, nodes: &N) -> Result<bool, TrieError<N::Error>> {
    let Some(loaded) = resolve(node, nodes)? else {
        *node = Node::new(Kind::Leaf(path, new));
        return Ok(true);
    };
    let changed = match &mut loaded.kind {
        Kind::Leaf(rest, value) if *rest == path => replace(value, new),
        Kind::Extension(shared, child) if path.starts_with(shared) => insert(child, tail(&path, shared.len()), new, nodes)?,
        Kind::Branch(children, value) => match child_mut(children, &path) {
            Some(child) => insert(child, tail(&path, 1), new, nodes)?,
            None => replace(value, new),
        },
        Kind::Leaf(..) | Kind::Extension(..) => {
            let old = core::mem::take(node);
            *node = split(old, path, new);
            return Ok(true);
        }
    };
    if changed {
        loaded.reference = None;
    }
    Ok(changed)
}

fn replace(value: &mut Vec<u8>, new: Vec<u8>) -> bool {
    let changed = *value != new;
    *value = new;
    changed
}

/// Makes room for `path` beside a leaf or an extension that it diverges from.
fn split(old: Node, path: Nibbles, new: Vec<u8>) -> Node {
    let Node::Loaded(loaded) = old else { return old };
    let (own, rest) = match loaded.kind {
        Kind::Leaf(own, value) => (own, Rest::Value(value)),
        Kind::Extension(own, child) => (own, Rest::Child(child)),
        kind @ Kind::Branch(..) => return Node::Loaded(Box::new(Loaded { kind, reference: loaded.reference })),
    };
    let common = own.common_prefix_length(&path);
    let mut children: Box<[Node; 16]> = Box::default();
    let mut value = Vec::new();
    place(&mut children, &mut value, tail(&own, common), rest);
    place(&mut children, &mut value, tail(&path, common), Rest::Value(new));
    let branch = Node::new(Kind::Branch(children, value));
    extend(path.slice(..common), branch)
}

/// What hangs below a path: a value, or a branch.
enum Rest {
    Value(Vec<u8>),
    Child(Node),
}

fn place(children: &mut [Node; 16], value: &mut Vec<u8>, path: Nibbles, rest: Rest) {
    match (child_mut(children, &path), rest) {
        (Some(child), Rest::Value(value)) => *child = Node::new(Kind::Leaf(tail(&path, 1), value)),
        (Some(child), Rest::Child(below)) => *child = extend(tail(&path, 1), below),
        (None, Rest::Value(own)) => *value = own,
        // An extension's path is longer than what it shares with a path that diverges from it.
        (None, Rest::Child(_)) => {}
    }
}

fn extend(path: Nibbles, node: Node) -> Node {
    if path.is_empty() {
        return node;
    }
    Node::new(Kind::Extension(path, node))
}

/// Removes a value; whether there was one.
fn remove<N: NodeSource>(node: &mut Node, path: Nibbles, nodes: &N) -> Result<bool, TrieError<N::Error>> {
    let Some(loaded) = resolve(node, nodes)? else { return Ok(false) };
    let removed = match &mut loaded.kind {
        Kind::Leaf(rest, _) => {
            if *rest != path {
                return Ok(false);
            }
            *node = Node::Empty;
            return Ok(true);
        }
        Kind::Extension(shared, child) => path.starts_with(shared) && remove(child, tail(&path, shared.len()), nodes)?,
        Kind::Branch(children, value) => remove_from_branch(children, value, &path, nodes)?,
    };
    if removed {
        loaded.reference = None;
        let changed = core::mem::take(node);
        *node = collapse(changed);
    }
    Ok(removed)
}

fn remove_from_branch<N: NodeSource>(
    children: &mut [Node; 16],
    value: &mut Vec<u8>,
    path: &Nibbles,
    nodes: &N,
) -> Result<bool, TrieError<N::Error>> {
    let Some(nibble) = path.first().map(usize::from) else {
        if value.is_empty() {
            return Ok(false);
        }
        load_last(children, None, nodes)?;
        value.clear();
        return Ok(true);
    };
    let rest = tail(path, 1);
    let Some(child) = children.get_mut(nibble) else { return Ok(false) };
    let goes = matches!(resolve(child, nodes)?, Some(Loaded { kind: Kind::Leaf(own, _), .. }) if *own == rest);
    if goes && value.is_empty() {
        // INVARIANT: all that a removal needs is loaded before anything is changed.
        load_last(children, Some(nibble), nodes)?;
    }
    children.get_mut(nibble).map_or(Ok(false), |child| remove(child, rest, nodes))
}

/// Loads the only child besides `except`, if there is just one: it is about to take the place of its branch.
fn load_last<N: NodeSource>(children: &mut [Node; 16], except: Option<usize>, nodes: &N) -> Result<(), TrieError<N::Error>> {
    let mut others = children.iter_mut().enumerate().filter(|(nibble, child)| Some(*nibble) != except && !child.is_empty());
    if let (Some((_, only)), None) = (others.next(), others.next()) {
        resolve(only, nodes)?;
    }
    Ok(())
}

/// Restores the form of a node below which something was removed: no branch with one way, no extension to anything but a branch.
fn collapse(node: Node) -> Node {
    let Node::Loaded(loaded) = node else { return node };
    match loaded.kind {
        Kind::Extension(shared, child) => prepend(shared, child),
        Kind::Branch(mut children, value) => {
            let mut ways = children.iter().enumerate().filter(|(_, child)| !child.is_empty()).map(|(nibble, _)| nibble);
            match (ways.next(), ways.next(), value.is_empty()) {
                (None, _, true) => Node::Empty,
                (None, _, false) => Node::new(Kind::Leaf(Nibbles::default(), value)),
                (Some(nibble), None, true) => {
                    let child = children.get_mut(nibble).map(core::mem::take).unwrap_or_default();
                    // One of sixteen.
                    prepend(Nibbles::from_nibbles([(nibble & 0x0f) as u8]), child)
                }
                _ => Node::Loaded(Box::new(Loaded { kind: Kind::Branch(children, value), reference: None })),
            }
        }
        kind @ Kind::Leaf(..) => Node::Loaded(Box::new(Loaded { kind, reference: loaded.reference })),
    }
}

/// Puts nibbles before a loaded node.
fn prepend(path: Nibbles, node: Node) -> Node {
    match node {
        Node::Loaded(loaded) => match loaded.kind {
            Kind::Leaf(rest, value) => Node::new(Kind::Leaf(path.join(&rest), value)),
            Kind::Extension(rest, child) => Node::new(Kind::Extension(path.join(&rest), child)),
            Kind::Branch(..) => extend(path, Node::Loaded(loaded)),
        },
        Node::Empty => Node::Empty,
        // An extension's child that was not touched is a branch.
        Node::Unresolved(_) => extend(path, node),
    }
}
