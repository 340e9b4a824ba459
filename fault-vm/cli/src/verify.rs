//! Checking a proved step twice: by the contracts, and by the Rust replay.

use crate::verifier::{SolidityVerifier, VerifierError};
use alloy::primitives::B256;
use gainsay_machine::ProofError;
use gainsay_trace::ProvenStep;
use serde::Serialize;
use std::fmt;

/// What checking a step came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// Steps taken before it.
    pub step: u64,
    /// How the machine stood before it.
    pub status: &'static str,
    /// Hash of the state before it.
    pub before: B256,
    /// Hash of the state after it, according to the Rust replay.
    pub rust: B256,
    /// The same according to the contracts.
    pub solidity: B256,
    /// The part that the step reads, as the oracle contract has it.
    pub part: Option<B256>,
    /// Bytes of calldata that prove it: state and memory.
    pub calldata: usize,
}

/// Why a proof proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file is no proof.
    #[error("this is no proof as `fault-vm prove` writes it: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// The Rust replay refuses it.
    #[error("the proof is refused: {0}")]
    Rust(#[from] ProofError),
    /// The contracts refuse it, or cannot be run.
    #[error(transparent)]
    Solidity(#[from] VerifierError),
    /// The part is missing.
    #[error("the step reads a part of the preimage of {key}, but the file has no preimage to load it from: prove it again")]
    NoPreimage {
        /// The key.
        key: B256,
    },
    /// The oracle contract has another part than the proof.
    #[error("the proof says that the part is {claimed}, the oracle contract has {loaded} from the preimage: the proof is wrong")]
    Part {
        /// The part in the proof.
        claimed: B256,
        /// The part that the contract loaded.
        loaded: B256,
    },
    /// They disagree, which is a fault of this software.
    #[error("the next state is {rust} in Rust, {solidity} in Solidity: please report this, with the file")]
    Differ {
        /// Hash of the next state in Rust.
        rust: B256,
        /// The same in Solidity.
        solidity: B256,
    },
}

/// Reads a proof.
///
/// # Errors
/// When it is none.
pub fn read(bytes: &[u8]) -> Result<ProvenStep, VerifyError> {
    serde_json::from_slice(bytes).map_err(|error| VerifyError::Malformed { reason: error.to_string() })
}

/// Checks a step. The part that it reads, if any, is loaded into the oracle contract as it would be on L1.
///
/// # Errors
/// When the proof is refused by one of the two, and when they disagree.
pub fn verify(verifier: &mut SolidityVerifier, step: &ProvenStep) -> Result<VerifyReport, VerifyError> {
    let proof = &step.proof;
    let rust = step.next()?.hash();
    let part = proof.part.map(|claimed| load(verifier, step, claimed)).transpose()?;
    let solidity = verifier.step(proof)?;
    if rust != solidity {
        return Err(VerifyError::Differ { rust, solidity });
    }
    Ok(VerifyReport {
        step: step.step,
        status: proof.state.hart.status.name(),
        before: step.before(),
        rust,
        solidity,
        part,
        calldata: proof.state.encode().len().saturating_add(proof.encode_memory().len()),
    })
}

fn load(verifier: &mut SolidityVerifier, step: &ProvenStep, claimed: B256) -> Result<B256, VerifyError> {
    let key = step.proof.state.hart.preimage_key;
    let preimage = step.preimage.as_ref().ok_or(VerifyError::NoPreimage { key })?;
    verifier.load(preimage, step.part_index())?;
    let loaded = verifier.part(key, step.part_index())?;
    if loaded == claimed { Ok(loaded) } else { Err(VerifyError::Part { claimed, loaded }) }
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "step     {} of a machine that is {}, proved in {} bytes", self.step, self.status, self.calldata)?;
        writeln!(out, "before   {}", self.before)?;
        if let Some(part) = self.part {
            writeln!(out, "part     {part}, loaded into the oracle")?;
        }
        writeln!(out, "after    {}", self.rust)?;
        write!(out, "         Rust and Solidity agree")
    }
}
