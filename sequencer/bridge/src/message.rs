//! What a withdrawal through the messenger carries: a call that can be tried again on L1 when it fails.

use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::SolCall,
};
use gainsay_bindings::{L1StandardBridge, l1_messenger::L1CrossDomainMessenger::relayMessageCall};
use gainsay_types::predeploys::STANDARD_BRIDGE;

/// A message of the messenger, from L2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossMessage {
    /// Who sent it on L2.
    pub sender: Address,
    /// Callee on L1.
    pub target: Address,
    /// Wei.
    pub value: U256,
    /// Least gas of the call.
    pub min_gas_limit: U256,
    /// Its calldata.
    pub data: Bytes,
    /// The `relayMessage` call that delivers it, byte by byte as it was sent: its hash is the message's.
    pub relay: Bytes,
}

/// What a message moves, as far as it can be told from its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Ether, through the bridges.
    Ether {
        /// Receiver on L1.
        to: Address,
        /// Wei.
        amount: U256,
    },
    /// Tokens, through the bridges.
    Token {
        /// The token on L1.
        token: Address,
        /// Receiver on L1.
        to: Address,
        /// In the token's smallest unit.
        amount: U256,
    },
    /// A call of something else.
    Call {
        /// Callee.
        target: Address,
        /// Wei.
        value: U256,
    },
}

impl CrossMessage {
    /// Reads a `relayMessage` call; none for another call.
    #[must_use]
    pub fn decode(relay: &Bytes) -> Option<Self> {
        let call = relayMessageCall::abi_decode(relay).ok()?;
        let relayMessageCall { nonce: _, sender, target, value, minGasLimit: min_gas_limit, message: data } = call;
        Some(Self { sender, target, value, min_gas_limit, data, relay: relay.clone() })
    }

    /// The message's hash, by which the messenger knows it.
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(&self.relay)
    }

    /// What it moves; `l1_bridge` is the bridge on L1.
    #[must_use]
    pub fn moves(&self, l1_bridge: Address) -> Moves {
        let other = Moves::Call { target: self.target, value: self.value };
        // The bridge on L1 obeys the bridge on L2 alone.
        if self.target != l1_bridge || self.sender != STANDARD_BRIDGE {
            return other;
        }
        if let Ok(call) = L1StandardBridge::finalizeBridgeETHCall::abi_decode(&self.data) {
            return Moves::Ether { to: call.to, amount: call.amount };
        }
        match L1StandardBridge::finalizeBridgeERC20Call::abi_decode(&self.data) {
            Ok(call) => Moves::Token { token: call.localToken, to: call.to, amount: call.amount },
            Err(_) => other,
        }
    }

    /// Gas with which the messenger gives the call `extra` beyond what it asks for, as a limit of the replaying transaction.
    ///
    /// A replay with too little gas does not revert: the message just fails again, so no estimate can be relied on.
    #[must_use]
    pub fn replay_gas(&self, extra: u64) -> u64 {
        let asked = u64::try_from(self.min_gas_limit).unwrap_or(u64::MAX / 128);
        let call = asked.saturating_add(extra).saturating_mul(64) / 63;
        let calldata = self.relay.len() as u64 * FLOOR_GAS_PER_BYTE;
        call.saturating_add(calldata).saturating_add(REPLAY_OVERHEAD)
    }
}

/// EIP-7623.
const FLOOR_GAS_PER_BYTE: u64 = 40;
/// The transaction's own 21,000, what the messenger does around the call and what it keeps back, with a margin.
const REPLAY_OVERHEAD: u64 = 21_000 + 285_000;

#[cfg(test)]
mod tests {
    use super::*;

    const BRIDGE: Address = Address::repeat_byte(0xbb);

    fn relay(sender: Address, target: Address, message: Vec<u8>) -> CrossMessage {
        let nonce = U256::from(1) << 240;
        let call =
            relayMessageCall { nonce, sender, target, value: U256::from(5), minGasLimit: U256::from(200_000), message: message.into() };
        CrossMessage::decode(&call.abi_encode().into()).expect("a message")
    }

    #[test]
    fn a_message_has_the_hash_of_the_call_that_delivers_it() {
        let message = relay(STANDARD_BRIDGE, BRIDGE, vec![1, 2, 3]);
        assert_eq!(message.hash(), keccak256(&message.relay));
        assert_eq!((message.sender, message.target, message.value), (STANDARD_BRIDGE, BRIDGE, U256::from(5)));
    }

    #[test]
    fn what_the_bridges_move_is_told() {
        let (from, to, token, twin) = (Address::repeat_byte(1), Address::repeat_byte(2), Address::repeat_byte(3), Address::repeat_byte(4));
        let (amount, none) = (U256::from(5), Bytes::new());
        let ether = L1StandardBridge::finalizeBridgeETHCall { from, to, amount, extraData: none.clone() }.abi_encode();
        assert_eq!(relay(STANDARD_BRIDGE, BRIDGE, ether.clone()).moves(BRIDGE), Moves::Ether { to, amount });
        let call = L1StandardBridge::finalizeBridgeERC20Call { localToken: token, remoteToken: twin, from, to, amount, extraData: none };
        assert_eq!(relay(STANDARD_BRIDGE, BRIDGE, call.abi_encode()).moves(BRIDGE), Moves::Token { token, to, amount });
        let forged = relay(from, BRIDGE, ether).moves(BRIDGE);
        assert_eq!(forged, Moves::Call { target: BRIDGE, value: amount }, "not sent by the bridge on L2");
    }

    #[test]
    fn other_calls_are_no_messages() {
        assert_eq!(CrossMessage::decode(&Bytes::new()), None);
        assert_eq!(CrossMessage::decode(&Bytes::from_static(&[1, 2, 3, 4, 5])), None);
    }

    #[test]
    fn a_replay_has_more_gas_than_the_call_asks_for_whatever_it_asks_for() {
        let mut message = relay(STANDARD_BRIDGE, BRIDGE, Vec::new());
        assert!(message.replay_gas(100_000) > 21_000 + 300_000 + 85_000);
        message.min_gas_limit = U256::MAX;
        assert!(message.replay_gas(u64::MAX) > 0);
    }
}
