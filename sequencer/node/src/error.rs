//! Why a node does not start, or stops.

use crate::{batcher::BatcherError, builder::BuilderError, feed::FeedError};
use alloy::primitives::Address;
use gainsay_batch::ConfigError;
use gainsay_chain::ChainError;
use gainsay_l1::{L1Error, SendError};
use gainsay_play::player::PlayerError;
use gainsay_rpc::ServeError;
use gainsay_shell::{follow::FollowError, open::OpenError, prometheus::MetricsError, supervisor::TaskFailure};
use gainsay_store::StoreError;

/// A node that cannot run. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Files, L1 or the data directory.
    #[error("{source}")]
    Open {
        /// The reason.
        #[from]
        source: OpenError,
    },
    /// The RPC's port.
    #[error("{source}")]
    Rpc {
        /// The reason.
        #[from]
        source: ServeError,
    },
    /// The metrics' port.
    #[error("{source}")]
    Metrics {
        /// The reason.
        #[from]
        source: MetricsError,
    },
    /// The batcher's key is not the one that the Inbox takes batches from.
    #[error("the batcher's key is {given}, but the Inbox on L1 takes batches from its sequencer {expected} only: give that key")]
    NotSequencer {
        /// Address of the key.
        given: Address,
        /// The Inbox's sequencer.
        expected: Address,
    },
    /// Block times.
    #[error("--block-time {given} is below the chain's block time, {least} ms")]
    BlockTime {
        /// Milliseconds given.
        given: u128,
        /// Milliseconds of the chain.
        least: u64,
    },
    /// The batcher's settings.
    #[error("{source}")]
    Batches {
        /// The reason.
        #[from]
        source: ConfigError,
    },
    /// A key on L1.
    #[error("{source}")]
    Send {
        /// The reason.
        #[from]
        source: SendError,
    },
    /// L1.
    #[error("{source}")]
    L1 {
        /// The reason.
        #[from]
        source: L1Error,
    },
    /// A task of every node.
    #[error("{source}")]
    Follow {
        /// The reason.
        #[from]
        source: FollowError,
    },
    /// The chain.
    #[error("{source}")]
    Chain {
        /// The reason.
        #[from]
        source: ChainError,
    },
    /// The store.
    #[error("{source}")]
    Store {
        /// The reason.
        #[from]
        source: StoreError,
    },
    /// Building blocks.
    #[error("{source}")]
    Builder {
        /// The reason.
        #[from]
        source: BuilderError,
    },
    /// Posting batches.
    #[error("{source}")]
    Batcher {
        /// The reason.
        #[from]
        source: BatcherError,
    },
    /// Claiming results, and defending the claims.
    #[error("{source}")]
    Proposer {
        /// The reason.
        #[from]
        source: PlayerError,
    },
    /// The sequencer's feed.
    #[error("{source}")]
    Feed {
        /// The reason.
        #[from]
        source: FeedError,
    },
}

/// What ended a process.
pub type Failure = TaskFailure<NodeError>;
