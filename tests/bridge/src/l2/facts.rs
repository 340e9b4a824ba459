//! What the contracts on L2 told: withdrawals, messages to L1, deliveries.

use alloy::{
    primitives::{Address, B256, Bytes, Log, U256, keccak256},
    sol_types::{SolCall, SolEvent},
};
use gainsay_bindings::{
    L2CrossDomainMessenger::{self, relayMessageCall},
    L2ToL1MessagePasser, OptimismMintableERC20,
    Portal::WithdrawalTransaction,
};
use gainsay_execute::ExecutedBlock;
use gainsay_types::predeploys::{CROSS_DOMAIN_MESSENGER, MESSAGE_PASSER};
use std::collections::BTreeMap;

/// A withdrawal that was started on L2.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// As the Portal takes it.
    pub transaction: WithdrawalTransaction,
    /// Its hash.
    pub hash: B256,
    /// The block that has it.
    pub block: u64,
}

/// A message from one messenger to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Version and number.
    pub nonce: U256,
    /// Who sent it.
    pub sender: Address,
    /// Callee on the other layer.
    pub target: Address,
    /// Wei.
    pub value: U256,
    /// Gas that the call asks for.
    pub min_gas: U256,
    /// Calldata.
    pub data: Bytes,
    /// Of a message from L1: the inbox's index of the deposit that delivers it.
    pub index: Option<u64>,
}

impl Message {
    /// The call that delivers it.
    #[must_use]
    pub fn relay(&self) -> Bytes {
        let Self { nonce, sender, target, value, min_gas, data, .. } = self.clone();
        relayMessageCall { nonce, sender, target, value, minGasLimit: min_gas, message: data }.abi_encode().into()
    }

    /// Its hash, by which both messengers know it.
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(self.relay())
    }
}

/// Tokens that somebody got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The token.
    pub token: Address,
    /// Who got it.
    pub to: Address,
    /// Units.
    pub amount: U256,
}

/// What the logs say, in order.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Withdrawals.
    pub withdrawals: Vec<Withdrawal>,
    /// Messages to L1.
    pub messages: Vec<Message>,
    /// How often each message from L1 was delivered.
    pub delivered: BTreeMap<B256, u64>,
    /// Tokens that moved in the transactions that delivered them.
    pub arrivals: BTreeMap<B256, Vec<Arrival>>,
    /// Wei of withdrawals that the message passer has destroyed.
    pub burnt: U256,
    /// Deposits whose call failed, and those whose call did not.
    pub deposits: (u64, u64),
}

impl Facts {
    pub(super) fn read(&mut self, block: &ExecutedBlock) {
        for (transaction, receipt) in block.transactions.iter().zip(&block.receipts) {
            if transaction.is_deposit() {
                let count = if receipt.status() { &mut self.deposits.1 } else { &mut self.deposits.0 };
                *count += 1;
            }
            receipt.logs().iter().for_each(|log| self.log(log, block.header.number));
            read_arrivals(&mut self.arrivals, CROSS_DOMAIN_MESSENGER, receipt.logs());
        }
    }

    fn log(&mut self, log: &Log, block: u64) {
        if log.address == MESSAGE_PASSER {
            if let Ok(event) = L2ToL1MessagePasser::MessagePassed::decode_log(log) {
                let L2ToL1MessagePasser::MessagePassed { nonce, sender, target, value, gasLimit, data, withdrawalHash } = event.data;
                let transaction = WithdrawalTransaction { nonce, sender, target, value, gasLimit, data };
                self.withdrawals.push(Withdrawal { transaction, hash: withdrawalHash, block });
            } else if let Ok(event) = L2ToL1MessagePasser::WithdrawerBalanceBurnt::decode_log(log) {
                self.burnt += event.amount;
            }
        } else if log.address == CROSS_DOMAIN_MESSENGER {
            read_message(&mut self.messages, log);
            if let Ok(event) = L2CrossDomainMessenger::RelayedMessage::decode_log(log) {
                *self.delivered.entry(event.msgHash).or_default() += 1;
            }
        }
    }
}

/// Reads the transfers of a transaction that delivered messages.
pub(crate) fn read_arrivals(arrivals: &mut BTreeMap<B256, Vec<Arrival>>, messenger: Address, logs: &[Log]) {
    let delivered =
        logs.iter().filter(|log| log.address == messenger).filter_map(|log| L2CrossDomainMessenger::RelayedMessage::decode_log(log).ok());
    let transfers = || {
        let events = logs.iter().filter_map(|log| OptimismMintableERC20::Transfer::decode_log(log).ok());
        events.map(|event| Arrival { token: event.address, to: event.to, amount: event.amount }).collect()
    };
    arrivals.extend(delivered.map(|event| (event.msgHash, transfers())));
}

/// Reads `SentMessage` and what follows it; both messengers have the same events.
pub(crate) fn read_message(messages: &mut Vec<Message>, log: &Log) {
    if let Ok(event) = L2CrossDomainMessenger::SentMessage::decode_log(log) {
        let L2CrossDomainMessenger::SentMessage { target, sender, message, messageNonce, gasLimit } = event.data;
        messages.push(Message { nonce: messageNonce, sender, target, value: U256::ZERO, min_gas: gasLimit, data: message, index: None });
    } else if let Ok(event) = L2CrossDomainMessenger::SentMessageExtension1::decode_log(log)
        && let Some(last) = messages.last_mut()
    {
        last.value = event.value;
    }
}
