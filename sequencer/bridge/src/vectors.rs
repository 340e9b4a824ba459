//! Withdrawals with their hashes and proofs, as an Ethereum node gave them: `tests/vectors/withdrawals.json`.

use crate::withdrawal::Withdrawal;
use alloy::primitives::{Address, B256, Bytes, U256};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    nonce: U256,
    sender: Address,
    target: Address,
    value: U256,
    gas_limit: U256,
    data: Bytes,
    hash: B256,
    proof: Vec<Bytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    storage_root: B256,
    withdrawals: Vec<Entry>,
}

/// The file's content.
pub(crate) struct Vectors {
    pub(crate) storage_root: B256,
    /// Each with its hash and the proof of its slot.
    pub(crate) withdrawals: Vec<(Withdrawal, B256, Vec<Bytes>)>,
}

pub(crate) fn load() -> Vectors {
    let file: File = serde_json::from_str(include_str!("../../../tests/vectors/withdrawals.json")).expect("the vectors");
    let read = |entry: Entry| {
        let Entry { nonce, sender, target, value, gas_limit, data, hash, proof } = entry;
        (Withdrawal { nonce, sender, target, value, gas_limit, data }, hash, proof)
    };
    Vectors { storage_root: file.storage_root, withdrawals: file.withdrawals.into_iter().map(read).collect() }
}
