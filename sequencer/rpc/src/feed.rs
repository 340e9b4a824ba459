//! The feed of blocks that followers read.

use crate::error::RpcError;
use alloy::rpc::types::serde_helpers::quantity;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes};
use gainsay_store::{BlockRecord, Store};
use serde::{Deserialize, Serialize};

/// A block as the sequencer announces it: what is needed to execute it again, and the hash that has to come out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedBlock {
    /// Number of the block.
    #[serde(with = "quantity")]
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Hash of the block before it. When it is not that of the block announced last, the sequencer rolled its chain back.
    pub parent_hash: B256,
    /// Its time, milliseconds since the Unix epoch.
    #[serde(with = "quantity")]
    pub timestamp_ms: u64,
    /// Index of the first message that it consumes (or would consume).
    #[serde(with = "quantity")]
    pub deposit_first: u64,
    /// How many it consumes.
    #[serde(with = "quantity")]
    pub deposit_count: u64,
    /// `depositAcc` after them: whoever has another one reads another L1 fork than the sequencer.
    pub deposit_acc: B256,
    /// User transactions, EIP-2718 bytes.
    pub transactions: Vec<Bytes>,
}

impl FeedBlock {
    /// From a stored block; none if a rollback has just replaced the block before it.
    pub(crate) fn new(store: &Store, record: &BlockRecord) -> Result<Option<Self>, RpcError> {
        let before = match record.header.number.checked_sub(1) {
            Some(parent) => match store.header(parent)?.filter(|parent| parent.header.hash() == record.header.parent_hash) {
                Some(parent) => parent.deposit_index,
                None => return Ok(None),
            },
            None => 0,
        };
        Ok(Some(Self {
            number: record.header.number,
            hash: record.header.hash(),
            parent_hash: record.header.parent_hash,
            timestamp_ms: record.time().0,
            deposit_first: before.saturating_add(1),
            deposit_count: record.deposit_index.saturating_sub(before),
            deposit_acc: store.deposit_acc(record.deposit_index)?,
            transactions: record.user_transactions().map(|transaction| transaction.encoded_2718().into()).collect(),
        }))
    }
}
