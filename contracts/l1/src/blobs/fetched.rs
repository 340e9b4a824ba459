//! What a source gives, before anything of it is checked.

use alloy::{eips::eip4844::Bytes48, primitives::Bytes};

/// A blob as a source gives it. Neither the bytes nor the commitment are to be believed: see [`super::VerifiedBlob`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedBlob {
    /// What should be the 131,072 bytes.
    pub bytes: Bytes,
    /// What should be its KZG commitment, if the source says. With it, blobs are checked many at once.
    pub commitment: Option<Bytes48>,
}

impl From<Bytes> for FetchedBlob {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, commitment: None }
    }
}
