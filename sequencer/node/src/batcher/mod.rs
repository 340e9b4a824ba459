//! The task that posts batches: whatever follows the safe head once every batch on L1 is derived.
//!
//! It remembers nothing across a restart. A batch names the accumulators that it was built on, so one that comes twice, or after an L1
//! reorganisation, reverts instead of taking effect. What is not on L1 is after the safe head, so nothing is lost.

mod append;
mod queue;

pub use append::{append, link};
pub use queue::{Queue, QueueError};

use crate::{administration::BatcherControl, clock};
use alloy::{primitives::Address, rpc::types::FeeHistory, sol_types::SolCall};
use gainsay_batch::{L1Fees, PackedBatch, PackedPayload};
use gainsay_bindings::Inbox;
use gainsay_l1::{BackgroundGone, L1Client, L1Error, ProvedBlobs, Recovery, SendError, TransactionManager, TxRequest};
use gainsay_shell::{
    chain::{ChainOwner, Progress},
    follow::InboxView,
    owner::Stopped,
};
use gainsay_store::{Store, StoreError};
use gainsay_types::Millis;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Time between two looks for something to post.
const INTERVAL: Duration = Duration::from_millis(250);
/// How long a batch that was included may take to be read back, before its blocks are looked at again.
const READ_BACK: Duration = Duration::from_secs(60);
/// How long L1's prices count as present.
const PRICES: Duration = Duration::from_secs(6);
/// Wait after a failure of L1.
const RETRY: Duration = Duration::from_secs(2);

/// Batches that cannot be posted any more.
#[derive(Debug, thiserror::Error)]
pub enum BatcherError {
    /// The queue.
    #[error("{source}")]
    Queue {
        /// The reason.
        #[from]
        source: QueueError,
    },
    /// Sending.
    #[error("batches cannot be posted: {source}")]
    Send {
        /// The reason.
        #[from]
        source: SendError,
    },
    /// L1's prices.
    #[error("{source}")]
    L1 {
        /// The reason.
        #[from]
        source: L1Error,
    },
    /// The store.
    #[error("{source}")]
    Store {
        /// The reason.
        #[from]
        source: StoreError,
    },
    /// The chain.
    #[error("{source}")]
    Chain {
        /// The reason.
        #[from]
        source: gainsay_chain::ChainError,
    },
    /// The thread that packs.
    #[error("{source}")]
    Background {
        /// The reason.
        #[from]
        source: BackgroundGone,
    },
    /// The process is stopping.
    #[error("{source}")]
    Stopped {
        /// The reason.
        #[from]
        source: Stopped,
    },
}

/// What the task works with.
pub struct Batcher {
    /// The chain.
    pub chain: ChainOwner,
    /// Its read side.
    pub store: Store,
    /// The chain's block time, milliseconds.
    pub block_time_ms: u64,
    /// The Inbox.
    pub inbox: Address,
    /// L1.
    pub client: L1Client,
    /// Sends with the sequencer's key.
    pub manager: TransactionManager,
    /// The packer's queue.
    pub queue: Queue,
    /// Where the chain is.
    pub progress: watch::Receiver<Progress>,
    /// Where reading L1 is.
    pub l1: watch::Receiver<InboxView>,
    /// What an operator wants of it.
    pub control: BatcherControl,
    /// L1's prices, and when they were asked for.
    pub prices: Option<(Instant, L1Fees)>,
}

impl Batcher {
    /// Posts until `stop`. A batch in flight is given up then: its transaction stays in L1's pool, and the next start settles it.
    ///
    /// # Errors
    /// When the key has no ether left, when a block can never be packed, and when the store fails.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), BatcherError> {
        loop {
            let entered = self.control.gate.enter();
            let round = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                round = async { if entered { self.round().await } else { Ok(()) } } => round,
            };
            self.control.gate.leave();
            let wait = match round {
                Ok(()) => INTERVAL,
                Err(error) => {
                    self.queue.forget();
                    self.survive(error)?
                }
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Posts one batch, if one is due.
    async fn round(&mut self) -> Result<(), BatcherError> {
        let progress = self.progress.borrow_and_update().clone();
        let heads = &progress.heads;
        // Blocks that are known here but not yet derived from a batch on L1 may be in it.
        let settled = progress.up_to_date && self.l1.borrow().caught_up && heads.safe.batch_index == heads.batches;
        if !settled {
            return Ok(());
        }
        if heads.latest.number == heads.safe.l2_block_number {
            // There is nothing to flush; what comes later was not meant.
            self.control.flushed();
            return Ok(());
        }
        let fees = self.fees().await?;
        // Blocks may be of L1's time, which is ahead: by the clock here they would never be old enough.
        let now = clock::not_behind(heads.l1.map(|block| block.timestamp));
        let Some(batch) = self.pack(progress.rewinds, now, fees).await? else { return Ok(()) };
        self.post(batch, heads.batches, heads.safe.deposit_index).await
    }

    /// The next batch, if one is due. Reading blocks and compressing them is heavy and not urgent: the builder must not feel it.
    async fn pack(&mut self, rewinds: u64, now: Millis, fees: L1Fees) -> Result<Option<PackedBatch>, BatcherError> {
        let flush = self.control.flush_wanted();
        let (mut queue, store, block_time_ms) = (self.queue.lend(), self.store.clone(), self.block_time_ms);
        let pack = move || {
            let packed = queue.pack(&store, rewinds, block_time_ms, now, fees, flush);
            (queue, packed)
        };
        let (queue, packed) = self.manager.background().run(pack).await?;
        self.queue = queue;
        let packed = packed?;
        if flush {
            self.control.flushed();
        }
        Ok(packed)
    }

    async fn post(&mut self, batch: PackedBatch, before: u64, consumed: u64) -> Result<(), BatcherError> {
        let append = append(&self.store, consumed, batch.deposit_count)?;
        let (first, last, transactions, bytes) = (batch.first_block, batch.last_block, batch.transactions, batch.payload_bytes);
        tracing::info!(batch = before + 1, kind = ?batch.kind, first, last, transactions, bytes, "posting a batch");
        let request = match batch.payload {
            PackedPayload::Blobs(blobs) => {
                let proved = self.manager.prove(blobs).await?;
                self.archive(&proved).await?;
                let input = Inbox::appendBlobsCall { append }.abi_encode().into();
                TxRequest { to: self.inbox, input, proved: Some(proved), ..TxRequest::default() }
            }
            PackedPayload::Calldata(payload) => {
                let input = Inbox::appendCalldataCall { append, payload }.abi_encode().into();
                TxRequest { to: self.inbox, input, ..TxRequest::default() }
            }
        };
        let receipt = self.manager.send(request).await?;
        let (l1_block, gas) = (receipt.block_number.unwrap_or_default(), receipt.gas_used);
        tracing::info!(batch = before + 1, l1_block, gas, transaction = %receipt.transaction_hash, "batch posted");
        metrics::counter!("gainsay_batches_posted").increment(1);
        metrics::counter!("gainsay_batch_bytes").increment(bytes as u64);
        metrics::counter!("gainsay_batch_transactions").increment(transactions as u64);
        metrics::counter!("gainsay_batch_gas").increment(gas);
        let read_back = self.progress.wait_for(|progress| progress.heads.batches > before && progress.up_to_date);
        if tokio::time::timeout(READ_BACK, read_back).await.is_err() {
            tracing::warn!(batch = before + 1, "the batch was included, but is not read back from L1 yet");
            self.queue.forget();
        }
        Ok(())
    }

    /// Archives the own blobs, so that deriving them needs no beacon node.
    async fn archive(&self, blobs: &ProvedBlobs) -> Result<(), BatcherError> {
        let verified = blobs.verified();
        self.chain
            .with(move |core| {
                for blob in verified {
                    core.chain.put_blob(&blob.hash(), blob.bytes())?;
                }
                Ok(())
            })
            .await?
    }

    async fn fees(&mut self) -> Result<L1Fees, BatcherError> {
        if let Some((_, fees)) = self.prices.filter(|(asked, _)| asked.elapsed() < PRICES) {
            return Ok(fees);
        }
        let history: FeeHistory = self.client.request("eth_feeHistory", ("0x1", "latest", Vec::<f64>::new())).await?;
        let fees = L1Fees {
            base_fee: history.base_fee_per_gas.last().copied().unwrap_or_default(),
            blob_base_fee: history.base_fee_per_blob_gas.last().copied().unwrap_or_default().max(1),
        };
        self.prices = Some((Instant::now(), fees));
        Ok(fees)
    }

    /// Waits out what may go away; passes on what will not.
    fn survive(&self, error: BatcherError) -> Result<Duration, BatcherError> {
        let recovery = match &error {
            BatcherError::Send { source } => source.recovery(),
            BatcherError::L1 { source } => source.recovery(),
            _ => Recovery::Stop,
        };
        match recovery {
            Recovery::Stop => Err(error),
            Recovery::Retry | Recovery::Reset => {
                tracing::warn!(%error, "no batch was posted, trying again from what L1 has");
                metrics::counter!("gainsay_batch_failures").increment(1);
                Ok(RETRY)
            }
        }
    }
}
