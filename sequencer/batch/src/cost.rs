//! What a payload costs on L1 as blobs and as calldata.

use gainsay_types::{MAX_CALLDATA_PAYLOAD, blob::BLOB_CAPACITY};

/// Gas of a transaction before data and execution.
const TRANSACTION_GAS: u128 = 21_000;
/// Gas of a blob (EIP-4844).
const GAS_PER_BLOB: u128 = 131_072;
/// Execution of an append apart from its payload, about. It is the same for both kinds; its size matters only against the floor.
const APPEND_GAS: u128 = 90_000;
/// Execution for each payload byte as calldata: it is emitted (8 gas a byte), hashed and copied.
const PAYLOAD_BYTE_GAS: u128 = 9;

/// L1's fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct L1Fees {
    /// Base fee, wei per gas.
    pub base_fee: u128,
    /// Blob base fee, wei per blob gas.
    pub blob_base_fee: u128,
}

impl L1Fees {
    /// Wei for the payload in as few blobs as hold it.
    pub(crate) fn as_blobs(self, payload: &[u8]) -> u128 {
        let blobs = payload.len().div_ceil(BLOB_CAPACITY).max(1) as u128;
        let execution = (TRANSACTION_GAS + APPEND_GAS).saturating_mul(self.base_fee);
        execution.saturating_add((blobs * GAS_PER_BLOB).saturating_mul(self.blob_base_fee))
    }

    /// Wei for the payload in as few calldata batches as hold it.
    pub(crate) fn as_calldata(self, payload: &[u8]) -> u128 {
        let gas = payload.chunks(MAX_CALLDATA_PAYLOAD).map(calldata_gas).sum::<u128>();
        gas.max(TRANSACTION_GAS + APPEND_GAS).saturating_mul(self.base_fee)
    }
}

/// EIP-7623: four gas a token and execution, but at least ten gas a token.
fn calldata_gas(payload: &[u8]) -> u128 {
    let tokens: u128 = payload.iter().map(|&byte| if byte == 0 { 1 } else { 4 }).sum();
    let execution = APPEND_GAS + PAYLOAD_BYTE_GAS * payload.len() as u128;
    TRANSACTION_GAS + (4 * tokens + execution).max(10 * tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_calldata_pays_the_floor_and_short_calldata_its_execution() {
        assert_eq!(calldata_gas(&[1; 100_000]), 21_000 + 40 * 100_000);
        assert_eq!(calldata_gas(&[0; 100]), 21_000 + 4 * 100 + 90_000 + 900);
    }

    #[test]
    fn a_full_blob_is_cheaper_than_calldata_unless_blob_gas_is_dear() {
        let payload = vec![3; 100_000];
        let cheap = L1Fees { base_fee: 1_000_000_000, blob_base_fee: 1 };
        assert!(cheap.as_blobs(&payload) < cheap.as_calldata(&payload));
        let dear = L1Fees { base_fee: 1_000_000_000, blob_base_fee: 40_000_000_000 };
        assert!(dear.as_blobs(&payload) > dear.as_calldata(&payload));
    }

    #[test]
    fn fees_beyond_any_range_saturate() {
        let fees = L1Fees { base_fee: u128::MAX, blob_base_fee: u128::MAX };
        assert_eq!(fees.as_blobs(&[1]), u128::MAX);
        assert_eq!(fees.as_calldata(&[1]), u128::MAX);
    }
}
