//! A step with its proof, as a file for others.

use crate::Preimage;
use alloy_primitives::B256;
use gainsay_machine::{MachineState, ProofError, StepProof};
use serde::{Deserialize, Serialize};

/// The register that PREIMAGE takes the part's number from: a1.
const PART_INDEX: u8 = 11;

/// A step, what proves it, and what the part that it reads is loaded from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvenStep {
    /// Steps taken before it. A machine that has halted stays at its last one, which the state in the proof says.
    pub step: u64,
    /// What L1 needs to compute the next state.
    pub proof: StepProof,
    /// For a step that reads a part: what has to be loaded on L1 first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preimage: Option<Preimage>,
}

impl ProvenStep {
    /// Which part of the preimage the step reads: what is in register a1.
    #[must_use]
    pub fn part_index(&self) -> u64 {
        self.proof.state.hart.register(PART_INDEX)
    }

    /// Hash of the state before the step.
    #[must_use]
    pub fn before(&self) -> B256 {
        self.proof.state.hash()
    }

    /// The state after the step, as the proof gives it.
    ///
    /// # Errors
    /// When the proof is none.
    pub fn next(&self) -> Result<MachineState, ProofError> {
        self.proof.next()
    }
}
