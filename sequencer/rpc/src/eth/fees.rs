//! What gas costs.

use crate::{arguments::Arguments, error::RpcError, methods::Context};
use alloy::rpc::types::FeeHistory;
use alloy_consensus::Transaction as _;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{U64, U128};
use gainsay_store::{StoredBlock, TransactionRecord, takes_time};

/// A tip that suffices while blocks have room, wei per gas.
const LEAST_TIP: u128 = 1_000_000;
/// Blocks that the suggestion looks back at.
const LOOK_BACK: u64 = 10;
/// The tip suggested in busy times is that of this part of the recent transactions, per cent.
const SUGGESTED_PERCENTILE: usize = 60;
/// Blocks of one fee history.
const MAX_HISTORY: u64 = 1024;
/// Percentiles of one fee history.
const MAX_PERCENTILES: usize = 100;

pub(crate) fn gas_price(context: &Context, _: &mut Arguments<'_>) -> Result<U128, RpcError> {
    let latest = context.chain.header(BlockId::Number(BlockNumberOrTag::Latest))?;
    let base_fee = u128::from(context.chain.base_fee_after(&latest.header));
    Ok(U128::from(base_fee.saturating_add(suggested_tip(context)?)))
}

pub(crate) fn priority_fee(context: &Context, _: &mut Arguments<'_>) -> Result<U128, RpcError> {
    Ok(U128::from(suggested_tip(context)?))
}

/// The base fee of the next block, wei per gas.
pub(crate) fn base_fee(context: &Context, _: &mut Arguments<'_>) -> Result<U64, RpcError> {
    let latest = context.chain.header(BlockId::Number(BlockNumberOrTag::Latest))?;
    Ok(U64::from(context.chain.base_fee_after(&latest.header)))
}

/// There are no blobs on this chain; their base fee is always 1.
pub(crate) fn blob_base_fee(_: &Context, _: &mut Arguments<'_>) -> Result<U64, RpcError> {
    Ok(U64::from(1))
}

/// While the latest block is at most half as full as its target allows, the least; else what most of the recent transactions paid.
fn suggested_tip(context: &Context) -> Result<u128, RpcError> {
    let latest = context.chain.header(BlockId::Number(BlockNumberOrTag::Latest))?;
    if latest.header.gas_used <= context.chain.config.gas_target / 2 {
        return Ok(LEAST_TIP);
    }
    takes_time()?;
    let mut tips = Vec::new();
    for number in latest.header.number.saturating_sub(LOOK_BACK.saturating_sub(1))..=latest.header.number {
        if let Some(block) = context.chain.store.stored_block(number)? {
            tips.extend(paid_tips(&block)?.into_iter().map(|(tip, _)| tip));
        }
    }
    tips.sort_unstable();
    let at = tips.len().saturating_mul(SUGGESTED_PERCENTILE) / 100;
    Ok(tips.get(at).copied().unwrap_or_default().max(LEAST_TIP))
}

pub(crate) fn history(context: &Context, arguments: &mut Arguments<'_>) -> Result<FeeHistory, RpcError> {
    let count = arguments.required::<U64>()?.to::<u64>().min(MAX_HISTORY);
    let newest: BlockNumberOrTag = arguments.required()?;
    let newest = context.chain.number(newest).ok_or_else(|| beyond_head(newest, context.chain.store.heads().latest.number))?;
    let percentiles = checked_percentiles(arguments.optional()?)?;
    if count == 0 {
        return Ok(FeeHistory::default());
    }
    let count = count.min(newest.saturating_add(1));
    let oldest = newest.saturating_add(1).saturating_sub(count);
    let mut history = FeeHistory { oldest_block: oldest, reward: percentiles.as_ref().map(|_| Vec::new()), ..FeeHistory::default() };
    let mut next_base_fee = None;
    for number in oldest..oldest.saturating_add(count) {
        let unknown = || context.chain.unknown(number);
        let block = context.chain.store.header(number)?.ok_or_else(unknown)?;
        let header = block.header.inner();
        history.base_fee_per_gas.push(u128::from(header.base_fee_per_gas.unwrap_or_default()));
        history.gas_used_ratio.push(header.gas_used as f64 / header.gas_limit.max(1) as f64);
        history.base_fee_per_blob_gas.push(1);
        history.blob_gas_used_ratio.push(0.0);
        next_base_fee = Some(context.chain.base_fee_after(header));
        if let (Some(rewards), Some(percentiles)) = (&mut history.reward, &percentiles) {
            let block = context.chain.store.stored_block(number)?.ok_or_else(unknown)?;
            rewards.push(rewards_at(&block, percentiles)?);
        }
    }
    if let Some(base_fee) = next_base_fee {
        history.base_fee_per_gas.push(u128::from(base_fee));
        history.base_fee_per_blob_gas.push(1);
    }
    Ok(history)
}

fn beyond_head(requested: BlockNumberOrTag, head: u64) -> RpcError {
    let requested = requested.as_number().unwrap_or_default();
    RpcError::Execution(format!("request beyond head block: requested {requested}, head {head}"))
}

/// In geth's words.
fn checked_percentiles(percentiles: Option<Vec<f64>>) -> Result<Option<Vec<f64>>, RpcError> {
    let Some(percentiles) = percentiles.filter(|percentiles| !percentiles.is_empty()) else { return Ok(None) };
    let invalid = |what: String| Err(RpcError::Execution(format!("invalid reward percentile: {what}")));
    if percentiles.len() > MAX_PERCENTILES {
        return invalid(format!("over the query limit {MAX_PERCENTILES}"));
    }
    if let Some(outside) = percentiles.iter().find(|part| !(0.0..=100.0).contains(*part)) {
        return invalid(format!("{outside:.6}"));
    }
    for (place, pair) in (0usize..).zip(percentiles.windows(2)) {
        if let [before, after] = pair
            && before >= after
        {
            return invalid(format!("#{place}:{before:.6} >= #{}:{after:.6}", place.saturating_add(1)));
        }
    }
    Ok(Some(percentiles))
}

/// The tips below which those parts of the block's gas were used.
fn rewards_at(block: &StoredBlock, percentiles: &[f64]) -> Result<Vec<u128>, RpcError> {
    let mut tips = paid_tips(block)?;
    tips.sort_unstable();
    let total: u64 = tips.iter().map(|(_, gas)| gas).sum();
    let reward = |percentile: &f64| {
        let threshold = total as f64 * percentile / 100.0;
        let mut used = 0u64;
        let reached = tips.iter().find(|(_, gas)| {
            used = used.saturating_add(*gas);
            used as f64 >= threshold
        });
        reached.or(tips.last()).map_or(0, |(tip, _)| *tip)
    };
    Ok(percentiles.iter().map(reward).collect())
}

/// Tip and gas used of each user transaction.
fn paid_tips(block: &StoredBlock) -> Result<Vec<(u128, u64)>, RpcError> {
    let base_fee = block.header().header.base_fee_per_gas.unwrap_or_default();
    let mut tips = Vec::with_capacity(block.len());
    for record in block.transactions() {
        let TransactionRecord { transaction, gas_used, .. } = record?;
        if let Some(tip) = transaction.effective_tip_per_gas(base_fee).filter(|_| !transaction.is_deposit()) {
            tips.push((tip, gas_used));
        }
    }
    Ok(tips)
}
