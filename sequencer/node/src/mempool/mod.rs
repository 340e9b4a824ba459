//! The mempool with what it needs of the chain: accounts, the next base fee, the price of L1 data.

mod latest;
#[cfg(test)]
mod tests;

use alloy::primitives::{Address, B256};
use gainsay_build::Rejected;
use gainsay_execute::ExecutedBlock;
use gainsay_pool::{Account, Candidate, Content, Limits, Pool, Pooled, Rejection, Rules};
use gainsay_rpc::{Inclusions, PoolSize};
use gainsay_store::{Store, StoreError};
use gainsay_types::{ChainConfig, InvalidTransaction, RecoveredTransaction, Transaction};
use latest::Latest;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::broadcast;

/// The pool as all who use it share it. It is locked for one transaction, or for what a block changes: never across an await, nor while a
/// signature is recovered or an account is read for a transaction that comes in.
#[derive(Clone)]
pub struct SharedMempool(Arc<Mutex<Mempool>>);

/// Owner of the pool.
pub struct Mempool {
    pool: Pool,
    store: Store,
    config: Arc<ChainConfig>,
    ready: broadcast::Sender<B256>,
    inclusions: Inclusions,
    latest: Arc<Latest>,
}

/// A transaction that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitFailure {
    /// The signature is none.
    #[error(transparent)]
    Invalid(#[from] InvalidTransaction),
    /// The pool refuses it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The state cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SharedMempool {
    /// Shares it.
    #[must_use]
    pub fn new(mempool: Mempool) -> Self {
        Self(Arc::new(Mutex::new(mempool)))
    }

    /// The pool, for this thread alone while the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, Mempool> {
        // Whoever panicked has ended the process.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a transaction whose signature nobody has looked at. What is refused whoever signed it is refused before the signature is recovered.
    ///
    /// # Errors
    /// When the signature is none, the pool refuses the transaction, or the store fails.
    pub fn submit(&self, transaction: Transaction) -> Result<(), SubmitFailure> {
        self.lock().pool.screen(&transaction)?;
        self.submit_recovered(transaction.recover()?)
    }

    /// Takes a transaction whose signature is good.
    fn submit_recovered(&self, transaction: RecoveredTransaction) -> Result<(), SubmitFailure> {
        let sender = transaction.sender();
        loop {
            let (latest, known) = {
                let mempool = self.lock();
                (mempool.latest.clone(), mempool.pool.account(&sender))
            };
            let account = known.map_or_else(|| latest.account(sender), Ok)?;
            let l1_fee = latest.l1_fee(&transaction);
            let mut mempool = self.lock();
            // A block came in meanwhile: the account is of the one before.
            if Arc::ptr_eq(&mempool.latest, &latest) {
                return Ok(mempool.insert(Candidate { transaction, account, l1_fee })?);
            }
        }
    }
}

impl Mempool {
    /// An empty pool on top of the latest block. The hashes of transactions that become ready are announced on `ready`; whoever waits in `inclusions`
    /// for one that is dropped is told so.
    ///
    /// # Errors
    /// When the store fails.
    pub fn new(store: Store, config: Arc<ChainConfig>, ready: broadcast::Sender<B256>, inclusions: Inclusions) -> Result<Self, StoreError> {
        let latest = Arc::new(Latest::read(&store, &config)?);
        let pool = Pool::new(Rules::new(&config), Limits::default(), latest.base_fee);
        Ok(Self { pool, store, config, ready, inclusions, latest })
    }

    /// Takes a transaction whose signature is good.
    ///
    /// # Errors
    /// When the pool refuses it, or the store fails.
    pub fn submit(&mut self, transaction: RecoveredTransaction) -> Result<(), SubmitFailure> {
        let candidate = self.candidate(transaction)?;
        Ok(self.insert(candidate)?)
    }

    /// Hands out transactions for the open block, best first, at most so many: see [`Pool::take`].
    pub fn take(&mut self, most: usize) -> Vec<Arc<Pooled>> {
        self.pool.take(most)
    }

    /// What `take(1)` would give.
    #[must_use]
    pub fn peek(&self) -> Option<Arc<Pooled>> {
        self.pool.peek()
    }

    /// This transaction found no room in the open block; its sender is left out of it from now on: see [`Pool::put_back`].
    pub fn put_back(&mut self, sender: Address, nonce: u64) {
        self.pool.put_back(sender, nonce);
    }

    /// The open block was closed, after [`Self::on_block`], or given up: everything that waits may be handed out again.
    pub fn reopen(&mut self) {
        self.pool.reopen();
    }

    /// A block was made here on top of the one before: drops what is in it. Accounts and prices come from the block itself.
    ///
    /// # Errors
    /// When the store fails.
    pub fn on_block(&mut self, block: &ExecutedBlock) -> Result<(), StoreError> {
        let latest = Latest::after(&self.latest, &self.store, &self.config, block)?;
        let mut accounts = Vec::new();
        for (address, change) in &block.changes.accounts {
            if self.pool.tracks(address) {
                accounts.push((*address, latest.pool_account(change.after)?));
            }
        }
        self.set_latest(latest, accounts);
        Ok(())
    }

    /// The latest block is another one: reads all accounts that matter again.
    ///
    /// # Errors
    /// When the store fails.
    pub fn on_new_latest(&mut self) -> Result<(), StoreError> {
        let senders = self.pool.senders().copied().collect::<Vec<_>>();
        self.refresh(senders)
    }

    /// Drops what cannot be executed.
    pub fn reject(&mut self, rejected: &[Rejected]) {
        for Rejected { hash, fault } in rejected {
            if self.pool.remove(hash).is_some() {
                tracing::info!(transaction = %hash, reason = %fault, "transaction dropped: it cannot be executed");
                self.inclusions.refuse(hash, fault);
            }
        }
    }

    /// Takes back the transactions of dropped blocks, in their order. No block is open.
    ///
    /// # Errors
    /// When the store fails.
    pub fn take_back(&mut self, transactions: Vec<RecoveredTransaction>) -> Result<(), StoreError> {
        self.pool.reopen();
        self.on_new_latest()?;
        let count = transactions.len();
        let candidates = transactions.into_iter().map(|transaction| self.candidate(transaction)).collect::<Result<Vec<_>, _>>()?;
        let refused = self.pool.reinsert(candidates);
        for (hash, reason) in &refused {
            tracing::debug!(transaction = %hash, %reason, "a transaction of a dropped block does not go back into the pool");
            self.inclusions.refuse(hash, reason);
        }
        tracing::info!(transactions = count, refused = refused.len(), "transactions of dropped blocks are back in the pool");
        Ok(())
    }

    /// The nonce after the account's ready transactions; none if it has none.
    #[must_use]
    pub fn pending_nonce(&self, sender: &Address) -> Option<u64> {
        self.pool.pending_nonce(sender)
    }

    /// A transaction that waits.
    #[must_use]
    pub fn get(&self, hash: &B256) -> Option<RecoveredTransaction> {
        self.pool.get(hash).map(|pooled| pooled.transaction().clone())
    }

    /// How many transactions wait.
    #[must_use]
    pub fn size(&self) -> PoolSize {
        PoolSize::of(&self.pool)
    }

    /// What waits, of one account or of all.
    #[must_use]
    pub fn content(&self, of: Option<Address>) -> Content {
        of.map_or_else(|| self.pool.content(), |sender| self.pool.content_of(&sender))
    }

    fn insert(&mut self, candidate: Candidate) -> Result<(), Rejection> {
        let added = self.pool.insert(candidate)?;
        if self.ready.receiver_count() > 0 {
            for pooled in added.now_ready {
                // An error says that the last subscriber has just gone.
                let _ = self.ready.send(pooled.hash());
            }
        }
        for pooled in &added.evicted {
            self.inclusions.refuse(&pooled.hash(), &Rejection::Full);
        }
        if let Some(replaced) = &added.replaced {
            self.inclusions.refuse(&replaced.hash(), &format_args!("it was replaced by transaction {}", added.pooled.hash()));
        }
        Ok(())
    }

    fn refresh(&mut self, senders: Vec<Address>) -> Result<(), StoreError> {
        let latest = Latest::read(&self.store, &self.config)?;
        let accounts = senders.into_iter().map(|sender| Ok((sender, latest.account(sender)?)));
        let accounts = accounts.collect::<Result<Vec<_>, StoreError>>()?;
        self.set_latest(latest, accounts);
        Ok(())
    }

    fn set_latest(&mut self, latest: Latest, accounts: Vec<(Address, Account)>) {
        // Most of the time nobody waits, and what a block has executed need not be looked through.
        let nonces = (!self.inclusions.is_empty())
            .then(|| accounts.iter().map(|(sender, account)| (*sender, account.nonce)).collect::<HashMap<_, _>>());
        let dropped = self.pool.on_block(latest.base_fee, accounts);
        for pooled in nonces.iter().flat_map(|_| &dropped) {
            // What has a lower nonce was executed, here or in another's block.
            if nonces.as_ref().and_then(|nonces| nonces.get(&pooled.sender())).is_some_and(|nonce| pooled.nonce() >= *nonce) {
                self.inclusions.refuse(&pooled.hash(), &"its sender can no longer pay for it, or may not send any more");
            }
        }
        self.latest = Arc::new(latest);
        metrics::gauge!("gainsay_pool_transactions").set(self.pool.len() as f64);
    }

    fn candidate(&self, transaction: RecoveredTransaction) -> Result<Candidate, StoreError> {
        let sender = transaction.sender();
        let account = self.pool.account(&sender).map_or_else(|| self.latest.account(sender), Ok)?;
        let l1_fee = self.latest.l1_fee(&transaction);
        Ok(Candidate { transaction, account, l1_fee })
    }
}
