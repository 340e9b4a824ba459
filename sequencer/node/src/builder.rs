//! The task that builds blocks: on a timer, and as soon as there is something to put into one.

use crate::{
    clock,
    config::BuilderConfig,
    mempool::{Offer, SharedMempool},
};
use alloy::primitives::Address;
use gainsay_build::{
    Limits, Rejected,
    whole::{BuildError, Job, Outcome, attempt},
};
use gainsay_chain::{ChainError, recover_senders};
use gainsay_execute::trie::{TrieError, update_state_root};
use gainsay_shell::{
    chain::{ChainCore, ChainOwner, Progress},
    follow::InboxView,
    owner::Stopped,
};
use gainsay_store::StoreError;
use gainsay_types::{MAX_MESSAGES_PER_BATCH, Message, MessageBody, Millis};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// How long to wait when nothing is due and nothing wakes the builder.
const IDLE: Duration = Duration::from_millis(500);

/// Blocks that cannot be built any more.
#[derive(Debug, thiserror::Error)]
pub enum BuilderError {
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
    /// The state trie.
    #[error("the state trie cannot be read: {source}")]
    Trie {
        /// The reason.
        #[from]
        source: TrieError<StoreError>,
    },
    /// The build core. Boxed: a fault carries its numbers.
    #[error("{source}")]
    Build {
        /// The reason.
        source: Box<BuildError<StoreError>>,
    },
    /// The process is stopping.
    #[error("{source}")]
    Stopped {
        /// The reason.
        #[from]
        source: Stopped,
    },
}

impl From<BuildError<StoreError>> for BuilderError {
    fn from(source: BuildError<StoreError>) -> Self {
        Self::Build { source: Box::new(source) }
    }
}

/// What the task works with.
pub struct Builder {
    /// The chain.
    pub chain: ChainOwner,
    /// The pool.
    pub pool: SharedMempool,
    /// Wakes the builder when a transaction comes in.
    pub wake: Arc<Notify>,
    /// Where the chain is.
    pub progress: watch::Receiver<Progress>,
    /// Where reading L1 is.
    pub inbox: watch::Receiver<InboxView>,
    /// The operator's choices.
    pub config: BuilderConfig,
}

/// What an attempt came to.
pub(crate) enum Attempted {
    Built { changed: Vec<Address>, rejected: Vec<Rejected>, time: Millis },
    Wait { until: Millis, rejected: Vec<Rejected> },
    Idle { rejected: Vec<Rejected> },
}

impl Builder {
    /// Builds until `stop`.
    ///
    /// # Errors
    /// When the store fails, or on a defect.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), BuilderError> {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            // Never on top of a chain that L1 has moved past.
            _ = self.inbox.wait_for(|view| view.caught_up) => {}
        }
        let mut seen = self.progress.borrow_and_update().heads.latest.hash;
        loop {
            let progress = self.progress.borrow_and_update().clone();
            if progress.heads.latest.hash != seen {
                seen = progress.heads.latest.hash;
                self.pool.lock().on_new_latest()?;
            }
            self.take_back().await?;
            let wait = if progress.up_to_date { self.build().await? } else { IDLE };
            // Stopping waits for a block that is being built: it is durable or was never there.
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait) => {}
                () = self.wake.notified(), if wait >= IDLE => {}
                Ok(()) = self.progress.changed(), if wait >= IDLE => {}
            }
        }
    }

    /// Returns the transactions of dropped blocks to the pool.
    async fn take_back(&self) -> Result<(), BuilderError> {
        let dropped = self.chain.with(ChainCore::take_dropped).await?;
        if dropped.is_empty() {
            return Ok(());
        }
        // They were executed once, so their signatures are good.
        let recovered = self.chain.with(move |_| recover_senders(dropped)).await?;
        if let Ok(transactions) = recovered {
            self.pool.lock().take_back(transactions)?;
        }
        Ok(())
    }

    fn now(&self) -> Millis {
        clock::not_behind(self.progress.borrow().heads.l1.map(|block| block.timestamp))
    }

    /// One attempt. Returns how long to wait before the next.
    async fn build(&self) -> Result<Duration, BuilderError> {
        let offer = self.pool.lock().offer();
        let (config, now) = (self.config, self.now());
        let attempted = match self.chain.with(move |core| build(core, offer, now, &config)).await? {
            // Derivation or an L1 reorganisation moved the tip meanwhile.
            Err(BuilderError::Chain { source: ChainError::NotOnTip { .. } | ChainError::Deposits { .. } }) => return Ok(Duration::ZERO),
            other => other?,
        };
        let (rejected, wait) = match attempted {
            Attempted::Built { changed, rejected, time } => {
                self.pool.lock().on_built(&changed)?;
                let next = time.plus(self.config.block_time.map_or(0, |time| time.as_millis() as u64));
                (rejected, Duration::from_millis(next.since(self.now())))
            }
            Attempted::Wait { until, rejected } => (rejected, Duration::from_millis(until.since(self.now()))),
            Attempted::Idle { rejected } => (rejected, IDLE),
        };
        if !rejected.is_empty() {
            self.pool.lock().reject(&rejected);
        }
        Ok(wait)
    }
}

/// Builds and imports a block on the tip, if one is due. Runs on the chain's owner, so that the tip cannot move meanwhile.
pub(crate) fn build(core: &mut ChainCore, offer: Offer, now: Millis, config: &BuilderConfig) -> Result<Attempted, BuilderError> {
    let store = core.chain.store().clone();
    let state = store.latest_state()?;
    let (parent, parent_time) = (state.block().header.clone(), state.block().time());
    let due = parent_time.plus(config.block_time.map_or(0, |time| time.as_millis() as u64));
    if now < due {
        return Ok(Attempted::Wait { until: due, rejected: Vec::new() });
    }
    let deposits = deposits(core, &offer, config)?;
    let limits = Limits { empty_block_interval_ms: config.empty_block_interval.map(|time| time.as_millis() as u64), ..Limits::default() };
    let job = Job { config: core.chain.config(), parent: &parent, parent_time, now, deposits: &deposits, limits };
    let attempt = attempt(&job, offer.best, state)?;
    let built = match attempt.outcome {
        Outcome::Wait { until } => return Ok(Attempted::Wait { until, rejected: attempt.rejected }),
        Outcome::Idle => return Ok(Attempted::Idle { rejected: attempt.rejected }),
        Outcome::Built(built) => built,
    };
    let update = update_state_root(parent.state_root, &built.block.changes, &store)?;
    let block = built.block.seal(update.roots);
    let id = core.chain.import_built(&block, &update.nodes)?;
    let (transactions, deposits, gas) = (built.included.len(), built.deposits, block.header.gas_used);
    tracing::info!(number = id.number, hash = %id.hash, transactions, deposits, gas, "block built");
    metrics::counter!("gainsay_blocks_built").increment(1);
    metrics::counter!("gainsay_transactions_executed").increment(transactions as u64);
    Ok(Attempted::Built { changed: block.changes.accounts.keys().copied().collect(), rejected: attempt.rejected, time: now })
}

/// The messages for the next block. Attributes alone are no reason for a block: each batch brings one, and each block a batch.
fn deposits(core: &ChainCore, offer: &Offer, config: &BuilderConfig) -> Result<Vec<Message>, ChainError> {
    let confirmed = core.chain.heads().l1.map_or(0, |block| block.number.saturating_sub(config.confirmations));
    let most = usize::try_from(MAX_MESSAGES_PER_BATCH).unwrap_or(usize::MAX);
    let deposits = core.chain.next_deposits(confirmed, most)?;
    let wanted = offer.any || deposits.iter().any(|message| matches!(message.body, MessageBody::User(_)));
    Ok(if wanted { deposits } else { Vec::new() })
}
