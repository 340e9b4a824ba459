//! A withdrawal: what the message passer on L2 recorded, and what the Portal on L1 is to pay.

use crate::message::CrossMessage;
use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    rpc::types::Log,
    sol_types::{SolEvent, SolValue},
};
use gainsay_bindings::{message_passer::L2ToL1MessagePasser::MessagePassed, portal::Portal::WithdrawalTransaction};
use gainsay_types::predeploys::{CROSS_DOMAIN_MESSENGER, MESSAGE_PASSER};

/// A call from L2 that is made on L1 once it is proved and its assertion confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Version in the two highest bytes, then a counter.
    pub nonce: U256,
    /// Who called the message passer on L2.
    pub sender: Address,
    /// Callee on L1.
    pub target: Address,
    /// Wei.
    pub value: U256,
    /// Least gas of the call on L1.
    pub gas_limit: U256,
    /// Its calldata.
    pub data: Bytes,
}

impl Withdrawal {
    /// Reads the message passer's event. None for other events, and where the hash in the event is not that of the fields, which no message passer emits.
    #[must_use]
    pub fn from_log(log: &Log) -> Option<Self> {
        if log.address() != MESSAGE_PASSER {
            return None;
        }
        let event = MessagePassed::decode_log(&log.inner).ok()?.data;
        let MessagePassed { nonce, sender, target, value, gasLimit: gas_limit, data, withdrawalHash } = event;
        let withdrawal = Self { nonce, sender, target, value, gas_limit, data };
        (withdrawal.hash() == withdrawalHash).then_some(withdrawal)
    }

    /// `keccak(abi.encode(nonce, sender, target, value, gasLimit, data))`, as in the OP Stack.
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256((self.nonce, self.sender, self.target, self.value, self.gas_limit, self.data.clone()).abi_encode_params())
    }

    /// Slot of `sentMessages[hash]` in the message passer; the mapping is in slot 0.
    #[must_use]
    pub fn slot(&self) -> B256 {
        keccak256((self.hash(), U256::ZERO).abi_encode())
    }

    /// As the Portal takes it.
    #[must_use]
    pub fn to_abi(&self) -> WithdrawalTransaction {
        WithdrawalTransaction {
            nonce: self.nonce,
            sender: self.sender,
            target: self.target,
            value: self.value,
            gasLimit: self.gas_limit,
            data: self.data.clone(),
        }
    }

    /// The message that it carries, if it was sent through the messenger; `l1_messenger` is the one on L1.
    #[must_use]
    pub fn message(&self, l1_messenger: Address) -> Option<CrossMessage> {
        let through = self.sender == CROSS_DOMAIN_MESSENGER && self.target == l1_messenger;
        through.then(|| CrossMessage::decode(&self.data)).flatten()
    }
}

/// A withdrawal and where on L2 it was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initiated {
    /// The withdrawal.
    pub withdrawal: Withdrawal,
    /// Its L2 transaction.
    pub transaction: B256,
    /// Number of its L2 block.
    pub block: u64,
}

/// The withdrawals that a transaction started, in order.
#[must_use]
pub fn initiated(transaction: B256, block: u64, logs: &[Log]) -> Vec<Initiated> {
    logs.iter().filter_map(Withdrawal::from_log).map(|withdrawal| Initiated { withdrawal, transaction, block }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;
    use alloy::primitives::LogData;

    fn log(withdrawal: &Withdrawal, address: Address, hash: B256) -> Log {
        let Withdrawal { nonce, sender, target, value, gas_limit, data } = withdrawal.clone();
        let event = MessagePassed { nonce, sender, target, value, gasLimit: gas_limit, data, withdrawalHash: hash };
        let data: LogData = event.encode_log_data();
        Log { inner: alloy::primitives::Log { address, data }, ..Log::default() }
    }

    #[test]
    fn a_withdrawal_has_the_hash_that_the_contracts_compute() {
        let vectors = vectors::load();
        assert!(vectors.withdrawals.len() > 5);
        for (withdrawal, hash, _) in &vectors.withdrawals {
            assert_eq!(withdrawal.hash(), *hash);
        }
    }

    #[test]
    fn an_event_of_the_message_passer_is_read_back() {
        for (withdrawal, hash, _) in &vectors::load().withdrawals {
            assert_eq!(Withdrawal::from_log(&log(withdrawal, MESSAGE_PASSER, *hash)).as_ref(), Some(withdrawal));
        }
    }

    #[test]
    fn the_same_event_of_another_contract_or_with_another_hash_is_no_withdrawal() {
        let (withdrawal, hash, _) = &vectors::load().withdrawals[1];
        assert_eq!(Withdrawal::from_log(&log(withdrawal, Address::repeat_byte(1), *hash)), None);
        assert_eq!(Withdrawal::from_log(&log(withdrawal, MESSAGE_PASSER, B256::repeat_byte(1))), None);
    }

    #[test]
    fn a_transaction_starts_as_many_withdrawals_as_it_has_events() {
        let all = vectors::load().withdrawals;
        let logs: Vec<_> = all.iter().map(|(withdrawal, hash, _)| log(withdrawal, MESSAGE_PASSER, *hash)).collect();
        let found = initiated(B256::repeat_byte(7), 9, &[logs, vec![Log::default()]].concat());
        assert_eq!(found.len(), all.len());
        assert!(found.iter().zip(&all).all(|(found, (withdrawal, ..))| found.withdrawal == *withdrawal && found.block == 9));
    }
}
