//! What becomes of a deposit on L2, and trying a message again that failed there.

use crate::{Bridge, BridgeError, Enqueued, L2Error, L2Node, L2Receipt, L2Sender, Patience};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use gainsay_bindings::{
    L2CrossDomainMessenger,
    l2_messenger::L2CrossDomainMessenger::{FailedRelayedMessage, RelayedMessage},
};
use gainsay_l1::{MAX_TRANSACTION_GAS, TxRequest};
use gainsay_types::predeploys::CROSS_DOMAIN_MESSENGER;
use serde::Serialize;

/// How the call of a deposit ended on L2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It succeeded.
    Succeeded,
    /// It failed; the ether that came with it is the sender's on L2.
    Failed,
    /// It brought a message whose call failed; the messenger keeps it with its ether, and anybody can try it again.
    MessageFailed {
        /// The message's hash.
        message: B256,
    },
    /// It brought a message whose call failed at first, and was tried again with success.
    MessageReplayed {
        /// The message's hash.
        message: B256,
    },
}

impl Outcome {
    /// Whether the call has taken effect, perhaps later.
    #[must_use]
    pub const fn took_effect(&self) -> bool {
        matches!(self, Self::Succeeded | Self::MessageReplayed { .. })
    }
}

/// A deposit that L2 has executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Executed {
    /// The deposit.
    pub deposit: Enqueued,
    /// Number of the L2 block.
    pub l2_block: u64,
    /// How its call ended.
    pub outcome: Outcome,
    /// The contract that it created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<Address>,
}

impl L2Node {
    /// What became of a deposit; none if it is not executed yet.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn executed(&self, deposit: &Enqueued) -> Result<Option<Executed>, L2Error> {
        let Some(receipt) = self.receipt(deposit.l2_transaction_hash).await? else { return Ok(None) };
        let outcome = match outcome(&receipt) {
            Outcome::MessageFailed { message } if self.relayed(message).await? => Outcome::MessageReplayed { message },
            other => other,
        };
        let contract = receipt.contract_address.filter(|_| receipt.succeeded());
        Ok(Some(Executed { deposit: deposit.clone(), l2_block: receipt.block(), outcome, contract }))
    }

    async fn relayed(&self, message: B256) -> Result<bool, L2Error> {
        let call = L2CrossDomainMessenger::successfulMessagesCall { msgHash: message };
        self.read(CROSS_DOMAIN_MESSENGER, call, BlockId::latest()).await
    }
}

impl Bridge {
    /// Waits until L2 has executed all deposits of a transaction on L1. L1 is read again each time: a reorganisation may give a deposit another
    /// place in the Inbox, and with it another hash.
    ///
    /// # Errors
    /// When the time is over, and when a node cannot be reached.
    pub async fn executed(&self, l2: &L2Node, l1_transaction: B256, patience: Patience) -> Result<Vec<Executed>, BridgeError> {
        let seconds = patience.limit.as_secs();
        let mut missing = BridgeError::NoTransaction { transaction: l1_transaction };
        let look = async || {
            let deposits = match self.deposits(l1_transaction).await {
                Ok(deposited) => deposited.deposits,
                Err(BridgeError::NoTransaction { transaction }) => {
                    missing = BridgeError::Dropped { transaction, seconds };
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            let mut executed = Vec::with_capacity(deposits.len());
            for deposit in deposits {
                let Some(one) = l2.executed(&deposit).await? else {
                    let (transaction, index) = (deposit.l2_transaction_hash, deposit.index);
                    missing = BridgeError::NotExecuted { l2: l2.url().to_owned(), transaction, index, seconds };
                    return Ok(None);
                };
                executed.push(one);
            }
            Ok(Some(executed))
        };
        patience.until(look).await?.ok_or(missing)
    }
}

impl L2Sender {
    /// Tries the message of a deposit again, from this account: the messenger has what it brought. Without a gas limit it gets twice what the deposit
    /// had.
    ///
    /// # Errors
    /// [`BridgeError::FailedAgain`], and when L2 refuses: a message that has not failed cannot be tried again.
    pub async fn retry(&mut self, deposit: &Enqueued, gas: Option<u64>) -> Result<L2Receipt, BridgeError> {
        // No estimate: with too little gas the message fails again without a revert.
        let gas_limit = Some(gas.unwrap_or_else(|| deposit.gas_limit.saturating_mul(2)).min(MAX_TRANSACTION_GAS));
        let request = TxRequest { to: CROSS_DOMAIN_MESSENGER, input: deposit.data.clone(), gas_limit, ..TxRequest::default() };
        let receipt = self.send(request).await?;
        match outcome(&receipt) {
            Outcome::Succeeded => Ok(receipt),
            _ => Err(BridgeError::FailedAgain { transaction: receipt.transaction_hash }),
        }
    }
}

/// What a receipt says of a deposit, or of a message that was tried again.
fn outcome(receipt: &L2Receipt) -> Outcome {
    if !receipt.succeeded() {
        return Outcome::Failed;
    }
    if receipt.to != Some(CROSS_DOMAIN_MESSENGER) {
        return Outcome::Succeeded;
    }
    // The last word is about the message itself: others may be relayed in vain while it is.
    let relayed = |log: &&Log| matches!(log.topic0(), Some(&FailedRelayedMessage::SIGNATURE_HASH | &RelayedMessage::SIGNATURE_HASH));
    let last = receipt.logs.iter().filter(|log| log.address() == CROSS_DOMAIN_MESSENGER).rev().find(relayed);
    match last.map(|log| FailedRelayedMessage::decode_log(&log.inner)) {
        Some(Ok(failed)) => Outcome::MessageFailed { message: failed.data.msgHash },
        _ => Outcome::Succeeded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Log as PrimitiveLog;

    fn receipt(status: u64, to: Address, logs: Vec<Log>) -> L2Receipt {
        serde_json::from_value(serde_json::json!({
            "transactionHash": B256::ZERO, "blockHash": B256::ZERO, "blockNumber": "0x7", "status": format!("{status:#x}"),
            "from": Address::ZERO, "to": to, "contractAddress": null, "logs": logs, "type": "0x7e", "depositNonce": "0x0",
        }))
        .expect("a receipt")
    }

    fn of_messenger(event: &impl SolEvent) -> Log {
        Log { inner: PrimitiveLog { address: CROSS_DOMAIN_MESSENGER, data: event.encode_log_data() }, ..Log::default() }
    }

    #[test]
    fn a_message_has_failed_if_the_messenger_says_so_last() {
        let (outer, other) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let failed = |hash| of_messenger(&FailedRelayedMessage { msgHash: hash });
        let relayed = |hash| of_messenger(&RelayedMessage { msgHash: hash });
        let of = |logs| outcome(&receipt(1, CROSS_DOMAIN_MESSENGER, logs));
        assert_eq!(of(vec![failed(outer)]), Outcome::MessageFailed { message: outer });
        assert_eq!(of(vec![relayed(outer)]), Outcome::Succeeded);
        // Another message, delivered in vain while this one was.
        assert_eq!(of(vec![failed(other), relayed(outer)]), Outcome::Succeeded);
        assert_eq!(of(Vec::new()), Outcome::Succeeded);
    }

    #[test]
    fn a_call_of_another_contract_is_judged_by_its_status() {
        let failed = of_messenger(&FailedRelayedMessage { msgHash: B256::ZERO });
        assert_eq!(outcome(&receipt(0, Address::repeat_byte(1), Vec::new())), Outcome::Failed);
        assert_eq!(outcome(&receipt(0, CROSS_DOMAIN_MESSENGER, Vec::new())), Outcome::Failed);
        assert_eq!(outcome(&receipt(1, Address::repeat_byte(1), vec![failed])), Outcome::Succeeded);
        assert_eq!(receipt(1, Address::ZERO, Vec::new()).block(), 7);
    }
}
