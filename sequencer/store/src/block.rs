//! Blocks as the store keeps them: a small header record, and a body value with everything else (see `body.rs`).

use crate::{StoreError, codec::Record};
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B256, U256};
use alloy_rlp::Decodable;
use gainsay_types::Millis;
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};
use serde::{Deserialize, Serialize};

/// A block without its transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockHeader {
    /// The header with its hash.
    pub header: Sealed<Header>,
    /// Output root after the block.
    pub output_root: B256,
    /// Messages consumed up to and including this block.
    pub deposit_index: u64,
}

/// A block with its transactions and what came of them. All lists have one entry a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// The header with its hash.
    pub header: Sealed<Header>,
    /// Output root after the block.
    pub output_root: B256,
    /// Messages consumed up to and including this block.
    pub deposit_index: u64,
    /// Transactions, deposits first.
    pub transactions: Vec<OpTxEnvelope>,
    /// Their senders.
    pub senders: Vec<Address>,
    /// Their receipts.
    pub receipts: Vec<OpReceiptEnvelope>,
    /// Their L1 data fees, wei; zero for deposits.
    pub l1_fees: Vec<U256>,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its L2 block.
    pub block: u64,
    /// Its position in the block, from 0.
    pub index: u64,
}

impl BlockHeader {
    /// Time of the block.
    #[must_use]
    pub fn time(&self) -> Millis {
        block_time(&self.header)
    }
}

impl BlockRecord {
    pub(crate) fn without_transactions(header: &BlockHeader) -> Self {
        Self {
            header: header.header.clone(),
            output_root: header.output_root,
            deposit_index: header.deposit_index,
            transactions: Vec::new(),
            senders: Vec::new(),
            receipts: Vec::new(),
            l1_fees: Vec::new(),
        }
    }

    /// Time of the block.
    #[must_use]
    pub fn time(&self) -> Millis {
        block_time(&self.header)
    }

    /// Deposits in the block. They come first.
    #[must_use]
    pub fn deposits(&self) -> usize {
        self.transactions.iter().take_while(|transaction| matches!(transaction, OpTxEnvelope::Deposit(_))).count()
    }

    /// Transactions that users sent, in order.
    pub fn user_transactions(&self) -> impl Iterator<Item = &OpTxEnvelope> {
        self.transactions.iter().skip(self.deposits())
    }
}

/// Seconds in the timestamp, the rest in the extra data.
fn block_time(header: &Header) -> Millis {
    // The genesis block may have no extra data; no other header is without.
    let extra = header.extra_data.as_ref().try_into().map_or(0, u16::from_be_bytes);
    Millis::from_header(header.timestamp, extra)
}

#[derive(Serialize, Deserialize)]
pub(crate) struct HeaderRecord {
    rlp: Vec<u8>,
    hash: B256,
    output_root: B256,
    deposit_index: u64,
}

impl Record for HeaderRecord {
    const NAME: &'static str = "block header";
}

impl HeaderRecord {
    pub(crate) fn new(block: &BlockHeader) -> Self {
        Self {
            rlp: alloy_rlp::encode(block.header.inner()),
            hash: block.header.hash(),
            output_root: block.output_root,
            deposit_index: block.deposit_index,
        }
    }

    pub(crate) fn read(&self) -> Result<BlockHeader, StoreError> {
        let header = Header::decode(&mut self.rlp.as_slice()).map_err(|error| StoreError::damaged(Self::NAME, error))?;
        Ok(BlockHeader {
            header: Sealed::new_unchecked(header, self.hash),
            output_root: self.output_root,
            deposit_index: self.deposit_index,
        })
    }
}
