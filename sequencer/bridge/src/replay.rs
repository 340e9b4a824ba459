//! Trying a message again that failed on L1.

use crate::{Initiated, L1Sender, L2Node, Sent, WithdrawError, message::CrossMessage, stage::Stage};
use alloy::{primitives::B256, rpc::types::Log, sol_types::SolEvent};
use gainsay_bindings::l1_messenger::L1CrossDomainMessenger::{FailedRelayedMessage, RelayedMessage};
use gainsay_l1::{MAX_TRANSACTION_GAS, TxRequest};
use serde::Serialize;

/// Gas that a replayed call is given beyond what it asked for, if nothing else is said.
pub const REPLAY_GAS: u64 = 300_000;

/// What `replay` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    /// The message.
    pub message: B256,
    /// The transaction that delivered it; none if it was delivered before.
    pub l1: Option<Sent>,
}

impl L1Sender {
    /// Tries a finalised withdrawal's failed message again, with so much gas for its call beyond what it asked for. Does nothing if it is delivered.
    ///
    /// # Errors
    /// When the withdrawal is not finalised or has no message, when L1 refuses, and when the call fails again.
    pub async fn replay(&mut self, node: &L2Node, started: &Initiated, extra_gas: u64) -> Result<Replayed, WithdrawError> {
        let messenger = self.bridge().network().contracts.messenger;
        let Some(message) = started.withdrawal.message(messenger) else { return Err(WithdrawError::NoMessage) };
        let known = self.bridge().known(node, started, None).await?;
        match known.stage {
            Stage::Delivered { .. } => Ok(Replayed { message: message.hash(), l1: None }),
            Stage::Replayable => self.deliver(&message, extra_gas).await,
            Stage::Finalized { .. } => Err(WithdrawError::NoMessage),
            _ => Err(WithdrawError::NotFinalized { transaction: started.transaction }),
        }
    }

    async fn deliver(&mut self, message: &CrossMessage, extra_gas: u64) -> Result<Replayed, WithdrawError> {
        let (to, input) = (self.bridge().network().contracts.messenger, message.relay.clone());
        self.check("the replay", to, input.clone()).await?;
        // No estimate: with too little gas the message fails again without a revert.
        let gas_limit = Some(message.replay_gas(extra_gas).min(MAX_TRANSACTION_GAS));
        let receipt = self.send_request(TxRequest { to, input, gas_limit, ..TxRequest::default() }).await?;
        let sent = Sent::of(&receipt);
        match delivered(receipt.inner.logs(), message.hash()) {
            Some(true) => Ok(Replayed { message: message.hash(), l1: Some(sent) }),
            _ => Err(WithdrawError::FailedAgain { transaction: sent.hash }),
        }
    }
}

/// What the messenger said of a message; none if nothing.
fn delivered(logs: &[Log], message: B256) -> Option<bool> {
    logs.iter().find_map(|log| {
        let relayed = RelayedMessage::decode_log(&log.inner).is_ok_and(|event| event.data.msgHash == message);
        let failed = FailedRelayedMessage::decode_log(&log.inner).is_ok_and(|event| event.data.msgHash == message);
        (relayed || failed).then_some(relayed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, LogData};

    fn log(data: LogData) -> Log {
        Log { inner: alloy::primitives::Log { address: Address::ZERO, data }, ..Log::default() }
    }

    #[test]
    fn the_messengers_word_counts_for_its_own_message_only() {
        let (own, other) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let relayed = |msg_hash| log(RelayedMessage { msgHash: msg_hash }.encode_log_data());
        let failed = |msg_hash| log(FailedRelayedMessage { msgHash: msg_hash }.encode_log_data());
        assert_eq!(delivered(&[relayed(other), failed(own)], own), Some(false));
        assert_eq!(delivered(&[failed(other), relayed(own)], own), Some(true));
        assert_eq!(delivered(&[Log::default(), relayed(other)], own), None);
    }
}
