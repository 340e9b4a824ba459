//! Events of the Inbox.

use super::{EventFault, L1Event, decode, games::games_event, matches::matches_event, rollup::rollup_event};
use crate::{FollowConfig, L1Block};
use alloy::{
    primitives::{B256, Bytes, keccak256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use gainsay_bindings::Inbox;
use gainsay_types::{BatchHeader, BatchKind, MAX_BLOBS_PER_BATCH, Message, MessageBody};
use serde::{Deserialize, Serialize};

/// An entry of the inbox. Its accumulator was recomputed here, and its payload checked against the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboxEvent {
    /// A batch was appended.
    Batch {
        /// What the Inbox commits to.
        header: BatchHeader,
        /// `batchAcc[header.batch_index]`.
        acc: B256,
        /// Where the data is.
        payload: BatchPayload,
        /// The transaction that appended it.
        tx_hash: B256,
    },
    /// A message was enqueued.
    Message {
        /// The message.
        message: Message,
        /// `depositAcc[message.index]`.
        acc: B256,
        /// The transaction that enqueued it.
        tx_hash: B256,
    },
}

/// The payload of a batch, or where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchPayload {
    /// The payload itself.
    Calldata(Bytes),
    /// Versioned hashes of the blobs that hold it, in order.
    Blobs(Vec<B256>),
    /// A forced batch has none.
    None,
}

/// How far the inbox has been read: both accumulators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboxCursor {
    /// Batches seen.
    pub batches: u64,
    /// `batchAcc[batches]`.
    pub batch_acc: B256,
    /// Messages seen.
    pub messages: u64,
    /// `depositAcc[messages]`.
    pub message_acc: B256,
    /// User deposits among them.
    pub user_messages: u64,
}

impl InboxCursor {
    /// Reads the logs of one block in order and moves on past them. Logs of other contracts and events that are not known
    /// here are skipped. On a fault nothing has moved.
    ///
    /// # Errors
    /// On logs that the contracts cannot have emitted next in this block.
    pub fn read(&mut self, block: &L1Block, config: &FollowConfig, logs: &[Log]) -> Result<Vec<L1Event>, EventFault> {
        let mut next = *self;
        let mut events = Vec::with_capacity(logs.len());
        for log in logs {
            if log.block_hash != Some(block.hash) || log.removed {
                return Err(EventFault::Block { found: log.block_hash });
            }
            if log.address() == config.inbox {
                events.extend(next.inbox_event(block, log)?.map(L1Event::Inbox));
            } else if log.address() == config.rollup {
                events.extend(rollup_event(log)?.map(L1Event::Rollup));
            } else if log.address() == config.matches {
                events.extend(matches_event(log)?.map(L1Event::Matches));
            } else if log.address() == config.games {
                events.extend(games_event(log)?.map(L1Event::Games));
            }
        }
        *self = next;
        Ok(events)
    }

    fn inbox_event(&mut self, block: &L1Block, log: &Log) -> Result<Option<InboxEvent>, EventFault> {
        match log.topic0() {
            Some(&Inbox::BatchAppended::SIGNATURE_HASH) => self.batch(block, log).map(Some),
            Some(&Inbox::MessageEnqueued::SIGNATURE_HASH) => self.message(block, log).map(Some),
            _ => Ok(None),
        }
    }

    fn batch(&mut self, block: &L1Block, log: &Log) -> Result<InboxEvent, EventFault> {
        let event: Inbox::BatchAppended = decode(log)?;
        let index = follows("batch", self.batches, event.batchIndex)?;
        let header = BatchHeader::decode(&event.header)
            .ok_or_else(|| EventFault::Shape { event: "BatchAppended", reason: "the header is not a batch header".to_owned() })?;
        follows("batch", self.batches, header.batch_index)?;
        if header.accumulate(self.batch_acc) != event.acc {
            return Err(EventFault::Accumulator { entry: "batch", index });
        }
        if (header.l1_number, header.l1_time) != (block.number, block.timestamp) {
            return Err(EventFault::Origin { entry: "batch", index });
        }
        let payload = payload(&header, event.payload).ok_or(EventFault::Payload { index })?;
        (self.batches, self.batch_acc) = (index, event.acc);
        Ok(InboxEvent::Batch { header, acc: event.acc, payload, tx_hash: log.transaction_hash.unwrap_or_default() })
    }

    fn message(&mut self, block: &L1Block, log: &Log) -> Result<InboxEvent, EventFault> {
        let event: Inbox::MessageEnqueued = decode(log)?;
        let index = follows("message", self.messages, event.index)?;
        let body = MessageBody::decode(event.kind, &event.body)
            .map_err(|error| EventFault::Shape { event: "MessageEnqueued", reason: error.to_string() })?;
        let user_messages = self.user_messages + u64::from(matches!(body, MessageBody::User(_)));
        let message = Message { index, user_ordinal: event.userOrdinal, l1_number: block.number, l1_time: event.l1Time, body };
        if message.accumulate(self.message_acc) != event.acc {
            return Err(EventFault::Accumulator { entry: "message", index });
        }
        if event.l1Time != block.timestamp || event.userOrdinal != user_messages {
            return Err(EventFault::Origin { entry: "message", index });
        }
        (self.messages, self.message_acc, self.user_messages) = (index, event.acc, user_messages);
        Ok(InboxEvent::Message { message, acc: event.acc, tx_hash: log.transaction_hash.unwrap_or_default() })
    }
}

/// The position after `seen`, if that is what was found.
const fn follows(entry: &'static str, seen: u64, found: u64) -> Result<u64, EventFault> {
    match seen.checked_add(1) {
        Some(expected) if expected == found => Ok(expected),
        _ => Err(EventFault::Gap { entry, expected: seen.saturating_add(1), found }),
    }
}

fn payload(header: &BatchHeader, bytes: Bytes) -> Option<BatchPayload> {
    match header.kind {
        BatchKind::Forced => (bytes.is_empty() && header.payload_hash.is_zero()).then_some(BatchPayload::None),
        _ if keccak256(&bytes) != header.payload_hash => None,
        BatchKind::Calldata => Some(BatchPayload::Calldata(bytes)),
        BatchKind::Blobs => {
            let (hashes, rest) = bytes.as_chunks::<32>();
            let counted = rest.is_empty() && (1..=MAX_BLOBS_PER_BATCH).contains(&hashes.len());
            counted.then(|| BatchPayload::Blobs(hashes.iter().map(B256::from).collect()))
        }
    }
}
