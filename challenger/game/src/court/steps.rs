//! The StepVerifier: one step of the machine, from its state and what proves the memory that it touches.

use super::{Parts, Refusal};
use alloy::primitives::{B256, U256};
use gainsay_bindings::{
    PreimageOracle::{self, PreimageOracleErrors},
    StepVerifier::{self, StepVerifierErrors},
};
use gainsay_machine::{ProofError, STATE_LENGTH, StepProof};
use std::fmt::Debug;

/// Bytes of a leaf of the memory.
const LEAF: u64 = 128;

/// Checks steps.
pub trait StepCheck: Debug + Send + Sync {
    /// Hash of the state given, and of the one after the step. A part of a preimage comes from the oracle.
    ///
    /// # Errors
    /// If the bytes prove nothing, and if the oracle lacks the part that the step reads.
    fn step(&self, state: &[u8], proof: &[u8], oracle: &Parts) -> Result<(B256, B256), Refusal>;
}

/// The fault VM's own step. Of several things wrong with a proof it may name another one than the contract does.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineSteps;

impl StepCheck for MachineSteps {
    fn step(&self, state: &[u8], proof: &[u8], oracle: &Parts) -> Result<(B256, B256), Refusal> {
        // The length of the state comes first: the contract reads it first.
        if state.len() != STATE_LENGTH {
            let length = U256::from(state.len());
            return Err(StepVerifierErrors::WrongStateLength(StepVerifier::WrongStateLength { length }).into());
        }
        let refused = |error| refusal(&error, proof.len());
        let mut step = StepProof::decode(state, proof, None).map_err(refused)?;
        let next = match step.next() {
            Err(ProofError::MissingPart { key, index }) => {
                let part = oracle.get(&key, index).ok_or_else(|| not_loaded(key, index))?;
                step.part = Some(part.into());
                step.next()
            }
            other => other,
        };
        Ok((step.state.hash(), next.map_err(refused)?.hash()))
    }
}

fn not_loaded(key: B256, index: u64) -> Refusal {
    PreimageOracleErrors::PartNotLoaded(PreimageOracle::PartNotLoaded { key, index: U256::from(index) }).into()
}

fn refusal(error: &ProofError, length: usize) -> Refusal {
    match error {
        ProofError::WrongLeaf { index, .. } => {
            let address_ = u64::from(*index) * LEAF;
            StepVerifierErrors::WrongMemoryProof(StepVerifier::WrongMemoryProof { address_ }).into()
        }
        ProofError::MissingPart { key, index } => not_loaded(*key, *index),
        ProofError::State(state) => {
            StepVerifierErrors::WrongStateLength(StepVerifier::WrongStateLength { length: U256::from(state.length) }).into()
        }
        ProofError::MissingLeaf { .. } | ProofError::LeafLeftOver { .. } | ProofError::PartLeftOver | ProofError::MemoryLength { .. } => {
            StepVerifierErrors::WrongProofLength(StepVerifier::WrongProofLength { length: U256::from(length) }).into()
        }
    }
}
