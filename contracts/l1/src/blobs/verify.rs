//! Blobs that match their versioned hash.

use alloy::{
    consensus::EnvKzgSettings,
    eips::eip4844::{BYTES_PER_BLOB, c_kzg, kzg_to_versioned_hash},
    primitives::{B256, Bytes},
};

/// A blob whose KZG commitment is known to hash to its versioned hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedBlob {
    hash: B256,
    bytes: Bytes,
}

impl VerifiedBlob {
    /// Computes the versioned hash; none unless the bytes are 131,072 and each field element is below the modulus. Takes tens
    /// of milliseconds: call it on a blocking thread.
    #[must_use]
    pub fn compute(bytes: Bytes) -> Option<Self> {
        let commitment = commit(&bytes)?;
        Some(Self { hash: kzg_to_versioned_hash(&commitment), bytes })
    }

    /// A blob whose commitment was computed when it was proved, or checked together with others.
    pub(crate) const fn proved(hash: B256, bytes: Bytes) -> Self {
        Self { hash, bytes }
    }

    /// Versioned hash.
    #[must_use]
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// The 131,072 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// The KZG commitment of a blob; none if it is none.
pub(super) fn commit(bytes: &[u8]) -> Option<[u8; 48]> {
    if bytes.len() != BYTES_PER_BLOB {
        return None;
    }
    let blob = c_kzg::Blob::from_bytes(bytes).ok()?;
    let commitment = EnvKzgSettings::Default.get().blob_to_kzg_commitment(&blob).ok()?;
    Some(commitment.to_bytes().into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::b256;

    #[test]
    fn the_zero_blob_has_its_known_versioned_hash() {
        let blob = VerifiedBlob::compute(vec![0; BYTES_PER_BLOB].into()).unwrap();
        assert_eq!(blob.hash(), b256!("010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014"));
    }

    #[test]
    fn bytes_that_are_no_blob_have_no_hash() {
        assert_eq!(VerifiedBlob::compute(vec![0; BYTES_PER_BLOB - 1].into()), None);
        assert_eq!(VerifiedBlob::compute(vec![0xff; BYTES_PER_BLOB].into()), None, "field elements above the modulus");
    }
}
