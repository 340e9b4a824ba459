//! Blobs with what proves them to the network.

use super::{SendError, manager::TransactionManager, transaction::sidecar};
use crate::VerifiedBlob;
use alloy::{eips::eip7594::BlobTransactionSidecarVariant, primitives::Bytes};
use std::{fmt, sync::Arc};

/// Blobs, their commitments and proofs, as the network takes them now. Cheap to clone.
#[derive(Clone)]
pub struct ProvedBlobs {
    blobs: Arc<[Bytes]>,
    sidecar: Arc<BlobTransactionSidecarVariant>,
}

impl ProvedBlobs {
    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.blobs.len()
    }

    /// The blobs with their versioned hashes, which follow from the commitments: nothing is computed again.
    #[must_use]
    pub fn verified(&self) -> Vec<VerifiedBlob> {
        self.sidecar.versioned_hashes().zip(self.blobs.iter()).map(|(hash, blob)| VerifiedBlob::proved(hash, blob.clone())).collect()
    }

    pub(super) fn sidecar(&self) -> BlobTransactionSidecarVariant {
        BlobTransactionSidecarVariant::clone(&self.sidecar)
    }
}

impl fmt::Debug for ProvedBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProvedBlobs({})", self.count())
    }
}

impl TransactionManager {
    /// Commits to the blobs and proves them, in the background: about an eighth of a second of a processor for each. [`Self::send`] does it for
    /// blobs that are not proved yet.
    ///
    /// # Errors
    /// When L1 does not say which proofs it takes, and for bytes that are no blob.
    pub async fn prove(&self, blobs: Vec<Bytes>) -> Result<ProvedBlobs, SendError> {
        let format = self.client.sidecar_format().await?;
        let prove = move || sidecar(&blobs, format).map(|sidecar| ProvedBlobs { blobs: blobs.into(), sidecar: Arc::new(sidecar) });
        self.background.run(prove).await?
    }
}
