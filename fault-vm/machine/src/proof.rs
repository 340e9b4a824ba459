//! The proof of a step: made from a machine, and checked as L1 checks it.

use crate::{
    access::{Recording, Replaying},
    machine::Machine,
    memory::{LEAF_PROOF, LeafProof},
    oracle::{Oracle, PART},
    state::{MachineState, StateLength},
    step::step,
};
use alloy_primitives::{B256, FixedBytes};
use serde::{Deserialize, Serialize};

/// What L1 needs to compute the next state. In JSON, bytes and numbers are hex strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepProof {
    /// The state before the step.
    pub state: MachineState,
    /// The leaves that the step touches, in order.
    pub memory: Vec<LeafProof>,
    /// What the oracle answers, if the step asks it. On L1 it comes from the oracle itself.
    pub part: Option<FixedBytes<PART>>,
}

/// Proves the next step of a machine.
///
/// # Errors
/// If the oracle has no answer that the step needs.
pub fn prove<O: Oracle>(machine: &Machine, oracle: &mut O) -> Result<StepProof, O::Error> {
    let mut recording = Recording { machine: machine.clone(), oracle, memory: Vec::new(), part: None };
    step(&mut recording)?;
    let Recording { memory, part, .. } = recording;
    Ok(StepProof { state: machine.state(), memory, part: part.map(FixedBytes) })
}

impl StepProof {
    /// The next state: what the contract computes. It trusts the part, which on L1 is the oracle's.
    ///
    /// # Errors
    /// If the proof has not exactly what the step touches.
    pub fn next(&self) -> Result<MachineState, ProofError> {
        let part = self.part.map(|part| part.0);
        let mut replay = Replaying { state: self.state.clone(), memory: self.memory.iter(), part };
        step(&mut replay)?;
        // INVARIANT: a proof has no byte beyond what the step touches.
        if replay.memory.len() != 0 {
            return Err(ProofError::LeafLeftOver { count: replay.memory.len() });
        }
        if replay.part.is_some() {
            return Err(ProofError::PartLeftOver);
        }
        Ok(replay.state)
    }

    /// The memory part of the proof: 928 bytes for each access.
    #[must_use]
    pub fn encode_memory(&self) -> Vec<u8> {
        self.memory.iter().flat_map(LeafProof::encode).collect()
    }

    /// Puts a proof together from what L1 takes.
    ///
    /// # Errors
    /// If a length is wrong; nothing else is checked.
    pub fn decode(state: &[u8], memory: &[u8], part: Option<[u8; PART]>) -> Result<Self, ProofError> {
        let (proofs, rest) = memory.as_chunks::<LEAF_PROOF>();
        if !rest.is_empty() {
            return Err(ProofError::MemoryLength { length: memory.len() });
        }
        let memory = proofs.iter().map(LeafProof::decode).collect();
        Ok(Self { state: MachineState::decode(state)?, memory, part: part.map(FixedBytes) })
    }
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Too few leaves.
    #[error("the step touches leaf {index}, which the proof lacks")]
    MissingLeaf {
        /// Number of the leaf.
        index: u32,
    },
    /// A leaf that is not the memory's.
    #[error("leaf {index} of the proof belongs to the memory root {root}, the state has {expected}")]
    WrongLeaf {
        /// Number of the leaf that the step touches.
        index: u32,
        /// Root that the leaf and its siblings lead to.
        root: B256,
        /// The memory's root.
        expected: B256,
    },
    /// Too many leaves.
    #[error("the proof has {count} leaves that the step does not touch")]
    LeafLeftOver {
        /// How many.
        count: usize,
    },
    /// No answer of the oracle.
    #[error("the step asks for part {index} of the preimage of {key}, which the proof lacks")]
    MissingPart {
        /// Key of the preimage.
        key: B256,
        /// Number of the part.
        index: u64,
    },
    /// An answer that was not asked for.
    #[error("the proof has a part of a preimage, for which the step does not ask")]
    PartLeftOver,
    /// The state's length is wrong.
    #[error(transparent)]
    State(#[from] StateLength),
    /// The memory's length is wrong.
    #[error("a memory proof has {LEAF_PROOF} bytes for each access, this one has {length}")]
    MemoryLength {
        /// Its bytes.
        length: usize,
    },
}
