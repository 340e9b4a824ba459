//! The task of a follower that reads the sequencer's feed. Nothing in it is trusted: each block is executed, and its hash compared.

use alloy::transports::http::reqwest::Url;
use gainsay_chain::{ChainError, FeedBlock, Imported, RecoveredFeedBlock};
use gainsay_rpc::{FeedBlock as Announced, Preconfirmations};
use gainsay_shell::{chain::ChainOwner, follow::InboxView, owner::Stopped};
use gainsay_store::Store;
use gainsay_types::{InvalidTransaction, Millis, Transaction};
use jsonrpsee::{
    core::client::{Error as RpcError, Subscription, SubscriptionClientT},
    rpc_params,
    ws_client::{WsClient, WsClientBuilder},
};
use serde_json::value::RawValue;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Wait before connecting again.
const RETRY: Duration = Duration::from_secs(2);
/// Wait for L1 to be read further, when a block consumes messages that are not known here yet.
const MESSAGES: Duration = Duration::from_millis(250);

/// Blocks whose signatures are recovered and that wait to be imported, at most.
const AHEAD: usize = 4;

/// The feed cannot be followed any more.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
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
}

/// Why reading stopped for the moment.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("the sequencer's feed cannot be read: {0}")]
    Connection(#[from] RpcError),
    #[error("the sequencer ended the feed")]
    Ended,
    #[error("a block of the feed holds something that is no transaction: {0}")]
    Transaction(#[from] InvalidTransaction),
    #[error("blocks are missing in the feed")]
    Gap,
    #[error("{0}")]
    Refused(ChainError),
    #[error("{0}")]
    Fatal(FeedError),
}

/// Imports the blocks of the feed at `url` until `stop`. A feed that breaks off or lies is asked again from the safe head on.
///
/// # Errors
/// When the store fails.
pub async fn follow_feed(
    url: Url,
    chain: ChainOwner,
    store: Store,
    mut inbox: watch::Receiver<InboxView>,
    stop: CancellationToken,
) -> Result<(), FeedError> {
    let task = async {
        // Until L1 is read, everything from the feed would be replaced soon.
        if inbox.wait_for(|view| view.caught_up).await.is_err() {
            return Ok(());
        }
        loop {
            match read(&url, &chain, &store).await {
                Interrupted::Fatal(error) => return Err(error),
                reason => tracing::warn!(%reason, "the feed is interrupted, connecting again"),
            }
            tokio::time::sleep(RETRY).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        result = task => result,
    }
}

/// Passes the sequencer's preconfirmations on, as they are, while somebody reads them here; until `stop`.
pub async fn pass_on_preconfirmations(url: Url, to: Preconfirmations, stop: CancellationToken) {
    let task = async {
        loop {
            to.wanted().await;
            if let Err(reason) = try_pass_on(&url, &to).await {
                tracing::warn!(%reason, "the sequencer's preconfirmations are interrupted, connecting again");
            }
            tokio::time::sleep(RETRY).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = task => {}
    }
}

/// Passes on until something is in the way, or nobody reads any more.
async fn try_pass_on(url: &Url, to: &Preconfirmations) -> Result<(), Interrupted> {
    let client = WsClientBuilder::default().build(url.as_str()).await?;
    let mut announced: Subscription<Box<RawValue>> =
        client.subscribe("gainsay_subscribe", rpc_params!["preconfirmations"], "gainsay_unsubscribe").await?;
    while let Some(json) = announced.next().await {
        to.forward(json.map_err(RpcError::ParseError)?);
        if !to.are_wanted() {
            return Ok(());
        }
    }
    Err(Interrupted::Ended)
}

/// Reads until something is in the way.
async fn read(url: &Url, chain: &ChainOwner, store: &Store) -> Interrupted {
    match try_read(url, chain, store).await {
        Ok(()) => Interrupted::Ended,
        Err(interrupted) => interrupted,
    }
}

async fn try_read(url: &Url, chain: &ChainOwner, store: &Store) -> Result<(), Interrupted> {
    let client = WsClientBuilder::default().build(url.as_str()).await?;
    let first = store.heads().safe.l2_block_number + 1;
    let blocks = subscribe(&client, first).await?;
    tracing::info!(first, "following the sequencer's feed");
    let (ready, waiting) = mpsc::channel(AHEAD);
    let (recovering, importing) = (recover(blocks, store, ready), import_all(waiting, chain));
    tokio::pin!(recovering, importing);
    tokio::select! {
        // Only when something is in its way.
        imported = &mut importing => imported,
        ended = &mut recovering => {
            // What came before the end still counts.
            importing.await?;
            ended
        }
    }
}

/// Recovers the signatures of the blocks that come, while blocks before them are imported. Ends with the feed.
async fn recover(mut blocks: Subscription<Announced>, store: &Store, ready: mpsc::Sender<RecoveredFeedBlock>) -> Result<(), Interrupted> {
    while let Some(announced) = blocks.next().await {
        let announced = announced.map_err(RpcError::ParseError)?;
        let known = store.header(announced.number).map_err(|source| Interrupted::Fatal(ChainError::from(source).into()))?;
        if known.is_some_and(|known| known.header.hash() == announced.hash) {
            continue;
        }
        let recovered = tokio::task::spawn_blocking(move || Ok::<_, InvalidTransaction>(convert(&announced)?.recover())).await;
        let recovered = match recovered {
            Ok(recovered) => recovered?,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The process is ending.
            Err(_) => return Ok(()),
        };
        if ready.send(recovered).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Imports what is recovered, in the order of the feed, until nothing more comes.
async fn import_all(mut waiting: mpsc::Receiver<RecoveredFeedBlock>, chain: &ChainOwner) -> Result<(), Interrupted> {
    while let Some(block) = waiting.recv().await {
        let number = block.number();
        let mut next = Some(block);
        while let Some(block) = next {
            next = import(chain, block).await?;
            if next.is_some() {
                tracing::debug!(number, "a block of the feed waits for messages from L1");
                tokio::time::sleep(MESSAGES).await;
            }
        }
    }
    Ok(())
}

async fn subscribe(client: &WsClient, first: u64) -> Result<Subscription<Announced>, RpcError> {
    client.subscribe("gainsay_subscribe", rpc_params!["blocks", format!("{first:#x}")], "gainsay_unsubscribe").await
}

fn convert(announced: &Announced) -> Result<FeedBlock, InvalidTransaction> {
    Ok(FeedBlock {
        number: announced.number,
        hash: announced.hash,
        timestamp: Millis(announced.timestamp_ms),
        deposits: announced.deposit_count,
        transactions: announced.transactions.iter().map(|raw| Transaction::decode(raw)).collect::<Result<_, _>>()?,
    })
}

/// Gives the block back if it cannot be imported yet.
async fn import(chain: &ChainOwner, block: RecoveredFeedBlock) -> Result<Option<RecoveredFeedBlock>, Interrupted> {
    let (number, hash) = (block.number(), block.hash());
    let imported = chain.with(move |core| core.chain.import_recovered(block)).await.map_err(|error| Interrupted::Fatal(error.into()))?;
    match imported {
        Ok(Err(block)) => return Ok(Some(block)),
        Ok(Ok(Imported::New(dropped))) => tracing::debug!(number, %hash, replaced = dropped.blocks.len(), "block of the feed"),
        Ok(Ok(Imported::AgainstL1)) => tracing::debug!(number, %hash, "a block of the feed is not what L1 says"),
        Ok(Ok(Imported::Known | Imported::NeedsMessages)) => {}
        Ok(Ok(Imported::Gap { .. })) => return Err(Interrupted::Gap),
        Err(error @ ChainError::FeedBlock { .. }) => return Err(Interrupted::Refused(error)),
        Err(error) => return Err(Interrupted::Fatal(error.into())),
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::NoPool,
        tests::{World, transfer},
    };
    use gainsay_rpc::{Backend, L1Progress, Limits, RpcServer, serve};
    use gainsay_shell::{chain::ChainCore, owner};
    use std::{net::SocketAddr, sync::Arc};
    use tokio::sync::broadcast;

    const PATIENCE: Duration = Duration::from_secs(60);
    const BLOCKS: u64 = 8;

    /// A sequencer with some blocks of a transfer each, and its server.
    async fn sequencer() -> (World, RpcServer, Url) {
        let mut world = World::new();
        for nonce in 0..BLOCKS {
            world.pool.lock().submit(transfer(nonce)).expect("a good transaction");
            assert!(world.build());
        }
        let backend = Backend {
            store: world.core.chain.store().clone(),
            config: Arc::new(world.core.chain.config().clone()),
            client: Arc::new(NoPool),
            latest: world.core.latest(),
            l1: Arc::new(|| L1Progress { highest: None, caught_up: true }),
            pending: broadcast::channel(1).0,
            preconfirmations: Preconfirmations::default(),
            inclusions: world.inclusions.clone(),
            version: "test".to_owned(),
        };
        let server = serve(SocketAddr::from(([127, 0, 0, 1], 0)), backend, Limits::default()).await.expect("a free port");
        let url = format!("ws://{}", server.address()).parse().expect("a URL");
        (world, server, url)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn signatures_of_the_next_blocks_are_recovered_while_none_is_imported_and_of_known_blocks_never() {
        let (world, server, url) = sequencer().await;
        let client = WsClientBuilder::default().build(url.as_str()).await.expect("it is served");
        let follower = World::new();
        let (ready, mut waiting) = mpsc::channel(AHEAD);
        let store = follower.core.chain.store();
        let task = recover(subscribe(&client, 1).await.expect("it is there"), store, ready);
        tokio::pin!(task);
        while waiting.len() < AHEAD {
            let step = tokio::time::timeout(Duration::from_millis(20), &mut task).await;
            assert!(step.is_err(), "the feed goes on");
        }
        let first = waiting.recv().await.expect("a block");
        assert_eq!(
            (first.number(), Some(first.hash())),
            (1, world.core.chain.store().header(1).expect("reads").map(|block| block.header.hash()))
        );

        // The sequencer itself has them all.
        let (ready, mut waiting) = mpsc::channel(AHEAD);
        let task = recover(subscribe(&client, 1).await.expect("it is there"), world.core.chain.store(), ready);
        assert!(tokio::time::timeout(Duration::from_millis(300), task).await.is_err());
        assert!(waiting.try_recv().is_err());
        server.stop().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_follower_has_the_blocks_of_the_feed() {
        let (world, server, url) = sequencer().await;
        let World { core, folder, .. } = World::new();
        let (store, mut latest) = (core.chain.store().clone(), core.latest());
        let (chain, jobs) = owner::channel();
        let stop = CancellationToken::new();
        let owned = tokio::spawn(owner::own(core, jobs, stop.clone(), ChainCore::advance));
        let (_inbox, view) = watch::channel(InboxView { caught_up: true, ..InboxView::default() });
        let following = tokio::spawn(follow_feed(url, chain, store, view, stop.clone()));
        let tip = world.core.chain.heads().latest;
        tokio::time::timeout(PATIENCE, latest.wait_for(|latest| *latest == tip)).await.expect("in time").expect("the chain is there");
        server.stop().await;
        stop.cancel();
        following.await.expect("ends").expect("ends well");
        owned.await.expect("ends").expect("ends well");
        drop(folder);
    }
}
