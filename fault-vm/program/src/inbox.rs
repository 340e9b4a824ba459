//! The inbox, read through its accumulators.

use crate::oracle::{DataError, Oracle, read};
use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::{B256, Bytes, keccak256};
use core::cell::RefCell;
use gainsay_derive::{Inbox, OpenBatch, Payload, open_batch};
use gainsay_types::{BatchHeader, BatchKind, ChainConfig, MAX_BLOBS_PER_BATCH, Message, MessageBody, MessageLink};

/// The one batch that a step reads, and the messages up to its end.
pub(crate) struct OracleInbox<'a, O> {
    oracle: &'a O,
    config: &'a ChainConfig,
    header: BatchHeader,
    /// Links of the messages m, m - 1, and so on: as far as the accumulator was walked back.
    links: RefCell<Vec<MessageLink>>,
}

impl<'a, O: Oracle> OracleInbox<'a, O> {
    /// The inbox whose latest batch is the one at `batch_acc`.
    pub(crate) fn open(oracle: &'a O, config: &'a ChainConfig, batch_acc: B256) -> Result<Self, DataError<O::Error>> {
        let header_hash = read(oracle, batch_acc, "link of the batch accumulator", |bytes| {
            bytes.split_last_chunk::<32>().filter(|(previous, _)| previous.len() == 32).map(|(_, hash)| B256::from(*hash))
        })?;
        let header = read(oracle, header_hash, "batch header", BatchHeader::decode)?;
        Ok(Self { oracle, config, header, links: RefCell::new(Vec::new()) })
    }

    fn payload(&self) -> Result<Payload, DataError<O::Error>> {
        let hash = self.header.payload_hash;
        match self.header.kind {
            BatchKind::Forced => Ok(Payload::None),
            BatchKind::Calldata => Ok(Payload::Calldata(self.oracle.keccak(&hash).map_err(DataError::Oracle)?)),
            BatchKind::Blobs => {
                let hashes = read(self.oracle, hash, "list of versioned hashes", versioned_hashes)?;
                let blobs: Result<Vec<Bytes>, _> = hashes.iter().map(|hash| self.oracle.blob(hash)).collect();
                Ok(Payload::Blobs(blobs.map_err(DataError::Oracle)?))
            }
        }
    }

    /// The link of the message at `index`, which is at most m. The accumulator is walked back once, and as far as the first message
    /// that the step reads: over as many messages as there are since the previous batch was consumed, each of which L1 was paid for.
    fn link(&self, index: u64) -> Result<MessageLink, DataError<O::Error>> {
        let beyond = DataError::Malformed { what: "accumulator of so many messages", hash: self.header.deposit_acc };
        let distance = self.header.deposit_count.checked_sub(index).filter(|_| index > 0);
        let distance = distance.and_then(|distance| usize::try_from(distance).ok()).ok_or(beyond)?;
        let mut links = self.links.borrow_mut();
        loop {
            if let Some(link) = links.get(distance) {
                return Ok(*link);
            }
            let next = links.last().map_or(self.header.deposit_acc, |link| link.previous);
            links.push(read(self.oracle, next, "link of the message accumulator", MessageLink::decode)?);
        }
    }
}

impl<O: Oracle> Inbox for OracleInbox<'_, O> {
    type Error = DataError<O::Error>;

    fn batch(&self, index: u64) -> Result<Arc<OpenBatch>, Self::Error> {
        if index != self.header.batch_index {
            return Err(DataError::Malformed { what: "header of the batch after the state", hash: keccak256(self.header.encode()) });
        }
        Ok(Arc::new(open_batch(self.config, &self.header, &self.payload()?)))
    }

    fn message(&self, index: u64) -> Result<Message, Self::Error> {
        let MessageLink { kind, user_ordinal, l1_number, l1_time, body_hash, .. } = self.link(index)?;
        let body = read(self.oracle, body_hash, "message body", |bytes| MessageBody::decode(kind, bytes).ok())?;
        Ok(Message { index, user_ordinal, l1_number, l1_time, body })
    }
}

/// The versioned hashes that a batch names, one to six.
fn versioned_hashes(bytes: &[u8]) -> Option<Vec<B256>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let complete = rest.is_empty() && (1..=MAX_BLOBS_PER_BATCH).contains(&hashes.len());
    complete.then(|| hashes.iter().map(|hash| B256::from(*hash)).collect())
}
