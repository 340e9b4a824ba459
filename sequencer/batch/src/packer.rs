//! The queue of blocks that are not on L1 yet, and the decision when to send.

use crate::{
    config::{ConfigError, DataAvailability, PackerConfig},
    cost::L1Fees,
    fit::{Fitted, Room, fit},
};
use alloy_primitives::Bytes;
use gainsay_types::{
    BatchKind, MAX_MESSAGES_PER_BATCH, Millis,
    batch::{BatchBlock, MAX_BLOCKS_PER_BATCH},
    blob::{self, BLOB_CAPACITY},
};
use std::{collections::VecDeque, io};

/// The ratio of compressed to uncompressed size before anything was compressed.
const FIRST_RATIO: f64 = 0.6;
/// Brotli qualities when more than two, and more than four full batches wait. On a busy mix they take a fifth, and a twentieth, of the time of
/// quality 10, for 2 and 2.5 % more bytes.
const PRESSED: u8 = 9;
const HARD_PRESSED: u8 = 5;
/// Full batches of which the packer has plenty.
const PLENTY: usize = 8;
/// Uncompressed bytes of a block without transactions, about.
const BLOCK_WEIGHT: usize = 4;

/// A block that waits for its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingBlock {
    /// Number of the L2 block.
    pub number: u64,
    /// Messages that the chain has consumed once this block is through: the `m` of a batch that ends with it.
    pub deposit_index: u64,
    /// When it was made.
    pub sealed_at: Millis,
    /// What goes into the batch.
    pub block: BatchBlock,
}

/// The payload of a packed batch, as L1 takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackedPayload {
    /// Blobs in order, 131,072 bytes each.
    Blobs(Vec<Bytes>),
    /// Calldata.
    Calldata(Bytes),
}

/// A batch ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedBatch {
    /// Where it goes.
    pub kind: BatchKind,
    /// What is sent.
    pub payload: PackedPayload,
    /// Number of its first block.
    pub first_block: u64,
    /// Number of its last block.
    pub last_block: u64,
    /// Messages consumed once it is through: the `m` of its header.
    pub deposit_count: u64,
    /// Transactions in it.
    pub transactions: usize,
    /// Payload bytes before padding.
    pub payload_bytes: usize,
}

/// Why blocks cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Blocks must come in order: reset the packer to start elsewhere.
    #[error("block {found} does not follow block {last}: reset the packer to the first block that is not on L1")]
    Gap {
        /// The last block in the queue.
        last: u64,
        /// The block given.
        found: u64,
    },
    /// One block alone does not fit a batch.
    #[error("block {number} alone does not fit the {capacity} bytes of a batch: allow more blobs, or a lower block gas limit")]
    BlockTooLarge {
        /// Its number.
        number: u64,
        /// Bytes that a batch holds.
        capacity: usize,
    },
    /// One block alone consumes more messages than a batch may.
    #[error("block {number} consumes {deposits} messages, more than a batch may (512)")]
    TooManyMessages {
        /// Its number.
        number: u64,
        /// Messages that it consumes.
        deposits: u64,
    },
    /// The compressor failed.
    #[error("brotli cannot compress the batch")]
    Compress {
        /// What it said.
        source: io::Error,
    },
    /// The payload fits no blobs.
    #[error("the payload cannot be put into blobs")]
    Blob {
        /// Why.
        source: blob::BlobError,
    },
}

/// A block in the queue.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) pending: PendingBlock,
    /// Uncompressed bytes, about.
    pub(crate) weight: usize,
}

/// Packs blocks into batches.
#[derive(Clone, Debug)]
pub struct Packer {
    config: PackerConfig,
    queue: VecDeque<Waiting>,
    /// The last block that was ever pushed since the last reset.
    last: Option<u64>,
    /// Sum of the weights of the queue.
    weight: usize,
    /// Compressed by uncompressed size, as last measured.
    ratio: f64,
}

impl Packer {
    /// An empty packer.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn new(config: PackerConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self { config, queue: VecDeque::new(), last: None, weight: 0, ratio: FIRST_RATIO })
    }

    /// Appends the next block.
    ///
    /// # Errors
    /// When it does not follow the block before, or can never be packed; the queue stays as it was.
    pub fn push(&mut self, pending: PendingBlock) -> Result<(), PackError> {
        if let Some(last) = self.last.filter(|last| last.checked_add(1) != Some(pending.number)) {
            return Err(PackError::Gap { last, found: pending.number });
        }
        if pending.block.deposits > MAX_MESSAGES_PER_BATCH {
            return Err(PackError::TooManyMessages { number: pending.number, deposits: pending.block.deposits });
        }
        self.last = Some(pending.number);
        let weight = weight(&pending.block);
        self.weight += weight;
        self.queue.push_back(Waiting { pending, weight });
        Ok(())
    }

    /// Forgets all blocks; the next one may have any number. For a restart, and for a reorg of either chain.
    pub fn reset(&mut self) {
        self.queue.clear();
        self.weight = 0;
        self.last = None;
    }

    /// One with the same configuration and what was learnt, but without blocks.
    #[must_use]
    pub const fn emptied(&self) -> Self {
        Self { config: self.config, queue: VecDeque::new(), last: None, weight: 0, ratio: self.ratio }
    }

    /// Blocks that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no block waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The last block pushed since the last reset, packed or not.
    #[must_use]
    pub const fn last_pushed(&self) -> Option<u64> {
        self.last
    }

    /// The block that the next batch begins with, whether it was pushed or not. None right after a reset.
    #[must_use]
    pub fn next_block(&self) -> Option<u64> {
        self.queue.front().map(|waiting| waiting.pending.number).or(self.last.and_then(|last| last.checked_add(1)))
    }

    /// Whether more waits than a few batches hold: more may be pushed, but need not be held in memory.
    #[must_use]
    pub fn has_plenty(&self) -> bool {
        self.estimated_bytes() >= PLENTY * self.full_batch()
    }

    /// Bytes of the largest batch that is sent when much waits.
    const fn full_batch(&self) -> usize {
        match self.config.kind {
            DataAvailability::Calldata => self.config.capacity(BatchKind::Calldata),
            DataAvailability::Blobs | DataAvailability::Auto => self.config.capacity(BatchKind::Blobs),
        }
    }

    /// About how many bytes the queue will compress to.
    #[must_use]
    pub fn estimated_bytes(&self) -> usize {
        (self.weight as f64 * self.ratio) as usize
    }

    /// Takes the next batch off the queue if one is due at `now`, or, with `flush`, if any block waits.
    ///
    /// # Errors
    /// When a block alone fits no batch. The queue stays as it was.
    pub fn take(&mut self, now: Millis, fees: L1Fees, flush: bool) -> Result<Option<PackedBatch>, PackError> {
        let most = self.most_blocks();
        let must_go = flush || self.is_aged(now) || most < self.queue.len() || most == MAX_BLOCKS_PER_BATCH;
        if most == 0 || !(must_go || self.estimated_bytes() >= self.config.target_bytes) {
            return Ok(None);
        }
        let (kind, fitted) = self.choose(most, fees)?;
        self.learn(&fitted);
        let all = fitted.blocks == self.queue.len();
        // The estimate was too high: wait for more.
        if !must_go && all && self.estimated_bytes() < self.config.target_bytes {
            return Ok(None);
        }
        self.hand_out(kind, fitted).map(Some)
    }

    /// Blocks from the front that a batch may have, whatever their size.
    fn most_blocks(&self) -> usize {
        let within = |sum: &mut u64, waiting: &Waiting| {
            *sum = sum.saturating_add(waiting.pending.block.deposits);
            (*sum <= MAX_MESSAGES_PER_BATCH).then_some(())
        };
        self.queue.iter().take(MAX_BLOCKS_PER_BATCH).scan(0, within).count()
    }

    fn is_aged(&self, now: Millis) -> bool {
        self.queue.front().is_some_and(|oldest| now.since(oldest.pending.sealed_at) >= self.config.max_age_ms)
    }

    fn choose(&mut self, most: usize, fees: L1Fees) -> Result<(BatchKind, Fitted), PackError> {
        match self.config.kind {
            DataAvailability::Calldata => Ok((BatchKind::Calldata, self.fit(most, BatchKind::Calldata)?)),
            DataAvailability::Blobs => Ok((BatchKind::Blobs, self.fit(most, BatchKind::Blobs)?)),
            DataAvailability::Auto => {
                let blobs = self.fit(most, BatchKind::Blobs)?;
                if fees.as_blobs(&blobs.payload) <= fees.as_calldata(&blobs.payload) {
                    return Ok((BatchKind::Blobs, blobs));
                }
                if blobs.payload.len() <= self.config.capacity(BatchKind::Calldata) {
                    return Ok((BatchKind::Calldata, blobs));
                }
                match self.fit(most, BatchKind::Calldata) {
                    Ok(calldata) => Ok((BatchKind::Calldata, calldata)),
                    Err(PackError::BlockTooLarge { .. }) => Ok((BatchKind::Blobs, blobs)),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// As many blocks as fit the target, or one that is larger than that. What has become more than one
    /// batch holds goes as fast as it can.
    fn fit(&mut self, most: usize, kind: BatchKind) -> Result<Fitted, PackError> {
        let capacity = self.config.capacity(kind);
        let target = capacity.min(self.config.target_bytes);
        let pressed = self.estimated_bytes() >= capacity;
        match self.fit_within(most, kind, if pressed { capacity } else { target }) {
            Err(PackError::BlockTooLarge { .. }) => self.fit_within(1, kind, capacity),
            result => result,
        }
    }

    fn fit_within(&mut self, most: usize, kind: BatchKind, capacity: usize) -> Result<Fitted, PackError> {
        let unit = if kind == BatchKind::Blobs { BLOB_CAPACITY } else { capacity };
        let (guess, quality) = (self.prefix_of(capacity).min(most), self.quality());
        let blocks = self.queue.make_contiguous().get(..most).unwrap_or_default();
        fit(blocks, Room { unit, capacity }, guess, quality)
    }

    /// Brotli quality for what waits now: the chosen one while at most two batches wait, then less, so that packing never falls behind.
    #[must_use]
    pub fn quality(&self) -> u8 {
        let most = match self.estimated_bytes() / self.full_batch().max(1) {
            0 | 1 => self.config.quality,
            2 | 3 => PRESSED,
            _ => HARD_PRESSED,
        };
        most.min(self.config.quality)
    }

    /// Blocks from the front that are estimated to fit `capacity`.
    fn prefix_of(&self, capacity: usize) -> usize {
        let most = capacity as f64 / self.ratio;
        let within = |sum: &mut usize, waiting: &Waiting| {
            *sum += waiting.weight;
            (*sum as f64 <= most).then_some(())
        };
        self.queue.iter().scan(0, within).count()
    }

    fn learn(&mut self, fitted: &Fitted) {
        let weight: usize = self.queue.iter().take(fitted.blocks).map(|waiting| waiting.weight).sum();
        self.ratio = (fitted.payload.len() as f64 / weight.max(1) as f64).clamp(0.01, 4.0);
    }

    /// Makes the batch, and only then takes its blocks off the queue.
    fn hand_out(&mut self, kind: BatchKind, fitted: Fitted) -> Result<PackedBatch, PackError> {
        let payload_bytes = fitted.payload.len();
        let payload = match kind {
            BatchKind::Blobs => PackedPayload::Blobs(blob::pack(&fitted.payload).map_err(|source| PackError::Blob { source })?),
            BatchKind::Calldata | BatchKind::Forced => PackedPayload::Calldata(fitted.payload.into()),
        };
        let mut batch = PackedBatch { kind, payload, first_block: 0, last_block: 0, deposit_count: 0, transactions: 0, payload_bytes };
        batch.first_block = self.queue.front().map_or(0, |waiting| waiting.pending.number);
        for Waiting { pending, weight } in self.queue.drain(..fitted.blocks) {
            self.weight -= weight;
            batch.last_block = pending.number;
            batch.deposit_count = pending.deposit_index;
            batch.transactions += pending.block.transactions.len();
        }
        Ok(batch)
    }
}

/// Uncompressed bytes of a block, about.
fn weight(block: &BatchBlock) -> usize {
    use gainsay_types::Transaction;
    block.transactions.iter().map(Transaction::encoded_length).sum::<usize>() + BLOCK_WEIGHT
}
