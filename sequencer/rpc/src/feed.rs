//! The feed of blocks that followers read.

use crate::error::RpcError;
use alloy::rpc::types::serde_helpers::quantity;
use alloy_primitives::{B256, Bytes};
use gainsay_store::{BlockHeader, Store, StoredBlock};
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
    pub(crate) fn new(store: &Store, block: &StoredBlock) -> Result<Option<Self>, RpcError> {
        let BlockHeader { header, deposit_index, .. } = block.header();
        let before = match header.number.checked_sub(1) {
            Some(parent) => match store.header(parent)?.filter(|parent| parent.header.hash() == header.parent_hash) {
                Some(parent) => parent.deposit_index,
                None => return Ok(None),
            },
            None => 0,
        };
        let users = block.deposits()?..block.len();
        Ok(Some(Self {
            number: header.number,
            hash: header.hash(),
            parent_hash: header.parent_hash,
            timestamp_ms: block.time().0,
            deposit_first: before.saturating_add(1),
            deposit_count: deposit_index.saturating_sub(before),
            deposit_acc: store.deposit_acc(*deposit_index)?,
            transactions: users.filter_map(|index| block.raw(index).transpose()).collect::<Result<_, _>>()?,
        }))
    }
}
