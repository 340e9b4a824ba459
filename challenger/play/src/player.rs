//! The task that plays.

use crate::{
    audit::{Contracts, Difference},
    auditor::Auditor,
    conduct::Conduct,
    job::Job,
    measure,
    outbox::{Addresses, Delivered, Delivery, Outbox, newest_block},
    queue::{Queue, Started},
    report::{PlayReport, Spent},
    round::{Basis, Round},
    truth::{StoreTruth, TraceLimits, Traces},
};
use alloy::primitives::{Address, B256};
use gainsay_chain::ChainError;
use gainsay_game::{
    act::Act,
    decide::{Plan, Policy},
    settings::Settings,
};
use gainsay_l1::{L1Client, Recovery, SendError, TransactionManager};
use gainsay_machine::ProgramError;
use gainsay_shell::{
    chain::{ChainOwner, Progress},
    follow::RollupView,
    open::Running,
    owner::Stopped,
};
use gainsay_store::Store;
use gainsay_types::ChainConfig;
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

/// Longest time between two rounds: what waits for a time is looked at so often.
const TICK: Duration = Duration::from_secs(1);
/// Wait before an act that had no effect is sent again; doubles with each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayOptions {
    /// Whether it makes claims of its own, or only defends the truth against false ones.
    pub policy: Policy,
    /// L1 blocks on top of a batch before anything is claimed about it.
    pub confirmations: u64,
    /// Answers that are computed at once.
    pub workers: usize,
    /// Memory for traces.
    pub traces: TraceLimits,
}

impl PlayOptions {
    /// With one worker for every two cores, at least one.
    #[must_use]
    pub fn new(policy: Policy, confirmations: u64) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { policy, confirmations, workers: (cores / 2).max(1), traces: TraceLimits::default() }
    }
}

/// Why nothing can be played any more.
#[derive(Debug, thiserror::Error)]
pub enum PlayerError {
    /// Sending.
    #[error("nothing can be sent to L1: {source}")]
    Send {
        /// The reason.
        #[from]
        source: SendError,
    },
    /// The chain.
    #[error("{source}")]
    Chain {
        /// The reason.
        #[from]
        source: ChainError,
    },
    /// The process is stopping.
    #[error("{source}")]
    Stopped {
        /// The reason.
        #[from]
        source: Stopped,
    },
    /// The guest.
    #[error("the canonical guest cannot run: {source}")]
    Guest {
        /// The reason.
        #[from]
        source: ProgramError,
    },
}

/// Plays the stakes of one key. It stores nothing: what it has to do follows from L1 and the chain at any time.
pub struct Player<C> {
    pub(crate) me: Address,
    pub(crate) chain: ChainOwner,
    pub(crate) settings: Settings,
    pub(crate) policy: Policy,
    pub(crate) confirmations: u64,
    pub(crate) conduct: Arc<C>,
    pub(crate) view: watch::Receiver<RollupView>,
    pub(crate) progress: watch::Receiver<Progress>,
    pub(crate) queue: Queue<Act>,
    /// None while something is being sent.
    pub(crate) manager: Option<TransactionManager>,
    /// The last plan, and what it follows from.
    pub(crate) decided: Option<(Basis, Arc<Plan>)>,
    /// L1 must be read up to this block before anything is sent again.
    pub(crate) read_from: u64,
    /// Acts that had no effect: how often, and when to try again.
    pub(crate) failed: BTreeMap<B256, (u32, Instant)>,
    /// Those that were logged.
    pub(crate) alarms: BTreeSet<String>,
    /// What the key could not pay for, until it could pay for something again.
    pub(crate) short: Option<String>,
    pub(crate) spent: Spent,
    pub(crate) last_error: Option<String>,
    pub(crate) report: watch::Sender<Arc<PlayReport>>,
    pub(crate) client: L1Client,
    /// Whether the key could pay for a second stake, and when that was looked up.
    pub(crate) second: Option<(Instant, bool)>,
    /// What L1's logs do not tell.
    pub(crate) hidden: watch::Receiver<Arc<Vec<Difference>>>,
    auditor: Option<Auditor>,
    store: Store,
    config: Arc<ChainConfig>,
    traces: Arc<Traces>,
    addresses: Addresses,
    sending: Option<JoinHandle<Delivery>>,
    jobs: JoinSet<(u64, Result<Act, String>)>,
}

/// What wakes the player.
enum Event {
    /// L1 was read, or time has passed.
    Look,
    /// A job has ended.
    Computed(u64, Box<Result<Act, String>>),
    /// Everything sent has its fate.
    Delivered(Box<Delivery>),
}

impl<C: Conduct> Player<C> {
    /// For the key of `manager`, on a node whose tasks run. Also gives where it reports.
    ///
    /// # Errors
    /// When the guest is no program.
    pub fn new(
        node: &Running,
        manager: TransactionManager,
        options: PlayOptions,
        conduct: C,
    ) -> Result<(Self, watch::Receiver<Arc<PlayReport>>), PlayerError> {
        let me = manager.address();
        let (report, reports) = watch::channel(Arc::new(PlayReport { address: me, ..PlayReport::default() }));
        let contracts = &node.network.contracts;
        let settings = Settings::from(node.network.rollup);
        let (found, hidden) = watch::channel(Arc::default());
        let auditor = Auditor {
            client: node.client.clone(),
            contracts: Contracts { rollup: contracts.rollup, matches: contracts.matches },
            me,
            view: node.rollup.clone(),
            every: Auditor::every(settings.extension),
            found,
            reread: node.reread.clone(),
        };
        let player = Self {
            me,
            chain: node.chain.clone(),
            settings,
            policy: options.policy,
            confirmations: options.confirmations,
            conduct: Arc::new(conduct),
            view: node.rollup.clone(),
            progress: node.progress.clone(),
            queue: Queue::new(options.workers),
            manager: Some(manager),
            decided: None,
            read_from: 0,
            failed: BTreeMap::new(),
            alarms: BTreeSet::new(),
            short: None,
            spent: Spent::default(),
            last_error: None,
            report,
            client: node.client.clone(),
            second: None,
            hidden,
            auditor: Some(auditor),
            store: node.store.clone(),
            config: Arc::new(node.network.chain.clone()),
            traces: Arc::new(Traces::new(options.traces)?),
            addresses: Addresses {
                rollup: contracts.rollup,
                matches: contracts.matches,
                oracle: contracts.preimage_oracle,
                games: contracts.games,
            },
            sending: None,
            jobs: JoinSet::new(),
        };
        Ok((player, reports))
    }

    /// Shares the traces of another player of this process, instead of keeping its own.
    #[must_use]
    pub fn sharing(self, traces: Arc<Traces>) -> Self {
        Self { traces, ..self }
    }

    /// Plays until `stop`. What was sent and is not mined by then is taken up by [`TransactionManager::start`] in the next run.
    ///
    /// # Errors
    /// When the key cannot sign, L1 is not the chain that it was, or the store fails. Too little ether on L1 is none: what can be paid for is still done.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), PlayerError> {
        let auditor = self.auditor.take();
        let looking = async {
            if let Some(auditor) = auditor {
                auditor.run().await;
            }
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            () = stop.cancelled() => Ok(()),
            ended = self.play() => ended,
            () = looking => Ok(()),
        };
        self.queue.stop();
        if let Some(sending) = self.sending.take() {
            sending.abort();
        }
        ended
    }

    async fn play(&mut self) -> Result<(), PlayerError> {
        // The key's earlier transactions are settled: what they did is in L1's newest block or before.
        self.read_from = newest_block(&self.client).await;
        loop {
            let Round { start, orders } = self.round().await?;
            self.start(start);
            if let Some(manager) = self.manager.take_if(|_| !orders.is_empty()) {
                let (client, addresses, bond) = (self.client.clone(), self.addresses, self.settings.bond);
                self.sending = Some(tokio::spawn(Outbox { client, manager, addresses, bond }.send(orders)));
            }
            match self.next().await {
                Event::Look => {}
                Event::Computed(job, result) => self.computed(job, *result),
                Event::Delivered(delivery) => self.delivered(*delivery)?,
            }
        }
    }

    async fn next(&mut self) -> Event {
        tokio::select! {
            Some(done) = self.jobs.join_next() => match done {
                Ok((job, result)) => Event::Computed(job, Box::new(result)),
                // Panics are caught within, and nothing aborts a job.
                Err(_) => Event::Look,
            },
            delivery = sent(&mut self.sending) => {
                self.sending = None;
                Event::Delivered(Box::new(delivery))
            }
            changed = self.view.changed() => {
                if changed.is_err() {
                    // The process is stopping.
                    std::future::pending::<()>().await;
                }
                Event::Look
            }
            () = tokio::time::sleep(TICK) => Event::Look,
        }
    }

    fn start(&mut self, jobs: Vec<(Started, Job)>) {
        for (Started { job, stop, .. }, work) in jobs {
            let truth = StoreTruth::new(self.store.clone(), self.config.clone(), self.traces.clone(), stop);
            let conduct = self.conduct.clone();
            self.jobs.spawn_blocking(move || {
                let result = catch_unwind(AssertUnwindSafe(|| work.run(&*conduct, truth)));
                (job, result.unwrap_or_else(|_| Err("the computation panicked: this is a defect, the log has its last words".to_owned())))
            });
        }
    }

    fn computed(&mut self, job: u64, result: Result<Act, String>) {
        let failure = result.as_ref().err().cloned();
        if let (true, Some(error)) = (self.queue.finish(job, result, Instant::now()), failure) {
            tracing::warn!(%error, "a move cannot be computed, trying again");
            metrics::counter!("gainsay_move_failures").increment(1);
        }
    }

    fn delivered(&mut self, delivery: Delivery) -> Result<(), PlayerError> {
        self.manager = Some(delivery.manager);
        self.read_from = delivery.read_from;
        for Delivered { order, result } in delivery.delivered {
            match result {
                Ok(receipt) => {
                    self.failed.remove(&order.key);
                    self.short = None;
                    measure::done(&order.act, &receipt);
                    self.spent.add(&receipt);
                }
                Err(error) => self.refused(order.key, &order.act, error)?,
            }
        }
        Ok(())
    }

    /// An act without effect is decided on again, from what L1 has then; and if it is the same, sent later.
    fn refused(&mut self, key: B256, act: &Act, error: SendError) -> Result<(), PlayerError> {
        // Without ether nothing can be paid for now; a blob that is none concerns one step alone.
        let survivable = matches!(error, SendError::Funds { .. } | SendError::Blob { .. });
        if error.recovery() == Recovery::Stop && !survivable {
            return Err(error.into());
        }
        if matches!(error, SendError::Funds { .. }) {
            tracing::error!(what = act.name(), %error, "the key cannot pay for what is to be done");
            self.short = Some(error.to_string());
        } else {
            tracing::warn!(what = act.name(), %error, "nothing was done on L1, deciding again");
        }
        metrics::counter!("gainsay_act_failures", "act" => act.name()).increment(1);
        self.spent.failures += 1;
        self.last_error = Some(format!("{}: {error}", act.name()));
        let now = Instant::now();
        self.failed.retain(|_, (_, retry_at)| *retry_at + LONGEST_WAIT > now);
        let (failures, _) = self.failed.get(&key).copied().unwrap_or((0, now));
        let wait = FIRST_WAIT.saturating_mul(1 << failures.min(10)).min(LONGEST_WAIT);
        self.failed.insert(key, (failures.saturating_add(1), now + wait));
        Ok(())
    }
}

/// The end of sending; never while nothing is sent.
async fn sent(sending: &mut Option<JoinHandle<Delivery>>) -> Delivery {
    let Some(handle) = sending else { return std::future::pending().await };
    match handle.await {
        Ok(delivery) => delivery,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // It is aborted only after this.
        Err(_) => std::future::pending().await,
    }
}
