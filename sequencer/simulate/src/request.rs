//! From a transaction request to a message for the EVM.

use crate::SimulationError;
use alloy::rpc::types::TransactionRequest;
use alloy_eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{B256, TxKind, U256};
use revm::{
    context::{TransactionType, TxEnv},
    context_interface::either::Either,
    database_interface::DBErrorMarker,
};

/// Fees of a message, wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fees {
    /// The most that it pays.
    pub(crate) max: u128,
    /// Priority fee; none for a message with a gas price, which pays all of it.
    pub(crate) tip: Option<u128>,
}

/// What is not in the request and has to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Defaults {
    pub(crate) chain_id: u64,
    pub(crate) base_fee: u64,
    pub(crate) gas: u64,
    pub(crate) nonce: u64,
}

/// The message that a request means. Fees that are left out are zero.
pub(crate) fn message<E: DBErrorMarker>(request: TransactionRequest, defaults: Defaults) -> Result<TxEnv, SimulationError<E>> {
    let fees = fees(&request, defaults.base_fee)?;
    if let Some(chain_id) = request.chain_id.filter(|chain_id| *chain_id != defaults.chain_id) {
        return Err(SimulationError::invalid(format!("chainId does not match node's (have={chain_id}, want={})", defaults.chain_id)));
    }
    let kind = request.to.unwrap_or(TxKind::Create);
    let blobs = request.blob_versioned_hashes.unwrap_or_default();
    let authorizations = request.authorization_list.unwrap_or_default();
    if kind.is_create() && !authorizations.is_empty() {
        return Err(SimulationError::invalid("EIP-7702 transaction cannot be used to create contract"));
    }
    if !blobs.is_empty() && !authorizations.is_empty() {
        return Err(SimulationError::invalid("a transaction has either blobs or authorizations, not both"));
    }
    let data = request.input.try_into_unique_input().map_err(|error| SimulationError::invalid(error.to_string()))?;
    let access_list = request.access_list.unwrap_or_default();
    Ok(TxEnv {
        tx_type: u8::from(kind_of(fees, &access_list, &blobs, &authorizations)),
        caller: request.from.unwrap_or_default(),
        gas_limit: request.gas.unwrap_or(defaults.gas),
        gas_price: fees.max,
        kind,
        value: request.value.unwrap_or_default(),
        data: data.unwrap_or_default(),
        nonce: request.nonce.unwrap_or(defaults.nonce),
        chain_id: Some(defaults.chain_id),
        access_list,
        gas_priority_fee: fees.tip,
        max_fee_per_blob_gas: if blobs.is_empty() { 0 } else { request.max_fee_per_blob_gas.unwrap_or_default() },
        blob_hashes: blobs,
        authorization_list: authorizations.into_iter().map(Either::Left).collect(),
    })
}

fn kind_of(fees: Fees, access_list: &AccessList, blobs: &[B256], authorizations: &[SignedAuthorization]) -> TransactionType {
    if !authorizations.is_empty() {
        return TransactionType::Eip7702;
    }
    if !blobs.is_empty() {
        return TransactionType::Eip4844;
    }
    match fees.tip {
        Some(_) => TransactionType::Eip1559,
        None if access_list.is_empty() => TransactionType::Legacy,
        None => TransactionType::Eip2930,
    }
}

/// The fees that a request names; none of them means zero.
fn fees<E: DBErrorMarker>(request: &TransactionRequest, base_fee: u64) -> Result<Fees, SimulationError<E>> {
    match (request.gas_price, request.max_fee_per_gas, request.max_priority_fee_per_gas) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            Err(SimulationError::invalid("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"))
        }
        (Some(max), None, None) => Ok(Fees { max, tip: None }),
        (None, Some(max), tip) => Ok(Fees { max, tip: Some(tip.unwrap_or_default()) }),
        (None, None, Some(tip)) => Ok(Fees { max: u128::from(base_fee).saturating_mul(2).saturating_add(tip), tip: Some(tip) }),
        (None, None, None) => Ok(Fees { max: 0, tip: Some(0) }),
    }
}

/// How much gas a balance pays for after what else it must pay; none without a fee.
pub(crate) fn affordable_gas(balance: U256, others: U256, max_fee: u128) -> Option<u64> {
    let gas = balance.saturating_sub(others).checked_div(U256::from(max_fee))?;
    Some(u64::try_from(gas).unwrap_or(u64::MAX))
}
