//! What one transaction did, and its receipt.

use alloc::vec::Vec;
use alloy_consensus::{Eip658Value, Receipt, ReceiptWithBloom};
use alloy_primitives::{Address, Bytes, Log, U256};
use op_alloy_consensus::{OpDepositReceipt, OpReceiptEnvelope, OpTxType};

/// Version of deposit receipts: those whose hash covers the nonce (OP Stack Canyon).
const DEPOSIT_RECEIPT_VERSION: u64 = 1;

/// An executed transaction, as far as its block is not needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutedTransaction {
    /// Transaction type.
    pub tx_type: OpTxType,
    /// Whether its call succeeded.
    pub success: bool,
    /// Gas used, refunds subtracted.
    pub gas_used: u64,
    /// Wei per gas that it paid, 0 for a deposit.
    pub effective_gas_price: u128,
    /// Wei that it paid for L1 data, 0 for a deposit.
    pub l1_fee: U256,
    /// Logs, empty if it failed.
    pub logs: Vec<Log>,
    /// The contract that it created.
    pub contract_address: Option<Address>,
    /// What its call returned, or why it reverted.
    pub output: Bytes,
    /// Nonce of the sender before a deposit.
    pub deposit_nonce: Option<u64>,
}

impl ExecutedTransaction {
    /// The receipt. `cumulative` is the gas used in the block up to and including this transaction.
    pub(crate) fn into_receipt(self, cumulative: u64) -> OpReceiptEnvelope {
        let receipt = Receipt { status: Eip658Value::Eip658(self.success), cumulative_gas_used: cumulative, logs: self.logs };
        if self.tx_type == OpTxType::Deposit {
            let receipt = OpDepositReceipt {
                inner: receipt,
                deposit_nonce: self.deposit_nonce,
                deposit_receipt_version: Some(DEPOSIT_RECEIPT_VERSION),
            };
            return OpReceiptEnvelope::Deposit(receipt.into());
        }
        let receipt: ReceiptWithBloom<Receipt> = receipt.into();
        match self.tx_type {
            OpTxType::Eip2930 => OpReceiptEnvelope::Eip2930(receipt),
            OpTxType::Eip1559 => OpReceiptEnvelope::Eip1559(receipt),
            OpTxType::Eip7702 => OpReceiptEnvelope::Eip7702(receipt),
            // `Transaction` admits no other type.
            OpTxType::Legacy | OpTxType::PostExec | OpTxType::Deposit => OpReceiptEnvelope::Legacy(receipt),
        }
    }
}
