#![doc = include_str!("../README.md")]

mod compress;
mod config;
mod cost;
mod fit;
mod packer;

#[cfg(test)]
mod tests;

pub use compress::{compress, compress_batch};
pub use config::{ConfigError, DataAvailability, PackerConfig};
pub use cost::L1Fees;
pub use packer::{PackError, PackedBatch, PackedPayload, Packer, PendingBlock};
