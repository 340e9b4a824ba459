//! Blocks.

use crate::{arguments::Arguments, chain::l1_fee_parameters, error::RpcError, json, methods::Context};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U64};
use gainsay_store::BlockRecord;
use serde_json::Value;

pub(crate) fn number(context: &Context, _: &mut Arguments<'_>) -> Result<U64, RpcError> {
    Ok(U64::from(context.chain.store.heads().latest.number))
}

pub(crate) fn by_number(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Value>, RpcError> {
    let block = by_tag(context, arguments)?;
    let full = arguments.optional()?.unwrap_or(false);
    block.map(|block| json::block(&block, full)).transpose()
}

pub(crate) fn by_hash(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Value>, RpcError> {
    let block = by_block_hash(context, arguments)?;
    let full = arguments.optional()?.unwrap_or(false);
    block.map(|block| json::block(&block, full)).transpose()
}

pub(crate) fn receipts(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Vec<json::Receipt>>, RpcError> {
    let Some(record) = context.chain.find_block(arguments.block()?)? else { return Ok(None) };
    let state = context.chain.store.state_at(record.header.number)?;
    let l1 = state.as_ref().map(l1_fee_parameters).transpose()?;
    Ok(Some((0..record.transactions.len()).filter_map(|index| json::receipt(&record, index, l1.as_ref())).collect()))
}

pub(crate) fn transaction_count_by_number(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<U64>, RpcError> {
    Ok(by_tag(context, arguments)?.map(|block| U64::from(block.transactions.len())))
}

pub(crate) fn transaction_count_by_hash(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<U64>, RpcError> {
    Ok(by_block_hash(context, arguments)?.map(|block| U64::from(block.transactions.len())))
}

/// There are no uncles.
pub(crate) fn uncle_count_by_number(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<U64>, RpcError> {
    Ok(by_tag(context, arguments)?.map(|_| U64::ZERO))
}

/// There are no uncles.
pub(crate) fn uncle_count_by_hash(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<U64>, RpcError> {
    Ok(by_block_hash(context, arguments)?.map(|_| U64::ZERO))
}

pub(super) fn by_tag(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<BlockRecord>, RpcError> {
    context.chain.find_block(BlockId::Number(arguments.required::<BlockNumberOrTag>()?))
}

pub(super) fn by_block_hash(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<BlockRecord>, RpcError> {
    context.chain.find_block(BlockId::from(arguments.required::<B256>()?))
}
