//! Blocks, receipts and transactions as they are hashed.

use crate::{arguments::Arguments, error::RpcError, eth::blocks, methods::Context};
use alloy_consensus::Header;
use alloy_eips::{BlockId, eip2718::Encodable2718 as _};
use alloy_primitives::{Bytes, U64};
use alloy_rlp::{EMPTY_LIST_CODE, Encodable as _};
use gainsay_store::{Included, StoredBlock};
use jsonrpsee::types::Params;
use std::sync::Arc;

pub(crate) fn header(context: &Context, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    let block = existing(context, arguments.required()?)?;
    Ok(alloy_rlp::encode(block.header().header.inner()).into())
}

pub(crate) fn block(context: &Context, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    let block = existing(context, arguments.required()?)?;
    let mut transactions = Vec::new();
    for index in 0..block.len() {
        let raw = block.raw(index)?.unwrap_or_default();
        // A legacy transaction is a list already; one with a type goes in as a string.
        if raw.first().is_some_and(|first| *first >= EMPTY_LIST_CODE) {
            transactions.extend_from_slice(&raw);
        } else {
            raw.encode(&mut transactions);
        }
    }
    Ok(encoded_block(block.header().header.inner(), &transactions).into())
}

/// A list of header, transactions, no ommers and no withdrawals.
fn encoded_block(header: &Header, transactions: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(transactions.len().saturating_add(1024));
    header.encode(&mut body);
    list(transactions).into_iter().for_each(|part| body.extend_from_slice(&part));
    body.extend_from_slice(&[EMPTY_LIST_CODE, EMPTY_LIST_CODE]);
    list(&body).concat()
}

fn list(payload: &[u8]) -> [Vec<u8>; 2] {
    let mut head = Vec::new();
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut head);
    [head, payload.to_vec()]
}

pub(crate) fn receipts(context: &Context, arguments: &mut Arguments<'_>) -> Result<Vec<Bytes>, RpcError> {
    let block = existing(context, arguments.required()?)?;
    block.transactions().map(|record| Ok(record?.receipt.encoded_2718().into())).collect()
}

/// Of a block or of the pool; empty if the transaction is in neither.
pub(crate) async fn transaction(context: Arc<Context>, params: Params<'static>) -> Result<Bytes, RpcError> {
    let hash = Arguments::new(&params)?.hash()?;
    if let Some(Included { block, index }) = super::transactions::find(&context, hash).await? {
        return Ok(block.raw(index)?.unwrap_or_default());
    }
    let pooled = context.client.pooled(hash).await;
    Ok(pooled.map(|transaction| transaction.transaction().encode().into()).unwrap_or_default())
}

/// The transaction at a place of a block; empty if there is none.
pub(crate) fn transaction_by_number(context: &Context, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    at_index(blocks::by_tag(context, arguments)?, arguments)
}

/// The transaction at a place of a block; empty if there is none.
pub(crate) fn transaction_by_block_hash(context: &Context, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    at_index(blocks::by_block_hash(context, arguments)?, arguments)
}

fn at_index(block: Option<Arc<StoredBlock>>, arguments: &mut Arguments<'_>) -> Result<Bytes, RpcError> {
    let index = usize::try_from(arguments.required::<U64>()?.to::<u64>()).unwrap_or(usize::MAX);
    let raw = block.map(|block| block.raw(index)).transpose()?;
    Ok(raw.flatten().unwrap_or_default())
}

fn existing(context: &Context, id: BlockId) -> Result<Arc<StoredBlock>, RpcError> {
    context.chain.find_block(id)?.ok_or_else(|| context.chain.unknown(id))
}
