//! The input of one L2 block, as derivation hands it to execution.

use crate::{Message, Transaction};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch. L2 blocks may be closer together than a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// From seconds; saturates.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// From a header: whole seconds and the milliseconds in its extra data.
    #[must_use]
    pub const fn from_header(seconds: u64, extra: u16) -> Self {
        Self(seconds.saturating_mul(1000).saturating_add(extra as u64))
    }

    /// Whole seconds: the header's `timestamp`.
    #[must_use]
    pub const fn secs(self) -> u64 {
        self.0 / 1000
    }

    /// The rest, 0 to 999: two big-endian bytes, the header's `extraData`.
    #[must_use]
    pub const fn extra_data(self) -> [u8; 2] {
        // A remainder of 1000 fits 16 bits.
        ((self.0 % 1000) as u16).to_be_bytes()
    }

    /// Later by `milliseconds`; saturates.
    #[must_use]
    pub const fn plus(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds since `earlier`; 0 if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// One L2 block before it is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockInput {
    /// Time of the block.
    pub timestamp: Millis,
    /// Messages consumed, in order. They come first in the block.
    pub deposits: Vec<Message>,
    /// User transactions, in order. Signatures are not checked yet.
    pub transactions: Vec<Transaction>,
    /// A closing block: deposits only, exempt from the gas rate and from the gas limit.
    pub closing: bool,
}
