//! Reads the inbox into the chain.

use super::{FollowError, Source, backoff, on_chain, tolerate};
use crate::chain::ChainOwner;
use alloy::primitives::Address;
use gainsay_chain::{ChainError, InboxEvent, L1Update};
use gainsay_l1::{self as l1, BatchPayload, BlockRef, Checkpoint, FollowConfig, InboxCursor, L1Error, L1Event, L1Follower};
use gainsay_store::{BatchData, L1Block, Store, StoreError};
use gainsay_types::MessageBody;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// L1 blocks from which following can go on after a restart.
const CHECKPOINTS: usize = 512;
/// L1 blocks that the chain takes in one go. While it catches up, it executes an L2 block before it takes the next ones.
const AT_ONCE: usize = 32;

/// How far the inbox is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct InboxView {
    /// L1 at the last look; none before the first answer.
    pub heads: Option<l1::Heads>,
    /// Everything up to the newest L1 block was read.
    pub caught_up: bool,
}

/// Reads the Inbox's events into the chain until `stop`, and publishes how far it is.
///
/// # Errors
/// When L1 is not the chain that was followed before, and when the store fails. An L1 that does not answer is waited for.
pub async fn follow_inbox(
    source: Source,
    store: Store,
    owner: ChainOwner,
    view: watch::Sender<InboxView>,
    stop: CancellationToken,
) -> Result<(), FollowError> {
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        result = follow(&source, &store, &owner, &view) => result,
    }
}

async fn follow(source: &Source, store: &Store, owner: &ChainOwner, view: &watch::Sender<InboxView>) -> Result<(), FollowError> {
    let mut failures = 0;
    let mut follower = None;
    loop {
        let wait = match poll(source, store, owner, &mut follower).await {
            Ok(seen) => {
                failures = 0;
                view.send_replace(seen);
                if seen.caught_up { source.poll } else { continue }
            }
            Err(FollowError::L1 { source: error @ L1Error::ReorgTooDeep { .. } }) if failures == 0 => {
                // The follower keeps what L1 may still reorganise; the store knows more.
                tracing::warn!(%error, "L1 is compared with what is stored");
                follower = None;
                failures += 1;
                source.poll
            }
            Err(FollowError::L1 { source: error }) => {
                tolerate(error, &mut failures)?;
                backoff(source.poll, failures)
            }
            Err(FollowError::Chain { source: error @ ChainError::L1Gap { .. } }) => {
                // What the follower gave and what is stored went apart: read on from what is stored.
                tracing::warn!(%error, "L1 is read again from where the store is");
                follower = None;
                failures += 1;
                backoff(source.poll, failures)
            }
            Err(error) => return Err(error),
        };
        tokio::time::sleep(wait).await;
    }
}

async fn poll(source: &Source, store: &Store, owner: &ChainOwner, follower: &mut Option<L1Follower>) -> Result<InboxView, FollowError> {
    let follower = match follower {
        Some(follower) => follower,
        None => follower.insert(start(source, store).await?),
    };
    let polled = follower.poll().await?;
    let mut portion = Vec::new();
    for update in polled.updates {
        // What a rewind goes back to is looked up in the store.
        if portion.len() == AT_ONCE || matches!(update, l1::L1Update::Rewind { .. }) {
            apply(owner, std::mem::take(&mut portion)).await?;
        }
        portion.push(convert(source, store, update).await?);
    }
    apply(owner, portion).await?;
    let (finalized, latest) = (polled.heads.finalized.number, polled.heads.latest.number);
    on_chain(owner, move |core| core.chain.set_l1_finalized(finalized)).await?;
    metrics::gauge!("gainsay_l1_latest_block").set(latest as f64);
    Ok(InboxView { heads: Some(polled.heads), caught_up: polled.caught_up })
}

async fn apply(owner: &ChainOwner, updates: Vec<L1Update>) -> Result<(), FollowError> {
    if updates.is_empty() {
        return Ok(());
    }
    on_chain(owner, move |core| updates.iter().try_for_each(|update| core.apply_l1(update))).await
}

async fn start(source: &Source, store: &Store) -> Result<L1Follower, FollowError> {
    // The Rollup, its matches and its games are followed elsewhere; no contract is at the zero address.
    let config = FollowConfig::new(source.inbox, Address::ZERO, Address::ZERO, Address::ZERO);
    let mut points = checkpoints(store)?;
    if points.is_empty() {
        points.push(L1Follower::origin(&source.client, source.deployed_at).await?);
    }
    Ok(L1Follower::new(source.client.clone(), config, points)?)
}

/// Where reading the inbox can go on from what is stored, oldest first; empty before the first L1 block.
///
/// # Errors
/// When the store fails.
pub fn checkpoints(store: &Store) -> Result<Vec<Checkpoint>, StoreError> {
    let heads = store.heads();
    let (mut batches, mut messages) = (heads.batches, heads.messages);
    let mut points = Vec::new();
    for block in store.l1_blocks(0)?.iter().rev().take(CHECKPOINTS) {
        while store.batch(batches)?.is_some_and(|batch| batch.header.l1_number > block.number) {
            batches -= 1;
        }
        while store.message(messages)?.is_some_and(|record| record.message.l1_number > block.number) {
            messages -= 1;
        }
        let cursor = InboxCursor {
            batches,
            batch_acc: store.batch_acc(batches)?,
            messages,
            message_acc: store.deposit_acc(messages)?,
            user_messages: user_messages(store, messages)?,
        };
        points.push(Checkpoint { number: block.number, hash: block.hash, cursor });
    }
    points.reverse();
    Ok(points)
}

/// User deposits among the messages 1..=index.
fn user_messages(store: &Store, index: u64) -> Result<u64, StoreError> {
    Ok(store.message(index)?.map_or(0, |record| record.message.user_ordinal))
}

async fn convert(source: &Source, store: &Store, update: l1::L1Update) -> Result<L1Update, FollowError> {
    match update {
        l1::L1Update::Extend { block, events, .. } => {
            let events = events.into_iter().filter_map(inbox_event).collect();
            Ok(L1Update::Extend { block: stored(block), events })
        }
        l1::L1Update::Rewind { to, hash, .. } => {
            let known = store.l1_block(to)?.filter(|block| block.hash == hash);
            let to = match known {
                Some(block) => block,
                // The block before the deployment is not stored.
                None => stored(source.client.block(BlockRef::Hash(hash)).await?),
            };
            Ok(L1Update::Rewind { to })
        }
    }
}

const fn stored(block: l1::L1Block) -> L1Block {
    L1Block { number: block.number, hash: block.hash, parent_hash: block.parent_hash, timestamp: block.timestamp }
}

fn inbox_event(event: L1Event) -> Option<InboxEvent> {
    match event {
        L1Event::Inbox(l1::InboxEvent::Batch { header, acc, payload, .. }) => {
            let data = match payload {
                BatchPayload::Blobs(hashes) => BatchData::Blobs(hashes),
                BatchPayload::Calldata(bytes) => BatchData::Calldata(bytes),
                BatchPayload::None => BatchData::None,
            };
            tracing::info!(batch = header.batch_index, kind = ?header.kind, l1_block = header.l1_number, "batch on L1");
            Some(InboxEvent::Batch { header, acc, data })
        }
        L1Event::Inbox(l1::InboxEvent::Message { message, acc, tx_hash }) => {
            if matches!(message.body, MessageBody::User(_)) {
                tracing::info!(deposit = message.index, l1_block = message.l1_number, "deposit on L1");
            }
            Some(InboxEvent::Message { message, acc, tx_hash })
        }
        L1Event::Rollup(_) | L1Event::Matches(_) | L1Event::Games(_) => None,
    }
}
