//! What stakers claim on L1.

use crate::state::word;
use alloy_primitives::{B256, keccak256};

/// Block steps that one assertion covers: 2^15.
pub const BLOCK_STEPS_PER_ASSERTION: u64 = 1 << 15;
/// Batches that one assertion can reach beyond its parent: 2^12.
pub const MAX_BATCHES_PER_ASSERTION: u64 = 1 << 12;

/// `keccak(abi.encode(parentId, stateHash))`.
#[must_use]
pub fn assertion_id(parent: B256, state_hash: B256) -> B256 {
    pair(parent, state_hash)
}

/// `keccak(abi.encode(target, batchAcc[target]))`: what the children of an assertion must be computed from.
#[must_use]
pub fn inputs_hash(target: u64, batch_acc: B256) -> B256 {
    pair(word(target), batch_acc)
}

fn pair(left: B256, right: B256) -> B256 {
    let mut preimage = [0u8; 64];
    let (low, high) = preimage.split_at_mut(32);
    low.copy_from_slice(left.as_slice());
    high.copy_from_slice(right.as_slice());
    keccak256(preimage)
}
