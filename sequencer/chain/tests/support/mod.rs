//! An L1 and a sequencer, in memory, around the real chain.

#![allow(dead_code, unreachable_pub, unused_imports)]

mod l1;
mod users;

pub use l1::{L1, Posted, transaction_in};
pub use users::{CONTRACT, USERS, address as user_address, call_contract, deposit, transfer};

use alloy_consensus::Sealed;
use alloy_primitives::{B256, Bytes, U256};
use gainsay_chain::{Chain, Derived, DerivedStep, Dropped, FeedBlock, L1Update, Options};
use gainsay_execute::{
    BlockBuilder, ExecutedBlock,
    genesis::{Genesis, GenesisAccount, GenesisAlloc, genesis_block},
};
use gainsay_store::{BlockRecord, History, StoreError};
use gainsay_types::{ChainConfig, Message, Millis, SPEC_ID_OSAKA, Transaction};
use std::path::Path;

/// Timestamp of the L2 genesis block and of L1's block 0, seconds.
pub const START: u64 = 1_800_000_000;
/// Least time between two blocks of the test chain, milliseconds.
pub const BLOCK_TIME: u64 = 250;

/// A chain with rich users and a contract that stores what it is told.
pub fn network() -> (ChainConfig, Genesis) {
    let mut config = ChainConfig {
        l2_chain_id: users::CHAIN_ID,
        spec_id: SPEC_ID_OSAKA,
        block_time_ms: BLOCK_TIME,
        block_gas_limit: 30_000_000,
        gas_rate: 15_000_000,
        gas_target: 15_000_000,
        base_fee_denominator: 50,
        min_base_fee: 1_000,
        base_fee_scalar: 1_000_000,
        blob_base_fee_scalar: 0,
        portal: alloy_primitives::Address::repeat_byte(0x70),
        genesis_hash: B256::ZERO,
    };
    let mut alloc = GenesisAlloc::default();
    for user in 0..USERS {
        let account = GenesisAccount { balance: U256::from(10u128.pow(24)), ..GenesisAccount::default() };
        alloc.0.insert(users::address(user), account);
    }
    let contract = GenesisAccount { code: Bytes::from_static(users::STORING_CODE), nonce: U256::from(1), ..GenesisAccount::default() };
    alloc.0.insert(CONTRACT, contract);
    let genesis = genesis_block(&config, Millis::from_secs(START), 1_000, &alloc).expect("a good genesis");
    config.genesis_hash = genesis.header.hash();
    (config, genesis)
}

pub fn options(path: &Path, keep_unsafe: bool) -> Options {
    Options { path: path.to_owned(), l1_chain_id: 900, cache_bytes: 16 << 20, history: History::Archive, keep_unsafe }
}

pub fn open(path: &Path, keep_unsafe: bool) -> Chain {
    let (config, genesis) = network();
    let (chain, repair) = Chain::open(&options(path, keep_unsafe), config, &genesis).expect("opens");
    assert_eq!(repair, None);
    chain
}

/// Executes a block on the tip, `delay` milliseconds later than the earliest time.
pub fn build(chain: &mut Chain, delay: u64, deposits: Vec<Message>, transactions: Vec<Transaction>) -> ExecutedBlock {
    let state = chain.store().latest_state().expect("a state");
    let parent: Sealed<_> = state.block().header.clone();
    let timestamp = state.block().time().plus(BLOCK_TIME + delay);
    let mut block = BlockBuilder::begin(chain.config(), &parent, timestamp, &deposits, false, state).expect("a good block");
    for transaction in transactions {
        block.push(transaction.recover().expect("a signature")).expect("a good transaction");
    }
    let block = block.finish();
    chain.seal(block).expect("is on the tip")
}

/// Builds and imports.
pub fn produce(chain: &mut Chain, delay: u64, deposits: Vec<Message>, transactions: Vec<Transaction>) -> BlockRecord {
    let block = build(chain, delay, deposits, transactions);
    let id = chain.import_built(&block).expect("fits");
    chain.store().block(id.number).expect("reads").expect("is there")
}

/// Brings the chain's archive to L1's tip. Returns what rewinding dropped.
pub fn follow(chain: &mut Chain, l1: &L1) -> Dropped {
    let mut dropped = Dropped::default();
    if let Some(tip) = chain.heads().l1 {
        let common = (0..=tip.number.min(l1.tip().number)).rev().find(|number| {
            let known = chain.store().l1_block(*number).expect("reads");
            known.is_some_and(|known| known.hash == l1.block(*number).hash)
        });
        let common = common.expect("L1's block 0 never changes");
        if common < tip.number {
            dropped = chain.apply_l1(&L1Update::Rewind { to: *l1.block(common) }).expect("rewinds").dropped;
        }
    }
    let next = chain.heads().l1.map_or(0, |tip| tip.number + 1);
    for number in next..=l1.tip().number {
        chain.apply_l1(&l1.update(number)).expect("extends");
    }
    dropped
}

/// Derives up to `most` block steps, with blobs from L1.
pub fn derive(chain: &mut Chain, l1: &L1, most: usize) -> Vec<DerivedStep> {
    let mut steps = Vec::new();
    while steps.len() < most {
        match chain.derive_next().expect("derives") {
            Derived::UpToDate => break,
            Derived::NeedsBlobs { hashes, .. } => {
                for hash in hashes {
                    chain.put_blob(&hash, l1.blob(&hash)).expect("archives");
                }
            }
            Derived::Step(step) => steps.push(*step),
        }
    }
    steps
}

pub fn derive_all(chain: &mut Chain, l1: &L1) -> Vec<DerivedStep> {
    derive(chain, l1, usize::MAX)
}

/// The blocks `from..=to` as the feed carries them.
pub fn feed(chain: &Chain, from: u64, to: u64) -> Vec<FeedBlock> {
    (from..=to).map(|number| feed_block(chain, number).expect("reads")).collect()
}

fn feed_block(chain: &Chain, number: u64) -> Result<FeedBlock, StoreError> {
    let block = chain.store().block(number)?.expect("is there");
    Ok(FeedBlock {
        number,
        hash: block.header.hash(),
        timestamp: block.time(),
        deposits: block.deposits() as u64,
        transactions: block.user_transactions().cloned().map(|envelope| Transaction::new(envelope).expect("a user's")).collect(),
    })
}

/// Everything that must not depend on how the chain came to where it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Fingerprint {
    pub safe: gainsay_types::State,
    pub steps: Vec<gainsay_types::State>,
    pub blocks: Vec<BlockRecord>,
}

/// Of the safe chain: blocks above it are taken off.
pub fn fingerprint(chain: &mut Chain) -> Fingerprint {
    let heads = chain.heads();
    chain.unwind_to(heads.safe.l2_block_number).expect("unwinds");
    let store = chain.store();
    // It refuses a state that does not have the root in the header.
    store.latest_state().expect("reads").nodes().expect("has the right root");
    Fingerprint {
        safe: heads.safe,
        steps: (0..=heads.steps).map(|step| store.step(step).expect("reads").expect("is there")).collect(),
        blocks: (0..=heads.safe.l2_block_number).map(|number| store.block(number).expect("reads").expect("is there")).collect(),
    }
}

/// What L1 alone gives, derived by a new node.
pub fn fresh(l1: &L1) -> Fingerprint {
    let directory = tempfile::tempdir().expect("a directory");
    let mut chain = open(directory.path(), false);
    follow(&mut chain, l1);
    derive_all(&mut chain, l1);
    fingerprint(&mut chain)
}
