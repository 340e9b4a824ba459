//! What the rival says: the truth up to one machine step, and from there on something else that fits together.

use alloy::primitives::{B256, keccak256};
use gainsay_bindings::Matches::Opening;
use gainsay_game::{
    assertions::Assertion,
    truth::{Truth, opening_hash},
};
use gainsay_machine::Status;
use gainsay_play::truth::{StoreTruth, TruthError};
use gainsay_trace::{MAX_STEPS, ProvenStep};
use gainsay_types::State;

/// Where the lie departs from the truth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lie {
    /// The last block step that starts at the truth, from the fork's end state.
    pub(super) block_step: u64,
    /// The last step of its run that starts at the truth.
    pub(super) machine_step: u64,
}

/// Tells it.
pub(super) struct Liar {
    pub(super) honest: StoreTruth,
    pub(super) lie: Lie,
}

impl Liar {
    /// Steps of the true run.
    pub(super) fn length(&mut self, fork: &Assertion) -> Result<u64, TruthError> {
        Ok(self.honest.run_end(fork, self.lie.block_step)?.step)
    }

    fn told(&self, step: u64, state: State) -> State {
        if step <= self.lie.block_step {
            return state;
        }
        State { output_root: state.output_root ^ B256::with_last_byte(1), ..state }
    }
}

impl Truth for Liar {
    type Error = TruthError;

    fn block_hashes(&mut self, fork: &Assertion, steps: &[u64]) -> Result<Vec<B256>, TruthError> {
        steps.iter().map(|step| Ok(self.state(fork, *step)?.hash())).collect()
    }

    fn state(&mut self, fork: &Assertion, step: u64) -> Result<State, TruthError> {
        let state = self.honest.state(fork, step)?;
        Ok(self.told(step, state))
    }

    fn run_hashes(&mut self, fork: &Assertion, block_step: u64, steps: &[u64]) -> Result<Vec<B256>, TruthError> {
        let hashes = self.honest.run_hashes(fork, block_step, steps)?;
        if block_step != self.lie.block_step {
            return Ok(hashes);
        }
        let end = self.run_end(fork, block_step)?;
        let told = |(step, hash): (&u64, B256)| match *step {
            step if step <= self.lie.machine_step => hash,
            // It has halted with the false output, and stays so.
            step if step >= end.step.min(MAX_STEPS) => opening_hash(&end),
            _ => keccak256(hash),
        };
        Ok(steps.iter().zip(hashes).map(told).collect())
    }

    fn run_end(&mut self, fork: &Assertion, block_step: u64) -> Result<Opening, TruthError> {
        let end = self.honest.run_end(fork, block_step)?;
        if block_step != self.lie.block_step {
            return Ok(end);
        }
        let output = self.state(fork, block_step.saturating_add(1))?.hash();
        Ok(Opening { output, status: Status::HALTED.0, ..end })
    }

    fn proof(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<ProvenStep, TruthError> {
        self.honest.proof(fork, block_step, step)
    }
}
