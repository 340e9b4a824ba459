//! Blocks, transactions and receipts as JSON.

use crate::error::RpcError;
use alloy::rpc::types::{Header as HeaderJson, Log as LogJson};
use alloy_consensus::Transaction as _;
use alloy_eips::eip2718::{Encodable2718, Typed2718};
use alloy_primitives::{Address, B256, Bloom, U8, U64, U128, U256};
use alloy_rlp::Encodable;
use gainsay_execute::L1FeeParameters;
use gainsay_store::BlockRecord;
use op_alloy_consensus::OpTxEnvelope;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A block, with its transactions or with their hashes.
pub(crate) fn block(record: &BlockRecord, full: bool) -> Result<Value, RpcError> {
    let mut fields = header_fields(record)?;
    let transactions = if full {
        (0..record.transactions.len()).map(|index| transaction(record, index)).collect::<Result<Vec<_>, _>>()?
    } else {
        record.transactions.iter().map(|transaction| json!(transaction.tx_hash())).collect()
    };
    fields.insert("transactions".to_owned(), Value::Array(transactions));
    fields.insert("uncles".to_owned(), json!([]));
    fields.insert("withdrawals".to_owned(), json!([]));
    Ok(Value::Object(fields))
}

/// A header, as `newHeads` announces it.
pub(crate) fn header(record: &BlockRecord) -> Result<Value, RpcError> {
    header_fields(record).map(Value::Object)
}

fn header_fields(record: &BlockRecord) -> Result<Map<String, Value>, RpcError> {
    let size = U256::from(encoded_length(record));
    let header = HeaderJson::from_consensus(record.header.clone(), Some(U256::ZERO), Some(size));
    object(&header)
}

/// Bytes of the block's RLP: header, transactions, no ommers, no withdrawals.
fn encoded_length(record: &BlockRecord) -> usize {
    let list = |payload: usize| payload.saturating_add(alloy_rlp::length_of_length(payload));
    let transactions = record.transactions.iter().map(Encodable::length).sum();
    list(record.header.inner().length().saturating_add(list(transactions)).saturating_add(2))
}

/// The transaction at `index` of a block; null if there is none.
pub(crate) fn transaction(record: &BlockRecord, index: usize) -> Result<Value, RpcError> {
    let (Some(envelope), Some(sender)) = (record.transactions.get(index), record.senders.get(index)) else { return Ok(Value::Null) };
    let mut fields = transaction_fields(envelope, *sender)?;
    let price = envelope.effective_gas_price(record.header.base_fee_per_gas);
    fields.insert("blockHash".to_owned(), json!(record.header.hash()));
    fields.insert("blockNumber".to_owned(), json!(U64::from(record.header.number)));
    fields.insert("transactionIndex".to_owned(), json!(U64::from(index)));
    fields.insert("gasPrice".to_owned(), json!(U128::from(price)));
    if let Some(receipt) = record.receipts.get(index).filter(|_| envelope.is_deposit()) {
        fields.insert("nonce".to_owned(), json!(U64::from(receipt.deposit_nonce().unwrap_or_default())));
        fields.insert("gasPrice".to_owned(), json!("0x0"));
        fields.insert("depositReceiptVersion".to_owned(), json!(receipt.deposit_receipt_version().map(U64::from)));
    }
    Ok(Value::Object(fields))
}

/// A transaction that is in no block yet.
pub(crate) fn pending_transaction(envelope: &OpTxEnvelope, sender: Address) -> Result<Value, RpcError> {
    let mut fields = transaction_fields(envelope, sender)?;
    fields.insert("gasPrice".to_owned(), json!(U128::from(envelope.max_fee_per_gas())));
    for name in ["blockHash", "blockNumber", "transactionIndex"] {
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
        price: Option<L1Price>,
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

/// The receipt at `index` of a block. `l1` are the block's L1 fee parameters, if its state is at hand.
pub(crate) fn receipt(record: &BlockRecord, index: usize, l1: Option<&L1FeeParameters>) -> Option<Receipt> {
    let (envelope, receipt) = (record.transactions.get(index)?, record.receipts.get(index)?);
    let from = *record.senders.get(index)?;
    let before = index.checked_sub(1).and_then(|before| record.receipts.get(before)).map_or(0, |before| before.cumulative_gas_used());
    let deposit = envelope.is_deposit();
    let nonce = if deposit { receipt.deposit_nonce().unwrap_or_default() } else { envelope.nonce() };
    let extra = if deposit {
        ReceiptExtra::Deposit {
            deposit_nonce: receipt.deposit_nonce().map(U64::from),
            deposit_receipt_version: receipt.deposit_receipt_version().map(U64::from),
        }
    } else {
        ReceiptExtra::User {
            l1_fee: record.l1_fees.get(index).copied().unwrap_or_default(),
            l1_gas_used: U64::from(l1_gas(&envelope.encoded_2718())),
            price: l1.map(L1Price::new),
        }
    };
    Some(Receipt {
        r#type: U8::from(envelope.ty()),
        status: U8::from(u8::from(receipt.status())),
        cumulative_gas_used: U64::from(receipt.cumulative_gas_used()),
        logs: logs(record, index),
        logs_bloom: *receipt.logs_bloom(),
        transaction_hash: envelope.tx_hash(),
        transaction_index: U64::from(index),
        block_hash: record.header.hash(),
        block_number: U64::from(record.header.number),
        gas_used: U64::from(receipt.cumulative_gas_used().saturating_sub(before)),
        effective_gas_price: U128::from(if deposit { 0 } else { envelope.effective_gas_price(record.header.base_fee_per_gas) }),
        from,
        to: envelope.to(),
        contract_address: envelope.is_create().then(|| from.create(nonce)),
        extra,
    })
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

/// The logs of the transaction at `index`, numbered through the block.
pub(crate) fn logs(record: &BlockRecord, index: usize) -> Vec<LogJson> {
    let before: usize = record.receipts.iter().take(index).map(|receipt| receipt.logs().len()).sum();
    let (Some(receipt), Some(envelope)) = (record.receipts.get(index), record.transactions.get(index)) else { return Vec::new() };
    let transaction_hash = envelope.tx_hash();
    let number = |at: usize| u64::try_from(at).unwrap_or(u64::MAX);
    let of = |(position, log): (usize, &alloy_primitives::Log)| LogJson {
        inner: log.clone(),
        block_hash: Some(record.header.hash()),
        block_number: Some(record.header.number),
        block_timestamp: Some(record.header.timestamp),
        transaction_hash: Some(transaction_hash),
        transaction_index: Some(number(index)),
        log_index: Some(number(before.saturating_add(position))),
        removed: false,
    };
    receipt.logs().iter().enumerate().map(of).collect()
}
