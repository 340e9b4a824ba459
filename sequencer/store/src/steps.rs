//! The States between block steps, found by batch or by block.
//!
//! A step makes a block, ends a batch, or both. So `(batchIndex, l2BlockNumber)` grows with every step, and a binary search finds a State.

use crate::{Store, StoreError, codec::Record, keys};
use alloy_primitives::B256;
use gainsay_types::State;

impl Record for State {
    const NAME: &'static str = "block step";
}

impl Store {
    /// The State after `step` block steps (0: genesis), if derived that far.
    ///
    /// # Errors
    /// When the store fails.
    pub fn step(&self, step: u64) -> Result<Option<State>, StoreError> {
        self.record(&keys::step(step))
    }

    /// Steps after which `batch` batches are consumed for the first time: the State there is the one at the start of batch `batch + 1`.
    /// None if not derived that far.
    ///
    /// # Errors
    /// When the store fails.
    pub fn step_at_batch(&self, batch: u64) -> Result<Option<u64>, StoreError> {
        self.first_step(|state| state.batch_index >= batch)
    }

    /// Steps after which block `number` is there. None if not derived that far.
    ///
    /// # Errors
    /// When the store fails.
    pub fn step_at_block(&self, number: u64) -> Result<Option<u64>, StoreError> {
        self.first_step(|state| state.l2_block_number >= number)
    }

    /// After how many steps the chain is in this very State. None if it never was, or is not derived that far.
    ///
    /// # Errors
    /// When the store fails.
    pub fn step_of(&self, state: &State) -> Result<Option<u64>, StoreError> {
        let place = |state: &State| (state.batch_index, state.l2_block_number);
        let Some(step) = self.first_step(|found| place(found) >= place(state))? else { return Ok(None) };
        Ok((self.step(step)?.as_ref() == Some(state)).then_some(step))
    }

    /// Most steps after which no block above `number` is there.
    pub(crate) fn steps_up_to_block(&self, number: u64) -> Result<u64, StoreError> {
        let beyond = self.first_step(|state| state.l2_block_number > number)?;
        Ok(beyond.map_or(self.heads().steps, |step| step.saturating_sub(1)))
    }

    /// The State after `step` steps with the hash of its block.
    pub(crate) fn state_with_hash(&self, step: u64) -> Result<(State, B256), StoreError> {
        let state = self.step(step)?.ok_or_else(|| StoreError::missing("block step", step))?;
        let number = state.l2_block_number;
        let header = self.header(number)?.ok_or_else(|| StoreError::missing("block", number))?;
        Ok((state, header.header.hash()))
    }

    /// The first step whose State fulfils `reached`, which once true stays true.
    fn first_step(&self, reached: impl Fn(&State) -> bool) -> Result<Option<u64>, StoreError> {
        let heads = self.heads();
        if !reached(&heads.safe) {
            return Ok(None);
        }
        let (mut low, mut high) = (0, heads.steps);
        while low < high {
            let middle = low + (high - low) / 2;
            let state = self.step(middle)?.ok_or_else(|| StoreError::missing("block step", middle))?;
            if reached(&state) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(Some(low))
    }
}
