//! Errors as JSON-RPC sees them.

use crate::{AdminError, SubmitError};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::Bytes;
use gainsay_chain::witness::WitnessError;
use gainsay_simulate::revert_message;
use gainsay_store::StoreError;
use gainsay_trace::RecordError;
use gainsay_types::InvalidTransaction;
use jsonrpsee::types::{ErrorObjectOwned, error::INVALID_PARAMS_CODE};

/// Geth's code for whatever the request asks that cannot be done.
const SERVER_ERROR: i32 = -32000;
/// EIP-1474.
const LIMIT_EXCEEDED: i32 = -32005;
/// A call reverted.
const REVERTED: i32 = 3;
const INTERNAL: i32 = -32603;
/// What the specification answers for blocks whose state is not kept any more.
const PRUNED: i32 = 4444;

/// Why a request has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RpcError {
    #[error("{0}")]
    InvalidParams(String),
    #[error("header not found: {}", unknown_block(block, *latest))]
    UnknownBlock { block: BlockId, latest: u64 },
    #[error("{0}")]
    Transaction(#[from] InvalidTransaction),
    #[error(transparent)]
    Submit(#[from] SubmitError),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error("{}", revert_message(output))]
    Reverted { output: Bytes },
    #[error("{0}")]
    Execution(String),
    #[error("gas required exceeds allowance ({allowance})")]
    GasAllowance { allowance: u64 },
    #[error("{0}")]
    Limit(String),
    #[error("{message}")]
    Simulation { code: i32, message: String },
    #[error("{0}")]
    Witness(WitnessError),
    #[error("{}", store_words(.0))]
    Store(#[from] StoreError),
    #[error("the answer cannot be encoded")]
    Encoding(#[from] serde_json::Error),
    #[error("the server is stopping: ask another node, or ask again later")]
    Stopping,
    #[error("the method failed, which is a defect of this node: its log says more")]
    Defect,
}

impl From<WitnessError> for RpcError {
    fn from(error: WitnessError) -> Self {
        match error {
            WitnessError::Store(error) => Self::Store(error),
            WitnessError::Record(RecordError::Limit { .. }) => Self::Limit(error.to_string()),
            error => Self::Witness(error),
        }
    }
}

impl From<ErrorObjectOwned> for RpcError {
    /// jsonrpsee fails only on parameters where this crate asks it.
    fn from(error: ErrorObjectOwned) -> Self {
        let detail = error.data().map(|data| format!(": {}", data.get().trim_matches('"'))).unwrap_or_default();
        Self::InvalidParams(format!("{}{detail}", error.message()))
    }
}

impl RpcError {
    const fn code(&self) -> i32 {
        match self {
            Self::InvalidParams(_) => INVALID_PARAMS_CODE,
            Self::Reverted { .. } => REVERTED,
            Self::Limit(_) => LIMIT_EXCEEDED,
            Self::Simulation { code, .. } => *code,
            Self::Submit(SubmitError::Refused { code, .. }) => *code,
            Self::Store(StoreError::Pruned { .. }) => PRUNED,
            Self::Store(StoreError::Dropped { .. }) => SERVER_ERROR,
            Self::Store(_) | Self::Encoding(_) | Self::Stopping | Self::Defect => INTERNAL,
            Self::UnknownBlock { .. }
            | Self::Transaction(_)
            | Self::Submit(_)
            | Self::Admin(_)
            | Self::Witness(_)
            | Self::Execution(_)
            | Self::GasAllowance { .. } => SERVER_ERROR,
        }
    }
}

impl From<RpcError> for ErrorObjectOwned {
    fn from(error: RpcError) -> Self {
        if let RpcError::Store(cause) = &error
            && error.code() == INTERNAL
        {
            tracing::error!(%cause, "a request failed on the store");
        }
        let message = error.to_string();
        match &error {
            RpcError::Reverted { output } => Self::owned(error.code(), message, Some(output)),
            _ => Self::owned(error.code(), message, None::<()>),
        }
    }
}

/// What the caller can do something about is said; what else is wrong is the operator's, and in the log.
fn store_words(error: &StoreError) -> String {
    match error {
        StoreError::Pruned { .. } => format!("pruned history unavailable: {error}"),
        StoreError::Dropped { .. } => error.to_string(),
        _ => "the store failed: ask another node, and its operator to look into the log".to_owned(),
    }
}

/// Geth says no more than that there is no header; what is missing tells whether to wait or to ask another node.
fn unknown_block(block: &BlockId, latest: u64) -> String {
    match block {
        BlockId::Hash(hash) => format!("this node has no block with hash {}", hash.block_hash),
        BlockId::Number(BlockNumberOrTag::Number(number)) => {
            format!("this node has no block {number} yet, its latest is {latest}: ask again later, or ask another node")
        }
        BlockId::Number(tag) => format!("the {tag} block was taken back while it was read: ask again"),
    }
}
