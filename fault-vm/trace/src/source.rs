//! Where the preimages of a block step come from when a witness is made.

use crate::Witness;
use alloy_primitives::{B256, Bytes};
use std::{collections::BTreeMap, convert::Infallible};

/// Preimages by their hashes: a node's store, or a map in memory. What it gives is hashed before it gets into a witness.
pub trait Preimages {
    /// Why it cannot be read.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The bytes whose Keccak is `hash`; none if they are not there.
    ///
    /// # Errors
    /// When the source fails.
    fn preimage(&self, hash: &B256) -> Result<Option<Bytes>, Self::Error>;

    /// The blob with this versioned hash, 131,072 bytes; none if it is not there.
    ///
    /// # Errors
    /// When the source fails.
    fn blob(&self, versioned_hash: &B256) -> Result<Option<Bytes>, Self::Error>;
}

impl<S: Preimages + ?Sized> Preimages for &S {
    type Error = S::Error;

    fn preimage(&self, hash: &B256) -> Result<Option<Bytes>, S::Error> {
        (**self).preimage(hash)
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Option<Bytes>, S::Error> {
        (**self).blob(versioned_hash)
    }
}

/// Preimages in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryPreimages {
    /// Data by its Keccak.
    pub preimages: BTreeMap<B256, Bytes>,
    /// Blobs by their versioned hash.
    pub blobs: BTreeMap<B256, Bytes>,
}

impl MemoryPreimages {
    /// Adds data under its hash, which it returns.
    pub fn insert(&mut self, data: impl Into<Bytes>) -> B256 {
        let data = data.into();
        let hash = alloy_primitives::keccak256(&data);
        self.preimages.insert(hash, data);
        hash
    }
}

impl From<&Witness> for MemoryPreimages {
    fn from(witness: &Witness) -> Self {
        let copy = |(hash, data): (&B256, &Bytes)| (*hash, data.clone());
        Self { preimages: witness.preimages().map(copy).collect(), blobs: witness.blobs().map(copy).collect() }
    }
}

impl Preimages for MemoryPreimages {
    type Error = Infallible;

    fn preimage(&self, hash: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(self.preimages.get(hash).cloned())
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(self.blobs.get(versioned_hash).cloned())
    }
}

impl Preimages for Witness {
    type Error = Infallible;

    fn preimage(&self, hash: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(Self::preimage(self, hash).cloned())
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(Self::blob(self, versioned_hash).cloned())
    }
}
