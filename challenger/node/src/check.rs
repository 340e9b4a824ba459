//! Computes what an assertion should claim, on the own chain.

use crate::{
    tracker::{Check, Computed},
    verdict::Waiting,
};
use gainsay_chain::{Chain, ChainError};
use gainsay_types::inputs_hash;

/// What the own chain gives for a check.
///
/// # Errors
/// When the store fails.
pub fn compute(chain: &Chain, check: &Check) -> Result<Computed, ChainError> {
    let heads = chain.heads();
    let not_derived = Waiting::Derivation { derived: heads.safe.batch_index, target: check.target };
    if heads.batches < check.target {
        return Ok(Computed::Not(not_derived));
    }
    if inputs_hash(check.target, chain.store().batch_acc(check.target)?) != check.inputs_hash {
        return Ok(Computed::Not(Waiting::Inbox));
    }
    match chain.end_state(&check.parent, check.target) {
        Ok(Some(ours)) => Ok(Computed::End { ours, root: chain.output_root(check.claimed.l2_block_number)? }),
        Ok(None) => Ok(Computed::Not(not_derived)),
        // It was agreed with before L1 was reorganised below it.
        Err(ChainError::UnknownState { .. }) => Ok(Computed::Not(Waiting::Inbox)),
        Err(error) => Err(error),
    }
}
