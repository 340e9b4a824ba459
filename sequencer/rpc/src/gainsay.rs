//! The node's own namespace.

use crate::{arguments::Arguments, error::RpcError, methods::Context};
use alloy::rpc::types::serde_helpers::quantity;
use alloy_eips::{BlockNumHash, BlockNumberOrTag};
use alloy_primitives::{B256, U64};
use gainsay_chain::witness::{step_of_block, witness};
use gainsay_trace::Witness;
use gainsay_types::{ChainConfig, State};
use serde::{Deserialize, Serialize};

/// Number and hash of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRef {
    /// Number.
    #[serde(with = "quantity")]
    pub number: u64,
    /// Hash.
    pub hash: B256,
}

impl From<BlockNumHash> for BlockRef {
    fn from(id: BlockNumHash) -> Self {
        Self { number: id.number, hash: id.hash }
    }
}

/// How far the node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    /// The sequencer's word.
    pub latest: BlockRef,
    /// Derived from the inbox.
    pub safe: BlockRef,
    /// Derived from finalised L1.
    pub finalized: BlockRef,
    /// The safe cursor, as assertions claim it. Its numbers are plain, as in the bindings of the protocol.
    pub safe_state: State,
    /// The newest L1 block that was read; none before the first.
    pub l1: Option<BlockRef>,
    /// Number of the newest finalised L1 block heard of.
    #[serde(with = "quantity")]
    pub l1_finalized: u64,
    /// Batches read from the inbox.
    #[serde(with = "quantity")]
    pub batches: u64,
    /// Messages read from the inbox.
    #[serde(with = "quantity")]
    pub messages: u64,
}

/// The output root of a block and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The block.
    pub block: BlockRef,
    /// Output root, version 0.
    pub output_root: B256,
    /// Root of the state.
    pub state_root: B256,
    /// Root of the message passer's storage.
    pub message_passer_storage_root: B256,
    /// Messages consumed up to and including this block.
    #[serde(with = "quantity")]
    pub deposit_index: u64,
}

/// The chain's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigInfo {
    /// The hash that the Rollup contract holds.
    pub config_hash: B256,
    /// The parameters, as in the chain's configuration file.
    pub config: ChainConfig,
}

pub(crate) fn sync_status(context: &Context, _: &mut Arguments<'_>) -> Result<SyncStatus, RpcError> {
    let heads = context.chain.store.heads();
    Ok(SyncStatus {
        latest: heads.latest.into(),
        safe: heads.safe_head().into(),
        finalized: heads.finalized_head().into(),
        safe_state: heads.safe,
        l1: heads.l1.map(|block| BlockRef { number: block.number, hash: block.hash }),
        l1_finalized: heads.l1_finalized,
        batches: heads.batches,
        messages: heads.messages,
    })
}

pub(crate) fn output_at_block(context: &Context, arguments: &mut Arguments<'_>) -> Result<Output, RpcError> {
    let tag = arguments.optional::<BlockNumberOrTag>()?.unwrap_or_default();
    let block = context.chain.header(tag.into())?;
    Ok(Output {
        block: BlockRef { number: block.header.number, hash: block.header.hash() },
        output_root: block.output_root,
        state_root: block.header.state_root,
        message_passer_storage_root: block.header.withdrawals_root.unwrap_or_default(),
        deposit_index: block.deposit_index,
    })
}

pub(crate) fn config(context: &Context, _: &mut Arguments<'_>) -> Result<ConfigInfo, RpcError> {
    let config = (*context.chain.config).clone();
    Ok(ConfigInfo { config_hash: config.hash(), config })
}

/// What the block step reads that made a block.
pub(crate) fn witness_of_block(context: &Context, arguments: &mut Arguments<'_>) -> Result<Witness, RpcError> {
    let tag = arguments.required::<BlockNumberOrTag>()?;
    let number = context.chain.number(tag).ok_or_else(|| context.chain.unknown(tag))?;
    of_step(context, step_of_block(&context.chain.store, number)?)
}

/// What a block step reads, also one that makes no block.
pub(crate) fn witness_of_step(context: &Context, arguments: &mut Arguments<'_>) -> Result<Witness, RpcError> {
    of_step(context, arguments.required::<U64>()?.to())
}

fn of_step(context: &Context, index: u64) -> Result<Witness, RpcError> {
    Ok(witness(&context.chain.store, &context.chain.config, index, context.limits.witness_bytes)?)
}
