//! One byte that says which fields a transaction has.
//!
//! | bits | meaning |
//! |---|---|
//! | 0..3 | transaction type: 0, 1, 2 or 4 |
//! | 3 | creates a contract: no callee (not type 4) |
//! | 4 | no chain id: a pre-EIP-155 signature (type 0 only) |
//! | 5 | s is 2^255 or more, so its top bit has no room for the parity |
//! | 6 | the parity, if bit 5 is set; else it is the top bit of s |

use super::BatchError;
use crate::Transaction;
use alloy_consensus::Transaction as _;
use alloy_primitives::Signature;
use op_alloy_consensus::OpTxEnvelope;

const TYPE: u8 = 0x07;
const CREATE: u8 = 0x08;
const NO_CHAIN_ID: u8 = 0x10;
const WIDE: u8 = 0x20;
const PARITY: u8 = 0x40;

/// A flag byte without contradictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    pub(crate) fn new(flags: u8) -> Result<Self, BatchError> {
        let error = BatchError::Flags { flags };
        let fits = match flags & TYPE {
            0 => true,
            1 | 2 => flags & NO_CHAIN_ID == 0,
            4 => flags & (NO_CHAIN_ID | CREATE) == 0,
            _ => false,
        };
        let known = flags & !(TYPE | CREATE | NO_CHAIN_ID | WIDE | PARITY) == 0;
        let parity = flags & WIDE != 0 || flags & PARITY == 0;
        if fits && known && parity { Ok(Self(flags)) } else { Err(error) }
    }

    pub(crate) fn of(transaction: &Transaction) -> Self {
        let envelope = transaction.envelope();
        let signature = signature(envelope);
        let mut flags = match envelope {
            OpTxEnvelope::Eip2930(_) => 1,
            OpTxEnvelope::Eip1559(_) => 2,
            OpTxEnvelope::Eip7702(_) => 4,
            _ => 0,
        };
        if envelope.is_create() {
            flags |= CREATE;
        }
        if envelope.chain_id().is_none() {
            flags |= NO_CHAIN_ID;
        }
        if signature.s().bit(255) {
            flags |= if signature.v() { WIDE | PARITY } else { WIDE };
        }
        Self(flags)
    }

    pub(crate) const fn byte(self) -> u8 {
        self.0
    }

    pub(crate) const fn kind(self) -> u8 {
        self.0 & TYPE
    }

    pub(crate) const fn is_create(self) -> bool {
        self.0 & CREATE != 0
    }

    pub(crate) const fn has_chain_id(self) -> bool {
        self.0 & NO_CHAIN_ID == 0
    }

    /// Types 2 and 4 name a tip.
    pub(crate) const fn has_tip(self) -> bool {
        matches!(self.kind(), 2 | 4)
    }

    pub(crate) const fn has_access_list(self) -> bool {
        self.kind() != 0
    }

    pub(crate) const fn has_authorizations(self) -> bool {
        self.kind() == 4
    }

    /// The parity, where s leaves no room for it.
    pub(crate) fn wide_parity(self) -> Option<bool> {
        (self.0 & WIDE != 0).then_some(self.0 & PARITY != 0)
    }
}

/// The signature of a user transaction. A deposit has none; [`Transaction`] never holds one.
pub(crate) fn signature(envelope: &OpTxEnvelope) -> Signature {
    match envelope {
        OpTxEnvelope::Legacy(signed) => *signed.signature(),
        OpTxEnvelope::Eip2930(signed) => *signed.signature(),
        OpTxEnvelope::Eip1559(signed) => *signed.signature(),
        OpTxEnvelope::Eip7702(signed) => *signed.signature(),
        _ => Signature::new(Default::default(), Default::default(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        for flags in [3, 5, 6, 7, 0x11, 0x12, 0x14, 0x0c, 0x40, 0x80, 0x82] {
            assert_eq!(Flags::new(flags), Err(BatchError::Flags { flags }));
        }
        for flags in [0, 1, 2, 4, 0x08, 0x0a, 0x10, 0x18, 0x22, 0x62, 0x64] {
            assert_eq!(Flags::new(flags).map(Flags::byte), Ok(flags));
        }
    }
}
