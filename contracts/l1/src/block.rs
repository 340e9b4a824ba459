//! L1 blocks as the rest of the system sees them.

use alloy::{
    primitives::B256,
    rpc::types::{Block, BlockNumberOrTag},
};
use serde::{Deserialize, Serialize};

/// A block of L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L1Block {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
}

impl L1Block {
    /// From the node's answer.
    pub(crate) fn of(block: &Block) -> Self {
        let header = &block.header;
        Self { number: header.inner.number, hash: header.hash, parent_hash: header.inner.parent_hash, timestamp: header.inner.timestamp }
    }
}

/// How to name a block of L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockRef {
    /// The canonical block at this height.
    Number(u64),
    /// This block, canonical or not.
    Hash(B256),
    /// The newest.
    Latest,
    /// The newest that is unlikely to be reorganised.
    Safe,
    /// The newest that cannot be reorganised.
    Finalized,
}

impl BlockRef {
    /// As a height or tag; none for a hash.
    pub(crate) const fn tag(self) -> Option<BlockNumberOrTag> {
        match self {
            Self::Number(number) => Some(BlockNumberOrTag::Number(number)),
            Self::Latest => Some(BlockNumberOrTag::Latest),
            Self::Safe => Some(BlockNumberOrTag::Safe),
            Self::Finalized => Some(BlockNumberOrTag::Finalized),
            Self::Hash(_) => None,
        }
    }
}

impl std::fmt::Display for BlockRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Hash(hash) => write!(f, "{hash}"),
            Self::Latest => f.write_str("latest"),
            Self::Safe => f.write_str("safe"),
            Self::Finalized => f.write_str("finalized"),
        }
    }
}

/// The three heads of L1. `finalized.number ≤ safe.number ≤ latest.number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The newest block.
    pub latest: L1Block,
    /// The newest that is unlikely to be reorganised; the finalised one where the node knows no better.
    pub safe: L1Block,
    /// The newest that cannot be reorganised; genesis while nothing is finalised.
    pub finalized: L1Block,
}
