//! One trie node, in memory and as RLP.

use alloc::{boxed::Box, vec::Vec};
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{EMPTY_STRING_CODE, Header};
use alloy_trie::Nibbles;

/// What a parent holds of a node: its RLP if that is shorter than 32 bytes, else the Keccak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Inline(Vec<u8>),
    Hash(B256),
}

/// A subtrie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Node {
    /// No key.
    #[default]
    Empty,
    /// Not loaded.
    Unresolved(B256),
    /// Loaded or made.
    Loaded(Box<Loaded>),
}

/// A node with its reference, as long as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loaded {
    pub(super) kind: Kind,
    /// None once something below has changed.
    pub(super) reference: Option<Reference>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The rest of a key, and its value.
    Leaf(Nibbles, Vec<u8>),
    /// Nibbles that all keys below share; the child is a branch.
    Extension(Nibbles, Node),
    /// Children by the next nibble, and the value of the key that ends here.
    Branch(Box<[Node; 16]>, Vec<u8>),
}

/// Bytes that are no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl Node {
    /// A node that was changed or made now.
    pub(super) fn new(kind: Kind) -> Self {
        Self::Loaded(Box::new(Loaded { kind, reference: None }))
    }

    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// Reads a node. `reference` is what its parent holds.
    pub(super) fn decode(bytes: &[u8], reference: Reference) -> Result<Self, Malformed> {
        let mut items = Items::of_list(bytes)?;
        let first = items.next().ok_or(Malformed)??;
        let second = items.next().ok_or(Malformed)??;
        let kind = match items.next() {
            None => short_node(first, second)?,
            Some(third) => branch(first, second, third?, items)?,
        };
        Ok(Self::Loaded(Box::new(Loaded { kind, reference: Some(reference) })))
    }
}

impl Reference {
    pub(super) fn of(rlp: Vec<u8>) -> Self {
        if rlp.len() < 32 { Self::Inline(rlp) } else { Self::Hash(keccak256(rlp)) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Inline(rlp) => out.extend_from_slice(rlp),
            Self::Hash(hash) => write_string(hash.as_slice(), out),
        }
    }
}

impl Loaded {
    /// The reference, computed where it is not known. Nodes that have to be stored go to `new`, children first.
    pub(super) fn reference(&mut self, new: &mut Vec<(B256, Bytes)>) -> Reference {
        if let Some(reference) = &self.reference {
            return reference.clone();
        }
        let rlp = self.encode(new);
        let reference = Reference::of(rlp.clone());
        if let Reference::Hash(hash) = &reference {
            new.push((*hash, rlp.into()));
        }
        self.reference = Some(reference.clone());
        reference
    }

    /// The node's RLP.
    pub(super) fn encode(&mut self, new: &mut Vec<(B256, Bytes)>) -> Vec<u8> {
        let mut payload = Vec::with_capacity(64);
        match &mut self.kind {
            Kind::Leaf(path, value) => {
                write_string(&hex_prefix(path, true), &mut payload);
                write_string(value, &mut payload);
            }
            Kind::Extension(path, child) => {
                write_string(&hex_prefix(path, false), &mut payload);
                write_child(child, &mut payload, new);
            }
            Kind::Branch(children, value) => {
                payload.reserve(532);
                for child in children.iter_mut() {
                    write_child(child, &mut payload, new);
                }
                write_string(value, &mut payload);
            }
        }
        let mut out = Vec::with_capacity(payload.len().saturating_add(4));
        Header { list: true, payload_length: payload.len() }.encode(&mut out);
        out.extend_from_slice(&payload);
        out
    }
}

fn write_child(child: &mut Node, out: &mut Vec<u8>, new: &mut Vec<(B256, Bytes)>) {
    match child {
        Node::Empty => out.push(EMPTY_STRING_CODE),
        Node::Unresolved(hash) => write_string(hash.as_slice(), out),
        Node::Loaded(node) => node.reference(new).write(out),
    }
}

fn write_string(bytes: &[u8], out: &mut Vec<u8>) {
    alloy_rlp::Encodable::encode(bytes, out);
}

/// The "hex-prefix" encoding of the Yellow Paper, appendix C.
fn hex_prefix(path: &Nibbles, leaf: bool) -> Vec<u8> {
    let flag = if leaf { 0x20u8 } else { 0 };
    let nibbles = path.to_vec();
    let (first, rest) = match nibbles.split_first() {
        Some((odd, rest)) if nibbles.len() % 2 == 1 => (flag | 0x10 | odd, rest),
        _ => (flag, nibbles.as_slice()),
    };
    let mut out = Vec::with_capacity(33);
    out.push(first);
    out.extend(rest.chunks_exact(2).map(|pair| pair.iter().fold(0u8, |byte, nibble| (byte << 4) | nibble)));
    out
}

fn path(prefixed: &[u8]) -> Result<(Nibbles, bool), Malformed> {
    let (first, rest) = prefixed.split_first().ok_or(Malformed)?;
    if rest.len() > 32 || first & 0xc0 != 0 {
        return Err(Malformed);
    }
    let mut nibbles = Vec::with_capacity(64);
    if first & 0x10 != 0 {
        nibbles.push(first & 0x0f);
    } else if first & 0x0f != 0 {
        return Err(Malformed);
    }
    nibbles.extend(rest.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]));
    if nibbles.len() > 64 {
        return Err(Malformed);
    }
    Ok((Nibbles::from_nibbles(nibbles), first & 0x20 != 0))
}

/// A leaf or an extension, from its two items.
fn short_node(first: Item<'_>, second: Item<'_>) -> Result<Kind, Malformed> {
    let (path, leaf) = path(first.string()?)?;
    if leaf {
        return Ok(Kind::Leaf(path, second.string()?.to_vec()));
    }
    match (path.is_empty(), second.child()?) {
        (true, _) | (_, Node::Empty) => Err(Malformed),
        (false, child) => Ok(Kind::Extension(path, child)),
    }
}

/// A branch, from its seventeen items.
fn branch(first: Item<'_>, second: Item<'_>, third: Item<'_>, mut rest: Items<'_>) -> Result<Kind, Malformed> {
    let mut children: Box<[Node; 16]> = Box::default();
    let mut head = [first, second, third].into_iter().map(Ok);
    for child in children.iter_mut() {
        let item = head.next().or_else(|| rest.next()).ok_or(Malformed)??;
        *child = item.child()?;
    }
    let value = rest.next().ok_or(Malformed)??.string()?.to_vec();
    if rest.next().is_some() {
        return Err(Malformed);
    }
    Ok(Kind::Branch(children, value))
}

/// One RLP item with its own header.
#[derive(Clone, Copy)]
struct Item<'a> {
    list: bool,
    payload: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Item<'a> {
    const fn string(self) -> Result<&'a [u8], Malformed> {
        if self.list {
            return Err(Malformed);
        }
        Ok(self.payload)
    }

    fn child(self) -> Result<Node, Malformed> {
        if self.list {
            // A node within a node is shorter than 32 bytes, so this recursion is shallow.
            if self.whole.len() >= 32 {
                return Err(Malformed);
            }
            return Node::decode(self.whole, Reference::Inline(self.whole.to_vec()));
        }
        match self.payload.len() {
            0 => Ok(Node::Empty),
            32 => Ok(Node::Unresolved(B256::from_slice(self.payload))),
            _ => Err(Malformed),
        }
    }
}

/// The items of an RLP list.
struct Items<'a>(&'a [u8]);

impl<'a> Items<'a> {
    fn of_list(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut rest = bytes;
        let payload = Header::decode_bytes(&mut rest, true).map_err(|_| Malformed)?;
        if rest.is_empty() { Ok(Self(payload)) } else { Err(Malformed) }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let start = self.0;
        let item = (|| {
            let header = Header::decode(&mut self.0).map_err(|_| Malformed)?;
            let (payload, rest) = self.0.split_at_checked(header.payload_length).ok_or(Malformed)?;
            self.0 = rest;
            let whole = start.get(..start.len().saturating_sub(rest.len())).ok_or(Malformed)?;
            Ok(Item { list: header.list, payload, whole })
        })();
        if item.is_err() {
            self.0 = &[];
        }
        Some(item)
    }
}
