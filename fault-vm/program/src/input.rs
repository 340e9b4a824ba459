//! The machine's input: which block step to take.

use alloy_primitives::{B256, keccak256};

/// What the machine's input is the Keccak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// `batchAcc[s.batchIndex + 1]`; zero if s is at the target already, so that nothing is to be done.
    pub batch_acc: B256,
    /// Hash of s, the state before the step.
    pub state_hash: B256,
    /// Hash of the chain's config.
    pub config_hash: B256,
}

impl Input {
    /// `batchAcc ‖ stateHash ‖ configHash`, 96 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; 96] {
        let mut out = [0; 96];
        for (slot, word) in out.chunks_exact_mut(32).zip([self.batch_acc, self.state_hash, self.config_hash]) {
            slot.copy_from_slice(word.as_slice());
        }
        out
    }

    /// Reads what [`Self::encode`] wrote; none for other bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (batch_acc, rest) = bytes.split_first_chunk::<32>()?;
        let (state_hash, rest) = rest.split_first_chunk::<32>()?;
        let config_hash: [u8; 32] = rest.try_into().ok()?;
        Some(Self { batch_acc: batch_acc.into(), state_hash: state_hash.into(), config_hash: config_hash.into() })
    }

    /// The machine's input.
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }
}
