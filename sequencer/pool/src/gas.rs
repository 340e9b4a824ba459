//! What a transaction costs before its first instruction.

use alloy_consensus::Transaction as _;
use gainsay_types::Transaction;

const BASE: u64 = 21_000;
const CREATE: u64 = 32_000;
/// EIP-3860, per word of init code.
const INIT_CODE_WORD: u64 = 2;
/// EIP-2028 counts a zero byte as one token of 4 gas, any other as four.
const TOKEN: u64 = 4;
/// EIP-7623, per token.
const FLOOR_TOKEN: u64 = 10;
/// EIP-2930.
const ACCESS_LIST_ADDRESS: u64 = 2_400;
const ACCESS_LIST_KEY: u64 = 1_900;
/// EIP-7702, per authorisation.
const AUTHORIZATION: u64 = 25_000;

/// Gas that a transaction needs at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntrinsicGas {
    /// Charged before the first instruction.
    pub initial: u64,
    /// EIP-7623: what the transaction uses at the least, whatever it executes.
    pub floor: u64,
}

/// The intrinsic gas under Osaka's rules. Saturates; the lengths are bounded by the transaction's size.
#[must_use]
pub fn intrinsic_gas(transaction: &Transaction) -> IntrinsicGas {
    let envelope = transaction.envelope();
    let input = envelope.input();
    let zeros = input.iter().filter(|byte| **byte == 0).count() as u64;
    let tokens = zeros.saturating_add((input.len() as u64).saturating_sub(zeros).saturating_mul(4));
    let mut initial = BASE.saturating_add(tokens.saturating_mul(TOKEN));
    if envelope.is_create() {
        initial = initial.saturating_add(CREATE).saturating_add((input.len() as u64).div_ceil(32).saturating_mul(INIT_CODE_WORD));
    }
    if let Some(list) = envelope.access_list() {
        let keys: usize = list.iter().map(|item| item.storage_keys.len()).sum();
        initial = initial
            .saturating_add((list.len() as u64).saturating_mul(ACCESS_LIST_ADDRESS))
            .saturating_add((keys as u64).saturating_mul(ACCESS_LIST_KEY));
    }
    let authorizations = envelope.authorization_list().map_or(0, <[_]>::len) as u64;
    initial = initial.saturating_add(authorizations.saturating_mul(AUTHORIZATION));
    IntrinsicGas { initial, floor: BASE.saturating_add(tokens.saturating_mul(FLOOR_TOKEN)) }
}
