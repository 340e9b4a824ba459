//! Reads assertions, stakes and matches, from the first one on.

use super::{FollowError, Source, backoff, on_chain, tolerate};
use crate::chain::ChainOwner;
use alloy::primitives::{Address, B256};
use gainsay_game::{book::Book, ledger::Ledger};
use gainsay_l1::{FollowConfig, Heads, L1Error, L1Follower, L1Update};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What Rollup and Matches hold, as it was read last.
#[derive(Clone, Debug, Default)]
pub struct RollupView {
    /// Assertions, stakes and matches after the newest L1 block read.
    pub ledger: Arc<Ledger>,
    /// L1 at that time; none before the first answer.
    pub heads: Option<Heads>,
    /// The newest L1 block read: the ledger is complete up to it.
    pub read: u64,
    /// Its hash; zero before the first. Who compares the ledger with the chain does so where both stand on the same L1 block.
    pub read_hash: B256,
    /// Everything up to the newest L1 block was read.
    pub caught_up: bool,
    /// Counts the times that L1 was rewound.
    pub rewinds: u64,
}

/// Reads assertions, stakes and matches, and publishes them until `stop`.
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
    let mut book = Book::new();
    loop {
        let wait = match poll(source, view, &mut follower, &mut book).await {
            Ok(true) => {
                failures = 0;
                source.poll
            }
            Ok(false) => continue,
            Err(FollowError::L1 { source: error @ L1Error::ReorgTooDeep { .. } }) => {
                tracing::warn!(%error, "assertions, stakes and matches are read again from the first one on");
                (follower, book) = start_over(view);
                backoff(source.poll, failures)
            }
            Err(FollowError::L1 { source: error }) => {
                tolerate(error, &mut failures)?;
                backoff(source.poll, failures)
            }
            Err(error) => return Err(error),
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = source.reread.notified() => (follower, book) = start_over(view),
        }
    }
}

fn start_over(view: &watch::Sender<RollupView>) -> (Option<L1Follower>, Book) {
    view.send_modify(|view| *view = RollupView { rewinds: view.rewinds + 1, ..RollupView::default() });
    (None, Book::new())
}

async fn poll(
    source: &Source,
    view: &watch::Sender<RollupView>,
    follower: &mut Option<L1Follower>,
    book: &mut Book,
) -> Result<bool, FollowError> {
    let follower = match follower {
        Some(follower) => follower,
        None => follower.insert(start(source).await?),
    };
    let polled = follower.poll().await?;
    let mut rewinds = 0;
    for update in polled.updates {
        match update {
            L1Update::Extend { block, events, .. } => book.apply(&block, &events),
            L1Update::Rewind { to, .. } => {
                if book.rewind(to).is_err() {
                    // What was taken for final is not: everything is read again.
                    return Err(L1Error::ReorgTooDeep { oldest: to }.into());
                }
                tracing::warn!(l1_block = to, "L1 was reorganised below assertions, stakes and matches");
                rewinds += 1;
            }
        }
    }
    let (read, read_hash) = follower.checkpoints().next_back().map_or((0, B256::ZERO), |point| (point.number, point.hash));
    let caught_up = polled.caught_up;
    book.settle(polled.heads.finalized.number.min(read));
    view.send_modify(|view| {
        view.ledger = book.ledger().clone();
        view.rewinds += rewinds;
        (view.heads, view.read, view.read_hash, view.caught_up) = (Some(polled.heads), read, read_hash, caught_up);
    });
    Ok(caught_up)
}

async fn start(source: &Source) -> Result<L1Follower, FollowError> {
    let origin = L1Follower::origin(&source.client, source.deployed_at).await?;
    // The Inbox is followed elsewhere; no contract is at the zero address.
    let config = FollowConfig::new(Address::ZERO, source.rollup, source.matches, source.games);
    Ok(L1Follower::new(source.client.clone(), config, vec![origin])?)
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
    finalized.and_then(|number| view.ledger.assertions().confirmed_by(number)).map_or(0, |assertion| assertion.end.batch_index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_l1::{L1Block, L1Event, RollupEvent};
    use gainsay_types::{State, assertion_id};

    fn at(number: u64) -> L1Block {
        L1Block { number, hash: B256::ZERO, parent_hash: B256::ZERO, timestamp: number * 12 }
    }

    /// An assertion and its child over seven batches, which L1 block 40 confirms.
    fn view(finalized: u64) -> RollupView {
        let (genesis, end) = (State::genesis(B256::ZERO), State { batch_index: 7, ..State::genesis(B256::ZERO) });
        let root = assertion_id(B256::ZERO, genesis.hash());
        let id = assertion_id(root, end.hash());
        let created = |id, parent, end| RollupEvent::AssertionCreated { id, parent, end, target: 9, inputs_hash: B256::ZERO };
        let mut book = Book::new();
        for (number, event) in [
            (1, created(root, B256::ZERO, genesis)),
            (1, RollupEvent::AssertionConfirmed { id: root }),
            (2, created(id, root, end)),
            (40, RollupEvent::AssertionConfirmed { id }),
        ] {
            book.apply(&at(number), &[L1Event::Rollup(event)]);
        }
        let heads = Some(Heads { latest: at(60), safe: at(50), finalized: at(finalized) });
        RollupView { ledger: book.ledger().clone(), heads, ..RollupView::default() }
    }

    #[test]
    fn blobs_are_kept_until_the_confirmation_is_final_on_l1() {
        assert_eq!(confirmed_for_good(&view(39)), 0);
        assert_eq!(confirmed_for_good(&view(40)), 7);
        assert_eq!(confirmed_for_good(&RollupView { heads: None, ..view(40) }), 0);
    }
}
