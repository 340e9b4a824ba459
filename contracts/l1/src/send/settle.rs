//! Transactions of the key that an earlier run left pending.

use super::{
    SendError,
    core::{Action, Attempt, Observation, Purpose, Sending},
    fees::SendPolicy,
    manager::TransactionManager,
    transaction::{Prepared, Signed, TxRequest, empty_sidecar},
};
use crate::L1Error;
use alloy::eips::{BlockId, eip7594::BlobTransactionSidecarVariant};
use std::ops::Range;
use tokio::time::Instant;
use tracing::{info, warn};

/// A nonce that is being used up.
struct Clearing {
    core: Sending,
    prepared: Prepared,
    newest: Option<Signed>,
    refusal: String,
}

impl TransactionManager {
    /// Waits until the node's pool holds nothing of this key. What is not mined while the patience lasts is
    /// replaced by transactions that do nothing, all of it at once: each nonce waits for those before it.
    pub(super) async fn settle(&self) -> Result<(), SendError> {
        let mut since = Instant::now();
        let mut lowest = None;
        loop {
            let mined = self.client.nonce(self.address(), BlockId::latest()).await?;
            let pending = self.client.nonce(self.address(), BlockId::pending()).await?;
            if pending <= mined {
                return Ok(());
            }
            if lowest != Some(mined) {
                info!(nonce = mined, count = pending - mined, "waiting for transactions of an earlier run");
                (lowest, since) = (Some(mined), Instant::now());
            }
            if since.elapsed() >= self.patience() {
                self.clear(mined..pending).await?;
            }
            tokio::time::sleep(self.policy.poll).await;
        }
    }

    /// Uses up these nonces.
    async fn clear(&self, nonces: Range<u64>) -> Result<(), SendError> {
        warn!(?nonces, "replacing transactions of an earlier run that are not mined");
        let mut clearings = nonces.map(|nonce| self.clearing(nonce, None)).collect::<Vec<_>>();
        loop {
            let sent: Vec<_> = clearings.iter().map(|clearing| (clearing.prepared.nonce, clearing.core.attempts())).collect();
            let (general, seen) = self.client.observe(self.address(), &sent, self.started.elapsed()).await?;
            for (clearing, (seen, _)) in clearings.iter_mut().zip(seen) {
                self.clear_one(clearing, &seen).await?;
            }
            clearings.retain(|clearing| clearing.prepared.nonce >= general.mined_nonce);
            if clearings.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(self.policy.poll).await;
        }
    }

    fn clearing(&self, nonce: u64, sidecar: Option<BlobTransactionSidecarVariant>) -> Clearing {
        // What is in the way offers an unknown price: reach it in few steps.
        let policy = SendPolicy { bump_percent: 100, blob_bump_percent: 100, max_refusals: 10, ..self.policy };
        let core = Sending::new(policy, sidecar.is_some(), nonce);
        let request = TxRequest { to: self.address(), ..TxRequest::default() };
        let prepared = Prepared { request, chain_id: self.chain_id, nonce, gas_limit: 21_000, sidecar };
        Clearing { core, prepared, newest: None, refusal: String::new() }
    }

    /// Offers more until the node takes it. A pool takes a blob transaction only in place of a blob transaction, and the other way round; which
    /// it is cannot be asked of every node, so both are tried.
    async fn clear_one(&self, clearing: &mut Clearing, seen: &Observation) -> Result<(), SendError> {
        loop {
            match clearing.core.next(seen) {
                Action::Publish { fees, .. } => {
                    let signed = clearing.prepared.sign(&self.key, &fees, Purpose::Cancel).await?;
                    match self.broadcast(&signed).await {
                        Ok(()) => {
                            let attempt = Attempt { hash: signed.hash, fees, purpose: Purpose::Cancel };
                            clearing.core.published(attempt, self.started.elapsed());
                            clearing.newest = Some(signed);
                            return Ok(());
                        }
                        Err(L1Error::Refused { message, .. }) => {
                            clearing.refusal = message;
                            clearing.core.refused(fees, self.started.elapsed());
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Action::GiveUp if clearing.prepared.sidecar.is_none() => {
                    let format = self.client.sidecar_format().await?;
                    *clearing = self.clearing(clearing.prepared.nonce, Some(empty_sidecar(format)?));
                }
                Action::GiveUp => {
                    return Err(SendError::Refused { to: self.address(), reason: std::mem::take(&mut clearing.refusal) });
                }
                Action::Rebroadcast => {
                    if let Some(signed) = &clearing.newest
                        && let Err(error) = self.broadcast(signed).await
                    {
                        warn!(hash = %signed.hash, %error, "L1 does not take a transaction again");
                    }
                    return Ok(());
                }
                Action::Wait | Action::Done(_) | Action::NonceTaken | Action::Cancelled => return Ok(()),
            }
        }
    }
}
