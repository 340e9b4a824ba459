//! Reads the Rollup's assertions, from the first one on.

use super::{FollowError, Source, backoff, on_chain, tolerate};
use crate::{
    assertions::{Assertion, Assertions},
    chain::ChainOwner,
};
use alloy::primitives::Address;
use gainsay_game::{book::Book, ledger::Ledger};
use gainsay_l1::{FollowConfig, Heads, L1Block, L1Error, L1Event, L1Follower, L1Update, RollupEvent};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The assertions as they were read last.
#[derive(Clone, Debug, Default)]
pub struct RollupView {
    /// All of them.
    pub assertions: Arc<Assertions>,
    /// Assertions, stakes and matches after the newest L1 block read.
    pub ledger: Arc<Ledger>,
    /// L1 at that time; none before the first answer.
    pub heads: Option<Heads>,
    /// The newest L1 block read.
    pub read: u64,
    /// Everything up to the newest L1 block was read.
    pub caught_up: bool,
    /// Counts the times that L1 was rewound.
    pub rewinds: u64,
}

/// Reads assertions and publishes them until `stop`.
///
/// # Errors
/// When L1 turns out to be another chain. An L1 that does not answer is waited for.
pub async fn follow_rollup(source: Source, view: watch::Sender<RollupView>, stop: CancellationToken) -> Result<(), FollowError> {
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        result = follow(&source, &view) => result,
    }
}

async fn follow(source: &Source, view: &watch::Sender<RollupView>) -> Result<(), FollowError> {
    let mut failures = 0;
    let mut follower = None;
    let mut assertions = Assertions::default();
    let mut book = Book::new();
    loop {
        let wait = match poll(source, view, &mut follower, &mut assertions, &mut book).await {
            Ok(true) => {
                failures = 0;
                source.poll
            }
            Ok(false) => continue,
            Err(FollowError::L1 { source: error @ L1Error::ReorgTooDeep { .. } }) => {
                tracing::warn!(%error, "the assertions are read again from the first one on");
                (follower, assertions, book) = (None, Assertions::default(), Book::new());
                view.send_modify(|view| *view = RollupView { rewinds: view.rewinds + 1, ..RollupView::default() });
                backoff(source.poll, failures)
            }
            Err(FollowError::L1 { source: error }) => {
                tolerate(error, &mut failures)?;
                backoff(source.poll, failures)
            }
            Err(error) => return Err(error),
        };
        tokio::time::sleep(wait).await;
    }
}

async fn poll(
    source: &Source,
    view: &watch::Sender<RollupView>,
    follower: &mut Option<L1Follower>,
    assertions: &mut Assertions,
    book: &mut Book,
) -> Result<bool, FollowError> {
    let follower = match follower {
        Some(follower) => follower,
        None => follower.insert(start(source).await?),
    };
    let polled = follower.poll().await?;
    let (mut changed, mut rewinds) = (false, 0);
    for update in polled.updates {
        match update {
            L1Update::Extend { block, events, .. } => {
                book.apply(&block, &events);
                for event in events {
                    changed |= apply(assertions, &block, event);
                }
            }
            L1Update::Rewind { to, .. } => {
                if book.rewind(to).is_err() {
                    // What was taken for final is not: everything is read again.
                    return Err(L1Error::ReorgTooDeep { oldest: to }.into());
                }
                let gone = assertions.rewind(to).len();
                tracing::warn!(l1_block = to, assertions = gone, "L1 was reorganised below the assertions");
                (changed, rewinds) = (true, rewinds + 1);
            }
        }
    }
    let read = follower.checkpoints().next_back().map_or(0, |point| point.number);
    let caught_up = polled.caught_up;
    book.settle(polled.heads.finalized.number.min(read));
    view.send_modify(|view| {
        if changed {
            view.assertions = Arc::new(assertions.clone());
        }
        view.ledger = book.ledger().clone();
        view.rewinds += rewinds;
        (view.heads, view.read, view.caught_up) = (Some(polled.heads), read, caught_up);
    });
    Ok(caught_up)
}

async fn start(source: &Source) -> Result<L1Follower, FollowError> {
    let origin = L1Follower::origin(&source.client, source.deployed_at).await?;
    // The Inbox is followed elsewhere; no contract is at the zero address.
    let config = FollowConfig::new(Address::ZERO, source.rollup, source.matches);
    Ok(L1Follower::new(source.client.clone(), config, vec![origin])?)
}

/// True if the event changed an assertion.
fn apply(assertions: &mut Assertions, block: &L1Block, event: L1Event) -> bool {
    match event {
        L1Event::Rollup(RollupEvent::AssertionCreated { id, parent, end, target, inputs_hash }) => {
            let (l1_number, l1_time) = (block.number, block.timestamp);
            assertions.created(Assertion { id, parent, end, target, inputs_hash, l1_number, l1_time, confirmed_in: None });
            true
        }
        L1Event::Rollup(RollupEvent::AssertionConfirmed { id }) => {
            assertions.confirmed(id, block.number);
            true
        }
        _ => false,
    }
}

/// Drops archived blobs once the assertion that covers their batches is confirmed for good, until `stop`. A confirmation that L1 could still
/// take back drops nothing: a challenger would need the blobs again.
///
/// # Errors
/// When the store fails.
pub async fn prune_blobs(owner: ChainOwner, mut view: watch::Receiver<RollupView>, stop: CancellationToken) -> Result<(), FollowError> {
    let mut pruned = 0;
    loop {
        let confirmed = confirmed_for_good(&view.borrow_and_update());
        if confirmed > pruned {
            on_chain(&owner, move |core| core.chain.prune_blobs(confirmed)).await?;
            pruned = confirmed;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = view.changed() => if changed.is_err() { stop.cancelled().await; return Ok(()) },
        }
    }
}

/// Batches up to the assertion whose confirmation is in a finalised L1 block.
fn confirmed_for_good(view: &RollupView) -> u64 {
    let finalized = view.heads.map(|heads| heads.finalized.number);
    finalized.and_then(|number| view.assertions.confirmed_by(number)).map_or(0, |assertion| assertion.end.batch_index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::B256;
    use gainsay_types::State;

    fn view(finalized: u64) -> RollupView {
        let mut assertions = Assertions::default();
        for (id, parent, batch_index) in [(1, 0, 0), (2, 1, 7)] {
            let (id, parent) = (B256::repeat_byte(id), B256::repeat_byte(parent));
            let end = State { batch_index, ..State::genesis(B256::ZERO) };
            assertions.created(Assertion {
                id,
                parent,
                end,
                target: 9,
                inputs_hash: B256::ZERO,
                l1_number: 1,
                l1_time: 1,
                confirmed_in: None,
            });
        }
        assertions.confirmed(B256::repeat_byte(2), 40);
        let at = |number| L1Block { number, hash: B256::ZERO, parent_hash: B256::ZERO, timestamp: 0 };
        let heads = Some(Heads { latest: at(60), safe: at(50), finalized: at(finalized) });
        RollupView { assertions: Arc::new(assertions), heads, ..RollupView::default() }
    }

    #[test]
    fn blobs_are_kept_until_the_confirmation_is_final_on_l1() {
        assert_eq!(confirmed_for_good(&view(39)), 0);
        assert_eq!(confirmed_for_good(&view(40)), 7);
        assert_eq!(confirmed_for_good(&RollupView { heads: None, ..view(40) }), 0);
    }
}
