//! The names and shapes that op-node has for what `gainsay_*` tells. Its field names are its own, and its numbers plain.

use crate::{arguments::Arguments, chain::Chain, error::RpcError, methods::Context};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, U256};
use gainsay_store::{BlockHeader, L1Block};
use serde::Serialize;

/// A block of L1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct L1BlockRef {
    hash: B256,
    number: u64,
    parent_hash: B256,
    timestamp: u64,
}

/// Number and hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct BlockId {
    hash: B256,
    number: u64,
}

/// A block of L2 and the L1 block that its newest message is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct L2BlockRef {
    hash: B256,
    number: u64,
    parent_hash: B256,
    timestamp: u64,
    l1origin: BlockId,
    /// Blocks since the one that consumed that message.
    sequence_number: u64,
}

/// How far the node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SyncStatus {
    current_l1: L1BlockRef,
    current_l1_finalized: L1BlockRef,
    head_l1: L1BlockRef,
    safe_l1: L1BlockRef,
    finalized_l1: L1BlockRef,
    unsafe_l2: L2BlockRef,
    safe_l2: L2BlockRef,
    finalized_l2: L2BlockRef,
    pending_safe_l2: L2BlockRef,
    cross_unsafe_l2: L2BlockRef,
    local_safe_l2: L2BlockRef,
}

/// The output root of a block and its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    version: B256,
    output_root: B256,
    block_ref: L2BlockRef,
    withdrawal_storage_root: B256,
    state_root: B256,
    sync_status: SyncStatus,
}

/// The chain's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RollupConfig {
    genesis: Genesis,
    block_time: u64,
    max_sequencer_drift: u64,
    seq_window_size: u64,
    channel_timeout: u64,
    l1_chain_id: u64,
    l2_chain_id: u64,
    regolith_time: u64,
    canyon_time: u64,
    delta_time: u64,
    ecotone_time: u64,
    batch_inbox_address: Address,
    deposit_contract_address: Address,
    l1_system_config_address: Address,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Genesis {
    l1: BlockId,
    l2: BlockId,
    l2_time: u64,
    system_config: SystemConfig,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SystemConfig {
    batcher_addr: Address,
    overhead: B256,
    scalar: B256,
    gas_limit: u64,
}

impl From<L1Block> for L1BlockRef {
    fn from(block: L1Block) -> Self {
        Self { hash: block.hash, number: block.number, parent_hash: block.parent_hash, timestamp: block.timestamp }
    }
}

pub(crate) fn version(context: &Context, _: &mut Arguments<'_>) -> Result<String, RpcError> {
    Ok(context.version.clone())
}

pub(crate) fn sync_status(context: &Context, _: &mut Arguments<'_>) -> Result<SyncStatus, RpcError> {
    status(context)
}

pub(crate) fn output_at_block(context: &Context, arguments: &mut Arguments<'_>) -> Result<Output, RpcError> {
    let tag = arguments.required::<BlockNumberOrTag>()?;
    let block = context.chain.header(tag.into())?;
    Ok(Output {
        version: B256::ZERO,
        output_root: block.output_root,
        block_ref: reference(context, &block)?,
        withdrawal_storage_root: block.header.withdrawals_root.unwrap_or_default(),
        state_root: block.header.state_root,
        sync_status: status(context)?,
    })
}

/// What has no counterpart here is zero.
pub(crate) fn rollup_config(context: &Context, _: &mut Arguments<'_>) -> Result<RollupConfig, RpcError> {
    let (config, deployment) = (&context.chain.config, context.l1.deployment());
    let genesis = context.chain.header(BlockNumberOrTag::Earliest.into())?;
    Ok(RollupConfig {
        genesis: Genesis {
            l1: BlockId { hash: deployment.l1_block.hash, number: deployment.l1_block.number },
            l2: BlockId { hash: genesis.header.hash(), number: 0 },
            l2_time: genesis.header.timestamp,
            system_config: SystemConfig {
                batcher_addr: deployment.batcher,
                overhead: B256::ZERO,
                scalar: scalar(config.base_fee_scalar, config.blob_base_fee_scalar),
                gas_limit: config.block_gas_limit,
            },
        },
        // Whole seconds; a block takes less here.
        block_time: config.block_time_ms.div_ceil(1_000),
        max_sequencer_drift: deployment.max_ahead,
        seq_window_size: 0,
        channel_timeout: 0,
        l1_chain_id: deployment.l1_chain_id,
        l2_chain_id: config.l2_chain_id,
        regolith_time: 0,
        canyon_time: 0,
        delta_time: 0,
        ecotone_time: 0,
        batch_inbox_address: deployment.inbox,
        deposit_contract_address: deployment.portal,
        l1_system_config_address: Address::ZERO,
    })
}

/// Ecotone's way to write both scalars: version 1, then the scalar of blobs, then that of the base fee.
fn scalar(base_fee: u32, blob_base_fee: u32) -> B256 {
    let version = U256::from(1) << 248;
    B256::from(version | (U256::from(blob_base_fee) << 32) | U256::from(base_fee))
}

fn status(context: &Context) -> Result<SyncStatus, RpcError> {
    let heads = context.chain.store.heads();
    let l1 = context.l1.heads();
    let at = |number: u64| reference(context, &context.chain.header(BlockNumberOrTag::Number(number).into())?);
    let (safe, finalized) = (at(heads.safe.l2_block_number)?, at(heads.finalized.l2_block_number)?);
    let unsafe_l2 = at(heads.latest.number)?;
    let finalized_l1 = l1.map(|heads| heads.finalized.into()).unwrap_or_default();
    Ok(SyncStatus {
        current_l1: heads.l1.map(L1BlockRef::from).unwrap_or_default(),
        current_l1_finalized: finalized_l1,
        head_l1: l1.map(|heads| heads.latest.into()).unwrap_or_default(),
        safe_l1: l1.map(|heads| heads.safe.into()).unwrap_or_default(),
        finalized_l1,
        unsafe_l2,
        safe_l2: safe,
        finalized_l2: finalized,
        pending_safe_l2: safe,
        cross_unsafe_l2: unsafe_l2,
        local_safe_l2: safe,
    })
}

fn reference(context: &Context, block: &BlockHeader) -> Result<L2BlockRef, RpcError> {
    let store = &context.chain.store;
    let l1origin = match store.message(block.deposit_index)? {
        Some(record) => BlockId { hash: record.l1_hash, number: record.message.l1_number },
        // Before the first message, or L1 has just dropped it.
        None => {
            let start = context.l1.deployment().l1_block;
            BlockId { hash: start.hash, number: start.number }
        }
    };
    let first = first_with(&context.chain, block)?;
    Ok(L2BlockRef {
        hash: block.header.hash(),
        number: block.header.number,
        parent_hash: block.header.parent_hash,
        timestamp: block.header.timestamp,
        l1origin,
        sequence_number: block.header.number.saturating_sub(first),
    })
}

/// The first block that is as far in the inbox as this one.
fn first_with(chain: &Chain, block: &BlockHeader) -> Result<u64, RpcError> {
    let (mut low, mut high) = (0, block.header.number);
    while low < high {
        let middle = low.midpoint(high);
        let reached = chain.store.header(middle)?.is_none_or(|header| header.deposit_index >= block.deposit_index);
        *(if reached { &mut high } else { &mut low }) = if reached { middle } else { middle.saturating_add(1) };
    }
    Ok(high)
}

#[cfg(test)]
mod tests {
    use super::scalar;
    use alloy_primitives::hex;

    #[test]
    fn scalars_are_written_as_ecotone_does() {
        // OP Mainnet's of 2024: base fee scalar 1368, blob base fee scalar 810949.
        let known = hex!("010000000000000000000000000000000000000000000000000c5fc500000558");
        assert_eq!(scalar(1_368, 810_949).0, known);
    }
}
