//! All chance comes from a number that is given.

use alloy::primitives::{B256, U256, keccak256};

/// A word that follows from these numbers alone.
#[must_use]
pub fn word(numbers: &[u64]) -> B256 {
    keccak256(numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>())
}

/// A number below `bound` that follows from these; 0 if nothing is below it.
#[must_use]
pub fn below(bound: u64, numbers: &[u64]) -> u64 {
    let number = U256::from_be_bytes(word(numbers).0);
    number.checked_rem(U256::from(bound)).unwrap_or_default().to()
}
