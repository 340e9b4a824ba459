//! Where blobs come from: the node's own archive first, then beacon nodes.

mod beacon;
mod checker;
mod fetched;
mod together;
mod verify;

pub use beacon::BeaconSource;
pub use fetched::FetchedBlob;
pub use verify::VerifiedBlob;

use crate::{L1Block, L1Error, Recovery};
use alloy::primitives::{B256, Bytes};
use checker::Checker;
use std::{
    collections::HashSet,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tracing::warn;

/// A source that failed is asked after the others for so long.
const LAST_IN_TURN: Duration = Duration::from_secs(60);

/// A future that a trait object gives.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The L1 block that includes blobs, as far as it takes to find them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Inclusion {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
}

impl From<&L1Block> for Inclusion {
    fn from(block: &L1Block) -> Self {
        Self { number: block.number, hash: block.hash, timestamp: block.timestamp }
    }
}

/// Somewhere that blobs can be fetched from. What it gives is checked by the caller ([`VerifiedBlob`]).
pub trait BlobSource: Send + Sync + fmt::Debug {
    /// The blobs with these versioned hashes, included in `block`, in any order; those that the source does not have are left out, and
    /// others may be among them. Commitments are worth having: with them checking costs a fraction.
    fn fetch<'a>(&'a self, block: &'a Inclusion, hashes: &'a [B256]) -> BoxFuture<'a, Result<Vec<FetchedBlob>, L1Error>>;
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

/// What was found of the blobs asked for.
#[derive(Debug)]
pub struct FoundBlobs {
    /// Those that were found, in any order, each once.
    pub blobs: Vec<VerifiedBlob>,
    /// Why the rest was not, if there is a rest.
    pub missing: Option<BlobError>,
}

/// The archive and the sources behind it, asked in turn. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    archive: Option<Arc<dyn BlobArchive>>,
    sources: Arc<[Source]>,
    checker: Checker,
}

struct Source {
    blobs: Box<dyn BlobSource>,
    /// When it last failed, if it has not answered since.
    failed: Mutex<Option<Instant>>,
}

impl Blobs {
    /// Asks `archive` first, then each source in order; what they give is stored. A source that fails is asked last for a minute, so that one that
    /// does not answer does not hold up every request.
    #[must_use]
    pub fn new(archive: Option<Arc<dyn BlobArchive>>, sources: Vec<Box<dyn BlobSource>>) -> Self {
        let sources = sources.into_iter().map(|blobs| Source { blobs, failed: Mutex::default() }).collect();
        Self { archive, sources, checker: Checker::default() }
    }

    /// The blobs of a batch, in the order of `hashes`, each checked against its versioned hash.
    ///
    /// # Errors
    /// If one of them is nowhere to be had, naming what each source said.
    pub async fn get(&self, block: impl Into<Inclusion>, hashes: &[B256]) -> Result<Vec<VerifiedBlob>, BlobError> {
        let FoundBlobs { blobs, missing } = self.find(block.into(), hashes).await?;
        match missing {
            Some(error) => Err(error),
            None => Ok(hashes.iter().filter_map(|hash| blobs.iter().find(|blob| blob.hash() == *hash)).cloned().collect()),
        }
    }

    /// As many of the blobs as can be had, each checked against its versioned hash.
    ///
    /// # Errors
    /// If the archive fails.
    pub async fn find(&self, block: Inclusion, hashes: &[B256]) -> Result<FoundBlobs, BlobError> {
        let mut blobs = self.archived(hashes).await?;
        let mut seen: HashSet<B256> = blobs.iter().map(VerifiedBlob::hash).collect();
        let mut tried = Vec::new();
        for source in self.in_turn() {
            let missing = missing(hashes, &blobs);
            if missing.is_empty() {
                break;
            }
            let (name, wanted) = (source.blobs.name(), missing.len());
            let coming = self.checker.announce();
            let answer = source.blobs.fetch(&block, &missing).await;
            source.note(answer.is_ok());
            match answer {
                Ok(fetched) => {
                    let checked = self.checker.select(&missing, fetched, coming).await;
                    self.store(&checked)?;
                    tried.push(format!("{name}: has {} of {wanted}", checked.len()));
                    let new = checked.into_iter().filter(|blob| seen.insert(blob.hash()));
                    blobs.extend(new);
                }
                Err(error) => {
                    warn!(source = name, %error, "a blob source failed");
                    tried.push(format!("{name}: {error}"));
                }
            }
        }
        let missing =
            missing(hashes, &blobs).first().map(|&hash| BlobError::Missing { hash, block: block.number, tried: tried.join("; ") });
        Ok(FoundBlobs { blobs, missing })
    }

    /// The sources as they are to be asked now.
    fn in_turn(&self) -> Vec<&Source> {
        let mut sources: Vec<_> = self.sources.iter().collect();
        // A stable sort: otherwise the order is the configured one.
        sources.sort_by_cached_key(|source| source.has_failed());
        sources
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
        let mut blobs = Vec::new();
        for &hash in hashes {
            blobs.extend(archive.get(hash).map_err(|source| BlobError::Archive { source })?.map(FetchedBlob::from));
        }
        // A blob that was damaged on disk fails the check, and is fetched again.
        Ok(self.checker.select(hashes, blobs, self.checker.announce()).await)
    }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blobs").field("archive", &self.archive.is_some()).field("sources", &self.sources).finish()
    }
}

impl Source {
    fn note(&self, answered: bool) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = (!answered).then(Instant::now);
    }

    fn has_failed(&self) -> bool {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < LAST_IN_TURN)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.blobs.fmt(f)
    }
}

fn missing(hashes: &[B256], found: &[VerifiedBlob]) -> Vec<B256> {
    let mut missing: Vec<_> = hashes.iter().filter(|hash| !found.iter().any(|blob| blob.hash() == **hash)).copied().collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const BLOCK: Inclusion = Inclusion { number: 7, hash: B256::ZERO, timestamp: 84 };

    /// A beacon node with some blobs, or one that fails.
    #[derive(Clone, Debug, Default)]
    struct Node {
        blobs: Option<Vec<Bytes>>,
        asked: Arc<AtomicUsize>,
    }

    impl BlobSource for Node {
        fn fetch<'a>(&'a self, _: &'a Inclusion, _: &'a [B256]) -> BoxFuture<'a, Result<Vec<FetchedBlob>, L1Error>> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let down = || L1Error::Unreachable { url: "down".to_owned(), reason: "no answer in time".to_owned() };
            let answer = self.blobs.clone().map(|blobs| blobs.into_iter().map(FetchedBlob::from).collect());
            Box::pin(async move { answer.ok_or_else(down) })
        }

        fn name(&self) -> &str {
            "node"
        }
    }

    fn blob(seed: u8) -> VerifiedBlob {
        let mut bytes = vec![0; 131_072];
        bytes[31] = seed;
        VerifiedBlob::compute(bytes.into()).unwrap()
    }

    #[tokio::test]
    async fn what_one_source_lacks_is_taken_from_the_next_and_what_none_has_is_named() {
        let [one, two, three] = [1, 2, 3].map(blob);
        let node = |blobs: &[&VerifiedBlob]| -> Box<dyn BlobSource> {
            Box::new(Node { blobs: Some(blobs.iter().map(|blob| blob.bytes().clone()).collect()), ..Node::default() })
        };
        // The second source gives more than it is asked for, and one blob twice.
        let blobs = Blobs::new(None, vec![node(&[&two]), node(&[&one, &two, &one])]);
        let found = blobs.find(BLOCK, &[one.hash(), two.hash(), three.hash()]).await.unwrap();
        assert_eq!(found.blobs, [two.clone(), one.clone()]);
        assert!(matches!(found.missing, Some(BlobError::Missing { hash, block: 7, .. }) if hash == three.hash()), "{:?}", found.missing);
        let asked = [one.hash(), two.hash(), one.hash()];
        assert_eq!(blobs.get(BLOCK, &asked).await.unwrap(), [one.clone(), two, one]);
    }

    #[tokio::test]
    async fn a_source_that_failed_is_asked_after_the_others() {
        let (down, up) = (Node::default(), Node { blobs: Some(vec![blob(1).bytes().clone()]), ..Node::default() });
        let blobs = Blobs::new(None, vec![Box::new(down.clone()), Box::new(up.clone())]);
        for _ in 0..3 {
            blobs.get(BLOCK, &[blob(1).hash()]).await.unwrap();
        }
        assert_eq!((down.asked.load(Ordering::Relaxed), up.asked.load(Ordering::Relaxed)), (1, 3));
    }
}
