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
use std::sync::Arc;
use tokio::sync::broadcast;

/// Owner of the pool.
pub struct Mempool {
    pool: Pool,
    store: Store,
    config: Arc<ChainConfig>,
    ready: broadcast::Sender<RecoveredTransaction>,
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
        let base_fee = base_fee_after(&config, &store.latest_state()?);
        let pool = Pool::new(Rules::new(&config), Limits::default(), base_fee);
        Ok(Self { pool, store, config, ready })
    }

    /// Takes a transaction.
    ///
    /// # Errors
    /// When the pool refuses it, or the store fails.
    pub fn submit(&mut self, transaction: RecoveredTransaction) -> Result<(), SubmitFailure> {
        let state = self.store.latest_state()?;
        let candidate = self.candidate(&state, transaction)?;
        let added = self.pool.insert(candidate)?;
        for pooled in added.now_ready {
            // Nobody may be subscribed.
            let _ = self.ready.send(pooled.transaction().clone());
        }
        Ok(())
    }

    /// The ready transactions for a block on top of the latest.
    ///
    /// # Errors
    /// When the store fails.
    pub fn offer(&self) -> Result<Offer, StoreError> {
        let base_fee = base_fee_after(&self.config, &self.store.latest_state()?);
        let best = self.pool.best(base_fee);
        Ok(Offer { any: !best.is_empty(), best })
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
        let state = self.store.latest_state()?;
        let count = transactions.len();
        let candidates = transactions.into_iter().map(|transaction| self.candidate(&state, transaction)).collect::<Result<Vec<_>, _>>()?;
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
        let state = self.store.latest_state()?;
        let accounts =
            senders.into_iter().map(|sender| Ok((sender, self.account(&state, sender)?))).collect::<Result<Vec<_>, StoreError>>()?;
        self.pool.on_block(base_fee_after(&self.config, &state), accounts);
        metrics::gauge!("gainsay_pool_transactions").set(self.pool.len() as f64);
        Ok(())
    }

    fn candidate(&self, state: &StateReader, transaction: RecoveredTransaction) -> Result<Candidate, StoreError> {
        let account = self.account(state, transaction.sender())?;
        let l1_fee = l1_fees(state)?.fee(&transaction.transaction().encode());
        Ok(Candidate { transaction, account, l1_fee })
    }

    fn account(&self, state: &StateReader, address: Address) -> Result<Account, StoreError> {
        let Some(account) = state.account(address)? else { return Ok(Account::default()) };
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
