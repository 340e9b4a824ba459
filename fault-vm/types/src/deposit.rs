//! Messages from L1: user deposits and L1 attributes, and the deposit transactions that they become.

use crate::{MessageLink, predeploys, state::word};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, keccak256};
use op_alloy_consensus::TxDeposit;
use serde::{Deserialize, Serialize};

/// Data of one message, bytes.
pub const MAX_MESSAGE_DATA: usize = 100_000;
/// Gas limit of the deposit transaction that an attributes message becomes.
pub const ATTRIBUTES_GAS: u64 = 150_000;
/// Sender of that transaction, as in the OP Stack.
pub const ATTRIBUTES_SENDER: Address = address!("DeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001");

/// `setL1Attributes(uint64,uint64,uint256,uint256,bytes32)` of the L1Block predeploy.
const SET_L1_ATTRIBUTES: &str = "setL1Attributes(uint64,uint64,uint256,uint256,bytes32)";
/// Bytes of a user deposit's body before its data.
const USER_HEAD: usize = 20 + 20 + 32 + 32 + 8 + 1;

/// A message of the inbox, with its position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Position in the accumulator, from 1.
    pub index: u64,
    /// User deposits among the messages 1..=index.
    pub user_ordinal: u64,
    /// L1 block that enqueued it.
    pub l1_number: u64,
    /// Its timestamp, seconds.
    pub l1_time: u64,
    /// What it says.
    pub body: MessageBody,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MessageBody {
    /// A deposit through the Portal.
    User(UserDeposit),
    /// L1's fees and randomness, enqueued by each batch.
    Attributes(Attributes),
}

/// A deposit through the Portal. The sender is already aliased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserDeposit {
    /// Sender on L2.
    pub from: Address,
    /// Callee on L2; none creates a contract.
    pub to: Option<Address>,
    /// Wei created on L2.
    pub mint: u128,
    /// Wei sent with the call.
    pub value: u128,
    /// Gas limit on L2.
    pub gas_limit: u64,
    /// Calldata or init code.
    pub data: Bytes,
}

/// What L2 learns of L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attributes {
    /// Base fee, wei.
    pub base_fee: U256,
    /// Blob base fee, wei.
    pub blob_base_fee: U256,
    /// The beacon chain's randomness of that block.
    pub prev_randao: B256,
}

/// Bytes that the contracts cannot have produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// No such kind.
    #[error("message kind {0} is unknown")]
    Kind(u8),
    /// The body has the wrong length for its kind.
    #[error("a message body of kind {kind} cannot have {length} bytes")]
    Length {
        /// Kind of the message.
        kind: u8,
        /// Length found.
        length: usize,
    },
    /// Mint or value beyond 2^128, or a creation flag that is neither 0 nor 1.
    #[error("a field of the message is out of its range")]
    Range,
}

impl MessageBody {
    /// The kind byte: 0 user deposit, 1 attributes.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::User(_) => 0,
            Self::Attributes(_) => 1,
        }
    }

    /// The bytes whose Keccak is in the accumulator.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::User(deposit) => {
                let mut out = Vec::with_capacity(USER_HEAD.saturating_add(deposit.data.len()));
                out.extend_from_slice(deposit.from.as_slice());
                out.extend_from_slice(deposit.to.unwrap_or_default().as_slice());
                out.extend_from_slice(&U256::from(deposit.mint).to_be_bytes::<32>());
                out.extend_from_slice(&U256::from(deposit.value).to_be_bytes::<32>());
                out.extend_from_slice(&deposit.gas_limit.to_be_bytes());
                out.push(u8::from(deposit.to.is_none()));
                out.extend_from_slice(&deposit.data);
                out
            }
            Self::Attributes(attributes) => {
                let mut out = Vec::with_capacity(96);
                out.extend_from_slice(&attributes.base_fee.to_be_bytes::<32>());
                out.extend_from_slice(&attributes.blob_base_fee.to_be_bytes::<32>());
                out.extend_from_slice(attributes.prev_randao.as_slice());
                out
            }
        }
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// On bytes that the contracts cannot have produced.
    pub fn decode(kind: u8, bytes: &[u8]) -> Result<Self, MessageError> {
        let length = MessageError::Length { kind, length: bytes.len() };
        match kind {
            0 => {
                let (from, rest) = bytes.split_first_chunk::<20>().ok_or(length)?;
                let (to, rest) = rest.split_first_chunk::<20>().ok_or(length)?;
                let (mint, rest) = rest.split_first_chunk::<32>().ok_or(length)?;
                let (value, rest) = rest.split_first_chunk::<32>().ok_or(length)?;
                let (gas_limit, rest) = rest.split_first_chunk::<8>().ok_or(length)?;
                let (&creation, data) = rest.split_first().ok_or(length)?;
                let to = Address::from(*to);
                let to = match (creation, to.is_zero()) {
                    (0, _) => Some(to),
                    (1, true) => None,
                    _ => return Err(MessageError::Range),
                };
                let small = |bytes: &[u8; 32]| u128::try_from(U256::from_be_bytes(*bytes)).map_err(|_| MessageError::Range);
                Ok(Self::User(UserDeposit {
                    from: Address::from(*from),
                    to,
                    mint: small(mint)?,
                    value: small(value)?,
                    gas_limit: u64::from_be_bytes(*gas_limit),
                    data: Bytes::copy_from_slice(data),
                }))
            }
            1 => {
                let (base_fee, rest) = bytes.split_first_chunk::<32>().ok_or(length)?;
                let (blob_base_fee, rest) = rest.split_first_chunk::<32>().ok_or(length)?;
                let prev_randao: [u8; 32] = rest.try_into().map_err(|_| length)?;
                Ok(Self::Attributes(Attributes {
                    base_fee: U256::from_be_bytes(*base_fee),
                    blob_base_fee: U256::from_be_bytes(*blob_base_fee),
                    prev_randao: prev_randao.into(),
                }))
            }
            other => Err(MessageError::Kind(other)),
        }
    }
}

impl Message {
    /// `depositAcc[index]` from `depositAcc[index - 1]`.
    #[must_use]
    pub fn accumulate(&self, previous: B256) -> B256 {
        self.link(previous).accumulator()
    }

    /// What the accumulator says of it, after `depositAcc[index - 1]`.
    #[must_use]
    pub fn link(&self, previous: B256) -> MessageLink {
        MessageLink {
            previous,
            kind: self.body.kind(),
            user_ordinal: self.user_ordinal,
            l1_number: self.l1_number,
            l1_time: self.l1_time,
            body_hash: keccak256(self.body.encode()),
        }
    }

    /// Gas limit of the deposit transaction.
    #[must_use]
    pub const fn gas_limit(&self) -> u64 {
        match &self.body {
            MessageBody::User(deposit) => deposit.gas_limit,
            MessageBody::Attributes(_) => ATTRIBUTES_GAS,
        }
    }

    /// The deposit transaction (type 0x7E) that this message becomes on L2. `portal` is the Portal's address on L1.
    #[must_use]
    pub fn transaction(&self, portal: Address) -> TxDeposit {
        let source_hash = source_hash(self.body.kind(), portal, self.index);
        match &self.body {
            MessageBody::User(deposit) => TxDeposit {
                source_hash,
                from: deposit.from,
                to: deposit.to.map_or(TxKind::Create, TxKind::Call),
                mint: deposit.mint,
                value: U256::from(deposit.value),
                gas_limit: deposit.gas_limit,
                is_system_transaction: false,
                input: deposit.data.clone(),
            },
            MessageBody::Attributes(attributes) => TxDeposit {
                source_hash,
                from: ATTRIBUTES_SENDER,
                to: TxKind::Call(predeploys::L1_BLOCK),
                mint: 0,
                value: U256::ZERO,
                gas_limit: ATTRIBUTES_GAS,
                is_system_transaction: false,
                input: self.attributes_call(attributes).into(),
            },
        }
    }

    fn attributes_call(&self, attributes: &Attributes) -> Vec<u8> {
        let selector = keccak256(SET_L1_ATTRIBUTES);
        let mut call: Vec<u8> = selector.iter().copied().take(4).collect();
        let words =
            [word(self.l1_number), word(self.l1_time), attributes.base_fee.into(), attributes.blob_base_fee.into(), attributes.prev_randao];
        for word in words {
            call.extend_from_slice(word.as_slice());
        }
        call
    }
}

/// `keccak(abi.encode(domain, keccak(abi.encode(portal, index))))`.
fn source_hash(domain: u8, portal: Address, index: u64) -> B256 {
    let pair = |left: B256, right: B256| {
        let mut preimage = [0u8; 64];
        let (low, high) = preimage.split_at_mut(32);
        low.copy_from_slice(left.as_slice());
        high.copy_from_slice(right.as_slice());
        keccak256(preimage)
    };
    pair(word(u64::from(domain)), pair(portal.into_word(), word(index)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn user()(from: [u8; 20], to: Option<[u8; 20]>, mint: u128, value: u128, gas_limit: u64, data in prop::collection::vec(any::<u8>(), 0..200)) -> MessageBody {
            MessageBody::User(UserDeposit { from: from.into(), to: to.map(Address::from), mint, value, gas_limit, data: data.into() })
        }
    }

    proptest! {
        #[test]
        fn a_user_deposit_survives_the_round_trip(body in user()) {
            prop_assert_eq!(MessageBody::decode(0, &body.encode()), Ok(body));
        }

        #[test]
        fn attributes_survive_the_round_trip(base: [u8; 32], blob: [u8; 32], randao: [u8; 32]) {
            let body = MessageBody::Attributes(Attributes {
                base_fee: U256::from_be_bytes(base), blob_base_fee: U256::from_be_bytes(blob), prev_randao: randao.into(),
            });
            prop_assert_eq!(MessageBody::decode(1, &body.encode()), Ok(body));
        }

        #[test]
        fn random_bytes_never_panic(kind: u8, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = MessageBody::decode(kind, &bytes);
        }
    }

    #[test]
    fn the_source_hash_depends_on_domain_portal_and_index() {
        let portal = Address::repeat_byte(1);
        let base = source_hash(0, portal, 1);
        assert_ne!(base, source_hash(1, portal, 1));
        assert_ne!(base, source_hash(0, Address::repeat_byte(2), 1));
        assert_ne!(base, source_hash(0, portal, 2));
    }

    #[test]
    fn an_attributes_message_calls_the_l1_block_predeploy() {
        let attributes = Attributes { base_fee: U256::from(7), blob_base_fee: U256::from(8), prev_randao: B256::repeat_byte(9) };
        let message = Message { index: 1, user_ordinal: 0, l1_number: 5, l1_time: 6, body: MessageBody::Attributes(attributes) };
        let transaction = message.transaction(Address::ZERO);
        assert_eq!(transaction.to, TxKind::Call(predeploys::L1_BLOCK));
        assert_eq!(transaction.from, ATTRIBUTES_SENDER);
        assert_eq!(transaction.input.len(), 4 + 5 * 32);
        assert_eq!((transaction.input[35], transaction.input[67], transaction.input[99], transaction.input[131]), (5, 6, 7, 8));
    }
}
