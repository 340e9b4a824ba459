//! Transactions: sending, finding, receipts.

use crate::{
    arguments::Arguments,
    error::RpcError,
    eth::blocks,
    json,
    methods::{Context, blocking},
};
use alloy_primitives::{B256, Bytes, U64};
use gainsay_store::{Included, Lookup, StoredBlock};
use gainsay_types::Transaction;
use jsonrpsee::types::Params;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// Longest wait for the receipt in `eth_sendRawTransactionSync`, milliseconds.
const MAX_SYNC_WAIT_MS: u64 = 60_000;
/// Wait if the request names none, milliseconds.
const SYNC_WAIT_MS: u64 = 20_000;

pub(crate) async fn send_raw(context: Arc<Context>, params: Params<'static>) -> Result<B256, RpcError> {
    let bytes = Arguments::new(&params)?.required::<Bytes>()?;
    submit(&context, bytes).await
}

/// As `send_raw`, but answers with the receipt, once there is one.
pub(crate) async fn send_raw_sync(context: Arc<Context>, params: Params<'static>) -> Result<json::Receipt, RpcError> {
    let (bytes, wait) = {
        let mut arguments = Arguments::new(&params)?;
        (arguments.required::<Bytes>()?, arguments.optional::<U64>()?)
    };
    let wait = wait.map_or(SYNC_WAIT_MS, |wait| wait.to::<u64>()).min(MAX_SYNC_WAIT_MS);
    let transaction = Transaction::decode(&bytes)?;
    let hash = transaction.hash();
    let mut waiter = context.inclusions.wait_for(hash)?;
    context.client.submit(transaction).await?;
    let timeout = || RpcError::Execution(format!("transaction {hash} was accepted but is in no block after {wait} ms"));
    tokio::time::timeout(Duration::from_millis(wait), waiter.receipt()).await.unwrap_or_else(|_| Err(timeout()))
}

pub(crate) async fn by_hash(context: Arc<Context>, params: Params<'static>) -> Result<Value, RpcError> {
    let hash = Arguments::new(&params)?.hash()?;
    whole(&context, hash).await
}

/// A transaction in a block or in the pool; null if it is in neither.
pub(crate) async fn whole(context: &Arc<Context>, hash: B256) -> Result<Value, RpcError> {
    let included = match find(context, hash).await? {
        Some(Included { block, index }) => json::transaction(&block, index)?,
        None => Value::Null,
    };
    if !included.is_null() {
        return Ok(included);
    }
    match context.client.pooled(hash).await {
        Some(transaction) => json::pending_transaction(transaction.envelope(), transaction.sender()),
        None => Ok(Value::Null),
    }
}

pub(crate) async fn receipt(context: Arc<Context>, params: Params<'static>) -> Result<Option<json::Receipt>, RpcError> {
    let hash = Arguments::new(&params)?.hash()?;
    let Some(Included { block, index }) = find(&context, hash).await? else { return Ok(None) };
    json::receipt(&block, index)
}

pub(crate) fn by_number_and_index(context: &Context, arguments: &mut Arguments<'_>) -> Result<Value, RpcError> {
    let block = blocks::by_tag(context, arguments)?;
    at_index(block, arguments)
}

pub(crate) fn by_hash_and_index(context: &Context, arguments: &mut Arguments<'_>) -> Result<Value, RpcError> {
    let block = blocks::by_block_hash(context, arguments)?;
    at_index(block, arguments)
}

fn at_index(block: Option<Arc<StoredBlock>>, arguments: &mut Arguments<'_>) -> Result<Value, RpcError> {
    let index = usize::try_from(arguments.required::<U64>()?.to::<u64>()).unwrap_or(usize::MAX);
    block.map_or(Ok(Value::Null), |block| json::transaction(&block, index))
}

async fn submit(context: &Arc<Context>, bytes: Bytes) -> Result<B256, RpcError> {
    context.take_turns().await;
    let transaction = Transaction::decode(&bytes)?;
    let hash = transaction.hash();
    context.client.submit(transaction).await?;
    Ok(hash)
}

/// The block that holds a transaction, and its place there. Memory knows nearly all that is asked for, which is new or in no block yet: only what it
/// does not know is worth another thread.
pub(super) async fn find(context: &Arc<Context>, hash: B256) -> Result<Option<Included>, RpcError> {
    match context.chain.store.find_in_memory(&hash)? {
        Lookup::Found(included) => Ok(Some(included)),
        Lookup::Unknown => Ok(None),
        Lookup::AskDisk => blocking(context, move |context| Ok(context.chain.store.find(&hash)?)).await,
    }
}
