//! How a node is referred to from above, and the RLP of nodes.

use crate::{
    key::{NIBBLES, nibble},
    value::Kind,
};
use alloy_primitives::{B256, Bytes, b256, keccak256};

/// Root of a trie without entries.
pub(crate) const EMPTY_ROOT: B256 = b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// What a node's parent holds: its hash, or the node itself where that is shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Empty,
    Hash(B256),
    Inline { length: u8, bytes: [u8; 31] },
}

impl Reference {
    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// A node inside its parent: below 32 bytes.
    pub(crate) fn inline(rlp: &[u8]) -> Option<Self> {
        let mut bytes = [0; 31];
        bytes.get_mut(..rlp.len())?.copy_from_slice(rlp);
        Some(Self::Inline { length: rlp.len() as u8, bytes })
    }

    /// The root of a trie whose topmost node this is.
    pub(crate) fn root(&self) -> B256 {
        match self {
            Self::Empty => EMPTY_ROOT,
            Self::Hash(hash) => *hash,
            // With keys of 32 bytes no topmost node is as short.
            Self::Inline { length, bytes } => keccak256(&bytes[..usize::from(*length)]),
        }
    }

    /// Eight bytes of it, for the page to say which node it is.
    pub(crate) fn seal(&self) -> [u8; 8] {
        let bytes = match self {
            Self::Empty => return [0; 8],
            Self::Hash(hash) => &hash.0[..],
            Self::Inline { bytes, .. } => &bytes[..],
        };
        bytes.first_chunk().copied().unwrap_or_default()
    }

    #[inline]
    fn length(&self) -> usize {
        match self {
            Self::Empty => 1,
            Self::Hash(_) => 33,
            Self::Inline { length, .. } => usize::from(*length),
        }
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Empty => out.push(0x80),
            Self::Hash(hash) => {
                out.push(0xa0);
                out.extend_from_slice(hash.as_slice());
            }
            Self::Inline { length, bytes } => out.extend_from_slice(&bytes[..usize::from(*length)]),
        }
    }
}

/// Makes nodes, in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    rlp: Vec<u8>,
    value: Vec<u8>,
    /// Every node that is hashed, where they are wanted.
    pub(crate) nodes: Option<Vec<(B256, Bytes)>>,
}

impl Encoder {
    /// The leaf of `key` at a depth.
    pub(crate) fn leaf(&mut self, kind: Kind, key: &B256, depth: u8, value: &[u8]) -> Reference {
        let path = HexPrefix::new(key, depth, NIBBLES, true);
        let mut rlp = std::mem::take(&mut self.value);
        rlp.clear();
        kind.write_rlp(value, &mut rlp);
        self.list(path.length() + string_length(&rlp));
        path.write(&mut self.rlp);
        write_string(&rlp, &mut self.rlp);
        self.value = rlp;
        self.reference()
    }

    /// A branch at `at`, seen from `depth`, not below it: behind an extension where they differ.
    pub(crate) fn branch(&mut self, key: &B256, depth: u8, at: u8, children: &[Reference; 16]) -> Reference {
        self.list(children.iter().map(Reference::length).sum::<usize>() + 1);
        for child in children {
            child.write(&mut self.rlp);
        }
        // All keys have the same length: none ends at a branch.
        self.rlp.push(0x80);
        let branch = self.reference();
        if at == depth {
            return branch;
        }
        let path = HexPrefix::new(key, depth, at, false);
        self.list(path.length() + branch.length());
        path.write(&mut self.rlp);
        branch.write(&mut self.rlp);
        self.reference()
    }

    /// Of the node in the buffer.
    fn reference(&mut self) -> Reference {
        if let Some(inline) = Reference::inline(&self.rlp) {
            return inline;
        }
        let hash = keccak256(&self.rlp);
        if let Some(nodes) = &mut self.nodes {
            nodes.push((hash, Bytes::copy_from_slice(&self.rlp)));
        }
        Reference::Hash(hash)
    }

    /// Begins anew, with the head of a list.
    fn list(&mut self, length: usize) {
        self.rlp.clear();
        write_head(length, 0xc0, &mut self.rlp);
    }
}

/// Yellow paper, appendix C.
struct HexPrefix {
    bytes: [u8; 33],
    length: usize,
}

impl HexPrefix {
    fn new(key: &B256, from: u8, to: u8, leaf: bool) -> Self {
        let flag = if leaf { 0x20 } else { 0 };
        let mut bytes = [0; 33];
        let mut next = from;
        if (to - from).is_multiple_of(2) {
            bytes[0] = flag;
        } else {
            bytes[0] = flag | 0x10 | nibble(key, from);
            next += 1;
        }
        let rest = usize::from((to - next) / 2);
        if next.is_multiple_of(2) {
            let start = usize::from(next / 2);
            bytes[1..=rest].copy_from_slice(&key.0[start..start + rest]);
        } else {
            for byte in &mut bytes[1..=rest] {
                *byte = nibble(key, next) << 4 | nibble(key, next + 1);
                next += 2;
            }
        }
        Self { bytes, length: 1 + rest }
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn length(&self) -> usize {
        string_length(self.as_slice())
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_string(self.as_slice(), out);
    }
}

#[inline]
fn string_length(bytes: &[u8]) -> usize {
    match bytes {
        [one] if *one < 0x80 => 1,
        _ => bytes.len() + 1 + if bytes.len() > 55 { length_of_length(bytes.len()) } else { 0 },
    }
}

#[inline]
pub(crate) fn write_string(bytes: &[u8], out: &mut Vec<u8>) {
    if !matches!(bytes, [one] if *one < 0x80) {
        write_head(bytes.len(), 0x80, out);
    }
    out.extend_from_slice(bytes);
}

fn length_of_length(length: usize) -> usize {
    (usize::BITS as usize - length.leading_zeros() as usize).div_ceil(8)
}

#[inline]
pub(crate) fn write_head(length: usize, base: u8, out: &mut Vec<u8>) {
    if length <= 55 {
        // Below 56.
        out.push(base + length as u8);
        return;
    }
    let count = length_of_length(length);
    // At most 8.
    out.push(base + 55 + count as u8);
    out.extend_from_slice(&length.to_be_bytes()[size_of::<usize>() - count..]);
}
