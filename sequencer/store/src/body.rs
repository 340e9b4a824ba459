//! A block's transactions as the store keeps them: one value, from which any one transaction can be read without the others.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version of records |
//! | 8 | a sum over all that follows, big-endian as all here, to notice a damaged file |
//! | 4 | count of transactions |
//! | 3 · 32 | what L1 data cost in the block: slots `BASE_FEE`, `BLOB_BASE_FEE` and `SCALARS` of the L1 block predeploy after it |
//! | 4 · count | where each entry ends, counted from the first one's start |
//! | … | the entries |
//!
//! An entry is the transaction's length and its EIP-2718 bytes, its sender (20 bytes), then its receipt: flags (1 byte), cumulative gas, gas used, logs of
//! the block before its own, length and bytes of its L1 fee, deposit nonce and version if the flags say so, count of logs, and of each log the address,
//! the count of topics (1 byte), the topics, length and bytes of the data. Lengths and numbers of the receipt are LEB128. The bloom follows from the logs.

use crate::{StoreError, checksum::checksum, codec};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use gainsay_execute::L1FeeParameters;
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};
use std::ops::Range;

const NAME: &str = "block body";
/// Where the sum starts.
const SUM: usize = 1;
/// Where what it is made over starts: the count, then the slots.
const COUNT: usize = SUM + 8;
const SLOTS: usize = COUNT + 4;
/// Where the ends of the entries start.
const ENDS: usize = SLOTS + 3 * 32;

const SUCCESS: u8 = 1;
const HAS_NONCE: u8 = 2;
const HAS_VERSION: u8 = 4;

/// Slots of the L1 block predeploy that price L1 data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct L1Slots {
    pub(crate) base_fee: U256,
    pub(crate) blob_base_fee: U256,
    pub(crate) scalars: U256,
}

/// What an entry is made of.
pub(crate) struct Parts<'a> {
    pub(crate) transactions: &'a [OpTxEnvelope],
    pub(crate) senders: &'a [Address],
    pub(crate) receipts: &'a [OpReceiptEnvelope],
    pub(crate) l1_fees: &'a [U256],
}

/// A transaction of a block with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRecord {
    /// The transaction.
    pub transaction: OpTxEnvelope,
    /// Who sent it.
    pub sender: Address,
    /// Its receipt.
    pub receipt: OpReceiptEnvelope,
    /// Its L1 data fee, wei; zero for a deposit.
    pub l1_fee: U256,
    /// Gas that it used alone.
    pub gas_used: u64,
    /// Logs of the transactions before it in the block.
    pub logs_before: u64,
}

/// The value of a body. All lists must be of one length.
pub(crate) fn encode(parts: &Parts<'_>, l1: &L1Slots) -> Result<Vec<u8>, StoreError> {
    let count = parts.transactions.len();
    if [parts.senders.len(), parts.receipts.len(), parts.l1_fees.len()] != [count; 3] {
        return Err(StoreError::damaged(NAME, "lists of different lengths"));
    }
    let first = ENDS + 4 * count;
    // A transfer takes some 150 bytes.
    let mut out = Vec::with_capacity(first + 192 * count);
    out.push(codec::VERSION);
    out.resize(COUNT, 0);
    out.extend_from_slice(&small(count)?.to_be_bytes());
    for slot in [l1.base_fee, l1.blob_base_fee, l1.scalars] {
        out.extend_from_slice(&slot.to_be_bytes::<32>());
    }
    out.resize(first, 0);
    let (mut gas_before, mut logs_before) = (0, 0);
    for (index, transaction) in parts.transactions.iter().enumerate() {
        let receipt = &parts.receipts[index];
        put_length(&mut out, transaction.encode_2718_len());
        transaction.encode_2718(&mut out);
        out.extend_from_slice(parts.senders[index].as_slice());
        put_receipt(&mut out, receipt, gas_before, logs_before, &parts.l1_fees[index]);
        gas_before = receipt.cumulative_gas_used();
        logs_before += receipt.logs().len() as u64;
        let end = small(out.len() - first)?.to_be_bytes();
        out[ENDS + 4 * index..][..4].copy_from_slice(&end);
    }
    let sum = checksum(&out[COUNT..]);
    out[SUM..COUNT].copy_from_slice(&sum.to_be_bytes());
    Ok(out)
}

fn small(number: usize) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::damaged(NAME, "more than four gigabytes"))
}

fn put_receipt(out: &mut Vec<u8>, receipt: &OpReceiptEnvelope, gas_before: u64, logs_before: u64, l1_fee: &U256) {
    let (nonce, version) = (receipt.deposit_nonce(), receipt.deposit_receipt_version());
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    out.push(flag(receipt.status(), SUCCESS) | flag(nonce.is_some(), HAS_NONCE) | flag(version.is_some(), HAS_VERSION));
    put_number(out, receipt.cumulative_gas_used());
    put_number(out, receipt.cumulative_gas_used().saturating_sub(gas_before));
    put_number(out, logs_before);
    let length = l1_fee.byte_len();
    put_length(out, length);
    out.extend_from_slice(&l1_fee.to_be_bytes::<32>()[32 - length..]);
    nonce.into_iter().chain(version).for_each(|number| put_number(out, number));
    put_length(out, receipt.logs().len());
    for log in receipt.logs() {
        out.extend_from_slice(log.address.as_slice());
        // The EVM logs at most four topics.
        out.push(log.topics().len().min(255) as u8);
        log.topics().iter().take(255).for_each(|topic| out.extend_from_slice(topic.as_slice()));
        put_length(out, log.data.data.len());
        out.extend_from_slice(&log.data.data);
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    put_number(out, length as u64);
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A body whose table of entries was checked; the entries are read when asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    bytes: Bytes,
    count: usize,
}

impl Body {
    pub(crate) fn new(bytes: Bytes) -> Result<Self, StoreError> {
        match bytes.first() {
            Some(&codec::VERSION) => {}
            Some(&found) => return Err(StoreError::Version { record: NAME, found, expected: codec::VERSION }),
            None => return Err(damaged("empty")),
        }
        let sum = bytes.get(SUM..COUNT).and_then(|sum| sum.first_chunk()).ok_or_else(|| damaged("too short"))?;
        if u64::from_be_bytes(*sum) != checksum(&bytes[COUNT..]) {
            return Err(damaged("other bytes than were written"));
        }
        let count = bytes.get(COUNT..SLOTS).and_then(|count| count.first_chunk()).ok_or_else(|| damaged("too short"))?;
        let body = Self { count: u32::from_be_bytes(*count) as usize, bytes };
        let first = body.first();
        let ends = body.bytes.get(ENDS..first).ok_or_else(|| damaged("too short for its count"))?.as_chunks::<4>().0;
        let last = ends.last().map_or(0, |end| u32::from_be_bytes(*end) as usize);
        if !ends.is_sorted() || first.saturating_add(last) != body.bytes.len() {
            return Err(damaged("entries that do not fill it"));
        }
        Ok(body)
    }

    const fn first(&self) -> usize {
        ENDS.saturating_add(self.count.saturating_mul(4))
    }

    /// The whole value.
    pub(crate) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Transactions in it.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn l1_slots(&self) -> L1Slots {
        // The length was checked with the table behind the slots.
        let slot =
            |index: usize| U256::from_be_slice(self.bytes.get(SLOTS + 32 * index..).and_then(|bytes| bytes.get(..32)).unwrap_or_default());
        L1Slots { base_fee: slot(0), blob_base_fee: slot(1), scalars: slot(2) }
    }

    fn entry(&self, index: usize) -> Option<Range<usize>> {
        let end = |index: usize| {
            let end = self.bytes.get(ENDS + 4 * index..)?.first_chunk()?;
            Some(self.first() + u32::from_be_bytes(*end) as usize)
        };
        if index >= self.count {
            return None;
        }
        let start = if index == 0 { self.first() } else { end(index - 1)? };
        Some(start..end(index)?)
    }

    /// EIP-2718 bytes of a transaction, not copied; none if there is no such one.
    pub(crate) fn raw(&self, index: usize) -> Result<Option<Bytes>, StoreError> {
        let Some(entry) = self.entry(index) else { return Ok(None) };
        let mut fields = Fields(&self.bytes[entry.clone()]);
        let length = fields.length()?;
        let start = entry.end - fields.0.len();
        fields.take(length)?;
        Ok(Some(self.bytes.slice(start..start + length)))
    }

    /// A transaction with what came of it; none if there is no such one.
    pub(crate) fn read(&self, index: usize) -> Result<Option<TransactionRecord>, StoreError> {
        let Some(entry) = self.entry(index) else { return Ok(None) };
        let mut fields = Fields(&self.bytes[entry]);
        let record = fields.transaction()?;
        if fields.0.is_empty() { Ok(Some(record)) } else { Err(damaged("an entry longer than it says")) }
    }

    /// The logs of a transaction, and how many the block has before them; none if there is no such transaction. The rest of it is passed over.
    pub(crate) fn logs(&self, index: usize) -> Result<Option<(u64, Vec<Log>)>, StoreError> {
        let Some(entry) = self.entry(index) else { return Ok(None) };
        let mut fields = Fields(&self.bytes[entry]);
        fields.own_logs().map(Some)
    }
}

impl L1Slots {
    pub(crate) fn parameters(&self) -> L1FeeParameters {
        L1FeeParameters::from_slots(self.base_fee, self.blob_base_fee, self.scalars)
    }
}

/// What is left of an entry.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| damaged("an entry that is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, StoreError> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    fn number(&mut self) -> Result<u64, StoreError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(damaged("a number that is too long"))
    }

    fn length(&mut self) -> Result<usize, StoreError> {
        usize::try_from(self.number()?).map_err(|_| damaged("a length that is too large"))
    }

    fn transaction(&mut self) -> Result<TransactionRecord, StoreError> {
        let length = self.length()?;
        let mut raw = self.take(length)?;
        let transaction = OpTxEnvelope::decode_2718(&mut raw).map_err(damaged)?;
        let sender = Address::from_slice(self.take(20)?);
        let flags = self.byte()?;
        let (cumulative_gas, gas_used, logs_before) = (self.number()?, self.number()?, self.number()?);
        let length = self.length()?;
        let l1_fee = U256::try_from_be_slice(self.take(length)?).ok_or_else(|| damaged("an L1 fee of more than 256 bits"))?;
        let nonce = if flags & HAS_NONCE == 0 { None } else { Some(self.number()?) };
        let version = if flags & HAS_VERSION == 0 { None } else { Some(self.number()?) };
        let logs = self.logs()?;
        let success = flags & SUCCESS != 0;
        let receipt = OpReceiptEnvelope::from_parts(success, cumulative_gas, &logs, transaction.tx_type(), nonce, version);
        Ok(TransactionRecord { transaction, sender, receipt, l1_fee, gas_used, logs_before })
    }

    /// As [`Self::transaction`], without what costs most there: the transaction, and the bloom of its logs.
    fn own_logs(&mut self) -> Result<(u64, Vec<Log>), StoreError> {
        let length = self.length()?;
        self.take(length)?;
        self.take(20)?;
        let flags = self.byte()?;
        let (_cumulative_gas, _gas_used, logs_before) = (self.number()?, self.number()?, self.number()?);
        let length = self.length()?;
        self.take(length)?;
        for flag in [HAS_NONCE, HAS_VERSION] {
            if flags & flag != 0 {
                self.number()?;
            }
        }
        Ok((logs_before, self.logs()?))
    }

    fn logs(&mut self) -> Result<Vec<Log>, StoreError> {
        let count = self.length()?;
        (0..count).map(|_| self.log()).collect()
    }

    fn log(&mut self) -> Result<Log, StoreError> {
        let address = Address::from_slice(self.take(20)?);
        let topics = usize::from(self.byte()?);
        let topics = self.take(32 * topics)?.as_chunks::<32>().0.iter().map(B256::from).collect();
        let length = self.length()?;
        Ok(Log::new_unchecked(address, topics, Bytes::copy_from_slice(self.take(length)?)))
    }
}

fn damaged(reason: impl ToString) -> StoreError {
    StoreError::damaged(NAME, reason)
}

#[cfg(test)]
mod tests;
