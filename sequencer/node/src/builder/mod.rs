//! Building blocks: a thread of its own executes transactions as they come, and the chain's owner seals and stores what came of it.
//!
//! ```text
//!  pool ──ring──▶ worker: open ─▶ look, look, look … ─▶ close ──▶ chain's owner: roots, durable ──▶ latest
//!                            └──────┴─ preconfirmations                      └─▶ the tip moved: given up, all stays in the pool
//! ```

mod announce;
mod bell;
mod error;
mod round;
#[cfg(test)]
mod tests;
mod worker;

pub use bell::Bell;
pub use error::BuilderError;
#[cfg(test)]
pub(crate) use round::{Finished, Look, Sealed, Start, seal, start};

use crate::{config::BuilderConfig, gate::Gate, mempool::SharedMempool};
use gainsay_rpc::Preconfirmations;
use gainsay_shell::{
    chain::{ChainOwner, Progress},
    follow::InboxView,
};
use gainsay_store::Store;
use gainsay_types::ChainConfig;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use worker::Worker;

/// What the builder works with.
pub struct Builder {
    /// The chain.
    pub chain: ChainOwner,
    /// Its read side.
    pub store: Store,
    /// Its parameters.
    pub network: Arc<ChainConfig>,
    /// The pool.
    pub pool: SharedMempool,
    /// Rung when a transaction comes in.
    pub bell: Bell,
    /// Passed for each block: an operator may close it. The block that is open then is closed at once.
    pub gate: Gate,
    /// Where the chain is.
    pub progress: watch::Receiver<Progress>,
    /// Where reading L1 is.
    pub inbox: watch::Receiver<InboxView>,
    /// Where executed transactions are announced.
    pub preconfirmations: Preconfirmations,
    /// The operator's choices.
    pub config: BuilderConfig,
}

impl Builder {
    /// Builds until `stop`. The block that is open then is closed at once, and is durable when this returns.
    ///
    /// # Errors
    /// When the store fails, or on a defect.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), BuilderError> {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            // Never on top of a chain that L1 has moved past.
            _ = self.inbox.wait_for(|view| view.caught_up) => {}
        }
        let (bell, mut progress) = (self.bell.clone(), self.progress.clone());
        let worker = Worker::new(self, stop.clone());
        let mut thread = tokio::task::spawn_blocking(move || worker.run());
        let ended = tokio::select! {
            ended = &mut thread => Some(ended),
            () = stop.cancelled() => None,
            () = async {
                while progress.changed().await.is_ok() {
                    bell.ring();
                }
                // The chain's owner is gone: the process is about to stop.
                stop.cancelled().await;
            } => None,
        };
        bell.ring();
        let ended = match ended {
            Some(ended) => ended,
            None => thread.await,
        };
        match ended {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // A blocking thread that runs is never cancelled.
            Err(_) => Ok(()),
        }
    }
}
