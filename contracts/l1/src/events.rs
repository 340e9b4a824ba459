//! Events of the Inbox and the Rollup, checked against the accumulators.

use crate::L1Block;
use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use gainsay_bindings::{Inbox, Rollup};
use gainsay_types::{BatchHeader, BatchKind, MAX_BLOBS_PER_BATCH, Message, MessageBody, State};
use serde::{Deserialize, Serialize};

/// Something that happened on L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum L1Event {
    /// In the Inbox.
    Inbox(InboxEvent),
    /// In the Rollup.
    Rollup(RollupEvent),
}

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

/// Something that happened to assertions and stakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollupEvent {
    /// An assertion was claimed for the first time.
    AssertionCreated {
        /// Its id.
        id: B256,
        /// Id of its parent.
        parent: B256,
        /// The state it claims.
        end: State,
        /// Batch count that its children read up to.
        target: u64,
        /// `keccak(target, batchAcc[target])`.
        inputs_hash: B256,
    },
    /// A new stake was bonded.
    StakePlaced {
        /// The stake.
        stake: U256,
        /// Who owns it.
        owner: Address,
    },
    /// A stake moved to an assertion.
    StakeMoved {
        /// The stake.
        stake: U256,
        /// Where it is now.
        assertion: B256,
    },
    /// Nobody live was left on any child when the window ended: it starts again.
    ForkReopened {
        /// The assertion above the fork.
        parent: B256,
    },
    /// An assertion is final.
    AssertionConfirmed {
        /// Its id.
        id: B256,
    },
    /// A stake left with its bond.
    StakeWithdrawn {
        /// The stake.
        stake: U256,
        /// Wei credited to its owner.
        amount: U256,
    },
    /// A stake lost a match.
    StakeDefeated {
        /// The stake.
        stake: U256,
        /// Where it stood.
        assertion: B256,
        /// Wei burned of its bond.
        burned: U256,
    },
    /// A losing stake's record at an assertion was cleared.
    StakeEvicted {
        /// The stake.
        stake: U256,
        /// Where it was cleared.
        assertion: B256,
    },
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

/// Why an event cannot be what the contract emitted next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// The log does not have the event's shape.
    #[error("a log of {event} does not decode: {reason}")]
    Shape {
        /// Name of the event.
        event: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The log is from another block than asked for.
    #[error("a log says it is from block {found:?}")]
    Block {
        /// Hash that the log names.
        found: Option<B256>,
    },
    /// Positions are not consecutive.
    #[error("{entry} {expected} should come next, but {found} came")]
    Gap {
        /// `batch` or `message`.
        entry: &'static str,
        /// Next position.
        expected: u64,
        /// Position in the log.
        found: u64,
    },
    /// The accumulator that the log gives is not the one recomputed from what it contains.
    #[error("{entry} {index} does not lead to the accumulator that its log gives")]
    Accumulator {
        /// `batch` or `message`.
        entry: &'static str,
        /// Position.
        index: u64,
    },
    /// Number or time of the L1 block in the entry is not that of the block.
    #[error("{entry} {index} names another L1 block than its own")]
    Origin {
        /// `batch` or `message`.
        entry: &'static str,
        /// Position.
        index: u64,
    },
    /// The payload in the log is not the one in the header.
    #[error("the payload of batch {index} is not the one its header commits to")]
    Payload {
        /// Position.
        index: u64,
    },
}

impl InboxCursor {
    /// Reads the logs of one block in order and moves on past them. Logs of other contracts and events that are not known
    /// here are skipped. On a fault nothing has moved.
    ///
    /// # Errors
    /// On logs that the contracts cannot have emitted next in this block.
    pub fn read(&mut self, block: &L1Block, inbox: Address, rollup: Address, logs: &[Log]) -> Result<Vec<L1Event>, EventFault> {
        let mut next = *self;
        let mut events = Vec::with_capacity(logs.len());
        for log in logs {
            if log.block_hash != Some(block.hash) || log.removed {
                return Err(EventFault::Block { found: log.block_hash });
            }
            if log.address() == inbox {
                events.extend(next.inbox_event(block, log)?.map(L1Event::Inbox));
            } else if log.address() == rollup {
                events.extend(rollup_event(log)?.map(L1Event::Rollup));
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
        Ok(InboxEvent::Message { message, acc: event.acc })
    }
}

/// The position after `seen`, if that is what was found.
const fn follows(entry: &'static str, seen: u64, found: u64) -> Result<u64, EventFault> {
    match seen.checked_add(1) {
        Some(expected) if expected == found => Ok(expected),
        _ => Err(EventFault::Gap { entry, expected: seen.saturating_add(1), found }),
    }
}

fn decode<E: SolEvent>(log: &Log) -> Result<E, EventFault> {
    E::decode_log(&log.inner)
        .map(|log| log.data)
        .map_err(|error| EventFault::Shape { event: E::SIGNATURE.split('(').next().unwrap_or_default(), reason: error.to_string() })
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

fn rollup_event(log: &Log) -> Result<Option<RollupEvent>, EventFault> {
    let Some(&topic) = log.topic0() else { return Ok(None) };
    Ok(Some(match topic {
        Rollup::AssertionCreated::SIGNATURE_HASH => {
            let Rollup::AssertionCreated { id, parent, end, target, inputsHash } = decode(log)?;
            let end = State {
                output_root: end.outputRoot,
                l2_block_number: end.l2BlockNumber,
                batch_index: end.batchIndex,
                batch_offset: end.batchOffset,
                deposit_index: end.depositIndex,
            };
            RollupEvent::AssertionCreated { id, parent, end, target, inputs_hash: inputsHash }
        }
        Rollup::StakePlaced::SIGNATURE_HASH => {
            let Rollup::StakePlaced { stakeId, owner } = decode(log)?;
            RollupEvent::StakePlaced { stake: stakeId, owner }
        }
        Rollup::StakeMoved::SIGNATURE_HASH => {
            let Rollup::StakeMoved { stakeId, assertion } = decode(log)?;
            RollupEvent::StakeMoved { stake: stakeId, assertion }
        }
        Rollup::AssertionConfirmed::SIGNATURE_HASH => RollupEvent::AssertionConfirmed { id: decode::<Rollup::AssertionConfirmed>(log)?.id },
        Rollup::StakeWithdrawn::SIGNATURE_HASH => {
            let Rollup::StakeWithdrawn { stakeId, amount } = decode(log)?;
            RollupEvent::StakeWithdrawn { stake: stakeId, amount }
        }
        Rollup::ForkReopened::SIGNATURE_HASH => RollupEvent::ForkReopened { parent: decode::<Rollup::ForkReopened>(log)?.parent },
        Rollup::StakeDefeated::SIGNATURE_HASH => {
            let Rollup::StakeDefeated { stakeId, assertion, burned } = decode(log)?;
            RollupEvent::StakeDefeated { stake: stakeId, assertion, burned }
        }
        Rollup::StakeEvicted::SIGNATURE_HASH => {
            let Rollup::StakeEvicted { stakeId, assertion } = decode(log)?;
            RollupEvent::StakeEvicted { stake: stakeId, assertion }
        }
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Log as Inner, LogData};

    const INBOX: Address = Address::repeat_byte(1);
    const ROLLUP: Address = Address::repeat_byte(2);

    fn block() -> L1Block {
        L1Block { number: 40, hash: B256::repeat_byte(4), parent_hash: B256::repeat_byte(3), timestamp: 480 }
    }

    fn log(address: Address, data: LogData) -> Log {
        Log { inner: Inner { address, data }, block_hash: Some(block().hash), block_number: Some(40), ..Log::default() }
    }

    /// A batch with calldata and a message, as the Inbox emits them.
    fn logs() -> Vec<Log> {
        let payload = Bytes::from_static(b"a payload");
        let header = BatchHeader {
            kind: BatchKind::Calldata,
            payload_hash: keccak256(&payload),
            deposit_count: 0,
            deposit_acc: B256::ZERO,
            l1_number: 40,
            l1_time: 480,
            l1_base_fee: U256::from(7),
            l1_blob_base_fee: U256::from(1),
            batch_index: 1,
        };
        let attributes =
            gainsay_types::Attributes { base_fee: U256::from(7), blob_base_fee: U256::from(1), prev_randao: B256::repeat_byte(5) };
        let message = Message { index: 1, user_ordinal: 0, l1_number: 40, l1_time: 480, body: MessageBody::Attributes(attributes) };
        let batch = Inbox::BatchAppended { batchIndex: 1, acc: header.accumulate(B256::ZERO), header: header.encode().into(), payload };
        let enqueued = Inbox::MessageEnqueued {
            index: 1,
            acc: message.accumulate(B256::ZERO),
            kind: 1,
            userOrdinal: 0,
            l1Time: 480,
            body: message.body.encode().into(),
        };
        vec![log(INBOX, batch.encode_log_data()), log(INBOX, enqueued.encode_log_data())]
    }

    fn read(logs: &[Log]) -> Result<(InboxCursor, Vec<L1Event>), EventFault> {
        let mut cursor = InboxCursor::default();
        let events = cursor.read(&block(), INBOX, ROLLUP, logs)?;
        Ok((cursor, events))
    }

    #[test]
    fn any_changed_bit_of_an_event_is_found_or_means_nothing() {
        let honest = read(&logs()).unwrap();
        assert_eq!((honest.0.batches, honest.0.messages, honest.1.len()), (1, 1, 2));
        for index in 0..2 {
            let length = logs()[index].inner.data.data.len();
            for position in 0..length * 8 {
                let mut logs = logs();
                let mut data = logs[index].inner.data.data.to_vec();
                data[position / 8] ^= 1 << (position % 8);
                logs[index].inner.data.data = data.into();
                if let Ok(read) = read(&logs) {
                    assert_eq!(read, honest, "bit {position} of log {index}");
                }
            }
        }
    }

    #[test]
    fn a_fault_leaves_the_cursor_where_it_was() {
        let mut logs = logs();
        logs.push(logs[0].clone());
        let mut cursor = InboxCursor::default();
        let fault = cursor.read(&block(), INBOX, ROLLUP, &logs).unwrap_err();
        assert_eq!(fault, EventFault::Gap { entry: "batch", expected: 2, found: 1 });
        assert_eq!(cursor, InboxCursor::default());
    }

    #[test]
    fn an_entry_of_another_block_is_refused_and_other_contracts_are_skipped() {
        let mut elsewhere = logs();
        elsewhere[1].block_hash = Some(B256::ZERO);
        assert_eq!(read(&elsewhere).unwrap_err(), EventFault::Block { found: Some(B256::ZERO) });
        let later = L1Block { timestamp: 481, ..block() };
        let fault = InboxCursor::default().read(&later, INBOX, ROLLUP, &logs()).unwrap_err();
        assert_eq!(fault, EventFault::Origin { entry: "batch", index: 1 });
        let strange = logs().into_iter().map(|log| Log { inner: Inner { address: Address::ZERO, ..log.inner }, ..log }).collect::<Vec<_>>();
        assert_eq!(read(&strange), Ok((InboxCursor::default(), vec![])));
    }
}
