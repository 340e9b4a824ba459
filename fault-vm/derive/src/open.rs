//! Opening a batch: from payload bytes to blocks, or to the reason why it has none.

use alloc::{borrow::Cow, string::String, vec::Vec};
use alloy_primitives::Bytes;
use gainsay_types::{
    BatchHeader, BatchKind, ChainConfig, Millis,
    batch::{Batch, BatchBlock, BatchError},
    blob::{self, BlobError},
    payload::{PayloadError, decompress},
};

/// Gas that every transaction uses at least.
const MIN_TRANSACTION_GAS: u64 = 21_000;

/// The payload of a batch as L1 gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Blobs in order, 131,072 bytes each, already checked against their versioned hashes.
    Blobs(Vec<Bytes>),
    /// The calldata payload, already checked against its hash.
    Calldata(Bytes),
    /// A forced batch has none.
    None,
}

/// Why a payload, a block of it, or the rest of it is ignored. The messages of the batch are executed all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// What was handed in is not what the header commits to: a bug of the caller, since L1 cannot give this.
    #[error("payload ignored: the header announces {announced:?}, but other data was handed in")]
    Kind {
        /// The header's kind.
        announced: BatchKind,
    },
    /// The blobs are malformed.
    #[error("payload ignored: {0}")]
    Blob(#[from] BlobError),
    /// Envelope or compression is malformed.
    #[error("payload ignored: {0}")]
    Payload(#[from] PayloadError),
    /// The batch encoding is malformed.
    #[error("payload ignored: {0}")]
    Batch(#[from] BatchError),
    /// A block cannot have so many transactions.
    #[error("payload ignored: block {block} has {transactions} transactions, too many for a block gas limit of {gas_limit}")]
    Transactions {
        /// Position of the block in the batch, from 0.
        block: usize,
        /// Its transactions.
        transactions: usize,
        /// The chain's block gas limit.
        gas_limit: u64,
    },
    /// The blocks name more messages than the batch may consume.
    #[error("payload ignored: from block {block} on it names {named} messages, but the batch has only {available} left")]
    Messages {
        /// The next block to execute, from 0.
        block: u64,
        /// Messages that it and the blocks after it name.
        named: u64,
        /// Messages left up to `m`.
        available: u64,
    },
    /// A block is too far ahead of L1.
    #[error("rest of the payload ignored: block {block} is at {} ms, later than 600 s after its batch ({} ms)", timestamp.0, latest.0)]
    Time {
        /// Position of the block in the batch, from 0.
        block: u64,
        /// Its time.
        timestamp: Millis,
        /// The latest time allowed.
        latest: Millis,
    },
    /// A block cannot be executed.
    #[error("rest of the payload ignored: block {block} cannot be executed: {reason}")]
    Execution {
        /// Position of the block in the batch, from 0.
        block: u64,
        /// The executor's reason.
        reason: String,
    },
}

/// A batch that went through every static check. Only [`open_batch`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenBatch {
    /// What the inbox commits to.
    pub header: BatchHeader,
    /// Blocks of the payload; none if it is void.
    pub blocks: Vec<BatchBlock>,
    /// Why the payload is void.
    pub ignored: Option<Ignored>,
}

/// Opens the batch. Total: a payload that breaks a static rule is void, and the reason is kept.
#[must_use]
pub fn open_batch(config: &ChainConfig, header: &BatchHeader, payload: &Payload) -> OpenBatch {
    let (blocks, ignored) = match blocks(config, header.kind, payload) {
        Ok(blocks) => (blocks, None),
        Err(reason) => (Vec::new(), Some(reason)),
    };
    OpenBatch { header: header.clone(), blocks, ignored }
}

fn blocks(config: &ChainConfig, kind: BatchKind, payload: &Payload) -> Result<Vec<BatchBlock>, Ignored> {
    let bytes = match (kind, payload) {
        (BatchKind::Blobs, Payload::Blobs(blobs)) => Cow::Owned(blob::unpack(blobs)?),
        (BatchKind::Calldata, Payload::Calldata(bytes)) => Cow::Borrowed(&bytes[..]),
        (BatchKind::Forced, Payload::None) => return Ok(Vec::new()),
        (announced, _) => return Err(Ignored::Kind { announced }),
    };
    let blocks = Batch::decode(&decompress(&bytes)?)?.blocks;
    let most = config.block_gas_limit / MIN_TRANSACTION_GAS;
    match blocks.iter().position(|block| block.transactions.len() as u64 > most) {
        None => Ok(blocks),
        Some(block) => {
            let transactions = blocks.get(block).map_or(0, |block| block.transactions.len());
            Err(Ignored::Transactions { block, transactions, gas_limit: config.block_gas_limit })
        }
    }
}
