//! The proof of one leaf.

use super::{Aligned, HEIGHT, LEAF, hash_node};
use alloy_primitives::{B256, FixedBytes, keccak256};
use serde::{Deserialize, Serialize};

/// Bytes of the proof of one access.
pub const LEAF_PROOF: usize = LEAF + HEIGHT * 32;

/// A leaf, and what proves it in a memory's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeafProof {
    /// The leaf.
    pub leaf: FixedBytes<LEAF>,
    /// The siblings on the way to the root, from the lowest.
    pub siblings: [B256; HEIGHT],
}

impl LeafProof {
    /// The root of a memory whose leaf `index` is this one. Of the index, the low 25 bits count.
    #[must_use]
    pub fn root(&self, index: u32) -> B256 {
        let mut node = keccak256(self.leaf);
        let mut path = index;
        for sibling in &self.siblings {
            node = if path & 1 == 0 { hash_node(&node, sibling) } else { hash_node(sibling, &node) };
            path >>= 1;
        }
        node
    }

    /// The bytes at an address of this leaf.
    pub(crate) fn read<const N: usize>(&self, at: Aligned<N>) -> [u8; N] {
        self.leaf.as_chunks().0.get(at.piece_of(LEAF)).copied().unwrap_or([0; N])
    }

    /// Replaces the bytes at an address of this leaf.
    pub(crate) fn write<const N: usize>(&mut self, at: Aligned<N>, bytes: [u8; N]) {
        if let Some(place) = self.leaf.as_chunks_mut().0.get_mut(at.piece_of(LEAF)) {
            *place = bytes;
        }
    }

    /// The leaf and its siblings, 928 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        std::iter::once(self.leaf.as_slice()).chain(self.siblings.iter().map(B256::as_slice)).collect::<Vec<_>>().concat()
    }

    /// What [`Self::encode`] wrote.
    #[must_use]
    pub fn decode(bytes: &[u8; LEAF_PROOF]) -> Self {
        let (leaf, rest) = bytes.split_at(LEAF);
        let mut proof = Self { leaf: FixedBytes::ZERO, siblings: [B256::ZERO; HEIGHT] };
        proof.leaf.copy_from_slice(leaf);
        for (sibling, bytes) in proof.siblings.iter_mut().zip(rest.as_chunks().0) {
            *sibling = B256::new(*bytes);
        }
        proof
    }
}
