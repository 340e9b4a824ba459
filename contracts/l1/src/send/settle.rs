//! Transactions of the key that an earlier run left pending.

use super::{
    SendError,
    core::{Action, Attempt, Purpose, Sending},
    fees::SendPolicy,
    manager::TransactionManager,
    transaction::{Prepared, TxRequest, empty_sidecar},
};
use crate::L1Error;
use alloy::{eips::BlockId, primitives::B256};
use tokio::time::Instant;
use tracing::{info, warn};

impl TransactionManager {
    /// Waits until the node's pool holds nothing of this key. What is not mined within the patience is replaced, oldest first, by
    /// transactions that do nothing.
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
                self.clear(mined).await?;
            }
            tokio::time::sleep(self.policy.poll).await;
        }
    }

    /// Uses up a nonce. A pool takes a blob transaction only in place of a blob transaction, and the other way round; which it
    /// is cannot be asked of every node, so both are tried.
    async fn clear(&self, nonce: u64) -> Result<(), SendError> {
        warn!(nonce, "replacing a transaction of an earlier run that is not mined");
        match self.clear_as(nonce, false).await {
            Err(SendError::Refused { .. }) => self.clear_as(nonce, true).await,
            other => other,
        }
    }

    async fn clear_as(&self, nonce: u64, blobs: bool) -> Result<(), SendError> {
        let sidecar = match blobs {
            true => {
                let format = self.client.sidecar_format().await?;
                Some(empty_sidecar(format)?)
            }
            false => None,
        };
        let request = TxRequest { to: self.address(), ..TxRequest::default() };
        let prepared = Prepared { request, chain_id: self.chain_id, nonce, gas_limit: 21_000, sidecar };
        // What is in the way offers an unknown price: reach it in few steps.
        let policy = SendPolicy { bump_percent: 100, blob_bump_percent: 100, max_refusals: 10, ..self.policy };
        let mut core = Sending::new(policy, blobs, nonce);
        let mut refusal = String::new();
        loop {
            let (seen, _) = self.client.observe(self.address(), core.attempts(), self.started.elapsed()).await?;
            if seen.mined_nonce > nonce {
                return Ok(());
            }
            match core.next(&seen) {
                Action::Publish { fees, .. } => {
                    let signed = prepared.sign(&self.key, &fees, Purpose::Cancel).await?;
                    let sent: Result<B256, L1Error> = self.client.request("eth_sendRawTransaction", (signed.raw,)).await;
                    match sent {
                        Ok(hash) => core.published(Attempt { hash, fees, purpose: Purpose::Cancel }, self.started.elapsed()),
                        Err(L1Error::Refused { message, .. }) => {
                            refusal = message;
                            core.refused(fees, self.started.elapsed());
                            continue;
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Action::GiveUp => return Err(SendError::Refused { to: self.address(), reason: refusal }),
                // Forgotten by the node: whatever is left is seen in the next round.
                Action::Rebroadcast | Action::NonceTaken | Action::Cancelled => return Ok(()),
                Action::Done(_) | Action::Wait => {}
            }
            tokio::time::sleep(self.policy.poll).await;
        }
    }
}
