//! The state that assertions claim: where the chain is, and how far into the inbox it has read.

use alloy_primitives::{B256, U256, keccak256};
use serde::{Deserialize, Serialize};

/// `batchOffset` of a batch whose payload has ended, with messages left for closing blocks.
pub const CLOSING: u64 = u64::MAX;

/// The state between two block steps. Its hash is what an assertion claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// OP Stack version-0 output root of the latest block.
    pub output_root: B256,
    /// Number of the latest L2 block.
    pub l2_block_number: u64,
    /// Batches wholly consumed.
    pub batch_index: u64,
    /// Next block of the batch after `batch_index`, or [`CLOSING`].
    pub batch_offset: u64,
    /// Messages consumed.
    pub deposit_index: u64,
}

impl State {
    /// The state before the first batch.
    #[must_use]
    pub const fn genesis(output_root: B256) -> Self {
        Self { output_root, l2_block_number: 0, batch_index: 0, batch_offset: 0, deposit_index: 0 }
    }

    /// `abi.encode(outputRoot, l2BlockNumber, batchIndex, batchOffset, depositIndex)`, 160 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; 160] {
        let mut out = [0u8; 160];
        let words =
            [self.output_root, word(self.l2_block_number), word(self.batch_index), word(self.batch_offset), word(self.deposit_index)];
        for (slot, word) in out.chunks_exact_mut(32).zip(words) {
            slot.copy_from_slice(word.as_slice());
        }
        out
    }

    /// Reads what [`Self::encode`] wrote; none for other bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (output_root, rest) = bytes.split_first_chunk::<32>()?;
        let (l2_block_number, rest) = rest.split_first_chunk::<32>()?;
        let (batch_index, rest) = rest.split_first_chunk::<32>()?;
        let (batch_offset, rest) = rest.split_first_chunk::<32>()?;
        let deposit_index: [u8; 32] = rest.try_into().ok()?;
        let number = |word: [u8; 32]| u64::try_from(U256::from_be_bytes(word)).ok();
        Some(Self {
            output_root: output_root.into(),
            l2_block_number: number(*l2_block_number)?,
            batch_index: number(*batch_index)?,
            batch_offset: number(*batch_offset)?,
            deposit_index: number(deposit_index)?,
        })
    }

    /// The state hash: Keccak-256 of [`Self::encode`].
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }

    /// The same chain with the cursor at the next batch; messages not yet consumed carry over.
    #[must_use]
    pub const fn skip_batch(self) -> Self {
        Self { batch_index: self.batch_index.saturating_add(1), batch_offset: 0, ..self }
    }
}

/// OP Stack output root, version 0: `keccak(0^32 ‖ stateRoot ‖ messagePasserStorageRoot ‖ blockHash)`.
#[must_use]
pub fn output_root(state_root: B256, message_passer_root: B256, block_hash: B256) -> B256 {
    let mut preimage = [0u8; 128];
    for (slot, word) in preimage.chunks_exact_mut(32).zip([B256::ZERO, state_root, message_passer_root, block_hash]) {
        slot.copy_from_slice(word.as_slice());
    }
    keccak256(preimage)
}

/// A number as a 32-byte big-endian word.
pub(crate) fn word(value: u64) -> B256 {
    B256::from(U256::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    #[test]
    fn a_state_encodes_as_five_abi_words() {
        let state =
            State { output_root: B256::repeat_byte(0xaa), l2_block_number: 1, batch_index: 2, batch_offset: CLOSING, deposit_index: 3 };
        let encoded = state.encode();
        assert_eq!(&encoded[..32], &[0xaa; 32]);
        assert_eq!(encoded[63], 1);
        assert_eq!(encoded[95], 2);
        assert_eq!(&encoded[96..120], &[0; 24]);
        assert_eq!(&encoded[120..128], &[0xff; 8]);
        assert_eq!(encoded[159], 3);
        assert_eq!(State::decode(&encoded), Some(state));
    }

    #[test]
    fn bytes_that_no_state_encodes_to_are_refused() {
        let encoded = State::genesis(B256::repeat_byte(1)).encode();
        assert_eq!(State::decode(&encoded[..159]), None);
        assert_eq!(State::decode(&[&encoded[..], &[0]].concat()), None);
        let mut beyond = encoded;
        beyond[32] = 1;
        assert_eq!(State::decode(&beyond), None);
    }

    #[test]
    fn every_field_is_in_the_state_hash() {
        let state = State::genesis(B256::ZERO);
        let changed = [
            State { output_root: B256::repeat_byte(1), ..state },
            State { l2_block_number: 1, ..state },
            State { batch_index: 1, ..state },
            State { batch_offset: 1, ..state },
            State { deposit_index: 1, ..state },
        ];
        let mut hashes: alloc::vec::Vec<_> = changed.iter().map(State::hash).collect();
        hashes.push(state.hash());
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 6);
    }

    #[test]
    fn the_output_root_of_zeroes_is_the_hash_of_128_zero_bytes() {
        let expected = b256!("012893657d8eb2efad4de0a91bcd0e39ad9837745dec3ea923737ea803fc8e3d");
        assert_eq!(keccak256([0u8; 128]), output_root(B256::ZERO, B256::ZERO, B256::ZERO));
        assert_eq!(output_root(B256::ZERO, B256::ZERO, B256::ZERO), expected);
    }
}
