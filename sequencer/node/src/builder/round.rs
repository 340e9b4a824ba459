//! One block, from its opening to the moment at which it is the latest.

use super::BuilderError;
use crate::{config::BuilderConfig, mempool::SharedMempool};
use alloy::{eips::BlockNumHash, primitives::B256};
use gainsay_build::{BuildError, Built, Closed, Job, Limits, OpenBlock, Opening, Pushed, Rejected, open};
use gainsay_execute::ExecutedBlock;
use gainsay_pool::Pooled;
use gainsay_rpc::{OpenedBlock, Preconfirmation, ShownBlock};
use gainsay_shell::chain::ChainCore;
use gainsay_store::{StateReader, Store};
use gainsay_types::{ChainConfig, MAX_MESSAGES_PER_BATCH, Message, MessageBody, Millis};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Transactions taken from the pool at a time: the pool is locked for that long, and announcements wait for all of them.
const AT_A_TIME: usize = 64;

/// What came of trying to start a round.
pub(crate) enum Start<'c> {
    /// A block is open.
    Open(Box<Round<'c>>),
    /// Nothing to do before this time, unless something comes in.
    Wait { until: Millis },
    /// Nothing to do.
    Idle,
}

/// A block that is open, and what was done with it.
pub(crate) struct Round<'c> {
    block: OpenBlock<'c, StateReader>,
    parent: B256,
    /// Milliseconds between the times of the block below and this one.
    length: u64,
    /// The transaction that decided the block's time.
    first: Option<Arc<Pooled>>,
    /// Transactions that were announced, and their logs.
    announced: (usize, u64),
    /// How the block starts, until readers know.
    unshown: Option<OpenedBlock>,
    /// The pool's transactions in it that readers know of.
    shown: usize,
    executing: Duration,
}

/// What one look into the pool came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The pool had more than can be taken at a time.
    Plenty,
    /// The pool had something, and may have more.
    More,
    /// The pool has nothing for this block at the moment.
    Dry,
    /// Hardly anything fits the block any more.
    Full,
}

/// A block that is closed, and has yet to be sealed.
pub(crate) struct Finished {
    pub(crate) built: Option<Box<Built>>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) times: Times,
}

/// A block that is the latest, durably.
pub(crate) struct Sealed {
    pub(crate) id: BlockNumHash,
    pub(crate) block: ExecutedBlock,
    pub(crate) deposits: usize,
    pub(crate) times: Times,
}

/// Where the time of a block went.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// Executing transactions, while the block was open.
    pub(crate) executing: Duration,
    /// Roots of transactions and receipts, and what changed.
    pub(crate) finishing: Duration,
    /// Roots of the state.
    pub(crate) rooting: Duration,
    /// Until the block is durable.
    pub(crate) importing: Duration,
}

/// Opens the block after the latest one, if there is anything to put into it.
pub(crate) fn start<'c>(
    store: &Store,
    config: &'c ChainConfig,
    pool: &SharedMempool,
    choices: &BuilderConfig,
    now: Millis,
) -> Result<Start<'c>, BuilderError> {
    let state = store.latest_state()?;
    let parent = state.block().clone();
    let first = pool.lock().take(1).pop();
    let deposits = deposits(store, parent.deposit_index, first.is_some(), choices)?;
    let job = Job {
        config,
        parent: &parent.header,
        parent_time: parent.time(),
        now,
        deposits: &deposits,
        limits: Limits {
            block_bytes: choices.block_bytes,
            block_time_ms: choices.block_time.map_or(0, millis),
            empty_block_interval_ms: choices.empty_block_interval.map(millis),
        },
    };
    let (parent, parent_time) = (parent.header.hash(), parent.time());
    Ok(match open(&job, first.as_deref(), state)? {
        Opening::Open(block) => {
            let length = block.time().since(parent_time);
            let deposits = deposits.get(..block.deposits()).unwrap_or_default().to_vec();
            let unshown = Some(OpenedBlock { parent, header: block.header().clone(), time: block.time(), deposits });
            let (block, announced, executing) = (*block, (0, 0), Duration::ZERO);
            Start::Open(Box::new(Round { block, parent, length, first, announced, unshown, shown: 0, executing }))
        }
        // Nothing is open: the transaction is there for the next try.
        Opening::Wait { until } => {
            pool.lock().reopen();
            Start::Wait { until }
        }
        Opening::Idle => {
            pool.lock().reopen();
            Start::Idle
        }
    })
}

/// The messages for the next block. Attributes alone are no reason for a block: each batch brings one, and each block a batch.
fn deposits(store: &Store, consumed: u64, any: bool, choices: &BuilderConfig) -> Result<Vec<Message>, BuilderError> {
    let heads = store.heads();
    let confirmed = heads.l1.map_or(0, |block| block.number.saturating_sub(choices.confirmations));
    let most = consumed.saturating_add(MAX_MESSAGES_PER_BATCH);
    let mut deposits = Vec::new();
    for index in consumed.saturating_add(1)..=heads.messages.min(most) {
        match store.message(index)? {
            Some(record) if record.message.l1_number <= confirmed => deposits.push(record.message),
            _ => break,
        }
    }
    let wanted = any || deposits.iter().any(|message| matches!(message.body, MessageBody::User(_)));
    Ok(if wanted { deposits } else { Vec::new() })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Round<'_> {
    /// The block's number.
    pub(crate) const fn number(&self) -> u64 {
        self.block.number()
    }

    /// The block's time.
    pub(crate) const fn time(&self) -> Millis {
        self.block.time()
    }

    /// Milliseconds between the times of the block below and this one.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Hash of the block below.
    pub(crate) const fn parent(&self) -> B256 {
        self.parent
    }

    /// Takes some transactions from the pool and executes them, none after `until`.
    pub(crate) fn look(&mut self, pool: &SharedMempool, until: Instant) -> Result<Look, BuilderError> {
        if self.block.is_full() {
            return Ok(Look::Full);
        }
        let mut taken: Vec<_> = self.first.take().into_iter().collect();
        taken.extend(pool.lock().take(AT_A_TIME));
        if taken.is_empty() {
            return Ok(Look::Dry);
        }
        let look = if taken.len() < AT_A_TIME { Look::More } else { Look::Plenty };
        let started = Instant::now();
        let mut left = Vec::new();
        for pooled in taken {
            let (sender, nonce) = (pooled.sender(), pooled.nonce());
            // What is not tried here stays in the pool all the same, and is handed out again for the next block.
            if Instant::now() >= until && !self.block.is_empty() {
                break;
            }
            if self.block.push(pooled).map_err(BuildError::Database)? != Pushed::Executed {
                left.push((sender, nonce));
            }
        }
        self.executing += started.elapsed();
        if !left.is_empty() {
            let mut pool = pool.lock();
            left.into_iter().for_each(|(sender, nonce)| pool.put_back(sender, nonce));
        }
        Ok(look)
    }

    /// Shows readers the block, and what was executed since the last call.
    pub(crate) fn show(&mut self, to: &ShownBlock) {
        if let Some(opened) = self.unshown.take() {
            to.open(opened);
        }
        let included = self.block.included();
        if let Some(new) = included.get(self.shown..).filter(|new| !new.is_empty()) {
            to.push(new);
            self.shown = included.len();
        }
    }

    /// What was executed since the last call; `wanted` says whether anybody will read it.
    pub(crate) fn news(&mut self, wanted: bool) -> Option<Preconfirmation> {
        let (first, logs) = self.announced;
        let executed = self.block.executed(first);
        if executed.len() == 0 {
            return None;
        }
        let (mut next, mut next_log) = (first, logs);
        let mut transactions = Vec::with_capacity(if wanted { executed.len() } else { 0 });
        for one in executed {
            if wanted {
                transactions.push(super::announce::describe(&one, next_log));
            }
            next += 1;
            next_log = next_log.saturating_add(one.outcome.logs.len() as u64);
        }
        self.announced = (next, next_log);
        wanted.then(|| Preconfirmation::Executed { block_number: self.number(), timestamp_ms: self.time().0, transactions })
    }

    /// Whether anything was executed that others may have heard of.
    pub(crate) const fn was_announced(&self) -> bool {
        self.announced.0 > 0
    }

    /// Ends the block.
    pub(crate) fn close(self) -> Finished {
        let started = Instant::now();
        let Closed { built, rejected } = self.block.close();
        let times = Times { executing: self.executing, finishing: started.elapsed(), ..Times::default() };
        Finished { built, rejected, times }
    }
}

/// Computes the roots, and puts the block on the tip, durably. Runs on the chain's owner.
pub(crate) fn seal(core: &mut ChainCore, built: Built, mut times: Times) -> Result<Sealed, BuilderError> {
    let started = Instant::now();
    let block = core.chain.seal(built.block)?;
    times.rooting = started.elapsed();
    let started = Instant::now();
    let id = core.chain.import_built(&block)?;
    times.importing = started.elapsed();
    Ok(Sealed { id, block, deposits: built.deposits, times })
}

impl Sealed {
    /// How those who heard of its transactions are told of it.
    pub(crate) fn news(&self) -> Preconfirmation {
        let BlockNumHash { number, hash } = self.id;
        Preconfirmation::Sealed { block_number: number, block_hash: hash, transactions: self.block.transactions.len() as u64 }
    }
}
