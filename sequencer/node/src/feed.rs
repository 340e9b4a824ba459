//! The task of a follower that reads the sequencer's feed. Nothing in it is trusted: each block is executed, and its hash compared.

use alloy::transports::http::reqwest::Url;
use gainsay_chain::{ChainError, FeedBlock, Imported};
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
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Wait before connecting again.
const RETRY: Duration = Duration::from_secs(2);
/// Wait for L1 to be read further, when a block consumes messages that are not known here yet.
const MESSAGES: Duration = Duration::from_millis(250);

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
    let mut blocks = subscribe(&client, first).await?;
    tracing::info!(first, "following the sequencer's feed");
    while let Some(announced) = blocks.next().await {
        let announced = announced.map_err(RpcError::ParseError)?;
        let number = announced.number;
        while import(chain, convert(&announced)?).await? == Outcome::Later {
            tracing::debug!(number, "a block of the feed waits for messages from L1");
            tokio::time::sleep(MESSAGES).await;
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

#[derive(PartialEq, Eq)]
enum Outcome {
    Done,
    Later,
}

async fn import(chain: &ChainOwner, block: FeedBlock) -> Result<Outcome, Interrupted> {
    let (number, hash) = (block.number, block.hash);
    let imported = chain.with(move |core| core.chain.import_feed(block)).await.map_err(|error| Interrupted::Fatal(error.into()))?;
    match imported {
        Ok(Imported::New(dropped)) => {
            tracing::debug!(number, %hash, replaced = dropped.blocks.len(), "block of the feed");
            Ok(Outcome::Done)
        }
        Ok(Imported::Known) => Ok(Outcome::Done),
        Ok(Imported::AgainstL1) => {
            tracing::debug!(number, %hash, "a block of the feed is not what L1 says");
            Ok(Outcome::Done)
        }
        Ok(Imported::NeedsMessages) => Ok(Outcome::Later),
        Ok(Imported::Gap { .. }) => Err(Interrupted::Gap),
        Err(error @ ChainError::FeedBlock { .. }) => Err(Interrupted::Refused(error)),
        Err(error) => Err(Interrupted::Fatal(error.into())),
    }
}
