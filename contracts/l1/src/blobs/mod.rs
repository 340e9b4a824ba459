//! Where blobs come from: the node's own archive first, then beacon nodes.

mod beacon;
mod verify;

pub use beacon::BeaconSource;
pub use verify::VerifiedBlob;

use crate::{L1Block, L1Error, Recovery};
use alloy::primitives::{B256, Bytes};
use std::{fmt, future::Future, pin::Pin, sync::Arc};
use tracing::warn;

/// A future that a trait object gives.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Somewhere that blobs can be fetched from. What it gives is checked by the caller ([`VerifiedBlob`]).
pub trait BlobSource: Send + Sync + fmt::Debug {
    /// The bytes of the blobs with these versioned hashes, included in `block`, in any order; those that the source does not
    /// have are left out, and others may be among them.
    fn fetch<'a>(&'a self, block: &'a L1Block, hashes: &'a [B256]) -> BoxFuture<'a, Result<Vec<Bytes>, L1Error>>;
    /// Name for messages.
    fn name(&self) -> &str;
}

/// Where a node keeps the blobs that it fetched, until the assertion that covers them is confirmed.
pub trait BlobArchive: Send + Sync {
    /// A blob that was stored.
    ///
    /// # Errors
    /// If the store fails.
    fn get(&self, hash: B256) -> Result<Option<Bytes>, ArchiveError>;
    /// Stores a blob.
    ///
    /// # Errors
    /// If the store fails.
    fn put(&self, blob: &VerifiedBlob) -> Result<(), ArchiveError>;
}

/// A failed store, in its own words.
pub type ArchiveError = Box<dyn std::error::Error + Send + Sync>;

/// A blob that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No source has it. Beacon nodes drop blobs after about 18 days unless they archive them.
    #[error("blob {hash} of L1 block {block} cannot be had from any source ({tried}); add a beacon node that archives blobs")]
    Missing {
        /// Versioned hash.
        hash: B256,
        /// Height of its L1 block.
        block: u64,
        /// What each source said.
        tried: String,
    },
    /// The archive failed.
    #[error("the blob archive failed: {source}")]
    Archive {
        /// What it said.
        source: ArchiveError,
    },
}

impl BlobError {
    /// What the caller does about it. A missing blob may still come: a beacon node can lag behind the execution node.
    #[must_use]
    pub const fn recovery(&self) -> Recovery {
        match self {
            Self::Missing { .. } => Recovery::Retry,
            Self::Archive { .. } => Recovery::Stop,
        }
    }
}

/// The archive and the sources behind it, asked in turn. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    archive: Option<Arc<dyn BlobArchive>>,
    sources: Arc<[Box<dyn BlobSource>]>,
}

impl Blobs {
    /// Asks `archive` first, then each source in order; what they give is stored.
    #[must_use]
    pub fn new(archive: Option<Arc<dyn BlobArchive>>, sources: Vec<Box<dyn BlobSource>>) -> Self {
        Self { archive, sources: sources.into() }
    }

    /// The blobs of a batch, in the order of `hashes`, each checked against its versioned hash.
    ///
    /// # Errors
    /// If one of them is nowhere to be had, naming what each source said.
    pub async fn get(&self, block: &L1Block, hashes: &[B256]) -> Result<Vec<VerifiedBlob>, BlobError> {
        let mut found = self.archived(hashes).await?;
        let mut tried = Vec::new();
        for source in self.sources.iter() {
            let missing = missing(hashes, &found);
            if missing.is_empty() {
                break;
            }
            match source.fetch(block, &missing).await {
                Ok(bytes) => {
                    let checked = VerifiedBlob::select(missing, bytes).await;
                    self.store(&checked)?;
                    tried.push(format!("{}: not there", source.name()));
                    found.extend(checked);
                }
                Err(error) => {
                    warn!(source = source.name(), %error, "a blob source failed");
                    tried.push(format!("{}: {error}", source.name()));
                }
            }
        }
        in_order(hashes, &found).map_err(|hash| BlobError::Missing { hash, block: block.number, tried: tried.join("; ") })
    }

    /// Stores blobs that this node posted itself.
    ///
    /// # Errors
    /// If the archive fails.
    pub fn store(&self, blobs: &[VerifiedBlob]) -> Result<(), BlobError> {
        let Some(archive) = &self.archive else { return Ok(()) };
        blobs.iter().try_for_each(|blob| archive.put(blob)).map_err(|source| BlobError::Archive { source })
    }

    async fn archived(&self, hashes: &[B256]) -> Result<Vec<VerifiedBlob>, BlobError> {
        let Some(archive) = &self.archive else { return Ok(Vec::new()) };
        let mut bytes = Vec::new();
        for &hash in hashes {
            bytes.extend(archive.get(hash).map_err(|source| BlobError::Archive { source })?);
        }
        // A blob that was damaged on disk fails the check, and is fetched again.
        Ok(if bytes.is_empty() { Vec::new() } else { VerifiedBlob::select(hashes.to_vec(), bytes).await })
    }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blobs").field("archive", &self.archive.is_some()).field("sources", &self.sources).finish()
    }
}

fn missing(hashes: &[B256], found: &[VerifiedBlob]) -> Vec<B256> {
    let mut missing: Vec<_> = hashes.iter().filter(|hash| !found.iter().any(|blob| blob.hash() == **hash)).copied().collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// One blob per hash, or the first hash without one. A batch may name the same blob twice.
fn in_order(hashes: &[B256], found: &[VerifiedBlob]) -> Result<Vec<VerifiedBlob>, B256> {
    hashes.iter().map(|&hash| found.iter().find(|blob| blob.hash() == hash).cloned().ok_or(hash)).collect()
}
