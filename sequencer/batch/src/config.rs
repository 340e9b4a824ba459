//! What an operator may choose.

use gainsay_types::{BatchKind, MAX_BLOBS_PER_BATCH, MAX_CALLDATA_PAYLOAD, blob::BLOB_CAPACITY};
use std::str::FromStr;

/// Where batches go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataAvailability {
    /// Always blobs.
    #[default]
    Blobs,
    /// Always calldata.
    Calldata,
    /// Whatever is cheaper at the moment.
    Auto,
}

/// How blocks are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackerConfig {
    /// Where batches go.
    pub kind: DataAvailability,
    /// Compressed bytes at which a batch is sent without waiting longer.
    pub target_bytes: usize,
    /// A block waits at most this long, milliseconds.
    pub max_age_ms: u64,
    /// Blobs in one batch, 1 to 6.
    pub max_blobs: usize,
    /// Brotli quality while little waits, 0 (fast) to 11 (small). Less is taken when much waits.
    pub quality: u8,
}

/// A choice that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// More or fewer blobs than a batch may have.
    #[error("a batch has 1 to 6 blobs, not {blobs}: choose the number of blobs within that")]
    Blobs {
        /// The number given.
        blobs: usize,
    },
    /// Brotli has no such quality.
    #[error("brotli quality {quality} does not exist: choose 0 (fast) to 11 (small)")]
    Quality {
        /// The quality given.
        quality: u8,
    },
    /// The target can never be reached, or always is.
    #[error("a target of {target} bytes does not fit a batch: choose 1 to {capacity}")]
    Target {
        /// The target given.
        target: usize,
        /// Bytes that a batch holds.
        capacity: usize,
    },
    /// Not the name of a kind.
    #[error("batch kind {name:?} is unknown: choose blobs, calldata or auto")]
    Kind {
        /// The name given.
        name: String,
    },
}

impl Default for PackerConfig {
    fn default() -> Self {
        Self::for_kind(DataAvailability::default())
    }
}

impl PackerConfig {
    /// Ten minutes, a small encoding, and three blobs or as much calldata as a batch may have.
    #[must_use]
    pub const fn for_kind(kind: DataAvailability) -> Self {
        let target_bytes = match kind {
            DataAvailability::Calldata => MAX_CALLDATA_PAYLOAD,
            DataAvailability::Blobs | DataAvailability::Auto => 3 * BLOB_CAPACITY,
        };
        Self { kind, target_bytes, max_age_ms: 600_000, max_blobs: MAX_BLOBS_PER_BATCH, quality: 10 }
    }

    /// Refuses what cannot work.
    ///
    /// # Errors
    /// Names the first choice that is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !(1..=MAX_BLOBS_PER_BATCH).contains(&self.max_blobs) {
            return Err(ConfigError::Blobs { blobs: self.max_blobs });
        }
        if self.quality > 11 {
            return Err(ConfigError::Quality { quality: self.quality });
        }
        let capacity = match self.kind {
            DataAvailability::Calldata => self.capacity(BatchKind::Calldata),
            DataAvailability::Blobs | DataAvailability::Auto => self.capacity(BatchKind::Blobs),
        };
        if self.target_bytes == 0 || self.target_bytes > capacity {
            return Err(ConfigError::Target { target: self.target_bytes, capacity });
        }
        Ok(())
    }

    /// Payload bytes that a batch of `kind` holds.
    pub(crate) const fn capacity(&self, kind: BatchKind) -> usize {
        match kind {
            BatchKind::Blobs => self.max_blobs * BLOB_CAPACITY,
            BatchKind::Calldata => MAX_CALLDATA_PAYLOAD,
            BatchKind::Forced => 0,
        }
    }
}

impl FromStr for DataAvailability {
    type Err = ConfigError;
    fn from_str(name: &str) -> Result<Self, ConfigError> {
        match name {
            "blobs" => Ok(Self::Blobs),
            "calldata" => Ok(Self::Calldata),
            "auto" => Ok(Self::Auto),
            _ => Err(ConfigError::Kind { name: name.to_owned() }),
        }
    }
}
