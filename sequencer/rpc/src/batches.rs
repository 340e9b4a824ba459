//! Batches: where the chain's blocks are on L1.

use crate::{arguments::Arguments, error::RpcError, methods::Context};
use alloy::rpc::types::serde_helpers::quantity;
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{B256, U64};
use gainsay_store::{BatchData, BatchRecord};
use gainsay_types::BatchKind;
use serde::{Deserialize, Serialize};

/// A batch of the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// Position in the inbox, from 1.
    #[serde(with = "quantity")]
    pub index: u64,
    /// Where its payload is.
    pub kind: Payload,
    /// `batchAcc` after it.
    pub acc: B256,
    /// What the Inbox commits to of the payload.
    pub payload_hash: B256,
    /// Versioned hashes of its blobs; empty without blobs.
    pub blob_versioned_hashes: Vec<B256>,
    /// Messages consumed once this batch is through.
    #[serde(with = "quantity")]
    pub deposit_count: u64,
    /// The L1 block that holds it.
    #[serde(with = "quantity")]
    pub l1_block_number: u64,
    /// Its hash.
    pub l1_block_hash: B256,
    /// Its timestamp, seconds.
    #[serde(with = "quantity")]
    pub l1_block_timestamp: u64,
    /// How far it is.
    pub status: BatchStatus,
    /// First and last block derived from it; null if it made none, or is not derived.
    pub blocks: Option<Blocks>,
}

/// Blocks in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// The first.
    #[serde(with = "quantity")]
    pub first: u64,
    /// The last.
    #[serde(with = "quantity")]
    pub last: u64,
}

/// Where a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Payload {
    /// In blobs.
    Blobs,
    /// In calldata.
    Calldata,
    /// There is none: anyone forced deposits in.
    Forced,
}

/// How far a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BatchStatus {
    /// Read from L1, not derived.
    Read,
    /// Its blocks are safe.
    Derived,
    /// Its blocks are final.
    Finalized,
}

/// By its position; null if this node has read no such batch.
pub(crate) fn by_index(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Batch>, RpcError> {
    find(context, arguments.required::<U64>()?.to())
}

/// The batch that a block was derived from; null while it is not on L1, and for the first block.
pub(crate) fn of_block(context: &Context, arguments: &mut Arguments<'_>) -> Result<Option<Batch>, RpcError> {
    let tag = arguments.required::<BlockNumberOrTag>()?;
    let number = context.chain.number(tag).ok_or_else(|| context.chain.unknown(tag))?;
    let store = &context.chain.store;
    let Some(before) = store.step_at_block(number)?.and_then(|step| step.checked_sub(1)) else { return Ok(None) };
    let Some(state) = store.step(before)? else { return Ok(None) };
    find(context, state.batch_index.saturating_add(1))
}

fn find(context: &Context, index: u64) -> Result<Option<Batch>, RpcError> {
    let store = &context.chain.store;
    let Some(before) = index.checked_sub(1) else { return Ok(None) };
    let Some(BatchRecord { header, acc, data, l1_hash }) = store.batch(index)? else { return Ok(None) };
    let heads = store.heads();
    let status = match index {
        index if index <= heads.finalized.batch_index => BatchStatus::Finalized,
        index if index <= heads.safe.batch_index => BatchStatus::Derived,
        _ => BatchStatus::Read,
    };
    Ok(Some(Batch {
        index,
        kind: match header.kind {
            BatchKind::Blobs => Payload::Blobs,
            BatchKind::Calldata => Payload::Calldata,
            BatchKind::Forced => Payload::Forced,
        },
        acc,
        payload_hash: header.payload_hash,
        blob_versioned_hashes: if let BatchData::Blobs(hashes) = data { hashes } else { Vec::new() },
        deposit_count: header.deposit_count,
        l1_block_number: header.l1_number,
        l1_block_hash: l1_hash,
        l1_block_timestamp: header.l1_time,
        status,
        blocks: if status == BatchStatus::Read { None } else { blocks(context, before, index)? },
    }))
}

/// What came between the end of one batch and the end of the next.
fn blocks(context: &Context, before: u64, index: u64) -> Result<Option<Blocks>, RpcError> {
    let latest_after = |batch: u64| -> Result<Option<u64>, RpcError> {
        let Some(step) = context.chain.store.step_at_batch(batch)? else { return Ok(None) };
        Ok(context.chain.store.step(step)?.map(|state| state.l2_block_number))
    };
    let (Some(before), Some(last)) = (latest_after(before)?, latest_after(index)?) else { return Ok(None) };
    let first = before.saturating_add(1);
    Ok((first <= last).then_some(Blocks { first, last }))
}
