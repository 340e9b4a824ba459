//! The task that owns the verdicts: whenever L1 or the chain moves, it checks what can be checked, and tells.

use crate::{
    check::compute,
    status::{ChainReport, L1Report, OtherMatch, Report},
    tracker::{Check, Tracker},
    verdict::Verdict,
};
use alloy::primitives::{Address, B256, U256};
use gainsay_chain::ChainError;
use gainsay_play::report::MatchReport;
use gainsay_shell::{
    chain::{ChainOwner, Progress},
    follow::RollupView,
    owner::Stopped,
};
use gainsay_types::State;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Verdicts that cannot be given any more.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// The chain.
    #[error("{source}")]
    Chain {
        /// The reason.
        #[from]
        source: ChainError,
    },
    /// The chain's owner is gone.
    #[error("{source}")]
    Stopped {
        /// The reason.
        #[from]
        source: Stopped,
    },
}

/// What the task reads and where it publishes.
pub struct Judge {
    /// The own chain.
    pub owner: ChainOwner,
    /// The state that the own chain starts from.
    pub genesis: State,
    /// Where the own chain is.
    pub progress: watch::Receiver<Progress>,
    /// Assertions, stakes and matches on L1.
    pub rollup: watch::Receiver<RollupView>,
    /// Whose matches the player tells of; none without a player.
    pub me: Option<Address>,
    /// Least time of a move in a match, seconds.
    pub extension: u64,
    /// The status.
    pub report: watch::Sender<Arc<Report>>,
}

impl Judge {
    /// Gives verdicts until `stop`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), JudgeError> {
        let mut tracker = Tracker::default();
        loop {
            let rollup = self.rollup.borrow_and_update().clone();
            let progress = self.progress.borrow_and_update().clone();
            let rewinds = rollup.rewinds.saturating_add(progress.rewinds);
            tracker.observe(rollup.ledger.assertions(), rewinds, &self.genesis);
            self.check_all(&mut tracker).await?;
            self.publish(&tracker, &rollup, &progress);
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Ok(()) = self.rollup.changed() => {}
                Ok(()) = self.progress.changed() => {}
                else => { stop.cancelled().await; return Ok(()) }
            }
        }
    }

    /// A verdict makes its children checkable, so it goes on until nothing new comes of it.
    async fn check_all(&self, tracker: &mut Tracker) -> Result<(), JudgeError> {
        let mut settled = true;
        while std::mem::take(&mut settled) {
            for check in tracker.checks() {
                let job = check.clone();
                let computed = self.owner.with(move |core| compute(&core.chain, &job)).await??;
                if let Some(verdict) = tracker.computed(&check, computed) {
                    settled = true;
                    tell(&check, &verdict);
                }
            }
        }
        Ok(())
    }

    fn publish(&self, tracker: &Tracker, rollup: &RollupView, progress: &Progress) {
        let heads = &progress.heads;
        let inbox_read = heads.l1.map_or(0, |block| block.number);
        let l1 = L1Report {
            latest: rollup.heads.map_or(0, |heads| heads.latest.number),
            time: rollup.heads.map_or(0, |heads| heads.latest.timestamp),
            read: rollup.read.min(inbox_read),
            finalized: rollup.heads.map_or(0, |heads| heads.finalized.number),
        };
        let chain = ChainReport {
            batches: heads.batches,
            derived: heads.safe.batch_index,
            safe: heads.safe.l2_block_number,
            finalized: heads.finalized.l2_block_number,
        };
        let report = Report::new(l1, chain, tracker, self.others(tracker, rollup));
        let summary = report.summary;
        for (verdict, count) in [
            ("agree", summary.agree),
            ("disagree", summary.disagree),
            ("descendsFromFalse", summary.descends_from_false),
            ("pending", summary.pending),
        ] {
            metrics::gauge!("gainsay_assertions", "verdict" => verdict).set(count as f64);
        }
        metrics::gauge!("gainsay_assertions_confirmed").set(summary.confirmed as f64);
        self.report.send_replace(Arc::new(report));
    }
}

impl Judge {
    /// Matches in which no stake of the player is, told from the side that the challenger agrees with.
    fn others(&self, tracker: &Tracker, rollup: &RollupView) -> Vec<OtherMatch> {
        let mine = |stake: U256| self.me.is_some_and(|me| owner(stake) == me);
        let agreed = |node: &B256| tracker.verdict(node) == Some(&Verdict::Agree);
        let matches = rollup.ledger.matches().filter(|m| !mine(m.state.mover) && !mine(m.state.rival));
        let told = matches.map(|m| {
            let state = &m.state;
            let (own, agreed) = match (agreed(&state.moverNode), agreed(&state.rivalNode)) {
                (true, _) => (state.mover, true),
                (_, true) => (state.rival, true),
                _ => (state.mover.min(state.rival), false),
            };
            OtherMatch { agreed, game: MatchReport::of(&rollup.ledger, m, own, self.extension) }
        });
        told.collect()
    }
}

/// A stake's id is its owner and a number.
fn owner(stake: U256) -> Address {
    Address::from_slice(stake.to_be_bytes::<32>().split_at(20).0)
}

fn tell(check: &Check, verdict: &Verdict) {
    let (assertion, block) = (check.id, check.claimed.l2_block_number);
    match verdict {
        Verdict::Disagree(departure) => {
            let (first_wrong_block, last_agreed_block) = (departure.first_wrong_block, departure.last_agreed_block);
            let reason = departure.to_string();
            tracing::error!(%assertion, block, first_wrong_block, last_agreed_block, %reason, "assertion is false");
        }
        _ => tracing::info!(%assertion, block, verdict = verdict.word(), "assertion checked"),
    }
}
