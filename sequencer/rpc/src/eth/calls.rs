//! Calls that change nothing: `eth_call`, `eth_estimateGas`, `eth_createAccessList`, `eth_simulateV1`.

use crate::{
    arguments::Arguments,
    at_once::BRIEF_GAS,
    error::RpcError,
    limits::{exceeded, flags},
    methods::Context,
    pending::StateAt,
};
use alloy::rpc::types::{
    AccessListResult, BlockOverrides, TransactionRequest,
    simulate::{SimulatePayload, SimulatedBlock},
    state::StateOverride,
};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Bytes, U64};
use gainsay_execute::{CallOutcome, CallStatus};
use gainsay_simulate::{Allowance, Base, OrderError, Scene, SimulationError, Watch, halt_message};
use gainsay_store::StoreError;
use revm::context::result::HaltReason;

pub(crate) fn call(context: &Context, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    let request: TransactionRequest = arguments.required()?;
    let (block, cap) = (arguments.block()?, context.limits.call_gas);
    let is_capped = request.gas.is_none_or(|gas| gas > cap);
    let outcome = scene(context, block, arguments)?.call(request)?;
    match &outcome.status {
        CallStatus::Halt(reason @ HaltReason::OutOfGas(_)) if is_capped && outcome.gas_used >= cap => {
            let what = format!("{}: {cap} gas are allowed", halt_message(reason));
            Err(RpcError::Execution(exceeded(&what, "ask for less at a time", flags::CALL_GAS)))
        }
        _ => returned(outcome),
    }
}

/// The same if it takes little gas.
pub(crate) fn brief_call(context: &Context, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    let request = arguments.required()?;
    let block = arguments.block()?;
    let outcome = scene(context, block, arguments)?.brief_call(request, BRIEF_GAS.min(context.limits.call_gas));
    returned(outcome.ok_or(StoreError::NotAtHand)?)
}

/// What a call returned, or how it failed.
fn returned(outcome: CallOutcome) -> Result<Bytes, RpcError> {
    match outcome.status {
        CallStatus::Success => Ok(outcome.output),
        CallStatus::Revert => Err(RpcError::Reverted { output: outcome.output }),
        CallStatus::Halt(reason) => Err(RpcError::Execution(halt_message(&reason))),
    }
}

/// Without a block, at the next block's time and base fee: a contract may ask for them.
pub(crate) fn estimate_gas(context: &Context, arguments: &mut Arguments<'_>) -> Result<U64, RpcError> {
    let request = arguments.required()?;
    let block = arguments.optional()?.unwrap_or(BlockId::Number(BlockNumberOrTag::Pending));
    let next = matches!(block, BlockId::Number(BlockNumberOrTag::Pending | BlockNumberOrTag::Latest));
    let block = if next { BlockId::Number(BlockNumberOrTag::Pending) } else { block };
    Ok(scene(context, block, arguments)?.estimate_gas(request).map(U64::from)?)
}

pub(crate) fn create_access_list(context: &Context, arguments: &mut Arguments<'_>) -> Result<AccessListResult, RpcError> {
    let request: TransactionRequest = arguments.required()?;
    let block = arguments.block()?;
    Ok(scene(context, block, arguments)?.access_list(request)?)
}

pub(crate) fn simulate(context: &Context, arguments: &mut Arguments<'_>) -> Result<Vec<SimulatedBlock>, RpcError> {
    let payload: SimulatePayload = arguments.required()?;
    let state = context.chain.state(arguments.block()?)?;
    let base = Base { config: &context.chain.config, header: &state.block().header, state: &state, nodes: state.nodes()? };
    gainsay_simulate::simulate(base, payload, allowance(context)).map_err(|error| match error {
        SimulationError::State(error) => RpcError::Store(error),
        error => RpcError::Simulation { code: error.code(), message: words(&error) },
    })
}

/// Where a call runs: a block, with the overrides that come next in the request.
fn scene<'a>(context: &'a Context, block: BlockId, arguments: &mut Arguments<'_>) -> Result<Scene<'a, StateAt>, RpcError> {
    let (state_overrides, block_overrides) = (arguments.optional::<StateOverride>()?, arguments.optional::<BlockOverrides>()?);
    let (header, state) = context.chain.place(block)?;
    let mut scene = Scene::new(&context.chain.config, &header, state, allowance(context));
    if let Some(overrides) = state_overrides {
        scene.override_state(&overrides)?;
    }
    if let Some(overrides) = block_overrides {
        scene.override_block(&overrides)?;
    }
    Ok(scene)
}

fn allowance(context: &Context) -> Allowance {
    let limits = &context.limits;
    Allowance {
        gas: limits.call_gas,
        watch: Watch::start(limits.call_time),
        blocks: u64::try_from(limits.simulated_blocks).unwrap_or(u64::MAX),
    }
}

/// What an error says; of a limit also how to stay within it.
fn words(error: &SimulationError<StoreError>) -> String {
    match error {
        SimulationError::Timeout { .. } => exceeded(&error.to_string(), "ask for less at a time", flags::CALL_TIME),
        SimulationError::Order(OrderError::TooMany { .. }) => {
            exceeded(&error.to_string(), "ask for fewer at a time", flags::SIMULATED_BLOCKS)
        }
        _ => error.to_string(),
    }
}

/// For single calls; simulated blocks have codes of their own.
impl From<SimulationError<StoreError>> for RpcError {
    fn from(error: SimulationError<StoreError>) -> Self {
        match error {
            SimulationError::Invalid { reason } => Self::InvalidParams(reason),
            SimulationError::Refused { refusal, .. } => Self::Execution(refusal.to_string()),
            SimulationError::Reverted { output } => Self::Reverted { output },
            SimulationError::GasAllowance { allowance } => Self::GasAllowance { allowance },
            SimulationError::Timeout { .. } => Self::Limit(words(&error)),
            SimulationError::State(error) => Self::Store(error),
            error @ (SimulationError::Override(_)
            | SimulationError::Order(_)
            | SimulationError::Halted { .. }
            | SimulationError::Trie { .. }
            | SimulationError::Evm { .. }) => Self::Execution(error.to_string()),
        }
    }
}
