//! Subscriptions over WebSocket.

use crate::{
    Preconfirmations,
    arguments::Arguments,
    cursor::Cursor,
    error::RpcError,
    eth::{logs, syncing, transactions},
    feed::FeedBlock,
    json,
    methods::{Context, blocking},
    traffic::Traffic,
};
use alloy::rpc::types::Filter;
use alloy_primitives::U64;
use gainsay_store::StoredBlock;
use jsonrpsee::{
    Extensions, PendingSubscriptionSink, RpcModule, SubscriptionSink,
    core::SubscriptionError,
    server::RegisterMethodError,
    types::{ErrorObjectOwned, Params},
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::sync::broadcast::error::RecvError;

/// A subscriber who takes nothing for so long is dropped.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// Time between two looks at whether the node catches up.
const SYNCING: Duration = Duration::from_millis(500);
/// Wait while this server holds as much that is not read as it may.
const RETRY: Duration = Duration::from_millis(50);

/// What someone wants to hear of.
enum Topic {
    /// Something made of each block.
    Blocks(Cursor, Notice),
    /// Transactions that become ready in the pool: whole, or their hashes.
    Pending { full: bool },
    /// Transactions that the builder has executed.
    Preconfirmations,
    /// Whether the node catches up with L1: now, and whenever that changes.
    Syncing,
}

/// What is sent of a block.
enum Notice {
    Header,
    Logs(Box<Filter>),
    Feed,
}

/// Why a subscription ended.
enum Ended {
    /// The other side is gone, or the server stops.
    Gone,
    /// The other side reads too slowly to be told everything: it has missed so many announcements.
    Slow { missed: u64 },
}

pub(crate) fn register(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        |params, pending, context, extensions| async move { serve(eth_topic(&context, &params), pending, context, extensions).await },
    )?;
    module.register_subscription(
        "gainsay_subscribe",
        "gainsay_subscription",
        "gainsay_unsubscribe",
        |params, pending, context, extensions| async move { serve(gainsay_topic(&context, &params), pending, context, extensions).await },
    )?;
    Ok(())
}

fn eth_topic(context: &Context, params: &Params<'_>) -> Result<Topic, RpcError> {
    let mut arguments = Arguments::new(params)?;
    let cursor = || Cursor::after_latest(&context.chain.store);
    match arguments.required::<String>()?.as_str() {
        "newHeads" => Ok(Topic::Blocks(cursor(), Notice::Header)),
        "logs" => Ok(Topic::Blocks(cursor(), Notice::Logs(Box::new(arguments.optional()?.unwrap_or_default())))),
        "newPendingTransactions" => Ok(Topic::Pending { full: arguments.optional()?.unwrap_or(false) }),
        "syncing" => Ok(Topic::Syncing),
        other => Err(RpcError::InvalidParams(format!("no \"{other}\" subscription in eth namespace"))),
    }
}

fn gainsay_topic(context: &Context, params: &Params<'_>) -> Result<Topic, RpcError> {
    let mut arguments = Arguments::new(params)?;
    match arguments.required::<String>()?.as_str() {
        "blocks" => {
            let from = arguments.optional::<U64>()?.map(|from| Cursor::from(from.to()));
            Ok(Topic::Blocks(from.unwrap_or_else(|| Cursor::after_latest(&context.chain.store)), Notice::Feed))
        }
        "preconfirmations" => Ok(Topic::Preconfirmations),
        other => Err(RpcError::InvalidParams(format!("no \"{other}\" subscription in gainsay namespace"))),
    }
}

async fn serve(
    topic: Result<Topic, RpcError>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    extensions: Extensions,
) -> Result<(), SubscriptionError> {
    let topic = match topic {
        Ok(topic) => topic,
        Err(error) => {
            pending.reject(ErrorObjectOwned::from(error)).await;
            return Ok(());
        }
    };
    let Ok(sink) = pending.accept().await else { return Ok(()) };
    let sink = Subscriber { sink, traffic: extensions.get().cloned() };
    let ended = tokio::select! {
        () = sink.sink.closed() => return Ok(()),
        ended = async {
            match topic {
                Topic::Blocks(cursor, notice) => send_blocks(&sink, &context, cursor, notice).await,
                Topic::Pending { full } => send_pending(&sink, &context, full).await,
                Topic::Preconfirmations => send_preconfirmations(&sink, &context).await,
                Topic::Syncing => send_syncing(&sink, &context).await,
            }
        } => ended,
    };
    tracing::debug!("a subscription ended");
    match ended {
        Ok(()) | Err(Ended::Gone) => Ok(()),
        Err(Ended::Slow { missed }) => {
            let words =
                format!("read too slowly: {missed} announcements are missed; subscribe again, and ask for what is in blocks by then");
            Err(raw(&ErrorObjectOwned::from(RpcError::Limit(words.clone()))).map_or_else(|_| words.into(), SubscriptionError::from_json))
        }
    }
}

/// Sends of every block, stored ones first. The head only wakes it up, so it misses nothing, however slow the other side is.
async fn send_blocks(sink: &Subscriber, context: &Arc<Context>, mut cursor: Cursor, notice: Notice) -> Result<(), Ended> {
    let mut latest = context.latest.clone();
    let notice = Arc::new(notice);
    loop {
        latest.mark_unchanged();
        let wanted = notice.clone();
        let read = blocking(context, move |context| {
            let block = cursor.advance(&context.chain.store)?;
            let messages = block.map(|block| wanted.messages(context, &block)).transpose()?;
            Ok((cursor, messages))
        });
        let messages;
        (cursor, messages) = read.await.map_err(|error| {
            tracing::error!(%error, "a subscription failed on the store");
            Ended::Gone
        })?;
        match messages {
            Some(messages) => {
                for message in messages {
                    sink.send(message).await?;
                }
            }
            None => latest.changed().await.map_err(|_| Ended::Gone)?,
        }
    }
}

async fn send_pending(sink: &Subscriber, context: &Arc<Context>, full: bool) -> Result<(), Ended> {
    let mut pending = context.pending.subscribe();
    loop {
        let hash = match pending.recv().await {
            Ok(hash) => hash,
            // Too slow: some are left out, as Ethereum's nodes do.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return Err(Ended::Gone),
        };
        let message = if full {
            let transaction = transactions::whole(context, hash).await.map_err(|_| Ended::Gone)?;
            // It was replaced or dropped meanwhile.
            if transaction.is_null() {
                continue;
            }
            raw(&transaction)
        } else {
            raw(&hash)
        };
        sink.send(message.map_err(|_| Ended::Gone)?).await?;
    }
}

/// As `eth_syncing` answers.
async fn send_syncing(sink: &Subscriber, context: &Context) -> Result<(), Ended> {
    let mut told = None;
    loop {
        let now = syncing::now(context);
        if told.replace(now.is_done()) != Some(now.is_done()) {
            sink.send(raw(&now).map_err(|_| Ended::Gone)?).await?;
        }
        tokio::time::sleep(SYNCING).await;
    }
}

/// Nothing is left out: whoever is too slow is dropped and told so.
async fn send_preconfirmations(sink: &Subscriber, context: &Context) -> Result<(), Ended> {
    let (mut announced, mut relief) = context.preconfirmations.subscribe();
    loop {
        let json = match announced.recv().await {
            Ok(json) => json.copy(),
            Err(RecvError::Lagged(missed)) => return Err(Ended::Slow { missed }),
            Err(RecvError::Closed) => return Err(Ended::Gone),
        };
        let mut sending = pin!(sink.send(json));
        loop {
            tokio::select! {
                sent = &mut sending => break sent?,
                Ok(()) = relief.changed() => {
                    let behind = announced.len();
                    if behind > Preconfirmations::NEARLY_LAST {
                        return Err(Ended::Slow { missed: behind as u64 });
                    }
                }
            }
        }
    }
}

impl Notice {
    fn messages(&self, context: &Context, block: &StoredBlock) -> Result<Vec<Box<RawValue>>, RpcError> {
        match self {
            Self::Header => Ok(vec![raw(&json::header(block)?)?]),
            Self::Logs(filter) => logs::matching(block, filter)?.iter().map(raw).collect(),
            // Without an announcement now, the cursor finds the rollback at its next step.
            Self::Feed => FeedBlock::new(&context.chain.store, block)?.iter().map(raw).collect(),
        }
    }
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>, RpcError> {
    Ok(to_raw_value(value)?)
}

/// The other end of a subscription.
struct Subscriber {
    sink: SubscriptionSink,
    /// What its connection holds; none if there is no connection.
    traffic: Option<Arc<Traffic>>,
}

impl Subscriber {
    async fn send(&self, message: Box<RawValue>) -> Result<(), Ended> {
        let bytes = message.get().len();
        let sending = async {
            while self.traffic.as_ref().is_some_and(|traffic| !traffic.owe(bytes)) {
                tokio::time::sleep(RETRY).await;
            }
            self.sink.send(message).await
        };
        match tokio::time::timeout(SEND_TIMEOUT, sending).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Ended::Gone),
        }
    }
}
