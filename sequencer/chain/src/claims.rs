//! What proposer and challenger ask: where the chain is after so many block steps.

use crate::{Chain, ChainError};
use alloy_primitives::B256;
use gainsay_store::Store;
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, State};

/// How a claimed State differs from the chain's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The State that is right.
    pub ours: State,
    /// The last block that the claim and the chain agree on.
    pub last_agreed: u64,
    /// The first block at which the claim is known to be wrong; none if only the cursor (batch, offset, messages) is.
    pub first_wrong: Option<u64>,
}

/// As [`Chain::end_state`], for whoever only reads.
///
/// # Errors
/// When the chain has gone beyond `parent` without being in that State, and when the store fails.
pub fn end_state(store: &Store, parent: &State, target: u64) -> Result<Option<State>, ChainError> {
    let Some(start) = store.step_of(parent)? else {
        let safe = store.heads().safe;
        let ahead = (parent.batch_index, parent.l2_block_number) > (safe.batch_index, safe.l2_block_number);
        return if ahead { Ok(None) } else { Err(ChainError::UnknownState { state: *parent }) };
    };
    let most = start.saturating_add(BLOCK_STEPS_PER_ASSERTION);
    let end = match store.step_at_batch(target)? {
        // At or beyond the target already, the state stays as it is.
        Some(step) => step.clamp(start, most),
        None => most,
    };
    Ok(store.step(end)?)
}

impl Chain {
    /// The State that an assertion below `parent` must claim: after 2^15 block steps over the inbox up to batch `target`. None if it is not derived
    /// that far yet.
    ///
    /// # Errors
    /// When the chain has gone beyond `parent` without being in that State, and when the store fails.
    pub fn end_state(&self, parent: &State, target: u64) -> Result<Option<State>, ChainError> {
        end_state(self.store(), parent, target)
    }

    /// The State right after L2 block `number`; none if it is not derived yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn state_at_block(&self, number: u64) -> Result<Option<State>, ChainError> {
        let Some(step) = self.store().step_at_block(number)? else { return Ok(None) };
        Ok(self.store().step(step)?)
    }

    /// The State at the start of batch `batch + 1`, with `batch` batches consumed; none if it is not derived yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn state_at_batch(&self, batch: u64) -> Result<Option<State>, ChainError> {
        let Some(step) = self.store().step_at_batch(batch)? else { return Ok(None) };
        Ok(self.store().step(step)?)
    }

    /// Output root after L2 block `number`; none if there is no such block.
    ///
    /// # Errors
    /// When the store fails.
    pub fn output_root(&self, number: u64) -> Result<Option<B256>, ChainError> {
        Ok(self.store().header(number)?.map(|block| block.output_root))
    }

    /// Compares a State claimed below `parent` with `ours`, the right one. None if they are the same.
    ///
    /// # Errors
    /// When the store fails.
    pub fn difference(&self, parent: &State, ours: &State, claimed: &State) -> Result<Option<Difference>, ChainError> {
        if ours == claimed {
            return Ok(None);
        }
        let common = claimed.l2_block_number.min(ours.l2_block_number);
        // Beyond our end there is no block to compare with: the claim's first block there is one too many.
        let (last_agreed, first_wrong) = if claimed.l2_block_number > ours.l2_block_number {
            (common, Some(common + 1))
        } else if claimed.l2_block_number < parent.l2_block_number {
            (claimed.l2_block_number, Some(claimed.l2_block_number + 1))
        } else if self.output_root(common)? != Some(claimed.output_root) {
            (parent.l2_block_number.min(common.saturating_sub(1)), Some(common))
        } else {
            (common, (claimed.l2_block_number < ours.l2_block_number).then_some(common + 1))
        };
        Ok(Some(Difference { ours: *ours, last_agreed, first_wrong }))
    }
}
