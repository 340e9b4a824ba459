//! What the node runs and what it has: `eth_config` (EIP-7910) and `eth_capabilities`.

use crate::{arguments::Arguments, error::RpcError, methods::Context};
use alloy::rpc::types::serde_helpers::quantity;
use alloy_eips::{
    BlockId, BlockNumberOrTag,
    eip2124::ForkHash,
    eip7840::BlobParams,
    eip7910::{EthConfig, EthForkConfig, SystemContract},
};
use alloy_primitives::B256;
use gainsay_types::predeploys::HISTORY_STORAGE;
use revm::precompile::Precompiles;
use serde::Serialize;
use std::collections::BTreeMap;

/// One set of rules since the genesis: none is scheduled. There are no blobs. The protocol itself calls the contract that keeps block hashes (EIP-2935).
pub(crate) fn config(context: &Context, _: &mut Arguments<'_>) -> Result<EthConfig, RpcError> {
    let genesis = context.chain.header(BlockId::Number(BlockNumberOrTag::Earliest))?;
    let precompiles = Precompiles::osaka();
    let named = precompiles.addresses().filter_map(|address| Some((precompiles.get(address)?.id().name().to_owned(), *address)));
    let current = EthForkConfig {
        activation_time: genesis.header.timestamp,
        blob_schedule: BlobParams { target_blob_count: 0, max_blob_count: 0, max_blobs_per_tx: 0, ..BlobParams::osaka() },
        chain_id: context.chain.config.l2_chain_id,
        fork_id: ForkHash::from(genesis.header.hash()).0.into(),
        precompiles: named.collect(),
        system_contracts: BTreeMap::from([(SystemContract::HistoryStorage, HISTORY_STORAGE)]),
    };
    Ok(EthConfig { current, next: None, last: None })
}

/// From which block on the node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Capabilities {
    head: Head,
    state: Kept,
    tx: Kept,
    logs: Kept,
    receipts: Kept,
    blocks: Kept,
    stateproofs: Kept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Head {
    #[serde(with = "quantity")]
    number: u64,
    hash: B256,
}

/// There is no strategy of deletion by a count of blocks: what is deleted goes by time and by L1's finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    disabled: bool,
    #[serde(with = "quantity")]
    oldest_block: u64,
}

/// Blocks and receipts are kept from the genesis on, states as long as the operator chose.
pub(crate) fn capabilities(context: &Context, _: &mut Arguments<'_>) -> Result<Capabilities, RpcError> {
    let store = &context.chain.store;
    let latest = store.heads().latest;
    let from = |oldest_block| Kept { disabled: false, oldest_block };
    let (all, states) = (from(0), from(store.oldest_state()));
    let head = Head { number: latest.number, hash: latest.hash };
    Ok(Capabilities { head, state: states, tx: all, logs: all, receipts: all, blocks: all, stateproofs: states })
}
