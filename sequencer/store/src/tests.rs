//! The store as a whole, against a plain model: whatever happens, states are those of the model, and roots those of the guest's trie.

use crate::{
    Commit, Database, Heads, History, StateReader, StoreError, Writer, codec, keys,
    testing::{Act, Flat, Memory, Model, any_changes, serial_of},
};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use gainsay_execute::{
    ExecutedBlock, StateChanges, UnsealedBlock,
    genesis::{Genesis, GenesisAccount, GenesisAlloc, genesis_block},
    trie::{NodeSource, TrieNodes, update_state_root},
};
use gainsay_types::{ChainConfig, Millis, SPEC_ID_OSAKA, State};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
};

mod damage;
mod faults;
mod random;
mod readers;

pub(crate) fn config() -> ChainConfig {
    ChainConfig {
        l2_chain_id: 1,
        spec_id: SPEC_ID_OSAKA,
        block_time_ms: 250,
        block_gas_limit: 30_000_000,
        gas_rate: 1,
        gas_target: 1,
        base_fee_denominator: 8,
        min_base_fee: 1,
        base_fee_scalar: 0,
        blob_base_fee_scalar: 0,
        portal: Address::ZERO,
        genesis_hash: B256::ZERO,
    }
}

pub(crate) const RICH: Address = Address::repeat_byte(1);

pub(crate) fn genesis() -> Genesis {
    let account = GenesisAccount { balance: U256::from(7), ..GenesisAccount::default() };
    genesis_block(&config(), Millis::from_secs(1), 1, &GenesisAlloc([(RICH, account)].into())).unwrap()
}

/// The guest's trie.
#[derive(Default)]
struct Nodes(BTreeMap<B256, Bytes>);

impl NodeSource for Nodes {
    type Error = Infallible;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(self.0.get(hash).cloned())
    }
}

impl Nodes {
    fn add(&mut self, nodes: TrieNodes) {
        self.0.extend(nodes);
    }
}

/// A block that was made at some time, and the states up to it.
#[derive(Clone)]
struct Made {
    header: Header,
    states: Model,
}

/// A store with what it should hold.
struct Harness {
    database: Memory,
    /// None while it is closed.
    open: Option<Writer>,
    history: History,
    epoch_blocks: u64,
    nodes: Nodes,
    made: HashMap<B256, Made>,
    tip: B256,
    count: u64,
}

/// Time between two blocks, ms.
const BLOCK_TIME: u64 = 1000;

impl Harness {
    fn new(epoch_blocks: u64, history: History) -> Self {
        let (genesis, mut nodes) = (genesis(), Nodes::default());
        nodes.add(genesis.nodes.clone());
        let tip = genesis.header.hash();
        let made = [(tip, Made { header: genesis.header.inner().clone(), states: Model::default() })].into();
        let database = Memory::default();
        let mut harness = Self { database, open: None, history, epoch_blocks, nodes, made, tip, count: 0 };
        assert_eq!(harness.reopen(), None);
        harness
    }

    fn writer(&mut self) -> &mut Writer {
        self.open.as_mut().unwrap()
    }

    fn model(&self) -> &Model {
        &self.made[&self.tip].states
    }

    fn number(&self) -> u64 {
        self.made[&self.tip].header.number
    }

    /// Closes and opens it; the tip is then what the store says.
    fn reopen(&mut self) -> Option<crate::Repair> {
        self.open = None;
        let (mut writer, repair) = Writer::over(self.database.databases(), &genesis(), self.history).unwrap();
        writer.epoch_blocks = self.epoch_blocks;
        self.tip = writer.store().heads().latest.hash;
        self.open = Some(writer);
        repair
    }

    /// A block on `parent`, its root made by the guest's trie.
    fn make(&mut self, parent: B256, acts: &[Act]) -> (StateChanges, ExecutedBlock) {
        let Made { header: old, mut states } = self.made[&parent].clone();
        let changes = states.push(acts);
        let update = update_state_root(old.state_root, &changes, &self.nodes).unwrap();
        self.nodes.add(update.nodes);
        self.count += 1;
        let time = Millis::from_secs(1).plus(BLOCK_TIME * (old.number + 1));
        let header = Header {
            number: old.number + 1,
            parent_hash: parent,
            timestamp: time.secs(),
            extra_data: time.extra_data().to_vec().into(),
            gas_used: self.count,
            ..old
        };
        let block = UnsealedBlock {
            header,
            transactions: Vec::new(),
            senders: Vec::new(),
            receipts: Vec::new(),
            l1_fees: Vec::new(),
            changes: changes.clone(),
        };
        let block = block.seal(update.roots);
        self.made.insert(block.header.hash(), Made { header: block.header.inner().clone(), states });
        (changes, block)
    }

    /// Puts a block on the tip.
    fn push(&mut self, acts: &[Act], prepared: bool) -> Result<(), StoreError> {
        let (changes, block) = self.make(self.tip, acts);
        let parent = self.number();
        let writer = self.writer();
        if prepared {
            assert_eq!(writer.roots(parent, &changes)?.state_root, block.header.state_root);
        }
        let mut commit = Commit::new(writer.store());
        commit.push_block(&block, 0)?;
        writer.apply(commit)?;
        self.tip = block.header.hash();
        Ok(())
    }

    /// In one commit takes blocks above `number` off and puts one on in their place.
    fn replace(&mut self, number: u64, acts: &[Act]) -> Result<(), StoreError> {
        let parent = self.ancestor(number);
        let (changes, block) = self.make(parent, acts);
        let writer = self.writer();
        assert_eq!(writer.roots(number, &changes)?.state_root, block.header.state_root, "roots on an older block");
        let mut commit = Commit::new(writer.store());
        while commit.heads().latest.number > number {
            commit.pop_block()?;
        }
        commit.push_block(&block, 0)?;
        writer.apply(commit)?;
        self.tip = block.header.hash();
        Ok(())
    }

    fn unwind(&mut self, number: u64) -> Result<(), StoreError> {
        let tip = self.ancestor(number);
        let writer = self.writer();
        let mut commit = Commit::new(writer.store());
        while commit.heads().latest.number > number {
            commit.pop_block()?;
        }
        writer.apply(commit)?;
        self.tip = tip;
        Ok(())
    }

    fn ancestor(&self, number: u64) -> B256 {
        let mut hash = self.tip;
        while self.made[&hash].header.number > number {
            hash = self.made[&hash].header.parent_hash;
        }
        hash
    }

    /// Derives every block up to `number`, and makes it final.
    fn finalize(&mut self, number: u64) -> Result<(), StoreError> {
        let first = self.writer().store().heads().safe.l2_block_number + 1;
        let hashes: Vec<_> = (first..=number).map(|number| (number, self.ancestor(number))).collect();
        let writer = self.writer();
        let mut commit = Commit::new(writer.store());
        for (number, hash) in hashes {
            let state = State { l2_block_number: number, ..commit.heads().safe };
            commit.push_step(state, hash)?;
        }
        writer.apply(commit)?;
        let mut commit = Commit::new(writer.store());
        commit.set_finalized(writer.store().heads().steps)?;
        writer.apply(commit)
    }

    /// As the chain does: the safe cursor goes back first.
    fn unsafe_above(&mut self, number: u64) {
        let store = self.writer().store().clone();
        if store.heads().safe.l2_block_number > number {
            let steps = store.steps_up_to_block(number).unwrap();
            let mut commit = Commit::new(&store);
            commit.truncate_steps(steps).unwrap();
            self.writer().apply(commit).unwrap();
        }
    }

    fn latest(&mut self) -> StateReader {
        self.writer().store().latest_state().unwrap()
    }

    /// The tip and every block that is kept have the model's states; older ones say that they are pruned.
    fn check(&mut self) {
        let (tip, number) = (self.tip, self.number());
        let states = self.model().clone();
        let store = self.writer().store().clone();
        let latest = store.latest_state().unwrap();
        assert_eq!((latest.block().header.hash(), store.heads().latest.hash), (tip, tip));
        assert_same(&latest, states.at(number)).unwrap();
        let oldest = store.oldest_state();
        for number in 0..=number {
            match store.state_at(number) {
                Ok(state) => match assert_same(&state.unwrap(), states.at(number)) {
                    Ok(()) => assert!(number >= oldest),
                    // Pruning goes on meanwhile.
                    Err(StoreError::Pruned { .. }) => assert!(number < store.oldest_state()),
                    Err(error) => panic!("state of block {number}: {error}"),
                },
                Err(StoreError::Pruned { number: named, oldest }) => {
                    assert!(named == number && number < oldest && oldest <= store.oldest_state())
                }
                Err(error) => panic!("state of block {number}: {error}"),
            }
        }
    }
}

/// Every account and slot.
fn assert_same(state: &StateReader, expected: &Flat) -> Result<(), StoreError> {
    assert_eq!(state.account(RICH)?.unwrap().balance, U256::from(7));
    for address in Model::addresses() {
        assert_eq!(state.account(address)?, expected.account(&address));
        for slot in Model::slots() {
            assert_eq!(state.storage(address, slot)?, expected.slot(&address, &slot), "slot {slot} of {address}");
        }
    }
    Ok(())
}

fn heads_in(database: &Memory) -> Option<Heads> {
    database.get(keys::HEADS).unwrap().map(|bytes| codec::decode(&bytes).unwrap())
}
