//! Fetches the blobs without which derivation cannot go on.

use super::{FollowError, backoff, on_chain};
use crate::chain::{ChainOwner, NeededBlobs, Progress};
use gainsay_l1::{Blobs, BlockRef, L1Client, Recovery};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// First wait after a failure: a beacon node may have a block a little later than the execution node.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Fetches and archives missing blobs until `stop`.
///
/// # Errors
/// When the archive fails. A source that does not have them is asked again: they may be late, and another may be configured.
pub async fn fetch_blobs(
    client: L1Client,
    blobs: Blobs,
    owner: ChainOwner,
    mut progress: watch::Receiver<Progress>,
    stop: CancellationToken,
) -> Result<(), FollowError> {
    let mut failures = 0;
    loop {
        let needs = progress.borrow_and_update().needs.clone();
        let Some(needs) = needs else {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                changed = progress.changed() => if changed.is_err() { stop.cancelled().await; return Ok(()) },
            }
            continue;
        };
        let fetched = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            fetched = fetch(&client, &blobs, &owner, &needs) => fetched,
        };
        match fetched {
            Ok(()) => failures = 0,
            Err(error) if recovers(&error) => {
                failures += 1;
                tracing::warn!(batch = needs.batch, %error, failures, "blobs cannot be fetched, trying again");
                metrics::counter!("gainsay_blob_fetch_failures").increment(1);
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(backoff(FIRST_WAIT, failures)) => {}
                    // An L1 reorganisation may have made them unnecessary.
                    _ = progress.changed() => {}
                }
            }
            Err(error) => return Err(error),
        }
    }
}

async fn fetch(client: &L1Client, blobs: &Blobs, owner: &ChainOwner, needs: &NeededBlobs) -> Result<(), FollowError> {
    let block = client.block(BlockRef::Hash(needs.l1_hash)).await?;
    let found = blobs.get(&block, &needs.hashes).await?;
    tracing::debug!(batch = needs.batch, blobs = found.len(), "blobs fetched");
    on_chain(owner, move |core| {
        for blob in &found {
            core.chain.put_blob(&blob.hash(), blob.bytes())?;
        }
        Ok(())
    })
    .await
}

const fn recovers(error: &FollowError) -> bool {
    match error {
        FollowError::L1 { source } => matches!(source.recovery(), Recovery::Retry),
        FollowError::Blobs { source } => matches!(source.recovery(), Recovery::Retry),
        _ => false,
    }
}
