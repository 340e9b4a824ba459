//! The arguments of an append: what the batch was built on, and the proof of what it consumes.

use alloy::primitives::{B256, keccak256};
use gainsay_bindings::inbox::Inbox::{Append, MessageLink};
use gainsay_store::{Store, StoreError};
use gainsay_types::{Message, MessageBody};

/// What an append on top of the archived inbox names. `consumed` messages were consumed before, `m` are once it is through.
///
/// # Errors
/// When the store fails, or does not hold the messages up to `m`.
pub fn append(store: &Store, consumed: u64, m: u64) -> Result<Append, StoreError> {
    let message = |index: u64| -> Result<Message, StoreError> {
        let record = store.message(index)?;
        Ok(record.ok_or_else(|| StoreError::Missing { record: "message", key: index.to_string() })?.message)
    };
    let last = if m > consumed { link(&message(m)?) } else { nothing() };
    let (mut first_user_index, mut first_user) = (0, nothing());
    for index in consumed + 1..=m {
        let found = message(index)?;
        if matches!(found.body, MessageBody::User(_)) {
            (first_user_index, first_user) = (index, link(&found));
            break;
        }
    }
    Ok(Append {
        expectedBatchAcc: store.heads().batch_acc,
        depositCount: m,
        expectedDepositAcc: store.deposit_acc(m)?,
        last,
        firstUserIndex: first_user_index,
        firstUser: first_user,
    })
}

/// What the accumulator's entry of a message is made of.
#[must_use]
pub fn link(message: &Message) -> MessageLink {
    MessageLink {
        kind: message.body.kind(),
        userOrdinal: message.user_ordinal,
        l1Number: message.l1_number,
        l1Time: message.l1_time,
        bodyHash: keccak256(message.body.encode()),
    }
}

const fn nothing() -> MessageLink {
    MessageLink { kind: 0, userOrdinal: 0, l1Number: 0, l1Time: 0, bodyHash: B256::ZERO }
}
