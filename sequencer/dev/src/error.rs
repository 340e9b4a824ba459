//! Why a request has no result, and why a node does not start.

use alloy::{
    primitives::{Address, Bytes},
    signers::local::LocalSignerError,
};
use gainsay_execute::Fault;
use gainsay_pool::Rejection;
use gainsay_rpc::ServeError;
use gainsay_shell::genesis::GenesisFileError;
use gainsay_simulate::{SimulationError, revert_message};
use gainsay_store::StoreError;
use gainsay_types::InvalidTransaction;
use jsonrpsee::types::{ErrorObjectOwned, error::INVALID_PARAMS_CODE};

const SERVER_ERROR: i32 = -32000;
/// EIP-1474: the method exists, but not here.
const NOT_SUPPORTED: i32 = -32004;
const INTERNAL: i32 = -32603;
const REVERTED: i32 = 3;

/// Why a request to a development node has no result.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// A parameter is missing or malformed.
    #[error("invalid argument {position}: {reason}")]
    Argument {
        /// From 0.
        position: usize,
        /// What is wrong.
        reason: String,
    },
    /// The method makes no sense on this chain.
    #[error("{method} is not supported: {reason}")]
    Unsupported {
        /// Its name.
        method: &'static str,
        /// Why, and what to do instead.
        reason: &'static str,
    },
    /// Blocks do not go back in time.
    #[error("timestamp {asked} is before that of the latest block, {latest}: name a later one")]
    Timestamp {
        /// Seconds.
        asked: u64,
        /// Seconds.
        latest: u64,
    },
    /// More blocks than one request may make.
    #[error("{asked} blocks are too many at a time: ask for {most} at most")]
    TooMany {
        /// Blocks asked for.
        asked: u64,
        /// The most.
        most: u64,
    },
    /// Nobody can sign for this account.
    #[error("no key for {address}: send from one of eth_accounts, or impersonate it with anvil_impersonateAccount first")]
    NoKey {
        /// The account.
        address: Address,
    },
    /// The request does not make a transaction.
    #[error("this is no transaction: {reason}")]
    NoTransaction {
        /// What is missing or wrong.
        reason: String,
    },
    /// An impersonated account's nonce is used already.
    #[error("nonce too low: address {address}, tx: {nonce} state: {next}")]
    NonceTooLow {
        /// The account.
        address: Address,
        /// The transaction's.
        nonce: u64,
        /// The account's.
        next: u64,
    },
    /// A call reverts, so that no gas limit can be found.
    #[error("{}", revert_message(output))]
    Reverted {
        /// What it returned.
        output: Bytes,
    },
    /// The transaction cannot be executed.
    #[error("{0}")]
    Execution(String),
    /// The signature is none.
    #[error(transparent)]
    Invalid(#[from] InvalidTransaction),
    /// The pool refuses the transaction.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Signing failed.
    #[error("this cannot be signed: {reason}")]
    Signing {
        /// Why.
        reason: String,
    },
    /// The block cannot be made.
    #[error("no block can be made here: {0}")]
    Block(#[from] Fault),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
}

impl From<SimulationError<StoreError>> for DevError {
    fn from(error: SimulationError<StoreError>) -> Self {
        match error {
            SimulationError::Reverted { output } => Self::Reverted { output },
            SimulationError::State(error) => Self::Store(error),
            other => Self::Execution(other.to_string()),
        }
    }
}

impl DevError {
    const fn code(&self) -> i32 {
        match self {
            Self::Argument { .. } => INVALID_PARAMS_CODE,
            Self::Unsupported { .. } => NOT_SUPPORTED,
            Self::Reverted { .. } => REVERTED,
            Self::Store(_) => INTERNAL,
            _ => SERVER_ERROR,
        }
    }
}

impl From<DevError> for ErrorObjectOwned {
    fn from(error: DevError) -> Self {
        let message = error.to_string();
        match &error {
            DevError::Reverted { output } => Self::owned(error.code(), message, Some(output)),
            _ => Self::owned(error.code(), message, None::<()>),
        }
    }
}

/// Why a development node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A key of the mnemonic.
    #[error("a development key cannot be derived: {source}")]
    Key {
        /// Why.
        source: LocalSignerError,
    },
    /// The directory.
    #[error("the data directory {path}: {source}")]
    Directory {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The genesis file in it.
    #[error(transparent)]
    Genesis(#[from] GenesisFileError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chain.
    #[error("the chain cannot be read: {0}")]
    Chain(#[source] DevError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Two methods have one name, which is a fault of this software.
    #[error("the method table is wrong: {source}")]
    Methods {
        /// What is wrong.
        #[from]
        source: jsonrpsee::server::RegisterMethodError,
    },
}
