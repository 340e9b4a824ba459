//! The tasks that read L1: the inbox into the chain, blobs into its archive, and assertions, stakes and matches into a ledger.
//!
//! Inbox and Rollup are followed apart: the inbox goes on from where the store is, the disputes are read anew at every start. So nothing
//! about them has to be stored, and verdicts on assertions are never older than the process.

mod blobs;
mod inbox;
mod rollup;

pub use blobs::fetch_blobs;
pub use inbox::{InboxView, checkpoints, follow_inbox};
pub use rollup::{RollupView, follow_rollup, prune_blobs};

use crate::{
    chain::ChainCore,
    owner::{Owner, Stopped},
};
use gainsay_chain::ChainError;
use gainsay_l1::{L1Client, L1Error, Recovery, WindowError};
use gainsay_store::StoreError;
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Longest wait between two tries while L1 does not answer.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Where to follow L1, and how often to look.
#[derive(Clone, Debug)]
pub struct Source {
    /// The L1 node.
    pub client: L1Client,
    /// The Inbox.
    pub inbox: alloy::primitives::Address,
    /// The Rollup.
    pub rollup: alloy::primitives::Address,
    /// The matches between its stakes.
    pub matches: alloy::primitives::Address,
    /// The games that show its assertions.
    pub games: alloy::primitives::Address,
    /// L1 block of the first contract.
    pub deployed_at: u64,
    /// Time between two looks.
    pub poll: Duration,
    /// Has assertions, stakes and matches read again from the first one on.
    pub reread: Arc<Notify>,
}

/// Why L1 cannot be followed any further.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// L1 or its node.
    #[error("{source}")]
    L1 {
        /// The reason.
        #[from]
        source: L1Error,
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
    /// The checkpoints kept are unusable.
    #[error("{source}; delete the data directory to sync again from L1")]
    Checkpoints {
        /// The reason.
        #[from]
        source: WindowError,
    },
    /// The blobs given cannot be had.
    #[error("{source}")]
    Blobs {
        /// The reason.
        #[from]
        source: gainsay_l1::BlobError,
    },
    /// The chain's owner is gone.
    #[error("{source}")]
    Stopped {
        /// The reason.
        #[from]
        source: Stopped,
    },
}

/// Time to wait after failures in a row.
fn backoff(poll: Duration, failures: u32) -> Duration {
    poll.saturating_mul(1 << failures.min(8)).min(LONGEST_WAIT)
}

/// Logs an error of L1 that may go away; passes on one that will not.
fn tolerate(error: L1Error, failures: &mut u32) -> Result<(), FollowError> {
    if error.recovery() != Recovery::Retry {
        return Err(error.into());
    }
    *failures = failures.saturating_add(1);
    tracing::warn!(%error, failures = *failures, "L1 cannot be read, trying again");
    Ok(())
}

/// Runs on the chain's owner.
async fn on_chain<R: Send + 'static>(
    owner: &Owner<ChainCore>,
    work: impl FnOnce(&mut ChainCore) -> Result<R, ChainError> + Send + 'static,
) -> Result<R, FollowError> {
    Ok(owner.with(work).await??)
}
