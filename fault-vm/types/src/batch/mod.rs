//! The batch encoding: what a payload decompresses to.
//!
//! Columnar: one column per field over all transactions of the batch, so that like stands beside like and compresses well.
//! Signatures come last, since they do not compress.
//!
//! | part | layout |
//! |---|---|
//! | version | `0 u8` |
//! | blocks | count `u32`, then columns: delays (8 bytes), messages consumed (8), transactions (8) |
//! | transactions | columns: flags (1 byte), chain ids (8), nonces (8), gas limits (8), fees (16; the maximum without the tip, modulo 2^128), tips (16), callees (20), values (32) |
//! | lists | access lists, authorization lists |
//! | data | lengths, selectors, words by selector and position, the rest |
//! | signatures | 64 bytes each |
//!
//! A field that a transaction does not have has no place in its column. Decoding is total: it ends in a batch or in a
//! [`BatchError`], in time and memory proportional to the input.

mod column;
mod data;
mod flags;
mod lists;
mod reader;
mod transactions;

#[cfg(test)]
mod tests;

use crate::Transaction;
use alloc::vec::Vec;
use column::SCALAR;
use reader::Reader;

/// Blocks in one batch.
pub const MAX_BLOCKS_PER_BATCH: usize = 4096;

/// First byte of the encoding.
const VERSION: u8 = 0;

/// The content of a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Blocks in order, at most [`MAX_BLOCKS_PER_BATCH`].
    pub blocks: Vec<BatchBlock>,
}

/// One L2 block of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchBlock {
    /// Time beyond the parent's plus the block time, milliseconds.
    pub delay_ms: u64,
    /// Messages consumed, a count.
    pub deposits: u64,
    /// User transactions, in order.
    pub transactions: Vec<Transaction>,
}

/// Why bytes are no batch encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The first byte.
    #[error("batch version {version} is unknown: this software reads version 0")]
    Version {
        /// The byte found.
        version: u8,
    },
    /// The bytes end too early.
    #[error("the batch is cut off: {needed} more bytes needed, {left} left")]
    Truncated {
        /// Bytes needed.
        needed: usize,
        /// Bytes left.
        left: usize,
    },
    /// Bytes after the end.
    #[error("{count} bytes follow the batch")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// More than [`MAX_BLOCKS_PER_BATCH`].
    #[error("the batch has {count} blocks, more than 4,096")]
    Blocks {
        /// Blocks named.
        count: usize,
    },
    /// A column's values are too narrow or too wide for it.
    #[error("a column of {width} bytes a value, but {least} to {most} fit it")]
    Width {
        /// Width found.
        width: usize,
        /// Least width of that column.
        least: usize,
        /// Greatest width of that column.
        most: usize,
    },
    /// An index beyond its dictionary.
    #[error("index {index} is beyond a dictionary of {size} values")]
    Index {
        /// Index found.
        index: usize,
        /// Values in the dictionary.
        size: usize,
    },
    /// A dictionary of nothing, or of more values than its column has.
    #[error("a dictionary of {size} values for a column of {count}")]
    Dictionary {
        /// Values in the dictionary.
        size: usize,
        /// Values in the column.
        count: usize,
    },
    /// A transaction's flags contradict each other or have unknown bits.
    #[error("transaction flags {flags:#04x} are unknown")]
    Flags {
        /// The byte found.
        flags: u8,
    },
    /// A number, or a sum of lengths, beyond its range.
    #[error("a number of the batch is out of its range")]
    Range,
}

impl Batch {
    /// The encoding. More than [`MAX_BLOCKS_PER_BATCH`] blocks give bytes that nobody decodes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let field = |get: fn(&BatchBlock) -> u64| -> Vec<[u8; 8]> { self.blocks.iter().map(|block| get(block).to_be_bytes()).collect() };
        let mut out = Vec::new();
        out.push(VERSION);
        out.extend_from_slice(&u32::try_from(self.blocks.len()).unwrap_or(u32::MAX).to_be_bytes());
        column::write(&mut out, SCALAR, &field(|block| block.delay_ms));
        column::write(&mut out, SCALAR, &field(|block| block.deposits));
        column::write(&mut out, SCALAR, &field(|block| block.transactions.len() as u64));
        let transactions: Vec<&Transaction> = self.blocks.iter().flat_map(|block| &block.transactions).collect();
        transactions::write(&mut out, &transactions);
        out
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// On any other bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, BatchError> {
        let mut reader = Reader::new(bytes);
        match reader.byte()? {
            VERSION => {}
            version => return Err(BatchError::Version { version }),
        }
        let count = reader.length()?;
        if count > MAX_BLOCKS_PER_BATCH {
            return Err(BatchError::Blocks { count });
        }
        let mut field = || column::read::<8>(&mut reader, SCALAR, count);
        let (delays, deposits, sizes) = (field()?, field()?, field()?);
        let sizes = sizes.into_iter().map(number).collect::<Result<Vec<_>, _>>()?;
        let mut transactions = transactions::read(&mut reader, sum(&sizes)?)?.into_iter();
        let blocks = delays.into_iter().zip(deposits).zip(sizes);
        let blocks = blocks.map(|((delay, deposits), size)| BatchBlock {
            delay_ms: u64::from_be_bytes(delay),
            deposits: u64::from_be_bytes(deposits),
            transactions: transactions.by_ref().take(size).collect(),
        });
        let batch = Self { blocks: blocks.collect() };
        match reader.remaining() {
            0 => Ok(batch),
            count => Err(BatchError::Trailing { count }),
        }
    }
}

/// A count or a length from a column.
fn number(bytes: [u8; 8]) -> Result<usize, BatchError> {
    usize::try_from(u64::from_be_bytes(bytes)).map_err(|_| BatchError::Range)
}

fn sum(numbers: &[usize]) -> Result<usize, BatchError> {
    numbers.iter().try_fold(0usize, |sum, &number| sum.checked_add(number)).ok_or(BatchError::Range)
}
