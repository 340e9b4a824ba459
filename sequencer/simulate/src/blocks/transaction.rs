//! Transactions and receipts of simulated blocks.

use alloy_consensus::{
    Eip658Value, EthereumTypedTransaction, Receipt, ReceiptEnvelope, TxEip1559, TxEip2930, TxEip4844, TxEip4844Variant, TxEip7702,
    TxEnvelope, TxLegacy, TxType, TypedTransaction,
};
use alloy_primitives::{Address, Log, Signature, TxKind, U256};
use revm::{
    context::{Transaction as _, TransactionType, TxEnv},
    context_interface::either::Either,
};

/// The transaction that a message would be, with a signature of zeroes.
pub(crate) fn unsigned(tx: &TxEnv) -> TxEnvelope {
    typed(tx).into_envelope(Signature::new(U256::ZERO, U256::ZERO, false))
}

fn typed(tx: &TxEnv) -> TypedTransaction {
    match TransactionType::from(tx.tx_type) {
        TransactionType::Eip2930 => EthereumTypedTransaction::Eip2930(eip2930(tx)),
        TransactionType::Eip1559 => EthereumTypedTransaction::Eip1559(eip1559(tx)),
        TransactionType::Eip4844 => EthereumTypedTransaction::Eip4844(TxEip4844Variant::TxEip4844(eip4844(tx))),
        TransactionType::Eip7702 => EthereumTypedTransaction::Eip7702(eip7702(tx)),
        TransactionType::Legacy | TransactionType::Custom => EthereumTypedTransaction::Legacy(legacy(tx)),
    }
}

fn legacy(tx: &TxEnv) -> TxLegacy {
    TxLegacy {
        chain_id: tx.chain_id,
        nonce: tx.nonce,
        gas_price: tx.gas_price,
        gas_limit: tx.gas_limit,
        to: tx.kind,
        value: tx.value,
        input: tx.data.clone(),
    }
}

fn eip2930(tx: &TxEnv) -> TxEip2930 {
    TxEip2930 {
        chain_id: tx.chain_id.unwrap_or_default(),
        nonce: tx.nonce,
        gas_price: tx.gas_price,
        gas_limit: tx.gas_limit,
        to: tx.kind,
        value: tx.value,
        access_list: tx.access_list.clone(),
        input: tx.data.clone(),
    }
}

fn eip1559(tx: &TxEnv) -> TxEip1559 {
    TxEip1559 {
        chain_id: tx.chain_id.unwrap_or_default(),
        nonce: tx.nonce,
        gas_limit: tx.gas_limit,
        max_fee_per_gas: tx.gas_price,
        max_priority_fee_per_gas: tip(tx),
        to: tx.kind,
        value: tx.value,
        access_list: tx.access_list.clone(),
        input: tx.data.clone(),
    }
}

fn eip4844(tx: &TxEnv) -> TxEip4844 {
    TxEip4844 {
        chain_id: tx.chain_id.unwrap_or_default(),
        nonce: tx.nonce,
        gas_limit: tx.gas_limit,
        max_fee_per_gas: tx.gas_price,
        max_priority_fee_per_gas: tip(tx),
        to: callee(tx),
        value: tx.value,
        access_list: tx.access_list.clone(),
        blob_versioned_hashes: tx.blob_hashes.clone(),
        max_fee_per_blob_gas: tx.max_fee_per_blob_gas,
        input: tx.data.clone(),
    }
}

fn eip7702(tx: &TxEnv) -> TxEip7702 {
    let signed = tx.authorization_list.iter().filter_map(|authorization| match authorization {
        Either::Left(signed) => Some(signed.clone()),
        Either::Right(_) => None,
    });
    TxEip7702 {
        chain_id: tx.chain_id.unwrap_or_default(),
        nonce: tx.nonce,
        gas_limit: tx.gas_limit,
        max_fee_per_gas: tx.gas_price,
        max_priority_fee_per_gas: tip(tx),
        to: callee(tx),
        value: tx.value,
        access_list: tx.access_list.clone(),
        authorization_list: signed.collect(),
        input: tx.data.clone(),
    }
}

/// With a gas price, all of it.
fn tip(tx: &TxEnv) -> u128 {
    tx.gas_priority_fee.unwrap_or(tx.gas_price)
}

/// Of transactions that create nothing.
fn callee(tx: &TxEnv) -> Address {
    match tx.kind {
        TxKind::Call(to) => to,
        TxKind::Create => Address::ZERO,
    }
}

/// Gas of the blobs of a message.
pub(crate) fn blob_gas(tx: &TxEnv) -> u64 {
    tx.total_blob_gas()
}

/// The receipt of a transaction. `cumulative` is the gas used in the block up to and including it.
pub(crate) fn receipt(kind: TxType, success: bool, cumulative: u64, logs: Vec<Log>) -> ReceiptEnvelope {
    let receipt = Receipt { status: Eip658Value::Eip658(success), cumulative_gas_used: cumulative, logs }.with_bloom();
    match kind {
        TxType::Legacy => ReceiptEnvelope::Legacy(receipt),
        TxType::Eip2930 => ReceiptEnvelope::Eip2930(receipt),
        TxType::Eip1559 => ReceiptEnvelope::Eip1559(receipt),
        TxType::Eip4844 => ReceiptEnvelope::Eip4844(receipt),
        TxType::Eip7702 => ReceiptEnvelope::Eip7702(receipt),
    }
}
