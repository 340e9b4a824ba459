//! The chain, the pool and all that was asked of them, owned by one lock.

use crate::{
    DevError,
    assembly::{Assembly, Outcome, Terrain},
    clock::Clock,
    edits::Edits,
    origin,
    outbox::Unsigned,
    snapshot::Snapshots,
};
use alloy::{
    consensus::Header,
    eips::{BlockNumHash, eip7702::constants::EIP7702_DELEGATION_DESIGNATOR},
    primitives::{Address, B256, KECCAK256_EMPTY, map::AddressSet},
};
use gainsay_execute::{L1FeeParameters, UnsealedBlock, next_base_fee};
use gainsay_pool::{Account, Candidate, Limits, Pool, Rules};
use gainsay_rpc::Inclusions;
use gainsay_store::{Commit, Heads, MessageRecord, StateReader, Store, StoreError, Writer};
use gainsay_types::{ChainConfig, Millis, RecoveredTransaction, State};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::{broadcast, watch};

/// A chain that does what it is told.
pub(crate) struct Core {
    pub(crate) config: Arc<ChainConfig>,
    pub(crate) writer: Writer,
    pub(crate) pool: Pool,
    /// Transactions without a signature, in the order in which they came.
    pub(crate) unsigned: Vec<Unsigned>,
    pub(crate) snapshots: Snapshots,
    pub(crate) wishes: Wishes,
    pub(crate) latest: watch::Sender<BlockNumHash>,
    pub(crate) pending: broadcast::Sender<B256>,
    pub(crate) inclusions: Inclusions,
    genesis_time: Millis,
}

/// What was asked for and is not the chain's: a snapshot has it, too.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    pub(crate) clock: Clock,
    pub(crate) edits: Edits,
    /// Of the next block alone, wei per gas.
    pub(crate) base_fee: Option<u64>,
    /// Of the next block alone.
    pub(crate) prev_randao: Option<B256>,
    pub(crate) gas_limit: u64,
    pub(crate) impersonated: AddressSet,
    /// All accounts are impersonated.
    pub(crate) impersonate_all: bool,
}

impl Core {
    pub(crate) fn new(config: Arc<ChainConfig>, writer: Writer, pending: broadcast::Sender<B256>) -> Result<Self, DevError> {
        let store = writer.store();
        let genesis_time = store.header(0)?.map(|genesis| genesis.time()).unwrap_or_default();
        let base_fee = store.latest_state()?.block().header.base_fee_per_gas.unwrap_or_default();
        let mut core = Self {
            pool: Pool::new(Rules::new(&config), Limits::default(), base_fee),
            unsigned: Vec::new(),
            snapshots: Snapshots::default(),
            wishes: Wishes {
                clock: Clock::default(),
                edits: Edits::default(),
                base_fee: None,
                prev_randao: None,
                gas_limit: config.block_gas_limit,
                impersonated: AddressSet::default(),
                impersonate_all: false,
            },
            latest: watch::Sender::new(store.heads().latest),
            pending,
            inclusions: Inclusions::default(),
            genesis_time,
            config,
            writer,
        };
        core.refresh()?;
        Ok(core)
    }

    pub(crate) const fn store(&self) -> &Store {
        self.writer.store()
    }

    /// The state after the latest block, with all edits.
    pub(crate) fn state(&self) -> Result<StateReader, DevError> {
        Ok(self.store().latest_state()?)
    }

    /// Time of the next block.
    pub(crate) fn next_time(&self, parent: Millis) -> Millis {
        self.wishes.clock.next(now(), parent, self.config.block_time_ms)
    }

    /// Base fee of a block on this one, wei per gas.
    pub(crate) fn next_base_fee(&self, parent: &Header) -> u64 {
        let asked = self.wishes.base_fee.filter(|_| parent.number == self.store().heads().latest.number);
        asked.unwrap_or_else(|| next_base_fee(&self.config, parent.gas_used, parent.base_fee_per_gas.unwrap_or_default()))
    }

    pub(crate) fn may_impersonate(&self, address: Address) -> bool {
        self.wishes.impersonate_all || self.wishes.impersonated.contains(&address)
    }

    /// An account as the pool sees it.
    pub(crate) fn account(&self, address: Address) -> Result<Account, DevError> {
        pool_account(&self.state()?, self.store(), address)
    }

    /// The nonce after all that waits.
    pub(crate) fn pending_nonce(&self, address: Address) -> Result<u64, DevError> {
        let account = self.state()?.account(address)?.map_or(0, |account| account.nonce);
        let mut next = self.pool.pending_nonce(&address).map_or(account, |nonce| nonce.max(account));
        while self.unsigned.iter().any(|waiting| waiting.sender() == address && waiting.nonce() == next) {
            next = next.saturating_add(1);
        }
        Ok(next)
    }

    /// Takes a transaction into the pool.
    pub(crate) fn submit(&mut self, transaction: RecoveredTransaction) -> Result<(), DevError> {
        let state = self.state()?;
        let account = pool_account(&state, self.store(), transaction.sender())?;
        let l1_fee = L1FeeParameters::read(&state)?.fee(&transaction.transaction().encode());
        let added = self.pool.insert(Candidate { transaction, account, l1_fee })?;
        for ready in added.now_ready {
            // An error says that nobody listens.
            let _ = self.pending.send(ready.hash());
        }
        Ok(())
    }

    /// Takes a transaction of an impersonated account.
    pub(crate) fn submit_unsigned(&mut self, unsigned: Unsigned) -> Result<(), DevError> {
        let (address, nonce) = (unsigned.sender(), unsigned.nonce());
        let next = self.state()?.account(address)?.map_or(0, |account| account.nonce);
        if nonce < next {
            return Err(DevError::NonceTooLow { address, nonce, next });
        }
        self.unsigned.retain(|waiting| waiting.sender() != address || waiting.nonce() != nonce);
        let _ = self.pending.send(unsigned.hash());
        self.unsigned.push(unsigned);
        Ok(())
    }

    /// Makes blocks until nothing that waits can be executed.
    pub(crate) fn mine_ready(&mut self) -> Result<(), DevError> {
        while self.waits()? {
            if !self.mine_waiting(false)? {
                break;
            }
        }
        Ok(())
    }

    fn waits(&self) -> Result<bool, DevError> {
        if self.pool.peek().is_some() {
            return Ok(true);
        }
        let state = self.state()?;
        for waiting in &self.unsigned {
            if state.account(waiting.sender())?.map_or(0, |account| account.nonce) >= waiting.nonce() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes a block of what waits, or an empty one.
    pub(crate) fn mine(&mut self) -> Result<(), DevError> {
        self.mine_waiting(true).map(drop)
    }

    /// Makes a block; an empty one only where that is wanted. Says whether it made one.
    fn mine_waiting(&mut self, even_empty: bool) -> Result<bool, DevError> {
        let state = self.state()?;
        let parent = state.block().clone();
        let config = self.config.clone();
        let terrain = Terrain {
            config: &config,
            parent: &parent,
            time: self.next_time(parent.time()),
            base_fee: self.next_base_fee(&parent.header),
            gas_limit: self.wishes.gas_limit,
            prev_randao: self.wishes.prev_randao,
        };
        let assembly = self.fill(Assembly::begin(&terrain, &state)?)?;
        if assembly.is_empty() && !even_empty {
            self.pool.reopen();
            return Ok(false);
        }
        let (block, news) = if assembly.is_empty() {
            let news = origin::news(self.store(), self.genesis_time, terrain.time)?;
            let message: Vec<_> = news.iter().map(|news| news.message.clone()).collect();
            (terrain.empty(state, &message)?, news)
        } else {
            (assembly.finish(), None)
        };
        self.push(block, parent.deposit_index, news)?;
        self.wishes.clock.made(now(), terrain.time);
        (self.wishes.base_fee, self.wishes.prev_randao) = (None, None);
        self.moved()?;
        Ok(true)
    }

    /// Executes all that waits and can be executed: what nobody signed first, then the pool's best.
    fn fill(&mut self, mut assembly: Assembly) -> Result<Assembly, DevError> {
        let mut later = Vec::new();
        for unsigned in std::mem::take(&mut self.unsigned) {
            match assembly.push_unsigned(&unsigned)? {
                Outcome::Executed => {}
                Outcome::Left => later.push(unsigned),
                Outcome::Rejected(reason) => self.drop_rejected(unsigned.hash(), &reason),
            }
        }
        self.unsigned = later;
        while let Some(pooled) = self.pool.take(1).pop() {
            match assembly.push(&pooled)? {
                Outcome::Executed => {}
                Outcome::Left => self.pool.put_back(pooled.sender(), pooled.nonce()),
                Outcome::Rejected(reason) => {
                    self.pool.remove(&pooled.hash());
                    self.drop_rejected(pooled.hash(), &reason);
                }
            }
        }
        Ok(assembly)
    }

    fn drop_rejected(&self, hash: B256, reason: &str) {
        tracing::info!(transaction = %hash, reason, "transaction dropped: it cannot be executed");
        self.inclusions.refuse(&hash, &reason);
    }

    /// Puts a block on the chain. What was edited before it is part of what it changes.
    fn push(&mut self, mut block: UnsealedBlock, consumed: u64, news: Option<MessageRecord>) -> Result<(), DevError> {
        block.changes = self.wishes.edits.followed_by(block.changes);
        let roots = self.writer.roots(block.header.number.saturating_sub(1), &block.changes)?;
        let block = block.seal(roots);
        let mut commit = Commit::new(self.writer.store());
        if let Some(news) = &news {
            commit.push_message(news)?;
        }
        let deposit_index = consumed.saturating_add(u64::from(news.is_some()));
        commit.push_block(&block, deposit_index)?;
        // Nothing on L1 could contradict it.
        settle(commit.heads_mut(), block.output_root, deposit_index);
        self.writer.apply(commit)?;
        self.wishes.edits = Edits::default();
        let transactions = block.transactions.len();
        tracing::info!(number = block.header.number, hash = %block.header.hash(), transactions, gas = block.header.gas_used, "block");
        Ok(())
    }

    /// Takes blocks off, down to `number`, and what they consumed of L1.
    pub(crate) fn unwind(&mut self, number: u64) -> Result<(), DevError> {
        let mut commit = Commit::new(self.writer.store());
        while commit.heads().latest.number > number {
            commit.pop_block()?;
        }
        let block = self.store().header(number)?.ok_or(StoreError::Dropped { number })?;
        commit.truncate_messages(block.deposit_index)?;
        settle(commit.heads_mut(), block.output_root, block.deposit_index);
        Ok(self.writer.apply(commit)?)
    }

    /// Changes the state: readers see it at once, the next block begins with it.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Edits, &StateReader) -> Result<(), DevError>) -> Result<(), DevError> {
        let state = self.state()?;
        change(&mut self.wishes.edits, &state)?;
        self.show_edits()?;
        self.refresh()
    }

    pub(crate) fn show_edits(&mut self) -> Result<(), DevError> {
        Ok(self.writer.edit(self.wishes.edits.changes())?)
    }

    /// The latest block is another one.
    pub(crate) fn moved(&mut self) -> Result<(), DevError> {
        self.refresh()?;
        self.latest.send_replace(self.store().heads().latest);
        Ok(())
    }

    /// Tells the pool what has become of accounts and prices.
    pub(crate) fn refresh(&mut self) -> Result<(), DevError> {
        let state = self.state()?;
        let senders: Vec<_> = self.pool.senders().copied().collect();
        let account = |sender| Ok::<_, DevError>((sender, pool_account(&state, self.store(), sender)?));
        let accounts = senders.into_iter().map(account).collect::<Result<Vec<_>, _>>()?;
        let base_fee = self.next_base_fee(&state.block().header);
        for dropped in self.pool.on_block(base_fee, accounts) {
            if self.store().find(&dropped.hash())?.is_none() {
                self.inclusions.refuse(&dropped.hash(), &"its sender can no longer pay for it, or has used its nonce");
            }
        }
        self.pool.reopen();
        Ok(())
    }
}

/// Every block is safe and final at once.
fn settle(heads: &mut Heads, output_root: B256, deposit_index: u64) {
    let BlockNumHash { number, hash } = heads.latest;
    let state = State { output_root, l2_block_number: number, batch_index: 0, batch_offset: 0, deposit_index };
    (heads.safe, heads.safe_hash) = (state, hash);
    (heads.finalized, heads.finalized_hash) = (state, hash);
}

fn pool_account(state: &StateReader, store: &Store, address: Address) -> Result<Account, DevError> {
    let Some(account) = state.account(address)? else { return Ok(Account::default()) };
    let code = if account.code_hash == KECCAK256_EMPTY { None } else { store.code(&account.code_hash)? };
    let is_contract = code.is_some_and(|code| !code.is_empty() && !code.starts_with(&EIP7702_DELEGATION_DESIGNATOR));
    Ok(Account { nonce: account.nonce, balance: account.balance, is_contract })
}

/// The system's time.
pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
