//! `debug_trace*`: what transactions and calls do, instruction by instruction or call by call.

use crate::{
    arguments::Arguments,
    error::RpcError,
    limits::{exceeded, flags},
    methods::Context,
};
use alloy::rpc::types::TransactionRequest;
use alloy_consensus::Header;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable as _;
use alloy_rpc_types_trace::geth::{GethDebugTracingCallOptions, GethDebugTracingOptions};
use gainsay_debug::{CallError, DebugError, TraceLimits};
use gainsay_simulate::{Allowance, Scene, Watch};
use gainsay_store::{Included, StoreError, StoredBlock};
use revm::DatabaseRef;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Bytes of a response around its result.
const ENVELOPE: usize = 1 << 10;
/// A request may ask for so many times the time that it has otherwise.
const PATIENCE: u32 = 6;

type Traced = Result<Box<RawValue>, RpcError>;

pub(crate) fn trace_transaction(context: &Context, arguments: &mut Arguments<'_>) -> Traced {
    let hash: B256 = arguments.required()?;
    let options = options(arguments)?;
    let found = context.chain.store.find(&hash)?.ok_or_else(|| RpcError::Execution("transaction not found".to_owned()))?;
    let (chain, Included { block, index }) = (&context.chain, found);
    Ok(gainsay_debug::trace_transaction(&chain.store, &chain.config, &block, index, options, &limits(context))?)
}

pub(crate) fn trace_block_by_number(context: &Context, arguments: &mut Arguments<'_>) -> Traced {
    let tag: BlockNumberOrTag = arguments.required()?;
    if tag.is_pending() {
        return Err(RpcError::Execution("tracing on top of pending is not supported".to_owned()));
    }
    let options = options(arguments)?;
    trace_block(context, tag.into(), options)
}

pub(crate) fn trace_block_by_hash(context: &Context, arguments: &mut Arguments<'_>) -> Traced {
    let hash: B256 = arguments.required()?;
    let options = options(arguments)?;
    trace_block(context, hash.into(), options)
}

/// The block of some RLP, which must be one of the chain: the others have no state to begin from.
pub(crate) fn trace_raw_block(context: &Context, arguments: &mut Arguments<'_>) -> Traced {
    let raw: Bytes = arguments.required()?;
    let options = options(arguments)?;
    let header = read_header(&raw).map_err(|reason| RpcError::InvalidParams(format!("invalid argument 0: no block in RLP: {reason}")))?;
    trace_block(context, header.hash_slow().into(), options)
}

fn read_header(mut raw: &[u8]) -> Result<Header, alloy_rlp::Error> {
    let mut block = alloy_rlp::Header::decode_bytes(&mut raw, true)?;
    Header::decode(&mut block)
}

fn trace_block(context: &Context, id: BlockId, options: GethDebugTracingOptions) -> Traced {
    let block = find_block(context, id)?;
    Ok(gainsay_debug::trace_block(&context.chain.store, &context.chain.config, &block, options, &limits(context))?)
}

/// In the state after a block, or before one of its transactions.
pub(crate) fn trace_call(context: &Context, arguments: &mut Arguments<'_>) -> Traced {
    let (request, id) = (arguments.required()?, arguments.block()?);
    let options: GethDebugTracingCallOptions = arguments.optional()?.unwrap_or_default();
    let chain = &context.chain;
    match options.tx_index {
        None => {
            let (header, state) = context.chain.place(id)?;
            trace_in(context, &header, state, request, options)
        }
        Some(index) => {
            let (block, index) = (find_block(context, id)?, usize::try_from(index).unwrap_or(usize::MAX));
            let world = gainsay_debug::world_before(&chain.store, &chain.config, &block, index, &limits(context))?;
            trace_in(context, &block.header().header, world, request, options)
        }
    }
}

fn trace_in<D: DatabaseRef<Error = StoreError>>(
    context: &Context,
    header: &Header,
    state: D,
    request: TransactionRequest,
    options: GethDebugTracingCallOptions,
) -> Traced {
    // The tracer looks at the clock, and knows the time that the request asks for.
    let allowance = Allowance { gas: context.limits.call_gas, watch: Watch::unlimited(), blocks: 0 };
    let mut scene = Scene::new(&context.chain.config, header, state, allowance);
    if let Some(overrides) = &options.state_overrides {
        scene.override_state(overrides)?;
    }
    if let Some(overrides) = &options.block_overrides {
        scene.override_block(overrides)?;
    }
    let traced = gainsay_debug::trace_call(&mut scene, request, options.tracing_options, &limits(context));
    traced.map_err(|error| match error {
        CallError::Debug(error) => error.into(),
        CallError::Simulation(error) => error.into(),
    })
}

fn options(arguments: &mut Arguments<'_>) -> Result<GethDebugTracingOptions, RpcError> {
    Ok(arguments.optional()?.unwrap_or_default())
}

fn find_block(context: &Context, id: BlockId) -> Result<Arc<StoredBlock>, RpcError> {
    let name = match id {
        BlockId::Hash(hash) => hash.block_hash.to_string(),
        BlockId::Number(BlockNumberOrTag::Number(number)) => format!("#{number}"),
        BlockId::Number(tag) => tag.to_string(),
    };
    context.chain.find_block(id)?.ok_or_else(|| RpcError::Execution(format!("block {name} not found")))
}

fn limits(context: &Context) -> TraceLimits {
    let limits = &context.limits;
    let response = usize::try_from(limits.response_bytes).unwrap_or(usize::MAX);
    TraceLimits {
        time: limits.call_time,
        longest: limits.call_time.saturating_mul(PATIENCE),
        bytes: response.saturating_sub(ENVELOPE).min(limits.trace_bytes),
    }
}

impl From<DebugError> for RpcError {
    fn from(error: DebugError) -> Self {
        let message = error.to_string();
        match error {
            DebugError::Genesis | DebugError::Tracer { .. } | DebugError::Index { .. } => Self::Execution(message),
            DebugError::Config { .. } | DebugError::Timeout { .. } => Self::InvalidParams(message),
            DebugError::Size { .. } => {
                let (trace, response) = (flags::TRACE_BYTES, flags::RESPONSE);
                Self::Limit(format!("{message}, or have the node's operator raise {trace}, and {response} where that is less"))
            }
            DebugError::LongTimeout { .. } => Self::Limit(exceeded(&message, "ask for less", flags::CALL_TIME)),
            DebugError::Time { .. } => Self::Limit(exceeded(&message, "or for less at a time", flags::CALL_TIME)),
            DebugError::Store(error) => Self::Store(error),
            DebugError::Receipt { .. } => Self::Store(StoreError::Damaged { record: "block", reason: message }),
            DebugError::Encoding { source } => Self::Encoding(source),
        }
    }
}
