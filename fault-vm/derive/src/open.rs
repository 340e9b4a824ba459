//! Opening a batch: from payload bytes to blocks, or to the reason why it has none.

use alloc::vec::Vec;
use alloy_primitives::Bytes;
use gainsay_types::{BatchHeader, ChainConfig};

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

/// Why a payload, a block of it, or the rest of it is ignored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {}

/// A batch that went through every static check.
#[derive(Clone, Debug)]
pub struct OpenBatch {
    // header, blocks, ignored: Option<Ignored>
}

/// Opens the batch; total.
#[must_use]
pub fn open_batch(_config: &ChainConfig, _header: &BatchHeader, _payload: &Payload) -> OpenBatch {
    OpenBatch {}
}
