//! Fetches blobs into the archive: first those without which derivation cannot go on, then those of the batches after it, before it asks for them.

use super::{FollowError, backoff, on_chain};
use crate::chain::{ChainCore, ChainOwner, Progress};
use alloy::primitives::B256;
use gainsay_chain::missing_blobs;
use gainsay_l1::{BlobError, Blobs, FoundBlobs, Inclusion};
use gainsay_store::{BatchRecord, Store, StoreError};
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// First wait after a failure: a beacon node may have a block a little later than the execution node.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Batches after the safe cursor whose blobs are fetched before they are asked for.
const AHEAD: u64 = 32;
/// Batches whose blobs are under way at a time, one request each: at most 48 blobs, 6 MB, are in memory, until they are archived. The more there are, the
/// less checking each of them costs.
const AT_ONCE: usize = 8;

/// Fetches and archives missing blobs until `stop`.
///
/// # Errors
/// When the archive fails. A source that does not have them is asked again: they may be late, and another may be configured.
pub async fn fetch_blobs(
    blobs: Blobs,
    store: Store,
    owner: ChainOwner,
    progress: watch::Receiver<Progress>,
    stop: CancellationToken,
) -> Result<(), FollowError> {
    let mut fetcher = Fetcher::new(Places { blobs, store, owner });
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        result = fetcher.run(progress) => result,
    }
}

/// Where blobs come from and go to.
#[derive(Clone)]
struct Places {
    blobs: Blobs,
    store: Store,
    owner: ChainOwner,
}

impl Places {
    /// Fetches and archives what is still missing of `hashes`. Gives what is in the way of the rest, if there is a rest.
    async fn fetch(self, block: Inclusion, hashes: Vec<B256>) -> Result<Option<BlobError>, FollowError> {
        let mut missing = Vec::new();
        for hash in hashes {
            if !self.store.has_blob(&hash)? {
                missing.push(hash);
            }
        }
        let FoundBlobs { blobs, missing } = self.blobs.find(block, &missing).await?;
        if !blobs.is_empty() {
            let put = move |core: &mut ChainCore| core.chain.put_blobs(blobs.iter().map(|blob| (blob.hash(), &blob.bytes()[..])));
            on_chain(&self.owner, put).await?;
        }
        Ok(missing)
    }
}

struct Fetcher {
    places: Places,
    wanted: Wanted,
    under_way: JoinSet<(u64, Result<Option<BlobError>, FollowError>)>,
    /// In a row.
    failures: u32,
    /// Nothing is started before.
    not_before: Instant,
    /// As progress counts them.
    rewinds: u64,
}

impl Fetcher {
    fn new(places: Places) -> Self {
        let (wanted, under_way) = (Wanted::default(), JoinSet::new());
        Self { places, wanted, under_way, failures: 0, not_before: Instant::now(), rewinds: 0 }
    }

    /// Returns on errors only.
    async fn run(&mut self, mut progress: watch::Receiver<Progress>) -> Result<(), FollowError> {
        loop {
            let now = progress.borrow_and_update().clone();
            self.plan(&now)?;
            let pause = self.not_before > Instant::now();
            if !pause {
                self.start();
            }
            tokio::select! {
                changed = progress.changed() => if changed.is_err() {
                    // The chain's owner is gone: the process is ending.
                    std::future::pending::<()>().await;
                },
                Some(ended) = self.under_way.join_next() => self.ended(ended)?,
                () = sleep_until(self.not_before), if pause => {}
            }
        }
    }

    /// Finds out what is missing for the batches that come next.
    fn plan(&mut self, now: &Progress) -> Result<(), StoreError> {
        if now.rewinds != self.rewinds {
            // L1 may hold other batches now; those on their way may be for nothing.
            self.rewinds = now.rewinds;
            self.under_way = JoinSet::new();
            self.wanted = Wanted::default();
        }
        let first = now.heads.safe.batch_index + 1;
        let last = now.heads.batches.min(now.heads.safe.batch_index.saturating_add(AHEAD));
        let new = self.wanted.look_up(first, last);
        // Derivation has the last word, should a blob have gone that was there.
        let asked_for = now.needs.as_ref().map(|needs| needs.batch).filter(|batch| !self.wanted.knows(*batch));
        for index in new.chain(asked_for) {
            if let Some((record, hashes)) = missing_blobs(&self.places.store, index)? {
                self.wanted.add(&record, hashes);
            }
        }
        Ok(())
    }

    /// After a failure one at a time, until something succeeds.
    fn start(&mut self) {
        let most = if self.failures == 0 { AT_ONCE } else { 1 };
        while self.under_way.len() < most {
            let Some((index, block, hashes)) = self.wanted.next() else { return };
            let places = self.places.clone();
            self.under_way.spawn(async move { (index, places.fetch(block, hashes).await) });
        }
    }

    fn ended(&mut self, ended: Result<(u64, Result<Option<BlobError>, FollowError>), JoinError>) -> Result<(), FollowError> {
        let (batch, result) = match ended {
            Ok(ended) => ended,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Nobody gives up a single one.
            Err(_) => return Ok(()),
        };
        let Some(error) = result? else {
            self.failures = 0;
            self.wanted.done(batch);
            return Ok(());
        };
        self.failures = self.failures.saturating_add(1);
        self.not_before = Instant::now() + backoff(FIRST_WAIT, self.failures);
        self.wanted.put_back(batch);
        tracing::warn!(batch, %error, failures = self.failures, "blobs cannot be fetched, trying again");
        metrics::counter!("gainsay_blob_fetch_failures").increment(1);
        Ok(())
    }
}

/// The batches that lack blobs, in the order of the inbox.
#[derive(Default)]
struct Wanted {
    batches: BTreeMap<u64, Batch>,
    /// Batches up to this one were looked up.
    looked_up: u64,
}

struct Batch {
    block: Inclusion,
    hashes: Vec<B256>,
    under_way: bool,
}

impl Wanted {
    /// Which of the batches `first..=last` were not looked up yet; from now on they were. Those before are done with.
    fn look_up(&mut self, first: u64, last: u64) -> std::ops::RangeInclusive<u64> {
        self.batches = self.batches.split_off(&first);
        let start = first.max(self.looked_up + 1);
        self.looked_up = self.looked_up.max(last);
        start..=last
    }

    fn knows(&self, batch: u64) -> bool {
        self.batches.contains_key(&batch)
    }

    fn add(&mut self, record: &BatchRecord, hashes: Vec<B256>) {
        let block = Inclusion { number: record.header.l1_number, hash: record.l1_hash, timestamp: record.header.l1_time };
        self.batches.insert(record.header.batch_index, Batch { block, hashes, under_way: false });
    }

    /// The first that is not under way, which it is from now on.
    fn next(&mut self) -> Option<(u64, Inclusion, Vec<B256>)> {
        let (index, batch) = self.batches.iter_mut().find(|(_, batch)| !batch.under_way)?;
        batch.under_way = true;
        Some((*index, batch.block, batch.hashes.clone()))
    }

    fn put_back(&mut self, batch: u64) {
        if let Some(batch) = self.batches.get_mut(&batch) {
            batch.under_way = false;
        }
    }

    fn done(&mut self, batch: u64) {
        self.batches.remove(&batch);
    }
}

#[cfg(test)]
mod tests;
