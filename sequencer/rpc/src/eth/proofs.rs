//! `eth_getProof` (EIP-1186).

use crate::{
    arguments::Arguments,
    error::RpcError,
    limits::{exceeded, flags},
    methods::Context,
};
use alloy::rpc::types::{EIP1186AccountProofResponse, EIP1186StorageProof, serde_helpers::JsonStorageKey};
use alloy_primitives::{Address, KECCAK256_EMPTY};
use gainsay_execute::trie::{EMPTY_ROOT_HASH, TrieError, account_proof};
use gainsay_store::StoreError;

pub(crate) fn get(context: &Context, arguments: &mut Arguments<'_>) -> Result<EIP1186AccountProofResponse, RpcError> {
    let address: Address = arguments.required()?;
    let keys: Vec<JsonStorageKey> = arguments.required()?;
    let most = context.limits.proof_slots;
    if keys.len() > most {
        let what = format!("too many slots requested: {}, and {most} are allowed", keys.len());
        return Err(RpcError::Limit(exceeded(&what, "ask for fewer at a time", flags::PROOF_SLOTS)));
    }
    let state = context.chain.state(arguments.block()?)?;
    let slots: Vec<_> = keys.iter().map(|key| key.as_b256().into()).collect();
    let proof = account_proof(state.block().header.state_root, address, &slots, &state.nodes()?).map_err(no_proof)?;
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

/// The state is there and has the right root, so a node that is missing means damage.
pub(crate) fn no_proof(error: TrieError<StoreError>) -> RpcError {
    match error {
        TrieError::Source(error) => RpcError::Store(error),
        damage => RpcError::Execution(format!(
            "the proof cannot be made: {damage}; the node's data directory is damaged: ask another node, or delete it to sync again from L1"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;
    use jsonrpsee::types::ErrorObjectOwned;

    #[test]
    fn a_node_whose_trie_lacks_a_part_says_so_and_what_to_do() {
        let error = ErrorObjectOwned::from(no_proof(TrieError::Missing { hash: B256::repeat_byte(7) }));
        assert_eq!(error.code(), -32000);
        assert!(error.message().contains("0x0707") && error.message().contains("ask another node"), "{}", error.message());
        let failed = StoreError::Missing { record: "block", key: "7".to_owned() };
        assert_eq!(ErrorObjectOwned::from(no_proof(TrieError::Source(failed))).code(), -32603);
    }
}
