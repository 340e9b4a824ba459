//! What the store keeps of L1.

use crate::codec::Record;
use alloy_primitives::{B256, Bytes};
use gainsay_types::{BatchHeader, Message};
use serde::{Deserialize, Serialize};

/// A block of L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct L1Block {
    /// Number.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Hash of its parent.
    pub parent_hash: B256,
    /// Timestamp, seconds.
    pub timestamp: u64,
}

/// Where the payload of a batch is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BatchData {
    /// Versioned hashes of its blobs, in order. The blobs are archived beside.
    Blobs(Vec<B256>),
    /// The payload.
    Calldata(Bytes),
    /// A forced batch has none.
    None,
}

/// A batch of the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRecord {
    /// What the inbox commits to.
    pub header: BatchHeader,
    /// `batchAcc` after it.
    pub acc: B256,
    /// Its payload.
    pub data: BatchData,
    /// Hash of the L1 block `header.l1_number`.
    pub l1_hash: B256,
}

/// A message of the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecord {
    /// The message, with the number of its L1 block.
    pub message: Message,
    /// `depositAcc` after it.
    pub acc: B256,
    /// Hash of the L1 block `message.l1_number`.
    pub l1_hash: B256,
    /// Hash of the L1 transaction that enqueued it.
    pub l1_transaction: B256,
}

impl Record for L1Block {
    const NAME: &'static str = "L1 block";
}

impl Record for BatchRecord {
    const NAME: &'static str = "batch";
}

impl Record for MessageRecord {
    const NAME: &'static str = "message";
}
