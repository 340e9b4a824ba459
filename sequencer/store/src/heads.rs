//! How far the chain is. One record, rewritten with every commit.

use crate::{L1Block, codec::Record};
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use gainsay_types::State;
use serde::{Deserialize, Serialize};

/// Heads of L2 and the ends of the archived inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heads {
    /// Tip of the chain, not necessarily derived from L1.
    pub latest: BlockNumHash,
    /// Block steps derived: the safe cursor is the State after this many.
    pub steps: u64,
    /// The safe cursor: its block is the safe head.
    pub safe: State,
    /// Hash of the safe head.
    pub safe_hash: B256,
    /// Of those steps, the ones that read batches of finalised L1 blocks only.
    pub finalized_steps: u64,
    /// The State after them.
    pub finalized: State,
    /// Hash of its block.
    pub finalized_hash: B256,
    /// The newest L1 block applied; none before the first.
    pub l1: Option<L1Block>,
    /// Number of the newest finalised L1 block heard of.
    pub l1_finalized: u64,
    /// Batches archived.
    pub batches: u64,
    /// `batchAcc` after them.
    pub batch_acc: B256,
    /// Messages archived.
    pub messages: u64,
    /// `depositAcc` after them.
    pub deposit_acc: B256,
    /// Blobs of the batches up to this one are pruned.
    pub blobs_pruned: u64,
}

impl Heads {
    /// A chain that is at its genesis block.
    #[must_use]
    pub const fn genesis(hash: B256, output_root: B256) -> Self {
        let state = State::genesis(output_root);
        Self {
            latest: BlockNumHash { number: 0, hash },
            steps: 0,
            safe: state,
            safe_hash: hash,
            finalized_steps: 0,
            finalized: state,
            finalized_hash: hash,
            l1: None,
            l1_finalized: 0,
            batches: 0,
            batch_acc: B256::ZERO,
            messages: 0,
            deposit_acc: B256::ZERO,
            blobs_pruned: 0,
        }
    }

    /// The safe head.
    #[must_use]
    pub const fn safe_head(&self) -> BlockNumHash {
        BlockNumHash { number: self.safe.l2_block_number, hash: self.safe_hash }
    }

    /// The finalised head.
    #[must_use]
    pub const fn finalized_head(&self) -> BlockNumHash {
        BlockNumHash { number: self.finalized.l2_block_number, hash: self.finalized_hash }
    }
}

impl Record for Heads {
    const NAME: &'static str = "heads";
}
