//! Requests that wait until their transaction is in a block.
//!
//! One task reads each new block once, and only while somebody waits; it hands every waiting request its receipt. So a block costs the same, however many wait.

use crate::{
    chain::Chain,
    cursor::Cursor,
    error::RpcError,
    json::{self, Receipt},
};
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use gainsay_store::StoredBlock;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{oneshot, watch};

/// Requests that wait at a time: as many as transactions fit the pool. More are refused, since each holds memory for up to a minute.
const MOST: usize = 20_000;

/// By transaction hash, who waits for the receipt. Clones share it.
#[derive(Clone, Default)]
pub struct Inclusions(Arc<Mutex<Waiting>>);

type Reply = oneshot::Sender<Result<Receipt, RpcError>>;

#[derive(Default)]
struct Waiting {
    by_hash: HashMap<B256, Vec<(u64, Reply)>>,
    count: usize,
    next: u64,
}

/// A request that waits. Dropping it ends the wait.
pub(crate) struct Waiter {
    inclusions: Inclusions,
    hash: B256,
    id: u64,
    receipt: oneshot::Receiver<Result<Receipt, RpcError>>,
}

impl Inclusions {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Whoever panicked has ended the process.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a transaction. Call it before the transaction is handed in, so that no block is missed.
    pub(crate) fn wait_for(&self, hash: B256) -> Result<Waiter, RpcError> {
        let (sender, receipt) = oneshot::channel();
        let mut waiting = self.lock();
        if waiting.count >= MOST {
            return Err(RpcError::Limit(format!(
                "{MOST} requests wait for receipts already: send the transaction with eth_sendRawTransaction"
            )));
        }
        let id = waiting.next;
        waiting.next = waiting.next.wrapping_add(1);
        waiting.count = waiting.count.saturating_add(1);
        waiting.by_hash.entry(hash).or_default().push((id, sender));
        drop(waiting);
        Ok(Waiter { inclusions: self.clone(), hash, id, receipt })
    }

    /// A transaction has left the pool and will be in no block: whoever waits for it is told why, and does not wait any longer. Call it only once
    /// the transaction is out of the pool.
    pub fn refuse(&self, hash: &B256, reason: &dyn fmt::Display) {
        for (_, sender) in self.lock().take(hash) {
            // Whoever does not wait any more has been told otherwise.
            let _ = sender.send(Err(RpcError::Execution(format!("transaction {hash} was dropped: {reason}"))));
        }
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().count == 0
    }

    /// Hands out the receipts of a block.
    fn tell(&self, block: &StoredBlock) -> Result<(), RpcError> {
        let hashes = block.hashes()?;
        let found: Vec<_> = {
            let mut waiting = self.lock();
            let taken = hashes.iter().enumerate().map(|(index, hash)| (index, waiting.take(hash)));
            taken.filter(|(_, senders)| !senders.is_empty()).collect()
        };
        for (index, senders) in found {
            let Some(receipt) = json::receipt(block, index)? else { continue };
            for (_, sender) in senders {
                // Whoever does not wait any more has been told otherwise.
                let _ = sender.send(Ok(receipt.clone()));
            }
        }
        Ok(())
    }
}

impl Waiting {
    /// Those who wait for a transaction, and do so no longer.
    fn take(&mut self, hash: &B256) -> Vec<(u64, Reply)> {
        let senders = self.by_hash.remove(hash).unwrap_or_default();
        self.count = self.count.saturating_sub(senders.len());
        senders
    }
}

impl Waiter {
    /// The receipt, once there is one, or why there will be none.
    pub(crate) async fn receipt(&mut self) -> Result<Receipt, RpcError> {
        (&mut self.receipt).await.map_err(|_| RpcError::Stopping)?
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiting = self.inclusions.lock();
        let Some(senders) = waiting.by_hash.get_mut(&self.hash) else { return };
        let before = senders.len();
        senders.retain(|(id, _)| *id != self.id);
        let (gone, none_left) = (before.saturating_sub(senders.len()), senders.is_empty());
        if none_left {
            waiting.by_hash.remove(&self.hash);
        }
        waiting.count = waiting.count.saturating_sub(gone);
    }
}

/// Reads each new block for those who wait, until the node stops.
pub(crate) async fn watch(inclusions: Inclusions, chain: Chain, mut latest: watch::Receiver<BlockNumHash>) {
    let mut cursor = Cursor::after_latest(&chain.store);
    while latest.changed().await.is_ok() {
        latest.mark_unchanged();
        let (inclusions, chain) = (inclusions.clone(), chain.clone());
        let read = tokio::task::spawn_blocking(move || {
            let result = read_new(&inclusions, &chain, &mut cursor);
            (cursor, result)
        });
        let Ok((back, result)) = read.await else { return };
        cursor = back;
        if let Err(error) = result {
            tracing::error!(%error, "new blocks cannot be read for those who wait for receipts");
        }
    }
}

fn read_new(inclusions: &Inclusions, chain: &Chain, cursor: &mut Cursor) -> Result<(), RpcError> {
    // Taken before the look at who waits: whoever comes after that look hands in the transaction later than this.
    let from_now_on = Cursor::after_latest(&chain.store);
    if inclusions.is_empty() {
        *cursor = from_now_on;
        return Ok(());
    }
    while let Some(block) = cursor.advance(&chain.store)? {
        inclusions.tell(&block)?;
    }
    Ok(())
}
