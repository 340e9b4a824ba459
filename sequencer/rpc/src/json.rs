//! Blocks, transactions and receipts as JSON.

use crate::error::RpcError;
use alloy::rpc::types::{Header as HeaderJson, Log as LogJson};
use alloy_consensus::{Header, Sealed, Transaction as _};
use alloy_eips::eip2718::Typed2718;
use alloy_primitives::{Address, B256, Bloom, Log, U8, U64, U128, U256};
use alloy_rlp::Encodable;
use gainsay_execute::L1FeeParameters;
use gainsay_store::{BlockHeader, StoredBlock, TransactionRecord};
use op_alloy_consensus::OpTxEnvelope;
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A block as it is told of.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Block {
    #[serde(flatten)]
    header: Box<HeaderJson>,
    transactions: Transactions,
    uncles: [B256; 0],
    withdrawals: [B256; 0],
}

#[derive(Clone, Debug)]
enum Transactions {
    Whole(Vec<Value>),
    Hashes(Arc<StoredBlock>),
}

impl Serialize for Transactions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(transactions) => transactions.serialize(serializer),
            Self::Hashes(block) => block.hashes().map_err(S::Error::custom)?.serialize(serializer),
        }
    }
}

/// A block, with its transactions or with their hashes.
pub(crate) fn block(block: Arc<StoredBlock>, full: bool) -> Result<Block, RpcError> {
    let header = Box::new(header_of(&block)?);
    let transactions = if full {
        let each = block.transactions().enumerate();
        Transactions::Whole(each.map(|(index, record)| of_block(block.header(), index, &record?)).collect::<Result<_, _>>()?)
    } else {
        // Once they are made, encoding cannot fail for them.
        block.hashes()?;
        Transactions::Hashes(block)
    };
    Ok(Block { header, transactions, uncles: [], withdrawals: [] })
}

/// A header, as `newHeads` announces it.
pub(crate) fn header(block: &StoredBlock) -> Result<Value, RpcError> {
    object(&header_of(block)?).map(Value::Object)
}

fn header_of(block: &StoredBlock) -> Result<HeaderJson, RpcError> {
    let size = U256::from(encoded_length(block)?);
    Ok(HeaderJson::from_consensus(block.header().header.clone(), Some(U256::ZERO), Some(size)))
}

/// Bytes of the block's RLP: header, transactions, no ommers, no withdrawals.
fn encoded_length(block: &StoredBlock) -> Result<usize, RpcError> {
    let list = |payload: usize| payload.saturating_add(alloy_rlp::length_of_length(payload));
    let mut transactions = 0usize;
    for index in 0..block.len() {
        let raw = block.raw(index)?.unwrap_or_default();
        // A legacy transaction is a list already; one with a type goes in as a string.
        let legacy = raw.first().is_some_and(|first| *first >= alloy_rlp::EMPTY_LIST_CODE);
        transactions = transactions.saturating_add(if legacy { raw.len() } else { list(raw.len()) });
    }
    Ok(list(block.header().header.inner().length().saturating_add(list(transactions)).saturating_add(2)))
}

/// The transaction at `index` of a block; null if there is none.
pub(crate) fn transaction(block: &StoredBlock, index: usize) -> Result<Value, RpcError> {
    block.transaction(index)?.map_or(Ok(Value::Null), |record| of_block(block.header(), index, &record))
}

fn of_block(block: &BlockHeader, index: usize, record: &TransactionRecord) -> Result<Value, RpcError> {
    let (header, envelope) = (&block.header, &record.transaction);
    let mut fields = transaction_fields(envelope, record.sender)?;
    let price = envelope.effective_gas_price(header.base_fee_per_gas);
    fields.insert("blockHash".to_owned(), json!(header.hash()));
    fields.insert("blockNumber".to_owned(), json!(U64::from(header.number)));
    fields.insert("blockTimestamp".to_owned(), json!(U64::from(header.timestamp)));
    fields.insert("transactionIndex".to_owned(), json!(U64::from(index)));
    fields.insert("gasPrice".to_owned(), json!(U128::from(price)));
    if envelope.is_deposit() {
        fields.insert("nonce".to_owned(), json!(U64::from(record.receipt.deposit_nonce().unwrap_or_default())));
        fields.insert("gasPrice".to_owned(), json!("0x0"));
        fields.insert("depositReceiptVersion".to_owned(), json!(record.receipt.deposit_receipt_version().map(U64::from)));
    }
    Ok(Value::Object(fields))
}

/// A transaction that is in no block yet.
pub(crate) fn pending_transaction(envelope: &OpTxEnvelope, sender: Address) -> Result<Value, RpcError> {
    let mut fields = transaction_fields(envelope, sender)?;
    fields.insert("gasPrice".to_owned(), json!(U128::from(envelope.max_fee_per_gas())));
    for name in ["blockHash", "blockNumber", "blockTimestamp", "transactionIndex"] {
        fields.insert(name.to_owned(), Value::Null);
    }
    Ok(Value::Object(fields))
}

fn transaction_fields(envelope: &OpTxEnvelope, sender: Address) -> Result<Map<String, Value>, RpcError> {
    let mut fields = object(envelope)?;
    fields.insert("from".to_owned(), json!(sender));
    fields.insert("hash".to_owned(), json!(envelope.tx_hash()));
    if fields.get("to").is_none() {
        fields.insert("to".to_owned(), Value::Null);
    }
    Ok(fields)
}

fn object(value: &impl Serialize) -> Result<Map<String, Value>, RpcError> {
    match serde_json::to_value(value)? {
        Value::Object(fields) => Ok(fields),
        other => Ok(Map::from_iter([("value".to_owned(), other)])),
    }
}

/// A receipt with the OP Stack's fields.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    r#type: U8,
    status: U8,
    cumulative_gas_used: U64,
    logs: Vec<LogJson>,
    logs_bloom: Bloom,
    transaction_hash: B256,
    transaction_index: U64,
    block_hash: B256,
    block_number: U64,
    gas_used: U64,
    effective_gas_price: U128,
    from: Address,
    to: Option<Address>,
    contract_address: Option<Address>,
    #[serde(flatten)]
    extra: ReceiptExtra,
}

/// What only deposits or only user transactions have.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum ReceiptExtra {
    #[serde(rename_all = "camelCase")]
    Deposit { deposit_nonce: Option<U64>, deposit_receipt_version: Option<U64> },
    #[serde(rename_all = "camelCase")]
    User {
        l1_fee: U256,
        l1_gas_used: U64,
        #[serde(flatten)]
        price: L1Price,
    },
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct L1Price {
    l1_gas_price: U256,
    l1_blob_base_fee: U256,
    l1_base_fee_scalar: U64,
    l1_blob_base_fee_scalar: U64,
}

/// The receipt at `index` of a block; none if there is none.
pub(crate) fn receipt(block: &StoredBlock, index: usize) -> Result<Option<Receipt>, RpcError> {
    let (Some(record), Some(raw), Some(hash)) = (block.transaction(index)?, block.raw(index)?, block.hash(index)?) else { return Ok(None) };
    let TransactionRecord { transaction: envelope, sender: from, receipt, l1_fee, gas_used, .. } = &record;
    let header = &block.header().header;
    let deposit = envelope.is_deposit();
    let nonce = if deposit { receipt.deposit_nonce().unwrap_or_default() } else { envelope.nonce() };
    let extra = if deposit {
        ReceiptExtra::Deposit {
            deposit_nonce: receipt.deposit_nonce().map(U64::from),
            deposit_receipt_version: receipt.deposit_receipt_version().map(U64::from),
        }
    } else {
        ReceiptExtra::User { l1_fee: *l1_fee, l1_gas_used: U64::from(l1_gas(&raw)), price: L1Price::new(&block.l1_fee_parameters()) }
    };
    Ok(Some(Receipt {
        r#type: U8::from(envelope.ty()),
        status: U8::from(u8::from(receipt.status())),
        cumulative_gas_used: U64::from(receipt.cumulative_gas_used()),
        logs: logs(header, index, hash, &record),
        logs_bloom: *receipt.logs_bloom(),
        transaction_hash: hash,
        transaction_index: U64::from(index),
        block_hash: header.hash(),
        block_number: U64::from(header.number),
        gas_used: U64::from(*gas_used),
        effective_gas_price: U128::from(if deposit { 0 } else { envelope.effective_gas_price(header.base_fee_per_gas) }),
        from: *from,
        to: envelope.to(),
        contract_address: envelope.is_create().then(|| from.create(nonce)),
        extra,
    }))
}

impl L1Price {
    fn new(parameters: &L1FeeParameters) -> Self {
        Self {
            l1_gas_price: parameters.base_fee,
            l1_blob_base_fee: parameters.blob_base_fee,
            l1_base_fee_scalar: U64::from(parameters.base_fee_scalar),
            l1_blob_base_fee_scalar: U64::from(parameters.blob_base_fee_scalar),
        }
    }
}

/// What the OP Stack calls L1 gas: 4 for a zero byte, 16 for any other.
fn l1_gas(signed: &[u8]) -> u64 {
    signed.iter().fold(0, |sum: u64, byte| sum.saturating_add(if *byte == 0 { 4 } else { 16 }))
}

/// The logs of a block that are wanted, numbered through all of it.
pub(crate) fn logs_of_block(block: &StoredBlock, wanted: impl Fn(&Log) -> bool) -> Result<Vec<LogJson>, RpcError> {
    let mut found = Vec::new();
    for index in 0..block.len() {
        let (Some((before, logs)), Some(hash)) = (block.logs(index)?, block.hash(index)?) else { break };
        let logs = (before..).zip(logs).filter(|(_, log)| wanted(log));
        found.extend(logs.map(|(position, log)| log_json(&block.header().header, index, hash, position, log)));
    }
    Ok(found)
}

fn logs(header: &Sealed<Header>, index: usize, hash: B256, record: &TransactionRecord) -> Vec<LogJson> {
    (record.logs_before..).zip(record.receipt.logs()).map(|(position, log)| log_json(header, index, hash, position, log.clone())).collect()
}

/// `position` is that of the log in its block.
fn log_json(header: &Sealed<Header>, index: usize, hash: B256, position: u64, log: Log) -> LogJson {
    LogJson {
        inner: log,
        block_hash: Some(header.hash()),
        block_number: Some(header.number),
        block_timestamp: Some(header.timestamp),
        transaction_hash: Some(hash),
        transaction_index: u64::try_from(index).ok(),
        log_index: Some(position),
        removed: false,
    }
}
