//! The chain as others reach it: behind a lock, with the way in which blocks are made.

use crate::{
    Accounts, DevError,
    core::{Core, now},
};
use alloy::{
    consensus::Header,
    primitives::{Address, B256, keccak256},
};
use gainsay_pool::Content;
use gainsay_rpc::{Answer, Client, Limits, NextBlock, PoolSize, SubmitError};
use gainsay_types::{Millis, RecoveredTransaction, Transaction};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// When blocks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mining {
    /// At once, for each transaction.
    pub(crate) automine: bool,
    /// So often, with whatever waits.
    pub(crate) every: Option<Duration>,
}

/// A development node. Its lock is held while blocks are made, so it is to be taken on threads that may block.
pub(crate) struct Node {
    core: Mutex<Core>,
    pub(crate) mining: watch::Sender<Mining>,
    pub(crate) accounts: Accounts,
    pub(crate) limits: Limits,
    pub(crate) version: String,
    /// Distinguishes this run from others.
    pub(crate) instance: B256,
}

impl Node {
    pub(crate) fn new(core: Core, accounts: Accounts, mining: Mining, limits: Limits, version: String) -> Self {
        let instance = keccak256([now().0, u64::from(std::process::id())].map(u64::to_be_bytes).concat());
        Self { core: Mutex::new(core), mining: watch::Sender::new(mining), accounts, limits, version, instance }
    }

    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        // What a thread that died left is as good as the last commit.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a signed transaction, and makes its block if that is how blocks are made.
    pub(crate) fn submit(&self, transaction: Transaction) -> Result<(), DevError> {
        self.take(transaction.recover()?)
    }

    pub(crate) fn take(&self, transaction: RecoveredTransaction) -> Result<(), DevError> {
        let mut core = self.core();
        core.submit(transaction)?;
        self.settle(&mut core)
    }

    /// After something came in.
    pub(crate) fn settle(&self, core: &mut Core) -> Result<(), DevError> {
        if self.mining.borrow().automine { core.mine_ready() } else { Ok(()) }
    }

    /// Makes blocks at the interval that is asked for, for ever.
    pub(crate) async fn keep_time(self: Arc<Self>) {
        let mut mining = self.mining.subscribe();
        loop {
            let every = mining.borrow_and_update().every;
            let due = async {
                match every {
                    Some(every) => tokio::time::sleep(every).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = mining.changed() => if changed.is_err() { return },
                () = due => {
                    let node = self.clone();
                    let made = tokio::task::spawn_blocking(move || node.core().mine()).await;
                    if let Ok(Err(error)) = made {
                        tracing::error!(%error, "no block could be made");
                    }
                }
            }
        }
    }
}

impl NextBlock for Node {
    fn time(&self, parent: Millis) -> Millis {
        self.core().next_time(parent)
    }

    fn base_fee(&self, parent: &Header) -> u64 {
        self.core().next_base_fee(parent)
    }
}

/// The node as the RPC's way to the pool.
pub(crate) struct Pool(pub(crate) Arc<Node>);

impl Pool {
    /// On a thread that may block.
    fn ask<T: Default + Send + 'static>(&self, question: impl FnOnce(&Node) -> T + Send + 'static) -> Answer<'_, T> {
        let node = self.0.clone();
        // An error says that the process is ending.
        Box::pin(async move { tokio::task::spawn_blocking(move || question(&node)).await.unwrap_or_default() })
    }
}

impl Client for Pool {
    fn submit(&self, transaction: Transaction) -> Answer<'_, Result<(), SubmitError>> {
        let node = self.0.clone();
        Box::pin(async move {
            let submitted = tokio::task::spawn_blocking(move || node.submit(transaction)).await;
            submitted.map_err(|error| SubmitError::Unavailable { reason: error.to_string() })?.map_err(|error| match error {
                DevError::Invalid(invalid) => invalid.into(),
                DevError::Rejected(rejection) => rejection.into(),
                other => SubmitError::Refused { code: -32000, message: other.to_string() },
            })
        })
    }

    fn pending_nonce(&self, address: Address) -> Answer<'_, Option<u64>> {
        self.ask(move |node| node.core().pending_nonce(address).ok())
    }

    fn pooled(&self, hash: B256) -> Answer<'_, Option<RecoveredTransaction>> {
        self.ask(move |node| node.core().pool.get(&hash).map(|pooled| pooled.transaction().clone()))
    }

    fn pool_size(&self) -> Answer<'_, PoolSize> {
        self.ask(|node| PoolSize::of(&node.core().pool))
    }

    fn pool_content(&self, of: Option<Address>) -> Answer<'_, Content> {
        self.ask(move |node| {
            let core = node.core();
            of.map_or_else(|| core.pool.content(), |sender| core.pool.content_of(&sender))
        })
    }
}
