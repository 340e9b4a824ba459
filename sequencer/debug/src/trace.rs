//! Tracing what is in a block.

use crate::{DebugError, TraceLimits, World, limits::Deadline, replay::Replay, tracer::Tracer};
use alloy_rpc_types_trace::geth::GethDebugTracingOptions;
use gainsay_store::{StateReader, Store, StoredBlock};
use gainsay_types::ChainConfig;
use serde_json::value::RawValue;

/// Traces the transaction at `index` of a block: `debug_traceTransaction`. Those before it are executed too, unwatched.
///
/// # Errors
/// On unknown tracers and options, beyond a limit, and when the state before the block is not there any more.
pub fn trace_transaction(
    store: &Store,
    config: &ChainConfig,
    block: &StoredBlock,
    index: usize,
    options: GethDebugTracingOptions,
    limits: &TraceLimits,
) -> Result<Box<RawValue>, DebugError> {
    check(block, index)?;
    let mut replay = open(store, config, block, options, limits)?;
    for before in 0..index {
        replay.pass(before)?;
    }
    replay.trace(index)?;
    replay.into_tracer().into_reply().into_json()
}

/// Traces all transactions of a block, deposits included: `debug_traceBlockByNumber` and its like. The limits are for all of them together.
///
/// # Errors
/// As [`trace_transaction`].
pub fn trace_block(
    store: &Store,
    config: &ChainConfig,
    block: &StoredBlock,
    options: GethDebugTracingOptions,
    limits: &TraceLimits,
) -> Result<Box<RawValue>, DebugError> {
    let mut replay = open(store, config, block, options, limits)?;
    replay.tracer().reply().push("[");
    for (index, hash) in block.hashes()?.iter().enumerate() {
        let reply = replay.tracer().reply();
        reply.push(if index == 0 { "{\"txHash\":\"0x" } else { ",{\"txHash\":\"0x" });
        reply.push_hex(hash.as_slice());
        reply.push("\",\"result\":");
        replay.trace(index)?;
        replay.tracer().reply().push("}");
    }
    let mut reply = replay.into_tracer().into_reply();
    reply.push("]");
    reply.into_json()
}

/// The state before the transaction at `index` of a block, for a call that is traced there.
///
/// # Errors
/// When the block has no such transaction, it takes longer than allowed to get there, or the state before the block is not there any more.
pub fn world_before(
    store: &Store,
    config: &ChainConfig,
    block: &StoredBlock,
    index: usize,
    limits: &TraceLimits,
) -> Result<World<StateReader>, DebugError> {
    check(block, index)?;
    let nothing = GethDebugTracingOptions::default();
    let mut replay = open(store, config, block, nothing, limits)?;
    for before in 0..index {
        replay.pass(before)?;
    }
    Ok(replay.into_world())
}

fn check(block: &StoredBlock, index: usize) -> Result<(), DebugError> {
    let (number, count) = (block.header().header.number, block.len());
    if index < count { Ok(()) } else { Err(DebugError::Index { index, block: number, count }) }
}

fn open<'a>(
    store: &Store,
    config: &ChainConfig,
    block: &'a StoredBlock,
    options: GethDebugTracingOptions,
    limits: &TraceLimits,
) -> Result<Replay<'a>, DebugError> {
    let deadline = Deadline::new(options.timeout.as_deref(), limits)?;
    let tracer = Tracer::new(options, deadline, limits.bytes)?;
    Replay::open(store, config, block, tracer)
}
