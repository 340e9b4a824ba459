//! What a node puts behind its RPC.

use crate::{Inclusions, L1View, Preconfirmations};
use alloy_eips::BlockNumHash;
use alloy_primitives::{Address, B256};
use gainsay_pool::{Content, Pool, Rejection};
use gainsay_store::Store;
use gainsay_types::{ChainConfig, InvalidTransaction, RecoveredTransaction, Transaction};
use std::{
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
};
use tokio::sync::{broadcast, watch};

/// What a [`Client`] will have answered.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The way to the pool: of this process, or on a follower that of the sequencer.
pub trait Client: Send + Sync + 'static {
    /// Hands in a transaction whose signature nobody has looked at: so that what is refused whoever signed it costs no signature's recovery.
    fn submit(&self, transaction: Transaction) -> Answer<'_, Result<(), SubmitError>>;
    /// The nonce after the account's transactions that are ready in the pool; none if it has none there.
    fn pending_nonce(&self, address: Address) -> Answer<'_, Option<u64>>;
    /// A transaction that waits in the pool.
    fn pooled(&self, hash: B256) -> Answer<'_, Option<RecoveredTransaction>>;
    /// How many transactions wait in the pool; none where it is another node's.
    fn pool_size(&self) -> Answer<'_, PoolSize> {
        Box::pin(ready(PoolSize::default()))
    }
    /// What waits in the pool, of one account or of all; nothing where it is another node's.
    fn pool_content(&self, _of: Option<Address>) -> Answer<'_, Content> {
        Box::pin(ready(Content::default()))
    }
}

/// Transactions that wait in a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolSize {
    /// Those that can be executed next.
    pub ready: usize,
    /// Those that wait for a nonce that is missing.
    pub future: usize,
}

impl PoolSize {
    /// Of this pool. Looks at each sender once.
    #[must_use]
    pub fn of(pool: &Pool) -> Self {
        let ready = pool.ready_len();
        Self { ready, future: pool.len().saturating_sub(ready) }
    }
}

/// Why a transaction was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    /// The signature is none.
    #[error(transparent)]
    Invalid(#[from] InvalidTransaction),
    /// The pool refuses it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The sequencer refuses it, in these words.
    #[error("{message}")]
    Refused {
        /// JSON-RPC error code.
        code: i32,
        /// What it said.
        message: String,
    },
    /// There is no sequencer to hand it to at the moment.
    #[error("the sequencer cannot be reached: {reason}; send the transaction again later")]
    Unavailable {
        /// What is wrong.
        reason: String,
    },
}

/// How far the node has read L1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct L1Progress {
    /// Number of the newest L1 block at the last look; none before the first answer.
    pub highest: Option<u64>,
    /// Everything up to it was read.
    pub caught_up: bool,
}

/// What a node puts behind its RPC.
#[derive(Clone)]
pub struct Backend {
    /// The chain.
    pub store: Store,
    /// Its parameters.
    pub config: Arc<ChainConfig>,
    /// Where transactions go.
    pub client: Arc<dyn Client>,
    /// The latest block; set after each commit that changes it. Only wakes subscriptions up: what they send they read from the store.
    pub latest: watch::Receiver<BlockNumHash>,
    /// L1 as the node sees it.
    pub l1: Arc<dyn L1View>,
    /// Hashes of transactions that became ready in the pool. Whoever wants a whole one asks the [`Client`] for it: what waits here is never large.
    pub pending: broadcast::Sender<B256>,
    /// Transactions executed in a block that is still open; announced by the builder, or passed on from the sequencer.
    pub preconfirmations: Preconfirmations,
    /// Who waits for the receipt of a transaction. Whoever drops one from the pool says so here.
    pub inclusions: Inclusions,
    /// Name and version for `web3_clientVersion`.
    pub version: String,
}
