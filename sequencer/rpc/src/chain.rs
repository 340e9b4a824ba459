//! Reading the chain in the terms of a request.

use crate::error::RpcError;
use alloy_consensus::Header;
use alloy_eips::{BlockId, BlockNumberOrTag};
use gainsay_execute::next_base_fee;
use gainsay_store::{BlockHeader, StateReader, Store, StoredBlock};
use gainsay_types::{ChainConfig, Millis};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// The store and the chain's parameters.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) store: Store,
    pub(crate) config: Arc<ChainConfig>,
}

impl Chain {
    /// Number of the block that a tag or a number names; none if there is no such block yet.
    pub(crate) fn number(&self, tag: BlockNumberOrTag) -> Option<u64> {
        let heads = self.store.heads();
        match tag {
            BlockNumberOrTag::Latest | BlockNumberOrTag::Pending => Some(heads.latest.number),
            BlockNumberOrTag::Safe => Some(heads.safe_head().number),
            BlockNumberOrTag::Finalized => Some(heads.finalized_head().number),
            BlockNumberOrTag::Earliest => Some(0),
            BlockNumberOrTag::Number(number) => (number <= heads.latest.number).then_some(number),
        }
    }

    /// Number of a block; none if it is unknown.
    pub(crate) fn find(&self, id: BlockId) -> Result<Option<u64>, RpcError> {
        match id {
            BlockId::Hash(hash) => Ok(self.store.block_number(&hash.block_hash)?),
            BlockId::Number(tag) => Ok(self.number(tag)),
        }
    }

    pub(crate) fn find_block(&self, id: BlockId) -> Result<Option<Arc<StoredBlock>>, RpcError> {
        let Some(number) = self.find(id)? else { return Ok(None) };
        Ok(self.store.stored_block(number)?)
    }

    pub(crate) fn header(&self, id: BlockId) -> Result<BlockHeader, RpcError> {
        let number = self.find(id)?.ok_or_else(|| self.unknown(id))?;
        self.store.header(number)?.ok_or_else(|| self.unknown(id))
    }

    /// State after a block.
    pub(crate) fn state(&self, id: BlockId) -> Result<StateReader, RpcError> {
        if let BlockId::Number(BlockNumberOrTag::Latest | BlockNumberOrTag::Pending) = id {
            return Ok(self.store.latest_state()?);
        }
        let number = self.find(id)?.ok_or_else(|| self.unknown(id))?;
        self.store.state_at(number)?.ok_or_else(|| self.unknown(id))
    }

    /// For a block that is not there.
    pub(crate) fn unknown(&self, block: impl Into<BlockId>) -> RpcError {
        RpcError::UnknownBlock { block: block.into(), latest: self.store.heads().latest.number }
    }

    /// The header of a block to come on top of this one: next number, time, base fee.
    pub(crate) fn next_header(&self, parent: &BlockHeader) -> Header {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        let time = Millis(now).max(parent.time().plus(self.config.block_time_ms));
        Header {
            parent_hash: parent.header.hash(),
            number: parent.header.number.saturating_add(1),
            timestamp: time.secs(),
            extra_data: time.extra_data().into(),
            base_fee_per_gas: Some(self.base_fee_after(&parent.header)),
            gas_used: 0,
            ..parent.header.inner().clone()
        }
    }

    /// Base fee of the block after one, wei per gas.
    pub(crate) fn base_fee_after(&self, header: &Header) -> u64 {
        next_base_fee(&self.config, header.gas_used, header.base_fee_per_gas.unwrap_or_default())
    }
}
