//! How a node is referred to from above, and the RLP of nodes.

use crate::key::{NIBBLES, nibble};
use alloy_primitives::{B256, keccak256};

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

    /// Of a node's RLP.
    fn of(rlp: &[u8]) -> Self {
        if rlp.len() >= 32 {
            return Self::Hash(keccak256(rlp));
        }
        let mut bytes = [0; 31];
        bytes[..rlp.len()].copy_from_slice(rlp);
        // Below 32.
        Self::Inline { length: rlp.len() as u8, bytes }
    }

    fn length(&self) -> usize {
        match self {
            Self::Empty => 1,
            Self::Hash(_) => 33,
            Self::Inline { length, .. } => usize::from(*length),
        }
    }

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
}

impl Encoder {
    /// The leaf of `key` at a depth.
    pub(crate) fn leaf(&mut self, key: &B256, depth: u8, value: &[u8]) -> Reference {
        Reference::of(self.leaf_rlp(key, depth, value))
    }

    /// An extension over the nibbles of `key` from `depth` to `to`.
    pub(crate) fn extension(&mut self, key: &B256, depth: u8, to: u8, child: &Reference) -> Reference {
        Reference::of(self.extension_rlp(key, depth, to, child))
    }

    pub(crate) fn branch(&mut self, children: &[Reference; 16]) -> Reference {
        Reference::of(self.branch_rlp(children))
    }

    pub(crate) fn leaf_rlp(&mut self, key: &B256, depth: u8, value: &[u8]) -> &[u8] {
        let path = HexPrefix::new(key, depth, NIBBLES, true);
        self.list(path.length() + string_length(value));
        path.write(&mut self.rlp);
        write_string(value, &mut self.rlp);
        &self.rlp
    }

    pub(crate) fn extension_rlp(&mut self, key: &B256, depth: u8, to: u8, child: &Reference) -> &[u8] {
        let path = HexPrefix::new(key, depth, to, false);
        self.list(path.length() + child.length());
        path.write(&mut self.rlp);
        child.write(&mut self.rlp);
        &self.rlp
    }

    pub(crate) fn branch_rlp(&mut self, children: &[Reference; 16]) -> &[u8] {
        self.list(children.iter().map(Reference::length).sum::<usize>() + 1);
        for child in children {
            child.write(&mut self.rlp);
        }
        // All keys have the same length: none ends at a branch.
        self.rlp.push(0x80);
        &self.rlp
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

fn string_length(bytes: &[u8]) -> usize {
    match bytes {
        [one] if *one < 0x80 => 1,
        _ => bytes.len() + 1 + if bytes.len() > 55 { length_of_length(bytes.len()) } else { 0 },
    }
}

fn write_string(bytes: &[u8], out: &mut Vec<u8>) {
    if !matches!(bytes, [one] if *one < 0x80) {
        write_head(bytes.len(), 0x80, out);
    }
    out.extend_from_slice(bytes);
}

fn length_of_length(length: usize) -> usize {
    (usize::BITS as usize - length.leading_zeros() as usize).div_ceil(8)
}

fn write_head(length: usize, base: u8, out: &mut Vec<u8>) {
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
