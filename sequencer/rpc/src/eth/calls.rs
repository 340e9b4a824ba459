//! `eth_call` and `eth_estimateGas`.

use super::{
    estimate::Estimate,
    nobody::Scene,
    request::{affordable_gas, call_request},
};
use crate::{arguments::Arguments, error::RpcError, methods::Context};
use alloy::rpc::types::TransactionRequest;
use alloy_consensus::Header;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Bytes, U64, U256};
use gainsay_execute::{CallStatus, call as execute};
use gainsay_store::StateReader;
use revm::context::result::HaltReason;
use serde_json::Value;

pub(crate) fn call(context: &Context, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    let request: TransactionRequest = arguments.required()?;
    let block = arguments.block()?;
    refuse_overrides(arguments)?;
    let (header, state) = place(context, block)?;
    let scene = Scene::new(&state, &request);
    let request = with_gas(context, request, &header, &state)?;
    let outcome = execute(&context.chain.config, &header, request, scene)?;
    match outcome.status {
        CallStatus::Success => Ok(outcome.output),
        CallStatus::Revert => Err(RpcError::Reverted { output: outcome.output }),
        CallStatus::Halt(reason) => Err(RpcError::Execution(halt_message(&reason))),
    }
}

/// Without a block, at the next block's time and base fee: a contract may ask for them.
pub(crate) fn estimate_gas(context: &Context, arguments: &mut Arguments<'_>) -> Result<U64, RpcError> {
    let request: TransactionRequest = arguments.required()?;
    let block = arguments.optional()?.unwrap_or(BlockId::Number(BlockNumberOrTag::Pending));
    refuse_overrides(arguments)?;
    let next = matches!(block, BlockId::Number(BlockNumberOrTag::Pending | BlockNumberOrTag::Latest));
    let block = if next { BlockId::Number(BlockNumberOrTag::Pending) } else { block };
    let (header, state) = place(context, block)?;
    let scene = Scene::new(&state, &request);
    Estimate::new(&context.chain.config, &header, &state, scene, context.limits.call_gas).gas(request).map(U64::from)
}

/// The header and the state in which a call runs.
fn place(context: &Context, block: BlockId) -> Result<(Header, StateReader), RpcError> {
    let state = context.chain.state(block)?;
    let header = match block {
        BlockId::Number(BlockNumberOrTag::Pending) => context.chain.next_header(state.block()),
        _ => state.block().header.inner().clone(),
    };
    Ok((header, state))
}

/// The call with as much gas as it asks for, at most what the server allows; if it names none, at most what the caller can pay for.
fn with_gas(
    context: &Context,
    request: TransactionRequest,
    header: &Header,
    state: &StateReader,
) -> Result<gainsay_execute::CallRequest, RpcError> {
    let cap = context.limits.call_gas;
    let named = request.gas;
    let mut call = call_request(request, header, named.unwrap_or(cap).min(cap))?;
    if named.is_none() && call.max_fee > 0 {
        let balance = state.account(call.from)?.map(|account| account.balance).unwrap_or_default();
        let affordable = affordable_gas(balance, call.value, U256::ZERO, call.max_fee);
        call.gas_limit = affordable.map_or(cap, |gas| gas.min(cap));
    }
    Ok(call)
}

fn refuse_overrides(arguments: &mut Arguments<'_>) -> Result<(), RpcError> {
    let given = |value: Option<Value>| value.is_some_and(|value| value.as_object().is_none_or(|fields| !fields.is_empty()));
    if given(arguments.optional()?) || given(arguments.optional()?) {
        return Err(RpcError::InvalidParams("state and block overrides are not supported: leave them out".to_owned()));
    }
    Ok(())
}

/// As geth words what the EVM forbids.
pub(super) fn halt_message(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(_) => "out of gas".to_owned(),
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode => "invalid opcode".to_owned(),
        HaltReason::InvalidJump => "invalid jump destination".to_owned(),
        HaltReason::StackUnderflow => "stack underflow".to_owned(),
        HaltReason::StackOverflow => "stack limit reached 1024 (1023)".to_owned(),
        HaltReason::CreateCollision => "contract address collision".to_owned(),
        other => format!("execution halted: {other:?}"),
    }
}
