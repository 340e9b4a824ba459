//! From the chain's own types to revm's.

use alloc::vec::Vec;
use alloy_consensus::{Header, Transaction as _, crypto::secp256k1::recover_signer};
use alloy_eips::eip7702::{RecoveredAuthority, RecoveredAuthorization, SignedAuthorization, constants::PER_EMPTY_ACCOUNT_COST};
use alloy_primitives::U256;
use gainsay_types::{ChainConfig, RecoveredTransaction};
use op_alloy_consensus::TxDeposit;
use revm::{
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::{block::BlobExcessGasAndPrice, either::Either},
    primitives::hardfork::SpecId,
};

/// Transaction type of deposits.
pub const DEPOSIT_TYPE: u8 = 0x7e;

/// Osaka's rules with this chain's id; nothing else is configurable.
#[must_use]
pub fn cfg_env(config: &ChainConfig) -> CfgEnv {
    CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(config.l2_chain_id)
}

/// What the EVM sees of a block. There are no blobs: the blob base fee is 1.
#[must_use]
pub fn block_env(header: &Header) -> BlockEnv {
    BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        difficulty: U256::ZERO,
        prevrandao: Some(header.mix_hash),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 }),
        slot_num: 0,
    }
}

/// A user transaction as revm takes it.
#[must_use]
pub fn user_env(tx: &RecoveredTransaction) -> TxEnv {
    let envelope = tx.envelope();
    TxEnv {
        tx_type: u8::from(envelope.tx_type()),
        caller: tx.sender(),
        gas_limit: envelope.gas_limit(),
        gas_price: envelope.max_fee_per_gas(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: envelope.chain_id(),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: envelope.max_priority_fee_per_gas(),
        authorization_list: authorizations(envelope.authorization_list().unwrap_or_default(), envelope.gas_limit()),
        ..TxEnv::default()
    }
}

/// EIP-7702 authorizations with their authorities, recovered by the same backend as senders. More of them than the gas limit pays for are left
/// as they are: such a transaction is refused before anybody asks who signed them.
fn authorizations(list: &[SignedAuthorization], gas_limit: u64) -> Vec<Either<SignedAuthorization, RecoveredAuthorization>> {
    let cost = (list.len() as u64).saturating_mul(PER_EMPTY_ACCOUNT_COST);
    if cost > gas_limit {
        return list.iter().cloned().map(Either::Left).collect();
    }
    list.iter().map(|signed| Either::Right(RecoveredAuthorization::new_unchecked(signed.inner().clone(), authority(signed)))).collect()
}

/// Who signed; invalid if nobody, or with a high s or another parity than 0 and 1.
fn authority(signed: &SignedAuthorization) -> RecoveredAuthority {
    let signer = signed.signature().ok().and_then(|signature| recover_signer(&signature, signed.signature_hash()).ok());
    signer.map_or(RecoveredAuthority::Invalid, RecoveredAuthority::Valid)
}

/// A deposit as revm takes it: free of charge. Its nonce is the account's and is not checked.
#[must_use]
pub fn deposit_env(deposit: &TxDeposit) -> TxEnv {
    TxEnv {
        tx_type: DEPOSIT_TYPE,
        caller: deposit.from,
        gas_limit: deposit.gas_limit,
        gas_price: 0,
        kind: deposit.to,
        value: deposit.value,
        data: deposit.input.clone(),
        chain_id: None,
        ..TxEnv::default()
    }
}
