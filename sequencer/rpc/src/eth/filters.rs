//! Filters that clients poll: blocks, logs and pending transactions since the last time they asked.

use super::logs;
use crate::{
    arguments::Arguments,
    cursor::Cursor,
    error::RpcError,
    limits::{exceeded, flags},
    methods::Context,
};
use alloy::rpc::types::{Filter, Log};
use alloy_primitives::{B256, U64};
use serde::Serialize;
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// A filter that nobody polls for so long is dropped.
const LIFETIME: Duration = Duration::from_secs(300);

/// All filters, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    table: Mutex<Table>,
    /// Makes ids that nobody can guess, since a filter belongs to whoever knows its id.
    ids: RandomState,
}

#[derive(Debug, Default)]
struct Table {
    filters: HashMap<u64, Arc<Mutex<Installed>>>,
    made: u64,
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    polled: Instant,
}

#[derive(Debug)]
enum Kind {
    Logs(Box<Filter>, Cursor),
    Blocks(Cursor),
    Pending(Receiver<B256>),
}

/// What a poll gives.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Changes {
    Logs(Vec<Log>),
    Hashes(Vec<B256>),
}

pub(crate) fn new_logs(context: &Context, arguments: &mut Arguments<'_>) -> Result<U64, RpcError> {
    let filter: Filter = arguments.required()?;
    install(context, Kind::Logs(Box::new(filter), Cursor::after_latest(&context.chain.store)))
}

pub(crate) fn new_blocks(context: &Context, _: &mut Arguments<'_>) -> Result<U64, RpcError> {
    install(context, Kind::Blocks(Cursor::after_latest(&context.chain.store)))
}

pub(crate) fn new_pending(context: &Context, _: &mut Arguments<'_>) -> Result<U64, RpcError> {
    install(context, Kind::Pending(context.pending.subscribe()))
}

/// What happened since the last poll.
pub(crate) fn changes(context: &Context, arguments: &mut Arguments<'_>) -> Result<Changes, RpcError> {
    let filter = find(context, arguments)?;
    let mut filter = lock(&filter);
    filter.polled = Instant::now();
    match &mut filter.kind {
        Kind::Logs(filter, cursor) => new_matching(context, filter, cursor).map(Changes::Logs),
        Kind::Blocks(cursor) => new_hashes(context, cursor).map(Changes::Hashes),
        Kind::Pending(receiver) => Ok(Changes::Hashes(waiting(receiver))),
    }
}

/// All logs of a log filter, not only the new ones.
pub(crate) fn all_logs(context: &Context, arguments: &mut Arguments<'_>) -> Result<Vec<Log>, RpcError> {
    let filter = find(context, arguments)?;
    let wanted = match &lock(&filter).kind {
        Kind::Logs(filter, _) => filter.clone(),
        Kind::Blocks(_) | Kind::Pending(_) => return Err(RpcError::Execution("filter not found".to_owned())),
    };
    logs::matching_filter(context, &wanted)
}

pub(crate) fn uninstall(context: &Context, arguments: &mut Arguments<'_>) -> Result<bool, RpcError> {
    let id = arguments.required::<U64>()?;
    Ok(lock(&context.filters.table).filters.remove(&id.to()).is_some())
}

fn install(context: &Context, kind: Kind) -> Result<U64, RpcError> {
    let (now, most) = (Instant::now(), context.limits.filters);
    let mut table = lock(&context.filters.table);
    table.filters.retain(|_, filter| now.duration_since(lock(filter).polled) < LIFETIME);
    if table.filters.len() >= most {
        let what = format!("{most} filters are installed, as many as this server keeps");
        return Err(RpcError::Limit(exceeded(&what, "try later, or subscribe over WebSocket", flags::FILTERS)));
    }
    table.made = table.made.wrapping_add(1);
    let id = context.filters.ids.hash_one(table.made);
    table.filters.insert(id, Arc::new(Mutex::new(Installed { kind, polled: now })));
    Ok(U64::from(id))
}

fn find(context: &Context, arguments: &mut Arguments<'_>) -> Result<Arc<Mutex<Installed>>, RpcError> {
    let id = arguments.required::<U64>()?;
    let found = lock(&context.filters.table).filters.get(&id.to()).cloned();
    found.ok_or_else(|| RpcError::Execution("filter not found".to_owned()))
}

/// As many blocks as give no more results than a log query may; the next poll goes on from there.
fn new_matching(context: &Context, filter: &Filter, cursor: &mut Cursor) -> Result<Vec<Log>, RpcError> {
    let mut found = Vec::new();
    while found.len() < context.limits.log_results {
        let Some(block) = cursor.advance(&context.chain.store)? else { break };
        found.extend(logs::matching(&block, filter)?);
    }
    Ok(found)
}

fn new_hashes(context: &Context, cursor: &mut Cursor) -> Result<Vec<B256>, RpcError> {
    let mut found = Vec::new();
    while found.len() < context.limits.log_results {
        let Some(block) = cursor.advance(&context.chain.store)? else { break };
        found.push(block.header().header.hash());
    }
    Ok(found)
}

/// Those that were overwritten since, because nobody polled, are left out.
fn waiting(receiver: &mut Receiver<B256>) -> Vec<B256> {
    let mut found = Vec::new();
    loop {
        match receiver.try_recv() {
            Ok(hash) => found.push(hash),
            Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return found,
        }
    }
}

/// What these locks guard is whole at any moment, so a thread that died with one does no harm.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
