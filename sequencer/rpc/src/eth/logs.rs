//! Logs.

use crate::{arguments::Arguments, error::RpcError, json, methods::Context};
use alloy::rpc::types::{Filter, FilterBlockOption, Log};
use alloy_eips::{BlockId, BlockNumberOrTag};
use gainsay_store::BlockRecord;

pub(crate) fn get(context: &Context, arguments: &mut Arguments<'_>) -> Result<Vec<Log>, RpcError> {
    matching_filter(context, &arguments.required()?)
}

/// All logs that a filter matches, within the server's limits.
pub(super) fn matching_filter(context: &Context, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let block = context.chain.find_block(BlockId::from(hash))?.ok_or_else(|| context.chain.unknown(hash))?;
            Ok(matching(&block, filter).collect())
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
    // A number beyond the latest block is not an error: there are no logs yet.
    let number = |tag: Option<BlockNumberOrTag>| match tag.unwrap_or_default() {
        BlockNumberOrTag::Number(number) => number,
        tag => context.chain.number(tag).unwrap_or(latest),
    };
    let (from, to) = (number(from), number(to));
    if from > to {
        return Err(RpcError::InvalidParams(format!("invalid block range params: fromBlock {from} is after toBlock {to}")));
    }
    let (blocks, results) = (context.limits.log_blocks, context.limits.log_results);
    if to.min(latest).saturating_sub(from) >= blocks {
        return Err(RpcError::Limit(format!("query exceeds the range of {blocks} blocks: ask for fewer at a time")));
    }
    let mut found = Vec::new();
    for number in from..=to.min(latest) {
        let Some(header) = context.chain.store.header(number)? else { break };
        if !filter.matches_bloom(header.header.logs_bloom) {
            continue;
        }
        if let Some(block) = context.chain.store.block(number)? {
            found.extend(matching(&block, filter));
        }
        if found.len() > results {
            return Err(RpcError::Limit(format!("query has more than {results} results: ask for fewer blocks at a time")));
        }
    }
    Ok(found)
}

/// The logs of a block that a filter's addresses and topics match.
pub(crate) fn matching<'a>(block: &'a BlockRecord, filter: &'a Filter) -> impl Iterator<Item = Log> + 'a {
    let all = (0..block.transactions.len()).flat_map(|index| json::logs(block, index));
    all.filter(|log| filter.matches_address(log.inner.address) && filter.matches_topics(log.inner.topics()))
}
