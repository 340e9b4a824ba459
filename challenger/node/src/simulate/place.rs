//! What the dispute is about: a block, and a fork above it.

use super::{OwnData, SimulateError};
use gainsay_chain::witness::step_of_block;
use gainsay_game::court::Batches;
use gainsay_store::{Store, StoreError};
use gainsay_types::{MAX_BATCHES_PER_ASSERTION, State};

/// Block steps that the fork starts above the block, if the chain has as many: so few that their batches are among those that an assertion reaches.
const LEAD: u64 = MAX_BATCHES_PER_ASSERTION / 2;

/// A block and a fork above it.
pub(super) struct Place {
    /// The block.
    pub(super) block: u64,
    /// Block steps from the fork's end state to where the one that makes the block starts.
    pub(super) block_step: u64,
    /// The fork's end state.
    pub(super) start: State,
    /// The inbox, as far as it is derived.
    pub(super) batches: Batches,
}

impl Place {
    /// Of a block; of the newest one that can be disputed if none is named.
    pub(super) fn of(data: &OwnData, block: Option<u64>) -> Result<Self, SimulateError> {
        let store = &data.store;
        let heads = store.heads();
        let derived = heads.batches.min(heads.safe.batch_index);
        let last = match store.step_at_batch(derived)? {
            Some(step) => state(store, step)?.l2_block_number,
            None => 0,
        };
        if last == 0 {
            return Err(SimulateError::Empty);
        }
        let block = block.unwrap_or(last);
        let step = step_of_block(store, block)?;
        if block > last {
            return Err(SimulateError::BatchOpen { block, last });
        }
        // The step that makes the block, counted from 1, is taken from the State after one less.
        let before = step.saturating_sub(1);
        let fork = before.saturating_sub(LEAD);
        let batches = (1..=derived).map(|index| store.batch_acc(index)).collect::<Result<_, _>>()?;
        Ok(Self { block, block_step: before - fork, start: state(store, fork)?, batches: Batches::new(batches) })
    }
}

fn state(store: &Store, step: u64) -> Result<State, StoreError> {
    store.step(step)?.ok_or_else(|| StoreError::Missing { record: "block step", key: step.to_string() })
}
