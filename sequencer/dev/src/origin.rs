//! An L1 that is made up: it has a block every twelve seconds of this chain's time, and says the same fees in all of them.

use crate::DevError;
use alloy::primitives::{B256, U256, keccak256};
use gainsay_store::{MessageRecord, Store};
use gainsay_types::{Attributes, Message, MessageBody, Millis};

/// The block that the genesis knows of.
pub(crate) const FIRST: u64 = 1;
/// Its base fee, wei per gas.
pub(crate) const BASE_FEE: u64 = 1_000_000_000;
/// Seconds between two blocks.
const SLOT: u64 = 12;

/// L1 tells of itself, if it has a newer block at `time` than the chain knows of.
pub(crate) fn news(store: &Store, genesis: Millis, time: Millis) -> Result<Option<MessageRecord>, DevError> {
    let heads = store.heads();
    let last = store.message(heads.messages)?;
    let slots = time.secs().saturating_sub(genesis.secs()) / SLOT;
    let number = FIRST.saturating_add(slots);
    if number <= last.as_ref().map_or(FIRST, |last| last.message.l1_number) {
        return Ok(None);
    }
    let hash = keccak256(number.to_be_bytes());
    let attributes = Attributes { base_fee: U256::from(BASE_FEE), blob_base_fee: U256::from(1), prev_randao: keccak256(hash) };
    let message = Message {
        index: heads.messages.saturating_add(1),
        user_ordinal: 0,
        l1_number: number,
        l1_time: genesis.secs().saturating_add(slots.saturating_mul(SLOT)),
        body: MessageBody::Attributes(attributes),
    };
    let acc = message.accumulate(heads.deposit_acc);
    Ok(Some(MessageRecord { message, acc, l1_hash: hash, l1_transaction: B256::ZERO }))
}
