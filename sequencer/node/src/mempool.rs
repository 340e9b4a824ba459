//! The mempool with what it needs of the chain: accounts, the next base fee, the price of L1 data.

use alloy::{
    consensus::BlockHeader,
    eips::eip7702::constants::EIP7702_DELEGATION_DESIGNATOR,
    primitives::{Address, KECCAK256_EMPTY, U256},
};
use gainsay_build::Rejected;
use gainsay_execute::{L1FeeParameters, next_base_fee, trie::StateSource};
use gainsay_pool::{Account, Best, Candidate, Limits, Pool, Rejection, Rules};
use gainsay_store::{StateReader, Store, StoreError};
use gainsay_types::{
    ChainConfig, RecoveredTransaction,
    predeploys::{L1_BLOCK, l1_block_slot},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// The pool as all who use it share it. It is locked for one transaction, or for what a block changes: never across an await.
#[derive(Clone)]
pub struct SharedMempool(Arc<Mutex<Mempool>>);

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
}

/// Owner of the pool.
pub struct Mempool {
    pool: Pool,
    store: Store,
    config: Arc<ChainConfig>,
    ready: broadcast::Sender<RecoveredTransaction>,
    latest: Latest,
}

/// What the latest block says, read once a block.
struct Latest {
    state: StateReader,
    base_fee: u64,
    l1_fees: L1FeeParameters,
}

impl Latest {
    fn read(store: &Store, config: &ChainConfig) -> Result<Self, StoreError> {
        let state = store.latest_state()?;
        Ok(Self { base_fee: base_fee_after(config, &state), l1_fees: l1_fees(&state)?, state })
    }
}

/// A transaction that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitFailure {
    /// The pool refuses it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The state cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Transactions for a block, best first, and whether there are any.
#[derive(Debug)]
pub struct Offer {
    /// The transactions.
    pub best: Best,
    /// There is at least one.
    pub any: bool,
}

impl Mempool {
    /// An empty pool on top of the latest block. Transactions that become ready are announced on `ready`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn new(store: Store, config: Arc<ChainConfig>, ready: broadcast::Sender<RecoveredTransaction>) -> Result<Self, StoreError> {
        let latest = Latest::read(&store, &config)?;
        let pool = Pool::new(Rules::new(&config), Limits::default(), latest.base_fee);
        Ok(Self { pool, store, config, ready, latest })
    }

    /// Takes a transaction.
    ///
    /// # Errors
    /// When the pool refuses it, or the store fails.
    pub fn submit(&mut self, transaction: RecoveredTransaction) -> Result<(), SubmitFailure> {
        let candidate = self.candidate(transaction)?;
        let added = self.pool.insert(candidate)?;
        for pooled in added.now_ready {
            // Nobody may be subscribed.
            let _ = self.ready.send(pooled.transaction().clone());
        }
        Ok(())
    }

    /// The ready transactions for a block on top of the latest.
    #[must_use]
    pub fn offer(&self) -> Offer {
        let best = self.pool.best(self.latest.base_fee);
        Offer { any: !best.is_empty(), best }
    }

    /// The latest block is another one: reads all accounts that matter again.
    ///
    /// # Errors
    /// When the store fails.
    pub fn on_new_latest(&mut self) -> Result<(), StoreError> {
        let senders = self.pool.senders().copied().collect::<Vec<_>>();
        self.refresh(senders)
    }

    /// A block was built here, and changed these accounts.
    ///
    /// # Errors
    /// When the store fails.
    pub fn on_built(&mut self, changed: &[Address]) -> Result<(), StoreError> {
        let tracked = changed.iter().filter(|address| self.pool.tracks(address)).copied().collect();
        self.refresh(tracked)
    }

    /// Drops what cannot be executed.
    pub fn reject(&mut self, rejected: &[Rejected]) {
        for Rejected { hash, fault } in rejected {
            if self.pool.remove(hash).is_some() {
                tracing::info!(transaction = %hash, reason = %fault, "transaction dropped: it cannot be executed");
            }
        }
    }

    /// Takes back the transactions of dropped blocks, in their order.
    ///
    /// # Errors
    /// When the store fails.
    pub fn take_back(&mut self, transactions: Vec<RecoveredTransaction>) -> Result<(), StoreError> {
        self.on_new_latest()?;
        let count = transactions.len();
        let candidates = transactions.into_iter().map(|transaction| self.candidate(transaction)).collect::<Result<Vec<_>, _>>()?;
        let refused = self.pool.reinsert(candidates);
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
    pub fn get(&self, hash: &alloy::primitives::B256) -> Option<RecoveredTransaction> {
        self.pool.get(hash).map(|pooled| pooled.transaction().clone())
    }

    fn refresh(&mut self, senders: Vec<Address>) -> Result<(), StoreError> {
        self.latest = Latest::read(&self.store, &self.config)?;
        let accounts =
            senders.into_iter().map(|sender| Ok((sender, self.read_account(sender)?))).collect::<Result<Vec<_>, StoreError>>()?;
        self.pool.on_block(self.latest.base_fee, accounts);
        metrics::gauge!("gainsay_pool_transactions").set(self.pool.len() as f64);
        Ok(())
    }

    fn candidate(&self, transaction: RecoveredTransaction) -> Result<Candidate, StoreError> {
        let sender = transaction.sender();
        let account = self.pool.account(&sender).map_or_else(|| self.read_account(sender), Ok)?;
        let l1_fee = self.latest.l1_fees.fee(&transaction.transaction().encode());
        Ok(Candidate { transaction, account, l1_fee })
    }

    fn read_account(&self, address: Address) -> Result<Account, StoreError> {
        let Some(account) = self.latest.state.account(address)? else { return Ok(Account::default()) };
        let is_contract = account.code_hash != KECCAK256_EMPTY && {
            let code = self.store.code(&account.code_hash)?.unwrap_or_default();
            !code.is_empty() && !code.starts_with(&EIP7702_DELEGATION_DESIGNATOR)
        };
        Ok(Account { nonce: account.nonce, balance: account.balance, is_contract })
    }
}

fn base_fee_after(config: &ChainConfig, state: &StateReader) -> u64 {
    let header = &state.block().header;
    next_base_fee(config, header.gas_used(), header.base_fee_per_gas().unwrap_or_default())
}

fn l1_fees(state: &StateReader) -> Result<L1FeeParameters, StoreError> {
    let slot = |slot: u64| state.storage(L1_BLOCK, U256::from(slot));
    Ok(L1FeeParameters::from_slots(slot(l1_block_slot::BASE_FEE)?, slot(l1_block_slot::BLOB_BASE_FEE)?, slot(l1_block_slot::SCALARS)?))
}
