//! Blocks.

use crate::{arguments::Arguments, at_once::BRIEF_BLOCK, error::RpcError, json, methods::Context};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U64};
use gainsay_store::{StoredBlock, takes_time};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// A block, or the pending one.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Told {
    Block(json::Block),
    Pending(Value),
}

pub(crate) fn number(context: &Context, _: &mut Arguments<'_>) -> Result<U64, RpcError> {
    Ok(U64::from(context.chain.store.heads().latest.number))
}

pub(crate) fn by_number(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Told>, RpcError> {
    let tag: BlockNumberOrTag = arguments.required()?;
    let Some(block) = told(context.chain.find_block(tag.into())?, arguments)? else { return Ok(None) };
    if !tag.is_pending() {
        return Ok(Some(Told::Block(block)));
    }
    let mut answer = serde_json::to_value(block)?;
    // As geth has it: nothing is to be found by this hash.
    if let Value::Object(fields) = &mut answer {
        fields.extend(["hash", "nonce"].map(|field| (field.to_owned(), Value::Null)));
    }
    Ok(Some(Told::Pending(answer)))
}

pub(crate) fn by_hash(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<json::Block>, RpcError> {
    let block = by_block_hash(context, arguments)?;
    told(block, arguments)
}

/// A block with its transactions, which take long, or with their hashes.
fn told(block: Option<Arc<StoredBlock>>, arguments: &mut Arguments<'_>) -> Result<Option<json::Block>, RpcError> {
    let full = arguments.optional()?.unwrap_or(false);
    let Some(block) = block else { return Ok(None) };
    if full || block.len() > BRIEF_BLOCK {
        takes_time()?;
    }
    json::block(block, full).map(Some)
}

pub(crate) fn receipts(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Vec<json::Receipt>>, RpcError> {
    let Some(block) = context.chain.find_block(arguments.block()?)? else { return Ok(None) };
    (0..block.len()).filter_map(|index| json::receipt(&block, index).transpose()).collect::<Result<_, _>>().map(Some)
}

pub(crate) fn transaction_count_by_number(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<U64>, RpcError> {
    Ok(by_tag(context, arguments)?.map(|block| U64::from(block.len())))
}

pub(crate) fn transaction_count_by_hash(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<U64>, RpcError> {
    Ok(by_block_hash(context, arguments)?.map(|block| U64::from(block.len())))
}

/// There are no uncles.
pub(crate) fn uncle_count_by_number(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<U64>, RpcError> {
    Ok(by_tag(context, arguments)?.map(|_| U64::ZERO))
}

/// There are no uncles.
pub(crate) fn uncle_count_by_hash(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<U64>, RpcError> {
    Ok(by_block_hash(context, arguments)?.map(|_| U64::ZERO))
}

/// There are no uncles.
pub(crate) fn uncle_by_number(_: &Context, arguments: &mut Arguments<'_>) -> Result<Value, RpcError> {
    let _: (BlockNumberOrTag, U64) = (arguments.required()?, arguments.required()?);
    Ok(Value::Null)
}

/// There are no uncles.
pub(crate) fn uncle_by_hash(_: &Context, arguments: &mut Arguments<'_>) -> Result<Value, RpcError> {
    let _: (B256, U64) = (arguments.hash()?, arguments.required()?);
    Ok(Value::Null)
}

pub(super) fn by_tag(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Arc<StoredBlock>>, RpcError> {
    context.chain.find_block(BlockId::Number(arguments.required::<BlockNumberOrTag>()?))
}

pub(super) fn by_block_hash(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Arc<StoredBlock>>, RpcError> {
    context.chain.find_block(BlockId::from(arguments.hash()?))
}
