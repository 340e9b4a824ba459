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
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{oneshot, watch};

/// Requests that wait at a time. More are refused, since each holds memory for up to a minute.
const MOST: usize = 100_000;

/// By transaction hash, who waits for the receipt.
#[derive(Default)]
pub(crate) struct Inclusions(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    by_hash: HashMap<B256, Vec<(u64, oneshot::Sender<Receipt>)>>,
    count: usize,
    next: u64,
}

/// A request that waits. Dropping it ends the wait.
pub(crate) struct Waiter {
    inclusions: Arc<Inclusions>,
    hash: B256,
    id: u64,
    receipt: oneshot::Receiver<Receipt>,
}

impl Inclusions {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Whoever panicked has ended the process.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a transaction. Call it before the transaction is handed in, so that no block is missed.
    pub(crate) fn wait_for(self: &Arc<Self>, hash: B256) -> Result<Waiter, RpcError> {
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

    fn is_empty(&self) -> bool {
        self.lock().count == 0
    }

    /// Hands out the receipts of a block.
    fn tell(&self, block: &StoredBlock) -> Result<(), RpcError> {
        let hashes = block.hashes()?;
        let found: Vec<_> = {
            let mut waiting = self.lock();
            let places = hashes.iter().enumerate();
            let found: Vec<_> = places.filter_map(|(index, hash)| Some((index, waiting.by_hash.remove(hash)?))).collect();
            waiting.count = waiting.count.saturating_sub(found.iter().map(|(_, senders)| senders.len()).sum());
            found
        };
        for (index, senders) in found {
            let Some(receipt) = json::receipt(block, index)? else { continue };
            for (_, sender) in senders {
                // Whoever does not wait any more has been told otherwise.
                let _ = sender.send(receipt.clone());
            }
        }
        Ok(())
    }
}

impl Waiter {
    /// The receipt, once there is one.
    pub(crate) async fn receipt(&mut self) -> Result<Receipt, RpcError> {
        (&mut self.receipt).await.map_err(|_| RpcError::Stopping)
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
pub(crate) async fn watch(inclusions: Arc<Inclusions>, chain: Chain, mut latest: watch::Receiver<BlockNumHash>) {
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
