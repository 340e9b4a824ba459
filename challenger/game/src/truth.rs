//! What a player holds true of the chain below a fork.

use crate::assertions::Assertion;
use alloy::primitives::B256;
use gainsay_bindings::Matches::Opening;
use gainsay_machine::MachineState;
use gainsay_trace::ProvenStep;
use gainsay_types::State;

/// Answers questions about the chain below a fork, of which an honest player's are true. Block steps count from the fork's end state; a chain that has
/// come to the fork's target stays as it is, and so does a machine that has halted. Answers may take minutes: callers run it on a worker.
pub trait Truth {
    /// Why there is no answer.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Hashes of the State after so many block steps, in the order of `steps`.
    ///
    /// # Errors
    /// If what they are computed from is not at hand.
    fn block_hashes(&mut self, fork: &Assertion, steps: &[u64]) -> Result<Vec<B256>, Self::Error>;

    /// The State after so many block steps.
    ///
    /// # Errors
    /// If what it is computed from is not at hand.
    fn state(&mut self, fork: &Assertion, step: u64) -> Result<State, Self::Error>;

    /// Hashes of the machine's state after so many of its steps, in the run that takes the chain from the State after `block_step` block steps to the next.
    ///
    /// # Errors
    /// If the run cannot be traced.
    fn run_hashes(&mut self, fork: &Assertion, block_step: u64, steps: &[u64]) -> Result<Vec<B256>, Self::Error>;

    /// The machine's state at the end of that run, after 2^40 steps.
    ///
    /// # Errors
    /// If the run cannot be traced.
    fn run_end(&mut self, fork: &Assertion, block_step: u64) -> Result<Opening, Self::Error>;

    /// Machine step `step` of that run (from the state after so many steps), with what proves it to L1.
    ///
    /// # Errors
    /// If the run cannot be traced.
    fn proof(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<ProvenStep, Self::Error>;
}

/// What the hash of a machine's state commits to.
#[must_use]
pub fn opening(state: &MachineState) -> Opening {
    let hart = &state.hart;
    Opening {
        memoryRoot: state.memory_root,
        input: hart.input,
        output: hart.output,
        preimageKey: hart.preimage_key,
        registersHash: state.registers_hash(),
        pc: hart.pc,
        step: hart.step,
        status: hart.status.0,
    }
}

/// Hash of the machine's state that an opening describes.
#[must_use]
pub fn opening_hash(opening: &Opening) -> B256 {
    let words = [opening.memoryRoot, opening.input, opening.output, opening.preimageKey, opening.registersHash];
    let numbers = [opening.pc.to_be_bytes(), opening.step.to_be_bytes()];
    alloy::primitives::keccak256([words.concat(), numbers.concat(), vec![opening.status]].concat())
}

/// Hash of the State that a run from `from` says, by its final state: its output if it halted with code 0, in every other case `from` with the cursor at the
/// next batch.
#[must_use]
pub fn run_says(from: &State, last: &Opening) -> B256 {
    // INVARIANT: a run says one end of its block step, and it is the end that the mover claims.
    if last.status == gainsay_machine::Status::HALTED.0 { last.output } else { from.skip_batch().hash() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::keccak256;

    #[test]
    fn an_opening_has_the_hash_of_its_state() {
        let mut state = MachineState::initial(B256::repeat_byte(1), B256::repeat_byte(2));
        state.hart.registers[7] = 0x0102_0304_0506_0708;
        (state.hart.output, state.hart.preimage_key) = (keccak256([1]), keccak256([2]));
        (state.hart.step, state.hart.status) = (99, gainsay_machine::Status(5));
        assert_eq!(opening_hash(&opening(&state)), state.hash());
    }

    #[test]
    fn only_a_run_that_halted_well_says_its_output() {
        let from = State { batch_index: 6, batch_offset: 3, ..State::genesis(B256::repeat_byte(9)) };
        let mut state = MachineState::initial(B256::ZERO, B256::ZERO);
        state.hart.output = B256::repeat_byte(4);
        for status in 0..=7 {
            state.hart.status = gainsay_machine::Status(status);
            let skipped = State { batch_index: 7, batch_offset: 0, ..from };
            let expected = if status == 1 { B256::repeat_byte(4) } else { skipped.hash() };
            assert_eq!(run_says(&from, &opening(&state)), expected, "status {status}");
        }
    }
}
