//! Why there is no result, with the codes of the execution API's specification.

use crate::Refusal;
use alloy_primitives::{Address, Bytes};
use revm::database_interface::DBErrorMarker;
use std::time::Duration;

/// Why the state could not be read to the end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E: DBErrorMarker> {
    /// The state below failed.
    #[error(transparent)]
    Source(E),
    /// The request took as long as it may.
    #[error("execution aborted (timeout = {}s)", limit.as_secs_f64())]
    Timeout {
        /// How long it may take.
        limit: Duration,
    },
}

impl<E: DBErrorMarker> DBErrorMarker for ReadError<E> {}

/// Overrides that contradict each other or name what there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// Only precompiles move.
    #[error("account {address} is not a precompile")]
    NotAPrecompile {
        /// The account.
        address: Address,
    },
    /// A precompile is to move to where it is.
    #[error("account {address}: a precompile cannot move to its own address")]
    MovesToItself {
        /// The precompile.
        address: Address,
    },
    /// A precompile is to move to an account that is overridden too.
    #[error("account {address} is already overridden")]
    AlreadyOverridden {
        /// Where the precompile should go.
        address: Address,
    },
    /// All slots and some of them.
    #[error("account {address} has both 'state' and 'stateDiff'")]
    StateAndDiff {
        /// The account.
        address: Address,
    },
    /// A number that no block has.
    #[error("block override {field}: the number is too large")]
    TooLarge {
        /// Name of the field.
        field: &'static str,
    },
    /// What belongs to a whole block is of no use for a call.
    #[error("block override {field} is only for eth_simulateV1: leave it out")]
    OfBlocks {
        /// Name of the field.
        field: &'static str,
    },
}

/// Blocks that cannot follow each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// Nothing to do.
    #[error("empty input: blockStateCalls needs at least one block")]
    Empty,
    /// More blocks, gaps included, than are simulated at a time.
    #[error("too many blocks: at most {limit}, those between included")]
    TooMany {
        /// The most.
        limit: u64,
    },
    /// A block number is not above the one before.
    #[error("block numbers must be in order: {number} <= {before}")]
    Number {
        /// The number.
        number: u64,
        /// That of the block before.
        before: u64,
    },
    /// A time is not after the one before.
    #[error("block timestamps must be in order: {timestamp} <= {before}")]
    Timestamp {
        /// The time, seconds.
        timestamp: u64,
        /// That of the block before.
        before: u64,
    },
}

/// Why an execution has no result.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError<E: DBErrorMarker> {
    /// The request makes no sense.
    #[error("{reason}")]
    Invalid {
        /// What is wrong.
        reason: String,
    },
    /// Bad overrides.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// Blocks out of order, or too many.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The message cannot be executed at all.
    #[error("err: {refusal} (supplied gas {gas})")]
    Refused {
        /// Why.
        refusal: Refusal,
        /// Its gas limit.
        gas: u64,
    },
    /// The call reverts, so no gas limit is enough.
    #[error("execution reverted")]
    Reverted {
        /// What it returned.
        output: Bytes,
    },
    /// The call does what the EVM forbids, so no gas limit is enough.
    #[error("{reason}")]
    Halted {
        /// In geth's words.
        reason: String,
    },
    /// It takes more gas than the caller can pay for, or than is allowed.
    #[error("gas required exceeds allowance ({allowance})")]
    GasAllowance {
        /// The most that is possible.
        allowance: u64,
    },
    /// The request took as long as it may.
    #[error("execution aborted (timeout = {}s)", limit.as_secs_f64())]
    Timeout {
        /// How long it may take.
        limit: Duration,
    },
    /// The state's trie cannot be read. The cause is in the log of the store.
    #[error("the state trie cannot be read: {reason}")]
    Trie {
        /// What is missing.
        reason: String,
    },
    /// The EVM failed in a way that is no result.
    #[error("the EVM failed on the message: {reason}")]
    Evm {
        /// What it said.
        reason: String,
    },
    /// The state cannot be read.
    #[error("the state cannot be read")]
    State(#[source] E),
}

impl<E: DBErrorMarker> SimulationError<E> {
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into() }
    }

    /// The code that `eth_simulateV1` answers with.
    #[must_use]
    pub const fn code(&self) -> i32 {
        match self {
            Self::Invalid { .. } | Self::Order(OrderError::Empty) => -32602,
            Self::Override(OverrideError::MovesToItself { .. }) => -38022,
            Self::Override(_) | Self::Halted { .. } | Self::GasAllowance { .. } => -32000,
            Self::Order(OrderError::Number { .. }) => -38020,
            Self::Order(OrderError::Timestamp { .. }) => -38021,
            Self::Order(OrderError::TooMany { .. }) => -38026,
            Self::Refused { refusal, .. } => refusal.code(),
            Self::Reverted { .. } => 3,
            Self::Timeout { .. } => -32016,
            Self::Trie { .. } | Self::Evm { .. } | Self::State(_) => -32603,
        }
    }
}

impl<E: DBErrorMarker> From<ReadError<E>> for SimulationError<E> {
    fn from(error: ReadError<E>) -> Self {
        match error {
            ReadError::Source(error) => Self::State(error),
            ReadError::Timeout { limit } => Self::Timeout { limit },
        }
    }
}
