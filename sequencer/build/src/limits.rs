//! What an operator may choose.

/// What an operator may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all encoded user transactions of a block. A single larger transaction still gets a block of its own.
    pub block_bytes: usize,
    /// Least time between two blocks, milliseconds; the chain's block time where that is more.
    pub block_time_ms: u64,
    /// Make an empty block when this many milliseconds have passed without one; none: never.
    pub empty_block_interval_ms: Option<u64>,
}

impl Limits {
    /// A block of so many bytes fits a batch in calldata (100,000 bytes) uncompressed.
    pub const CALLDATA_BLOCK_BYTES: usize = 90_000;
    /// A block of so many bytes fits a batch of six blobs (780,288 bytes) uncompressed, with a tenth to spare for its encoding.
    pub const BLOBS_BLOCK_BYTES: usize = 700_000;
}

impl Default for Limits {
    /// The chain's block time, blocks that fit calldata, and none that are empty.
    fn default() -> Self {
        Self { block_bytes: Self::CALLDATA_BLOCK_BYTES, block_time_ms: 0, empty_block_interval_ms: None }
    }
}
