//! What waits in the pool.

use crate::{
    arguments::Arguments,
    error::RpcError,
    json,
    methods::{Context, blocking},
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, U64};
use gainsay_pool::{Content, Pooled};
use jsonrpsee::types::Params;
use serde::Serialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};

/// Transactions that one answer lists.
const MAX_LISTED: usize = 10_000;
/// Bytes of all of them, encoded.
const MAX_LISTED_BYTES: usize = 16 << 20;

/// What can be executed next, and what waits for a nonce that is missing.
#[derive(Debug, Serialize)]
pub(crate) struct Both<T> {
    pending: T,
    queued: T,
}

/// By sender, and then by nonce.
type BySender = BTreeMap<String, Value>;

pub(crate) async fn status(context: Arc<Context>, _: Params<'static>) -> Result<Both<U64>, RpcError> {
    let size = context.client.pool_size().await;
    Ok(Both { pending: U64::from(size.ready), queued: U64::from(size.future) })
}

/// All transactions, whole.
pub(crate) async fn content(context: Arc<Context>, _: Params<'static>) -> Result<Both<BySender>, RpcError> {
    list(&context, None, whole).await
}

/// All transactions, a line for each.
pub(crate) async fn inspect(context: Arc<Context>, _: Params<'static>) -> Result<Both<BySender>, RpcError> {
    list(&context, None, |pooled| Ok(Value::String(line(pooled)))).await
}

/// The transactions of one account, whole, by nonce.
pub(crate) async fn content_from(context: Arc<Context>, params: Params<'static>) -> Result<Both<Value>, RpcError> {
    let sender = Arguments::new(&params)?.required::<Address>()?;
    let Both { mut pending, mut queued } = list(&context, Some(sender), whole).await?;
    let take = |found: &mut BySender| found.remove(&sender.to_string()).unwrap_or_else(|| Value::Object(Map::new()));
    Ok(Both { pending: take(&mut pending), queued: take(&mut queued) })
}

async fn list(
    context: &Arc<Context>,
    of: Option<Address>,
    show: fn(&Pooled) -> Result<Value, RpcError>,
) -> Result<Both<BySender>, RpcError> {
    let content = context.client.pool_content(of).await;
    blocking(context, move |_| {
        check_size(&content)?;
        Ok(Both { pending: by_sender(&content.ready, show)?, queued: by_sender(&content.future, show)? })
    })
    .await
}

fn check_size(content: &Content) -> Result<(), RpcError> {
    let all = || content.ready.values().chain(content.future.values()).flatten();
    let bytes: usize = all().map(|pooled| pooled.size()).sum();
    if all().count() > MAX_LISTED || bytes > MAX_LISTED_BYTES {
        return Err(RpcError::Limit(format!(
            "more than {MAX_LISTED} transactions or {MAX_LISTED_BYTES} bytes wait in the pool: ask txpool_contentFrom for those of one account"
        )));
    }
    Ok(())
}

fn by_sender(found: &BTreeMap<Address, Vec<Arc<Pooled>>>, show: fn(&Pooled) -> Result<Value, RpcError>) -> Result<BySender, RpcError> {
    let of_sender = |transactions: &[Arc<Pooled>]| {
        let each = transactions.iter().map(|pooled| Ok((pooled.nonce().to_string(), show(pooled)?)));
        each.collect::<Result<Map<_, _>, RpcError>>().map(Value::Object)
    };
    found.iter().map(|(sender, transactions)| Ok((sender.to_string(), of_sender(transactions)?))).collect()
}

fn whole(pooled: &Pooled) -> Result<Value, RpcError> {
    json::pending_transaction(pooled.transaction().envelope(), pooled.sender())
}

/// As geth words it.
fn line(pooled: &Pooled) -> String {
    let envelope = pooled.transaction().envelope();
    let to = envelope.to().map_or_else(|| "contract creation".to_owned(), |to| to.to_string());
    format!("{to}: {} wei + {} gas × {} wei", envelope.value(), envelope.gas_limit(), envelope.max_fee_per_gas())
}
