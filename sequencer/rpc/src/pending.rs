//! The block to come, for readers: `pending`.
//!
//! ```text
//!  builder ── parent, header, deposits, executed so far ──▶ ShownBlock ◀── asked ── PendingBlocks ──▶ state: executed again from where the last
//!                                                                                       │                  reader left off
//!                                                                                       └──────────▶ block: executed again as a whole, with roots
//! ```
//! Where nothing is open, it is an empty block at the time and the base fee that come next.

use crate::{
    chain::Chain,
    error::RpcError,
    shown_block::{OpenedBlock, Seen, ShownBlock},
};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use gainsay_debug::{DebugError, OpenReplay, World};
use gainsay_execute::{Account, BlockBuilder, ExecuteError, trie::update_state_root};
use gainsay_store::{StateReader, StoreError, StoredBlock};
use revm::{
    DatabaseRef,
    state::{AccountInfo, Bytecode},
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Times that it is tried again when the chain moves on meanwhile.
const ATTEMPTS: usize = 10;
/// A block that took longer than this to make is answered with for a while.
const QUICK: Duration = Duration::from_millis(20);
/// For how many times as long as it took: so one core is busy with it a fifth of its time, however many ask.
const PAUSES: u32 = 4;

/// The block to come, and its state.
#[derive(Debug, Default)]
pub(crate) struct PendingBlocks {
    open: ShownBlock,
    replica: Mutex<Option<Replica>>,
    made: Mutex<Option<Made>>,
}

/// The state after so many transactions of a block.
#[derive(Debug)]
struct Replica {
    parent: B256,
    /// Of the open block; none if there is none.
    opened: Option<(u64, Arc<OpenedBlock>)>,
    executed: usize,
    replay: OpenReplay,
}

/// A block that was asked for.
#[derive(Debug)]
struct Made {
    /// Which open block it is, and how many of the pool's transactions are in it.
    serial: u64,
    included: usize,
    block: Arc<StoredBlock>,
    at: Instant,
    took: Duration,
}

impl PendingBlocks {
    pub(crate) fn new(open: ShownBlock) -> Self {
        Self { open, ..Self::default() }
    }

    /// The header that calls run under, and the state as far as the open block is executed.
    pub(crate) fn state(&self, chain: &Chain) -> Result<(Header, World<StateReader>), RpcError> {
        retried(|| {
            let latest = chain.store.latest_state()?;
            let mut slot = lock(&self.replica);
            let replica = self.advance(chain, &latest, slot.take())?;
            let header = match &replica.opened {
                Some((_, opened)) => opened.header.clone(),
                None => chain.next_header(latest.block()),
            };
            let state = replica.replay.state();
            *slot = Some(replica);
            Ok((header, state))
        })
    }

    /// Brings a replica to where the open block is; makes another one if it is of another block.
    fn advance(&self, chain: &Chain, latest: &StateReader, replica: Option<Replica>) -> Result<Replica, DebugError> {
        let parent = latest.block().header.hash();
        let replica = replica.filter(|replica| replica.parent == parent);
        let known = replica.as_ref().and_then(|replica| Some((replica.opened.as_ref()?.0, replica.executed)));
        let seen = self.open.see(parent, known);
        let serial = seen.as_ref().map(|seen| seen.serial);
        match (seen, replica.filter(|replica| replica.opened.as_ref().map(|(serial, _)| *serial) == serial)) {
            // Quickly made, and on a development chain the state below may have changed without a block.
            (None, _) => {
                let replay = OpenReplay::begin(&chain.config, &chain.next_header(latest.block()), [], latest.clone())?;
                Ok(Replica { parent, opened: None, executed: 0, replay })
            }
            (Some(seen), Some(replica)) => replica.with(&seen),
            (Some(seen), None) => {
                let deposits = seen.opened.deposits.iter().map(|message| message.transaction(chain.config.portal));
                let replay = OpenReplay::begin(&chain.config, &seen.opened.header, deposits, latest.clone())?;
                Replica { parent, opened: Some((seen.serial, seen.opened.clone())), executed: 0, replay }.with(&seen)
            }
        }
    }

    /// The block as it would be if it were closed now, roots and all.
    pub(crate) fn block(&self, chain: &Chain) -> Result<Arc<StoredBlock>, RpcError> {
        retried(|| {
            let latest = chain.store.latest_state()?;
            let mut slot = lock(&self.made);
            let Some(seen) = self.open.see(latest.block().header.hash(), None) else {
                return Ok(Arc::new(make(chain, &latest, None)?));
            };
            if let Some(made) = slot.as_ref().filter(|made| made.serial == seen.serial && made.is_good_for(seen.included.len())) {
                return Ok(made.block.clone());
            }
            let started = Instant::now();
            let block = Arc::new(make(chain, &latest, Some(&seen))?);
            let (serial, included, at) = (seen.serial, seen.included.len(), Instant::now());
            *slot = Some(Made { serial, included, block: block.clone(), at, took: at - started });
            Ok(block)
        })
    }
}

impl Replica {
    fn with(mut self, seen: &Seen) -> Result<Self, DebugError> {
        self.replay = self.replay.advance(seen.included.iter().map(|pooled| pooled.transaction()))?;
        self.executed = self.executed.saturating_add(seen.included.len());
        Ok(self)
    }
}

impl Made {
    fn is_good_for(&self, included: usize) -> bool {
        self.included == included || (self.took > QUICK && self.at.elapsed() < self.took.saturating_mul(PAUSES))
    }
}

/// The block on top of `latest`; an empty one if none is open.
fn make(chain: &Chain, latest: &StateReader, seen: Option<&Seen>) -> Result<StoredBlock, RpcError> {
    let parent = latest.block();
    let (time, deposits) = match seen {
        Some(seen) => (seen.opened.time, seen.opened.deposits.as_slice()),
        None => (chain.next.time(parent.time()).max(parent.time().plus(chain.config.block_time_ms)), [].as_slice()),
    };
    let mut builder = BlockBuilder::begin(&chain.config, &parent.header, time, deposits, false, latest.clone()).map_err(execution)?;
    for pooled in seen.map_or([].as_slice(), |seen| &seen.included) {
        builder.push(pooled.transaction().clone()).map_err(execution)?;
    }
    let block = builder.finish();
    let update = update_state_root(parent.header.state_root, &block.changes, &latest.nodes()?).map_err(super::eth::proofs::no_proof)?;
    let number = parent.header.number;
    let below = chain.store.stored_block(number)?.ok_or(StoreError::Dropped { number })?;
    let consumed = parent.deposit_index.saturating_add(u64::try_from(deposits.len()).unwrap_or(u64::MAX));
    Ok(below.followed_by(&block.seal(update.roots), consumed)?)
}

/// The builder has executed the same on the same state.
fn execution(error: ExecuteError<StoreError>) -> RpcError {
    match error {
        ExecuteError::Database(error) => RpcError::Store(error),
        ExecuteError::Fault(fault) => RpcError::Store(StoreError::Damaged { record: "open block", reason: fault.to_string() }),
    }
}

/// Tries again where the chain has moved on.
fn retried<T>(attempt: impl Fn() -> Result<T, RpcError>) -> Result<T, RpcError> {
    for _ in 1..ATTEMPTS {
        match attempt() {
            Err(RpcError::Store(StoreError::Dropped { .. })) => std::thread::yield_now(),
            other => return other,
        }
    }
    attempt()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it guards can be made again: whatever a thread that died left is whole, or gone.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A state to read: after a block of the chain, or of the block to come.
#[derive(Clone, Debug)]
pub(crate) enum StateAt {
    Block(StateReader),
    Pending(World<StateReader>),
}

impl StateAt {
    pub(crate) fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        match self {
            Self::Block(state) => state.account(address),
            Self::Pending(world) => world.account(address),
        }
    }

    pub(crate) fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        self.storage_ref(address, slot)
    }

    /// Code of an account; empty if it has none.
    pub(crate) fn code(&self, chain: &Chain, address: Address) -> Result<Bytes, StoreError> {
        match (self.account(address)?.map(|account| account.code_hash).filter(|hash| *hash != KECCAK256_EMPTY), self) {
            (None, _) => Ok(Bytes::new()),
            (Some(hash), Self::Block(_)) => Ok(chain.store.code(&hash)?.unwrap_or_default()),
            (Some(hash), Self::Pending(world)) => Ok(world.code_by_hash_ref(hash)?.original_bytes()),
        }
    }
}

impl DatabaseRef for StateAt {
    type Error = StoreError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StoreError> {
        match self {
            Self::Block(state) => state.basic_ref(address),
            Self::Pending(world) => world.basic_ref(address),
        }
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, StoreError> {
        match self {
            Self::Block(state) => state.code_by_hash_ref(hash),
            Self::Pending(world) => world.code_by_hash_ref(hash),
        }
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        match self {
            Self::Block(state) => state.storage_ref(address, slot),
            Self::Pending(world) => world.storage_ref(address, slot),
        }
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StoreError> {
        match self {
            Self::Block(state) => state.block_hash_ref(number),
            Self::Pending(world) => world.block_hash_ref(number),
        }
    }
}
