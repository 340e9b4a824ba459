//! Logs.

use crate::{
    arguments::Arguments,
    at_once::BRIEF_BLOCK,
    error::RpcError,
    json,
    limits::{exceeded, flags},
    methods::Context,
};
use alloy::rpc::types::{Filter, FilterBlockOption, Log};
use alloy_eips::{BlockId, BlockNumberOrTag};
use gainsay_store::{StoredBlock, takes_time};

/// Blocks of a query that is answered at once, and bytes of what it finds.
const BRIEF_RANGE: u64 = 64;
const BRIEF_BYTES: usize = 64 << 10;

pub(crate) fn get(context: &Context, arguments: &mut Arguments<'_>) -> Result<Vec<Log>, RpcError> {
    matching_filter(context, &arguments.required()?)
}

/// All logs that a filter matches, within the server's limits.
pub(super) fn matching_filter(context: &Context, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let block = context.chain.find_block(BlockId::from(hash))?.ok_or_else(|| context.chain.unknown(hash))?;
            let found = matching(&block, filter)?;
            if found.len() > context.limits.log_results { Err(too_many(context.limits.log_results)) } else { Ok(found) }
        }
        FilterBlockOption::Range { from_block, to_block } => in_range(context, filter, from_block, to_block),
    }
}

fn in_range(
    context: &Context,
    filter: &Filter,
    from: Option<BlockNumberOrTag>,
    to: Option<BlockNumberOrTag>,
) -> Result<Vec<Log>, RpcError> {
    let latest = context.chain.store.heads().latest.number;
    let number = |tag: Option<BlockNumberOrTag>| match tag.unwrap_or_default() {
        BlockNumberOrTag::Number(number) => number,
        tag => context.chain.number(tag).unwrap_or(latest),
    };
    let (from, to) = (number(from), number(to));
    if from > to {
        return Err(RpcError::InvalidParams(format!("invalid block range params: fromBlock {from} is after toBlock {to}")));
    }
    if to > latest {
        let words = format!("block range extends beyond current head block: toBlock is {to}, the latest block here is {latest}");
        return Err(RpcError::InvalidParams(words));
    }
    let (blocks, results) = (context.limits.log_blocks, context.limits.log_results);
    if to.saturating_sub(from) >= blocks {
        let what = format!("query exceeds the range of {blocks} blocks");
        return Err(RpcError::Limit(exceeded(&what, "ask for fewer at a time", flags::LOG_BLOCKS)));
    }
    let mut found = Vec::new();
    if to.saturating_sub(from) > BRIEF_RANGE {
        takes_time()?;
    }
    for number in from..=to {
        let Some(header) = context.chain.store.header(number)? else { break };
        if !filter.matches_bloom(header.header.logs_bloom) {
            continue;
        }
        if let Some(block) = context.chain.store.stored_block(number)? {
            if block.len() > BRIEF_BLOCK {
                takes_time()?;
            }
            found.extend(matching(&block, filter)?);
            if bytes(&found) > BRIEF_BYTES {
                takes_time()?;
            }
        }
        if found.len() > results {
            return Err(too_many(results));
        }
    }
    Ok(found)
}

/// Of the logs' data, with something for the rest of each.
fn bytes(logs: &[Log]) -> usize {
    logs.iter().map(|log| log.inner.data.data.len().saturating_add(256)).sum()
}

fn too_many(results: usize) -> RpcError {
    RpcError::Limit(exceeded(&format!("query has more than {results} results"), "ask for fewer blocks at a time", flags::LOG_RESULTS))
}

/// The logs of a block that a filter's addresses and topics match.
pub(crate) fn matching(block: &StoredBlock, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    if !filter.matches_bloom(block.header().header.logs_bloom) {
        return Ok(Vec::new());
    }
    json::logs_of_block(block, |log| filter.matches_address(log.address) && filter.matches_topics(log.topics()))
}
