//! What the entries below a path look like from above, wherever the path ends.

use crate::reference::{Encoder, Reference};
use alloy_primitives::{B256, Bytes};

/// The topmost node of some entries. At which depth it is placed decides over its path, and so over its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Empty,
    Leaf {
        key: B256,
        value: Bytes,
    },
    /// A branch at `depth`; all keys below it begin as `key` does.
    Branch {
        key: B256,
        depth: u8,
        reference: Reference,
    },
}

impl Shape {
    /// Its reference where it is placed at `depth`, not below itself.
    pub(crate) fn reference(&self, depth: u8, encoder: &mut Encoder) -> Reference {
        match self {
            Self::Empty => Reference::Empty,
            Self::Leaf { key, value } => encoder.leaf(key, depth, value),
            Self::Branch { depth: own, reference, .. } if *own == depth => *reference,
            Self::Branch { key, depth: own, reference } => encoder.extension(key, depth, *own, reference),
        }
    }
}
