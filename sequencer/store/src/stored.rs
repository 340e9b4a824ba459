//! A block in the form in which it is stored: what readers share.

use crate::{
    BlockHeader, BlockRecord, StoreError,
    blocks::l1_slots_after,
    body::{self, Body, L1Slots, Parts, TransactionRecord},
};
use alloy_primitives::{B256, Bytes, Log, keccak256};
use gainsay_execute::{ExecutedBlock, L1FeeParameters};
use gainsay_types::Millis;
use op_alloy_consensus::DEPOSIT_TX_TYPE_ID;
use std::sync::OnceLock;

/// A block whose transactions are read one by one, each when it is asked for: a receipt takes one of them, not all.
#[derive(Debug)]
pub struct StoredBlock {
    header: BlockHeader,
    body: Body,
    /// Hashes of the transactions; made when all are asked for, or known from the beginning.
    hashes: OnceLock<Vec<B256>>,
}

impl StoredBlock {
    /// Encodes a block.
    pub(crate) fn new(header: BlockHeader, parts: &Parts<'_>, l1: &L1Slots) -> Result<Self, StoreError> {
        let body = Body::new(body::encode(parts, l1)?.into())?;
        let hashes: Vec<B256> = parts.transactions.iter().map(|transaction| transaction.tx_hash()).collect();
        Ok(Self { header, body, hashes: OnceLock::from(hashes) })
    }

    /// `block` in this form. `before` is what L1 data cost in its parent.
    pub(crate) fn after(before: L1Slots, block: &ExecutedBlock, deposit_index: u64) -> Result<Self, StoreError> {
        let header = BlockHeader { header: block.header.clone(), output_root: block.output_root, deposit_index };
        let (transactions, senders, receipts) = (&block.transactions, &block.senders, &block.receipts);
        let parts = Parts { transactions, senders, receipts, l1_fees: &block.l1_fees };
        Self::new(header, &parts, &l1_slots_after(before, &block.changes))
    }

    /// A block that may come on top of this one and is not stored, in the form of those that are. It has consumed the messages up to `deposit_index`.
    ///
    /// # Errors
    /// When the block has more than a record can hold.
    pub fn followed_by(&self, block: &ExecutedBlock, deposit_index: u64) -> Result<Self, StoreError> {
        Self::after(self.l1_slots(), block, deposit_index)
    }

    /// From the stored bytes.
    pub(crate) fn read(header: BlockHeader, body: Vec<u8>) -> Result<Self, StoreError> {
        Ok(Self { header, body: Body::new(body.into())?, hashes: OnceLock::new() })
    }

    pub(crate) const fn body(&self) -> &Bytes {
        self.body.bytes()
    }

    pub(crate) fn l1_slots(&self) -> L1Slots {
        self.body.l1_slots()
    }

    /// The header with its hash, the output root, and the messages consumed.
    #[must_use]
    pub const fn header(&self) -> &BlockHeader {
        &self.header
    }

    /// Count of transactions.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.body.count()
    }

    /// A block without transactions.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Time of the block.
    #[must_use]
    pub fn time(&self) -> Millis {
        self.header.time()
    }

    /// Deposits in the block. They come first.
    ///
    /// # Errors
    /// When the record is damaged.
    pub fn deposits(&self) -> Result<usize, StoreError> {
        for index in 0..self.len() {
            if self.raw(index)?.is_none_or(|raw| raw.first() != Some(&DEPOSIT_TX_TYPE_ID)) {
                return Ok(index);
            }
        }
        Ok(self.len())
    }

    /// What L1 data cost in this block.
    #[must_use]
    pub fn l1_fee_parameters(&self) -> L1FeeParameters {
        self.l1_slots().parameters()
    }

    /// EIP-2718 bytes of the transaction at `index`, which share the block's memory; none beyond the last.
    ///
    /// # Errors
    /// When the record is damaged.
    pub fn raw(&self, index: usize) -> Result<Option<Bytes>, StoreError> {
        self.body.raw(index)
    }

    /// The transaction at `index` with what came of it; none beyond the last.
    ///
    /// # Errors
    /// When the record is damaged.
    pub fn transaction(&self, index: usize) -> Result<Option<TransactionRecord>, StoreError> {
        self.body.read(index)
    }

    /// The logs of the transaction at `index`, and how many logs of the block come before them; none beyond the last transaction.
    ///
    /// # Errors
    /// When the record is damaged.
    pub fn logs(&self, index: usize) -> Result<Option<(u64, Vec<Log>)>, StoreError> {
        self.body.logs(index)
    }

    /// All transactions, in order.
    pub fn transactions(&self) -> impl Iterator<Item = Result<TransactionRecord, StoreError>> + '_ {
        (0..self.len()).filter_map(|index| self.transaction(index).transpose())
    }

    /// Hash of the transaction at `index`; none beyond the last.
    ///
    /// # Errors
    /// When the record is damaged.
    pub fn hash(&self, index: usize) -> Result<Option<B256>, StoreError> {
        match self.hashes.get() {
            Some(hashes) => Ok(hashes.get(index).copied()),
            None => Ok(self.raw(index)?.map(keccak256)),
        }
    }

    /// Hashes of all transactions, in order.
    ///
    /// # Errors
    /// When the record is damaged.
    pub fn hashes(&self) -> Result<&[B256], StoreError> {
        if let Some(hashes) = self.hashes.get() {
            return Ok(hashes);
        }
        let hashes = (0..self.len()).filter_map(|index| self.hash(index).transpose()).collect::<Result<_, _>>()?;
        Ok(self.hashes.get_or_init(|| hashes))
    }

    /// The whole block, decoded.
    ///
    /// # Errors
    /// When the record is damaged.
    pub fn record(&self) -> Result<BlockRecord, StoreError> {
        let mut record = BlockRecord::without_transactions(&self.header);
        for transaction in self.transactions() {
            let TransactionRecord { transaction, sender, receipt, l1_fee, .. } = transaction?;
            record.transactions.push(transaction);
            record.senders.push(sender);
            record.receipts.push(receipt);
            record.l1_fees.push(l1_fee);
        }
        Ok(record)
    }
}
