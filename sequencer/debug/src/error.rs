//! Why there is no trace.

use alloy_primitives::B256;
use gainsay_store::StoreError;
use std::time::Duration;

/// Why there is no trace.
#[derive(Debug, thiserror::Error)]
pub enum DebugError {
    /// There is no state before the genesis block.
    #[error("genesis is not traceable")]
    Genesis,
    /// There is no such tracer here.
    #[error(
        "tracer not found: {name}; there are callTracer, flatCallTracer, prestateTracer, 4byteTracer, muxTracer, noopTracer, and struct logs if no \
         tracer is named; tracers in JavaScript are not run here"
    )]
    Tracer {
        /// The beginning of what was asked for.
        name: String,
    },
    /// The tracer does not know such options.
    #[error("invalid tracerConfig of {tracer}: {reason}")]
    Config {
        /// Its name.
        tracer: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The timeout is no duration.
    #[error("invalid timeout {text:?}: write it as 300ms, 5s or 1m30s")]
    Timeout {
        /// As it was given.
        text: String,
    },
    /// The timeout is too long.
    #[error("timeout of {}s is more than this server allows: {}s", asked.as_secs_f64(), longest.as_secs_f64())]
    LongTimeout {
        /// What was asked for.
        asked: Duration,
        /// The most that is allowed.
        longest: Duration,
    },
    /// It took too long.
    #[error("execution timeout: the trace takes more than {}s; name a longer timeout, or trace one transaction instead of a block", limit.as_secs_f64())]
    Time {
        /// How long it may take.
        limit: Duration,
    },
    /// The answer gets too long.
    #[error("the trace takes more than {limit} bytes; set limit, disableStack or disableStorage, or use another tracer")]
    Size {
        /// Bytes that it may take.
        limit: usize,
    },
    /// The block has no such transaction.
    #[error("transaction index {index} is not in block {block}, which has {count} transactions")]
    Index {
        /// The index asked for.
        index: usize,
        /// The block's number.
        block: u64,
        /// How many transactions it has.
        count: usize,
    },
    /// Executed again, a transaction did something else than before: the store or this software is at fault.
    #[error(
        "transaction {hash}, executed again, gives {found}, its receipt says {expected}: the data directory is damaged, or this is a bug"
    )]
    Receipt {
        /// The transaction.
        hash: B256,
        /// What it gives now.
        found: String,
        /// What it gave.
        expected: String,
    },
    /// A block or a state is not there, or the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A trace cannot be written as JSON.
    #[error("the trace cannot be encoded: {source}")]
    Encoding {
        /// What is wrong with it.
        #[from]
        source: serde_json::Error,
    },
}
