//! Where everything that a block step reads comes from.

use alloy_primitives::{B256, Bytes};

/// Bytes of any preimage, at most.
pub const MAX_PREIMAGE: usize = 131_072;

/// The preimage oracle. Each answer is a function of its key alone, and whoever answers has checked it: nothing is hashed again.
pub trait Oracle {
    /// There is no answer: an oracle in the machine has one for each key that a step asks for, one on a host may lack it.
    type Error: core::error::Error + Send + Sync + 'static;

    /// The bytes whose Keccak is `hash`, at most [`MAX_PREIMAGE`].
    ///
    /// # Errors
    /// When they are not at hand.
    fn keccak(&self, hash: &B256) -> Result<Bytes, Self::Error>;

    /// The blob of a versioned hash, 131,072 bytes.
    ///
    /// # Errors
    /// When it is not at hand.
    fn blob(&self, versioned_hash: &B256) -> Result<Bytes, Self::Error>;
}

impl<O: Oracle + ?Sized> Oracle for &O {
    type Error = O::Error;

    fn keccak(&self, hash: &B256) -> Result<Bytes, O::Error> {
        (**self).keccak(hash)
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Bytes, O::Error> {
        (**self).blob(versioned_hash)
    }
}

/// Why data that the input commits to cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError<E: core::error::Error + 'static> {
    /// The oracle has none.
    #[error("the oracle has no answer")]
    Oracle(#[source] E),
    /// Bytes that nothing on this chain encodes to: the input commits to something else than a state of this chain.
    #[error("the preimage of {hash} is no {what}")]
    Malformed {
        /// What it should be.
        what: &'static str,
        /// Its Keccak.
        hash: B256,
    },
}

/// The preimage of `hash`, decoded.
pub(crate) fn read<O: Oracle, T>(
    oracle: &O,
    hash: B256,
    what: &'static str,
    decode: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<T, DataError<O::Error>> {
    let bytes = oracle.keccak(&hash).map_err(DataError::Oracle)?;
    decode(&bytes).ok_or(DataError::Malformed { what, hash })
}
