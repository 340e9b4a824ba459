//! Deposits through the Portal, and the deposits that any transaction on L1 made.

use crate::{Bridge, BridgeError, L1Sender, Sent};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    rpc::types::{Log, TransactionReceipt},
    sol_types::{SolCall, SolEvent},
};
use gainsay_bindings::{Portal, inbox::Inbox::MessageEnqueued};
use gainsay_l1::{Contracts, MAX_TRANSACTION_GAS, Network};
use gainsay_types::{MAX_MESSAGE_DATA, Message, MessageBody};
use serde::Serialize;

/// Gas of a deposit if none is given: enough for a transfer or a small call.
const DEPOSIT_GAS: u64 = 100_000;
/// Kind of a user deposit among the Inbox's messages.
pub(crate) const USER: u8 = 0;

/// A call on L2 that is made from L1, by the same account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Callee on L2; none creates a contract.
    pub to: Option<Address>,
    /// Wei to bring from L1. They belong to the sender before the call is made, and also if it fails.
    pub mint: U256,
    /// Wei of the sender on L2 to send with the call.
    pub value: U256,
    /// Gas limit on L2; none for a usual one.
    pub gas: Option<u64>,
    /// Calldata or init code.
    pub data: Bytes,
}

impl Deposit {
    /// Ether from L1 to an account on L2.
    #[must_use]
    pub const fn ether(to: Address, wei: U256) -> Self {
        Self { to: Some(to), mint: wei, value: wei, gas: None, data: Bytes::new() }
    }

    /// A call with ether that the sender has on L2.
    #[must_use]
    pub const fn call(to: Address, value: U256, data: Bytes) -> Self {
        Self { to: Some(to), mint: U256::ZERO, value, gas: None, data }
    }

    /// Its gas limit, if a chain of such blocks takes it.
    fn gas_limit(&self, block_gas_limit: u64) -> Result<u64, BridgeError> {
        let bytes = self.data.len();
        if bytes > MAX_MESSAGE_DATA {
            return Err(BridgeError::Data { bytes, most: MAX_MESSAGE_DATA });
        }
        let least = 21_000 + 40 * bytes as u64;
        let most = block_gas_limit.saturating_sub(gainsay_types::ATTRIBUTES_GAS).min(MAX_TRANSACTION_GAS);
        let given = self.gas.unwrap_or_else(|| DEPOSIT_GAS.max(least.saturating_mul(2)).min(most));
        if given < least || given > most { Err(BridgeError::Gas { bytes, least, most, given }) } else { Ok(given) }
    }
}

/// A deposit that the Inbox has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Enqueued {
    /// Position in the Inbox, from 1.
    pub index: u64,
    /// What tells it from every other deposit.
    pub source_hash: B256,
    /// Hash of the transaction that it becomes on L2.
    pub l2_transaction_hash: B256,
    /// Sender on L2.
    pub from: Address,
    /// Callee on L2; none creates a contract.
    pub to: Option<Address>,
    /// Wei created on L2.
    pub mint: U256,
    /// Wei sent with the call.
    pub value: U256,
    /// Gas limit on L2.
    pub gas_limit: u64,
    /// Calldata or init code.
    #[serde(skip)]
    pub data: Bytes,
}

/// A transaction on L1, and the deposits that it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deposited {
    /// The transaction.
    pub l1: Sent,
    /// In the order of the Inbox; at least one.
    pub deposits: Vec<Enqueued>,
}

impl L1Sender {
    /// Sends a deposit through the Portal.
    ///
    /// # Errors
    /// When its data or gas is out of bounds, and when L1 refuses.
    pub async fn deposit(&mut self, deposit: Deposit) -> Result<Deposited, BridgeError> {
        let call = Portal::depositTransactionCall {
            to: deposit.to.unwrap_or_default(),
            value: deposit.value,
            gasLimit: deposit.gas_limit(self.bridge().network().chain.block_gas_limit)?,
            isCreation: deposit.to.is_none(),
            data: deposit.data,
        };
        let portal = self.bridge().network().contracts.portal;
        let receipt = self.send(portal, deposit.mint, call.abi_encode()).await?;
        deposited(self.bridge().network(), &receipt)
    }
}

impl Bridge {
    /// The deposits that a transaction on L1 made.
    ///
    /// # Errors
    /// When L1 does not have it, or it made none.
    pub async fn deposits(&self, l1_transaction: B256) -> Result<Deposited, BridgeError> {
        let receipt = self.client().receipt(l1_transaction).await?;
        deposited(self.network(), &receipt.ok_or(BridgeError::NoTransaction { transaction: l1_transaction })?)
    }
}

/// The deposits of a mined transaction; at least one.
pub(crate) fn deposited(network: &Network, receipt: &TransactionReceipt) -> Result<Deposited, BridgeError> {
    let deposits = enqueued(&network.contracts, receipt.transaction_hash, receipt.logs())?;
    if deposits.is_empty() {
        return Err(BridgeError::NoDeposit { transaction: receipt.transaction_hash });
    }
    Ok(Deposited { l1: Sent::of(receipt), deposits })
}

/// Reads deposits from the logs of a transaction on L1.
///
/// # Errors
/// On a log that the Inbox cannot have emitted.
pub fn enqueued(contracts: &Contracts, transaction: B256, logs: &[Log]) -> Result<Vec<Enqueued>, BridgeError> {
    let ours = |log: &&Log| log.address() == contracts.inbox && log.topic0() == Some(&MessageEnqueued::SIGNATURE_HASH);
    let bad = |reason: String| BridgeError::BadLog { transaction, reason };
    let mut deposits = Vec::new();
    for log in logs.iter().filter(ours) {
        let event = MessageEnqueued::decode_log(&log.inner).map_err(|error| bad(error.to_string()))?.data;
        let body = MessageBody::decode(event.kind, &event.body).map_err(|error| bad(error.to_string()))?;
        let l1_number = log.block_number.unwrap_or_default();
        let message = Message { index: event.index, user_ordinal: event.userOrdinal, l1_number, l1_time: event.l1Time, body };
        deposits.extend(of_message(&message, contracts.portal));
    }
    Ok(deposits)
}

/// A user's message as a deposit; none for the sequencer's own.
fn of_message(message: &Message, portal: Address) -> Option<Enqueued> {
    let MessageBody::User(deposit) = &message.body else { return None };
    let transaction = message.transaction(portal);
    Some(Enqueued {
        index: message.index,
        source_hash: transaction.source_hash,
        l2_transaction_hash: transaction.tx_hash(),
        from: deposit.from,
        to: deposit.to,
        mint: U256::from(deposit.mint),
        value: U256::from(deposit.value),
        gas_limit: deposit.gas_limit,
        data: deposit.data.clone(),
    })
}

#[cfg(test)]
mod tests;
