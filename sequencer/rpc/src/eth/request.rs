//! From a transaction request to a call.

use crate::error::RpcError;
use alloy::rpc::types::TransactionRequest;
use alloy_consensus::Header;
use alloy_primitives::U256;
use gainsay_execute::CallRequest;

/// The call that a request means, with `gas` as its gas limit. Fees that are left out are zero, and then there is no base fee either.
pub(super) fn call_request(request: TransactionRequest, header: &Header, gas: u64) -> Result<CallRequest, RpcError> {
    let (max_fee, priority_fee) = fees(&request, header)?;
    if request.blob_versioned_hashes.is_some() || request.max_fee_per_blob_gas.is_some() {
        return Err(RpcError::InvalidParams("there are no blob transactions on this chain".to_owned()));
    }
    let authorizations = request.authorization_list.unwrap_or_default();
    let to = request.to.and_then(|to| to.to().copied());
    if to.is_none() && !authorizations.is_empty() {
        return Err(RpcError::InvalidParams("EIP-7702 transaction cannot be used to create contract".to_owned()));
    }
    let data = request.input.try_into_unique_input().map_err(|error| RpcError::InvalidParams(error.to_string()))?;
    Ok(CallRequest {
        from: request.from.unwrap_or_default(),
        to,
        gas_limit: gas,
        max_fee,
        priority_fee,
        value: request.value.unwrap_or_default(),
        data: data.unwrap_or_default(),
        access_list: request.access_list.unwrap_or_default(),
        authorizations,
    })
}

fn fees(request: &TransactionRequest, header: &Header) -> Result<(u128, Option<u128>), RpcError> {
    match (request.gas_price, request.max_fee_per_gas, request.max_priority_fee_per_gas) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            Err(RpcError::InvalidParams("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified".to_owned()))
        }
        (Some(price), None, None) => Ok((price, None)),
        (None, Some(fee), tip) => Ok((fee, Some(tip.unwrap_or_default()))),
        (None, None, Some(tip)) => {
            let base_fee = u128::from(header.base_fee_per_gas.unwrap_or_default());
            Ok((base_fee.saturating_mul(2).saturating_add(tip), Some(tip)))
        }
        (None, None, None) => Ok((0, None)),
    }
}

/// How much gas a balance pays for, after value and L1 fee; none without a fee.
pub(super) fn affordable_gas(balance: U256, value: U256, l1_fee: U256, max_fee: u128) -> Option<u64> {
    let left = balance.saturating_sub(value).saturating_sub(l1_fee);
    let gas = left.checked_div(U256::from(max_fee))?;
    Some(u64::try_from(gas).unwrap_or(u64::MAX))
}
