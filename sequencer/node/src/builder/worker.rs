//! The builder's thread.

use super::{
    Bell, Builder, BuilderError,
    round::{Finished, Look, Round, Sealed, Start, seal, start},
};
use crate::{clock, config::BuilderConfig, gate::Gate, mempool::SharedMempool};
use alloy::primitives::B256;
use gainsay_chain::recover_senders;
use gainsay_rpc::{Preconfirmation, Preconfirmations};
use gainsay_shell::chain::{ChainCore, ChainOwner, Progress};
use gainsay_store::Store;
use gainsay_types::{ChainConfig, Millis, RecoveredTransaction};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::watch};
use tokio_util::sync::CancellationToken;

/// Time between two looks into the pool: what comes within it is executed and announced together.
const PACE: Duration = Duration::from_millis(2);

/// Wait after a block into which nothing could be put.
const RETRY: Duration = Duration::from_millis(20);

/// The state of the builder's thread.
pub(super) struct Worker {
    runtime: Handle,
    chain: ChainOwner,
    store: Store,
    network: Arc<ChainConfig>,
    pool: SharedMempool,
    bell: Bell,
    gate: Gate,
    progress: watch::Receiver<Progress>,
    preconfirmations: Preconfirmations,
    config: BuilderConfig,
    stop: CancellationToken,
    /// The latest block that the pool knows of.
    seen: B256,
    /// Times that the chain went back, as far as the transactions of dropped blocks were asked for.
    rewinds: u64,
    /// Transactions of dropped blocks that are not back in the pool yet.
    returning: Vec<RecoveredTransaction>,
}

/// When a block is closed.
#[derive(Clone, Copy)]
struct Closing {
    /// From now on, as soon as the pool has nothing more.
    due: Instant,
    /// In any case.
    at_latest: Instant,
}

impl Worker {
    /// To be run on a thread of its own, from within the runtime.
    pub(super) fn new(builder: Builder, stop: CancellationToken) -> Self {
        let Builder { chain, store, network, pool, bell, gate, progress, inbox: _, preconfirmations, config } = builder;
        Self {
            runtime: Handle::current(),
            chain,
            store,
            network,
            pool,
            bell,
            gate,
            progress,
            preconfirmations,
            config,
            stop,
            seen: B256::ZERO,
            rewinds: 0,
            returning: Vec::new(),
        }
    }

    /// Builds until told to stop.
    pub(super) fn run(mut self) -> Result<(), BuilderError> {
        let network = self.network.clone();
        while !self.stop.is_cancelled() {
            match self.follow() {
                Ok(()) => {}
                // Once more, from where the chain is now.
                Err(error) if error.is_overtaken() => continue,
                Err(error) => return Err(error),
            }
            if !self.gate.enter() {
                self.bell.wait(None);
                continue;
            }
            let up_to_date = self.progress.borrow().up_to_date;
            let started = if up_to_date { start(&self.store, &network, &self.pool, &self.config, self.now()) } else { Ok(Start::Idle) };
            match started {
                Ok(Start::Open(round)) => self.build(round)?,
                Ok(Start::Wait { until }) => self.bell.wait(Some(Instant::now() + Duration::from_millis(until.since(self.now())))),
                Ok(Start::Idle) => self.bell.wait(None),
                Err(error) if error.is_overtaken() => self.pool.lock().reopen(),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn now(&self) -> Millis {
        clock::not_behind(self.store.heads().l1.map(|block| block.timestamp))
    }

    /// Tells the pool of blocks that were not built here, and gives it back what dropped blocks held.
    fn follow(&mut self) -> Result<(), BuilderError> {
        let rewinds = self.progress.borrow().rewinds;
        if rewinds != self.rewinds {
            self.rewinds = rewinds;
            let dropped = self.runtime.block_on(self.chain.with(ChainCore::take_dropped))?;
            // They were executed once, so their signatures are good.
            if let Ok(transactions) = recover_senders(dropped) {
                self.returning.extend(transactions);
            }
        }
        // The chain may move on while its state is read: then nothing is noted as done, and all of it is tried again.
        if !self.returning.is_empty() {
            self.pool.lock().take_back(self.returning.clone())?;
            self.returning.clear();
        }
        let latest = self.store.heads().latest.hash;
        if latest != self.seen {
            let mut pool = self.pool.lock();
            pool.on_new_latest()?;
            pool.reopen();
            drop(pool);
            self.seen = latest;
        }
        Ok(())
    }

    /// From an open block to the latest one.
    fn build(&mut self, mut round: Box<Round<'_>>) -> Result<(), BuilderError> {
        let closing = self.closing(round.time(), round.length());
        let number = round.number();
        let filled = self.fill(&mut round, closing);
        let announced = round.was_announced();
        let sealed = filled.and_then(|filled| if filled { self.finish(round.close(), closing) } else { Ok(false) });
        match sealed {
            Ok(true) => {}
            Err(error) if !error.is_overtaken() => return Err(error),
            Ok(false) | Err(_) => self.give_up(number, announced),
        }
        self.preconfirmations.shown_block().close();
        Ok(())
    }

    /// Executes what comes, until the block is to be closed; false if it is to be given up.
    fn fill(&self, round: &mut Round<'_>, closing: Closing) -> Result<bool, BuilderError> {
        while self.store.heads().latest.hash == round.parent() {
            let look = round.look(&self.pool, closing.at_latest)?;
            round.show(self.preconfirmations.shown_block());
            if let Some(news) = round.news(self.preconfirmations.are_wanted()) {
                self.preconfirmations.announce(&news);
            }
            let now = Instant::now();
            if now >= closing.at_latest || (now >= closing.due && matches!(look, Look::Dry | Look::Full)) || self.is_stopping() {
                return Ok(true);
            }
            match look {
                Look::More if now < closing.due => std::thread::sleep(PACE.min(closing.due - now)),
                Look::Plenty | Look::More => {}
                Look::Dry | Look::Full => self.bell.wait(Some(closing.due)),
            }
        }
        Ok(false)
    }

    /// Nothing more goes into the block that is open: the process stops, or an operator stops the building of blocks.
    fn is_stopping(&self) -> bool {
        self.stop.is_cancelled() || !self.gate.is_open()
    }

    /// A block whose time lies ahead is closed then. One whose time has come is closed as soon as the pool has nothing more, but so that others are not late.
    fn closing(&self, time: Millis, length: u64) -> Closing {
        let (opened, ahead) = (Instant::now(), open_for(time.since(self.now()), length));
        let due = opened + Duration::from_millis(ahead);
        let block_time = self.config.block_time.unwrap_or_default().max(Duration::from_millis(self.network.block_time_ms));
        Closing { due, at_latest: if ahead > 0 { due } else { opened + block_time } }
    }

    /// True once the block is the latest, or turned out to be empty.
    fn finish(&mut self, finished: Finished, closing: Closing) -> Result<bool, BuilderError> {
        let Finished { built, rejected, times } = finished;
        if let Some(built) = built {
            let sealed = self.runtime.block_on(self.chain.with(move |core| seal(core, *built, times)))??;
            if self.preconfirmations.are_wanted() {
                self.preconfirmations.announce(&sealed.news());
            }
            self.seen = sealed.id.hash;
            report(&sealed, closing.due);
            self.pool.lock().on_block(&sealed.block)?;
        } else if rejected.is_empty() {
            // Nothing that waits can be executed now: not to be tried again before something changes, or some time has passed.
            self.pool.lock().reopen();
            self.bell.wait(Some(Instant::now() + RETRY));
            return Ok(true);
        }
        let mut pool = self.pool.lock();
        pool.reject(&rejected);
        pool.reopen();
        Ok(true)
    }

    /// The tip moved: what is in the block stays in the pool, and is handed out again.
    fn give_up(&self, number: u64, announced: bool) {
        tracing::info!(number, "the open block is given up: the chain has another tip");
        if announced {
            self.preconfirmations.announce(&Preconfirmation::Abandoned { block_number: number });
        }
        self.pool.lock().reopen();
    }
}

/// How long a block is open whose time lies so far ahead, all in milliseconds. `length` is that since its parent, and no less than the time ahead as long
/// as the clock runs evenly. If the clock was set back, the blocks until it has caught up take twice as long: they neither stop nor run ahead of the clock
/// for ever, as no batch may hold them then.
fn open_for(ahead: u64, length: u64) -> u64 {
    ahead.min(length.saturating_mul(2))
}

/// Says what came of a block, and where its time went.
fn report(sealed: &Sealed, due: Instant) {
    let Sealed { id, block, deposits, times } = sealed;
    let (late, transactions) = (due.elapsed(), block.transactions.len().saturating_sub(*deposits));
    let gas = block.header.gas_used;
    tracing::info!(number = id.number, hash = %id.hash, transactions, deposits, gas, late_ms = late.as_millis(), "block built");
    tracing::debug!(
        executing_us = times.executing.as_micros(),
        finishing_us = times.finishing.as_micros(),
        rooting_us = times.rooting.as_micros(),
        importing_us = times.importing.as_micros(),
        "time of the block"
    );
    metrics::counter!("gainsay_blocks_built").increment(1);
    metrics::counter!("gainsay_transactions_executed").increment(transactions as u64);
    metrics::histogram!("gainsay_block_late_seconds").record(late);
    let parts = [("execute", times.executing), ("finish", times.finishing), ("roots", times.rooting), ("import", times.importing)];
    for (part, time) in parts {
        metrics::histogram!("gainsay_block_seconds", "part" => part).record(time);
    }
}

#[cfg(test)]
mod tests {
    use super::open_for;

    #[test]
    fn a_clock_that_was_set_back_is_caught_up_without_a_stop() {
        assert_eq!((open_for(0, 250), open_for(180, 250), open_for(250, 250)), (0, 180, 250));
        // An hour back: each block's time is 250 ms after its parent's, and takes 500 ms.
        let (mut ahead, mut blocks) = (3_600_000 + 250, 0u32);
        while ahead > 250 {
            let open = open_for(ahead, 250);
            assert!(open <= 500);
            (ahead, blocks) = (ahead + 250 - open, blocks + 1);
        }
        assert_eq!(blocks, 14_400);
    }
}
