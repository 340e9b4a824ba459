//! Tracing a call that is in no block.

use crate::{DebugError, TraceLimits, limits::Deadline, tracer::Tracer};
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_trace::geth::GethDebugTracingOptions;
use gainsay_simulate::{Overlay, ReadError, Scene, SimulationError};
use gainsay_store::StoreError;
use revm::{
    Database, DatabaseRef,
    state::{AccountInfo, Bytecode},
};
use revm_inspectors::tracing::TransactionContext;
use serde_json::value::RawValue;
use std::cell::RefCell;

/// Why there is no trace of a call.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// For the reasons that a transaction has none.
    #[error(transparent)]
    Debug(#[from] DebugError),
    /// The call cannot be executed.
    #[error("tracing failed: {0}")]
    Simulation(SimulationError<StoreError>),
}

/// Traces a call as `eth_call` executes it: `debug_traceCall`.
///
/// # Errors
/// On unknown tracers and options, beyond a limit, when the call cannot be executed at all, and when the state cannot be read. That it reverts is no error.
pub fn trace_call<D: DatabaseRef<Error = StoreError>>(
    scene: &mut Scene<'_, D>,
    request: TransactionRequest,
    options: GethDebugTracingOptions,
    limits: &TraceLimits,
) -> Result<Box<RawValue>, CallError> {
    let deadline = Deadline::new(options.timeout.as_deref(), limits)?;
    let mut tracer = Tracer::new(options, deadline, limits.bytes)?;
    tracer.begin()?;
    let watched = scene.watch(request, &mut tracer);
    tracer.stopped()?;
    let watched = watched.map_err(CallError::Simulation)?;
    let mut before = Before(RefCell::new(scene.state()));
    tracer.finish(TransactionContext::default(), &watched.tx, &watched.block, &watched.executed, &mut before)?;
    Ok(tracer.into_reply().into_json()?)
}

/// The state before the call, which keeps what it reads.
struct Before<'a, D>(RefCell<&'a mut Overlay<D>>);

impl<D: DatabaseRef> DatabaseRef for Before<'_, D> {
    type Error = ReadError<D::Error>;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        self.0.borrow_mut().basic(address)
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, Self::Error> {
        self.0.borrow_mut().code_by_hash(hash)
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        self.0.borrow_mut().storage(address, slot)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Self::Error> {
        self.0.borrow_mut().block_hash(number)
    }
}

impl From<ReadError<StoreError>> for DebugError {
    fn from(error: ReadError<StoreError>) -> Self {
        match error {
            ReadError::Source(error) => error.into(),
            ReadError::Timeout { limit } => Self::Time { limit },
        }
    }
}
