//! Transactions: sending, finding, receipts.

use crate::{
    arguments::Arguments,
    chain::l1_fee_parameters,
    error::RpcError,
    eth::blocks,
    json,
    methods::{Context, blocking},
};
use alloy_primitives::{B256, Bytes, U64};
use gainsay_store::BlockRecord;
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
    let mut latest = context.latest.clone();
    let hash = submit(&context, bytes).await?;
    let included = async {
        loop {
            latest.mark_unchanged();
            if let Some(receipt) = blocking(&context, move |context| find_receipt(context, hash)).await? {
                return Ok(receipt);
            }
            latest.changed().await.map_err(|_| RpcError::Stopping)?;
        }
    };
    let timeout = || RpcError::Execution(format!("transaction {hash} was accepted but is in no block after {wait} ms"));
    tokio::time::timeout(Duration::from_millis(wait), included).await.unwrap_or_else(|_| Err(timeout()))
}

pub(crate) async fn by_hash(context: Arc<Context>, params: Params<'static>) -> Result<Value, RpcError> {
    let hash = Arguments::new(&params)?.required::<B256>()?;
    let included = move |context: &Context| match find(context, hash)? {
        Some((record, index)) => json::transaction(&record, index).map(Some),
        None => Ok(None),
    };
    if let Some(transaction) = blocking(&context, included).await? {
        return Ok(transaction);
    }
    match context.client.pooled(hash).await {
        Some(transaction) => json::pending_transaction(transaction.envelope(), transaction.sender()),
        None => Ok(Value::Null),
    }
}

pub(crate) fn receipt(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<json::Receipt>, RpcError> {
    find_receipt(context, arguments.required()?)
}

pub(crate) fn by_number_and_index(context: &Context, arguments: &mut Arguments<'_>) -> Result<Value, RpcError> {
    let block = blocks::by_tag(context, arguments)?;
    at_index(block, arguments)
}

pub(crate) fn by_hash_and_index(context: &Context, arguments: &mut Arguments<'_>) -> Result<Value, RpcError> {
    let block = blocks::by_block_hash(context, arguments)?;
    at_index(block, arguments)
}

fn at_index(block: Option<BlockRecord>, arguments: &mut Arguments<'_>) -> Result<Value, RpcError> {
    let index = usize::try_from(arguments.required::<U64>()?.to::<u64>()).unwrap_or(usize::MAX);
    block.map_or(Ok(Value::Null), |block| json::transaction(&block, index))
}

/// The signature is checked right here: that takes some 30 microseconds, and handing it to another thread as many more.
async fn submit(context: &Arc<Context>, bytes: Bytes) -> Result<B256, RpcError> {
    let transaction = Transaction::decode(&bytes)?.recover()?;
    let hash = transaction.transaction().hash();
    context.client.submit(transaction).await?;
    Ok(hash)
}

/// The block that holds a transaction, and its place there.
fn find(context: &Context, hash: B256) -> Result<Option<(BlockRecord, usize)>, RpcError> {
    let Some(location) = context.chain.store.transaction(&hash)? else { return Ok(None) };
    let index = usize::try_from(location.index).unwrap_or(usize::MAX);
    // Between the two reads a rollback may have put another block there.
    let is_there = |block: &BlockRecord| block.transactions.get(index).is_some_and(|found| found.tx_hash() == hash);
    let block = context.chain.store.block(location.block)?;
    Ok(block.filter(is_there).map(|block| (block, index)))
}

fn find_receipt(context: &Context, hash: B256) -> Result<Option<json::Receipt>, RpcError> {
    let Some((record, index)) = find(context, hash)? else { return Ok(None) };
    let state = context.chain.store.state_at(record.header.number)?;
    let l1 = state.as_ref().map(l1_fee_parameters).transpose()?;
    Ok(json::receipt(&record, index, l1.as_ref()))
}
