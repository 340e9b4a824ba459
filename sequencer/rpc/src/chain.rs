//! Reading the chain in the terms of a request.

use crate::{
    error::RpcError,
    pending::{PendingBlocks, StateAt},
    shown_block::ShownBlock,
};
use alloy_consensus::Header;
use alloy_eips::{BlockId, BlockNumberOrTag};
use gainsay_execute::next_base_fee;
use gainsay_store::{BlockHeader, StateReader, Store, StoredBlock, takes_time};
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
    pub(crate) next: Arc<dyn NextBlock>,
    pending: Arc<PendingBlocks>,
}

/// What is known of the block that comes after the latest one, for calls and prices.
pub trait NextBlock: Send + Sync + 'static {
    /// Its time, after a parent of this time.
    fn time(&self, parent: Millis) -> Millis;
    /// Its base fee after this parent, wei per gas.
    fn base_fee(&self, parent: &Header) -> u64;
}

/// Built as soon as it may be, with the base fee of the protocol.
pub(crate) struct ByProtocol(pub(crate) Arc<ChainConfig>);

impl NextBlock for ByProtocol {
    fn time(&self, parent: Millis) -> Millis {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        Millis(now).max(parent.plus(self.0.block_time_ms))
    }

    fn base_fee(&self, parent: &Header) -> u64 {
        next_base_fee(&self.0, parent.gas_used, parent.base_fee_per_gas.unwrap_or_default())
    }
}

impl Chain {
    pub(crate) fn new(store: Store, config: Arc<ChainConfig>, next: Arc<dyn NextBlock>, open: ShownBlock) -> Self {
        Self { store, config, next, pending: Arc::new(PendingBlocks::new(open)) }
    }

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

    /// A block with its transactions; the pending one as if it were closed now.
    pub(crate) fn find_block(&self, id: BlockId) -> Result<Option<Arc<StoredBlock>>, RpcError> {
        if id.is_pending() {
            takes_time()?;
            return self.pending.block(self).map(Some);
        }
        let Some(number) = self.find(id)? else { return Ok(None) };
        Ok(self.store.stored_block(number)?)
    }

    pub(crate) fn header(&self, id: BlockId) -> Result<BlockHeader, RpcError> {
        let number = self.find(id)?.ok_or_else(|| self.unknown(id))?;
        self.store.header(number)?.ok_or_else(|| self.unknown(id))
    }

    /// The state to read at a block, and the header that a call there runs under.
    pub(crate) fn place(&self, id: BlockId) -> Result<(Header, StateAt), RpcError> {
        if id.is_pending() {
            takes_time()?;
            let (header, world) = self.pending.state(self)?;
            return Ok((header, StateAt::Pending(world)));
        }
        let state = self.state(id)?;
        Ok((state.block().header.inner().clone(), StateAt::Block(state)))
    }

    /// The state to read at a block.
    pub(crate) fn state_at(&self, id: BlockId) -> Result<StateAt, RpcError> {
        if id.is_pending() { Ok(self.place(id)?.1) } else { Ok(StateAt::Block(self.state(id)?)) }
    }

    /// State after a block that has a root; for `pending` that of the latest.
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
        let time = self.next.time(parent.time());
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
        self.next.base_fee(header)
    }
}
