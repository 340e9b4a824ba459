//! Custom errors of the contracts in words.

use alloy::sol_types::{Panic, Revert, SolError};

/// Names the error in revert data: a custom error of our contracts with its arguments, `require` text, a panic code, or the
/// bytes as they are.
#[must_use]
pub fn describe(data: &[u8]) -> String {
    if data.is_empty() {
        return "no reason given".to_owned();
    }
    if let Ok(revert) = Revert::abi_decode(data) {
        return revert.reason;
    }
    if let Ok(panic) = Panic::abi_decode(data) {
        return panic.to_string();
    }
    format!("unknown error {}", alloy::hex::encode_prefixed(data))
}
