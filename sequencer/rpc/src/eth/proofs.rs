//! `eth_getProof` (EIP-1186).

use crate::{arguments::Arguments, error::RpcError, methods::Context};
use alloy::rpc::types::{EIP1186AccountProofResponse, EIP1186StorageProof, serde_helpers::JsonStorageKey};
use alloy_primitives::{Address, KECCAK256_EMPTY};
use gainsay_execute::trie::{EMPTY_ROOT_HASH, account_proof};

/// Slots that one request may ask for.
const MAX_SLOTS: usize = 1024;

pub(crate) fn get(context: &Context, arguments: &mut Arguments<'_>) -> Result<EIP1186AccountProofResponse, RpcError> {
    let address: Address = arguments.required()?;
    let keys: Vec<JsonStorageKey> = arguments.required()?;
    if keys.len() > MAX_SLOTS {
        return Err(RpcError::InvalidParams(format!("at most {MAX_SLOTS} storage keys are allowed")));
    }
    let header = context.chain.header(arguments.block()?)?;
    let slots: Vec<_> = keys.iter().map(|key| key.as_b256().into()).collect();
    let proof = account_proof(header.header.state_root, address, &slots, &context.chain.store)
        .map_err(|error| RpcError::Execution(format!("the proof cannot be made: {error}")))?;
    let account = proof.account;
    let storage = keys.into_iter().zip(proof.storage).map(|(key, slot)| EIP1186StorageProof::new(key, slot.value, slot.proof));
    Ok(EIP1186AccountProofResponse {
        address,
        balance: account.as_ref().map(|account| account.balance).unwrap_or_default(),
        code_hash: account.as_ref().map_or(KECCAK256_EMPTY, |account| account.code_hash),
        nonce: account.as_ref().map_or(0, |account| account.nonce),
        storage_hash: account.as_ref().map_or(EMPTY_ROOT_HASH, |account| account.storage_root),
        account_proof: proof.proof,
        storage_proof: storage.collect(),
    })
}
