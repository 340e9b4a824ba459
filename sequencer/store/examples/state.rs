//! What a state costs: `cargo run -p gainsay-store --example state [ACCOUNTS] [BLOCKS] [CHANGES]`.
//!
//! A chain with so many accounts, then blocks that change so many accounts each, half of them new ones. Transactions are left out: what is measured is the
//! state's part of a commit, with epochs written meanwhile, what a restart takes, what reads take, and what is on the disk.

#![allow(clippy::print_stdout, clippy::cast_precision_loss)]

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, U256, keccak256};
use gainsay_execute::{
    Account, AccountChange, StateChanges, UnsealedBlock,
    genesis::{GenesisAccount, GenesisAlloc, genesis_block},
};
use gainsay_store::{Commit, History, Identity, StateReader, Store, StoreError, StoreOptions, Writer};
use gainsay_types::{ChainConfig, Millis, SPEC_ID_OSAKA};
use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};

const OPTIONS: StoreOptions = StoreOptions { cache_bytes: 256 << 20, history: History::Archive };
const READS: u64 = 20_000;

type Any<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Any<()> {
    let mut arguments = env::args().skip(1).map(|argument| argument.parse::<u64>());
    let accounts = arguments.next().transpose()?.unwrap_or(200_000);
    let blocks = arguments.next().transpose()?.unwrap_or(200);
    let changes = arguments.next().transpose()?.unwrap_or(2_000);
    let directory = tempfile::tempdir()?;
    let rich = GenesisAccount { balance: U256::from(1u64 << 60), ..GenesisAccount::default() };
    let alloc = GenesisAlloc((0..accounts).map(|index| (address(index), rich.clone())).collect());
    let genesis = genesis_block(&config(), Millis::from_secs(1), 1, &alloc)?;
    let hash = genesis.header.hash();
    let identity = Identity { l1_chain_id: 1, l2_chain_id: 1, config_hash: B256::ZERO, genesis_hash: hash };
    let start = Instant::now();
    let (mut writer, _) = Writer::open(directory.path(), &identity, &genesis, OPTIONS)?;
    println!("{accounts} accounts: created in {:.1} s, {:.1} MB", start.elapsed().as_secs_f64(), megabytes(directory.path())?);

    let before = megabytes(directory.path())?;
    let mut stages = Stages::default();
    for number in 0..blocks {
        push(&mut writer, accounts, number * changes / 2, changes, &mut stages)?;
    }
    println!("{blocks} blocks, {changes} accounts each, half of them new");
    stages.print(changes);
    drop(writer);
    let grown = megabytes(directory.path())? - before;
    println!("  on disk {grown:.1} MB more: {:.0} kB a block", 1000.0 * grown / blocks as f64);

    let start = Instant::now();
    let (writer, repair) = Writer::open(directory.path(), &identity, &genesis, OPTIONS)?;
    println!("opened in {:.0} ms, {repair:?}", start.elapsed().as_secs_f64() * 1e3);
    reads(writer.store(), accounts, blocks)?;
    Ok(())
}

fn reads(store: &Store, accounts: u64, blocks: u64) -> Any<()> {
    let time = |name: &str, state: &StateReader, of: u64| -> Result<(), StoreError> {
        let start = Instant::now();
        for index in 0..READS {
            state.account(address(keyed(index) % of.max(1)))?;
        }
        println!("  {name:<32}{:>9.2} µs an account", start.elapsed().as_secs_f64() * 1e6 / READS as f64);
        Ok(())
    };
    let latest = store.latest_state()?;
    time("read of the tip, cold", &latest, accounts)?;
    time("again", &latest, accounts)?;
    let start = Instant::now();
    let old = store.state_at(blocks / 2 + 1)?.ok_or("no such block")?;
    println!("  state of an old block made in {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
    time("read of an old block", &old, accounts)?;
    Ok(())
}

/// Durations of each block.
#[derive(Default)]
struct Stages {
    roots: Vec<Duration>,
    push: Vec<Duration>,
    apply: Vec<Duration>,
    flush: Vec<Duration>,
}

impl Stages {
    fn print(&mut self, changes: u64) {
        for (name, times) in [
            ("roots", &mut self.roots),
            ("push: journal and layer", &mut self.push),
            ("apply", &mut self.apply),
            ("flush", &mut self.flush),
        ] {
            times.sort();
            let (count, total) = (times.len().max(1), times.iter().sum::<Duration>());
            let milliseconds = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
            println!(
                "  {name:<26}{:>8.2} ms a block, median {:>7.2}, worst {:>7.2}; {:.2} µs a change",
                total.as_secs_f64() * 1e3 / count as f64,
                milliseconds(times.get(count / 2)),
                milliseconds(times.last()),
                total.as_secs_f64() * 1e6 / (count as f64 * changes as f64),
            );
        }
    }
}

fn push(writer: &mut Writer, accounts: u64, first: u64, count: u64, stages: &mut Stages) -> Any<()> {
    let state = writer.store().latest_state()?;
    let parent = state.block().clone();
    let mut changes = StateChanges::default();
    for index in first..first + count / 2 {
        let old = address(keyed(index) % accounts.max(1));
        let before = state.account(old)?;
        let after = before.map(|account| Account { nonce: account.nonce + 1, balance: account.balance - U256::from(1), ..account });
        changes.accounts.insert(old, AccountChange { before, after, storage: [].into() });
        let after = Some(Account { balance: U256::from(1), ..Account::default() });
        changes.accounts.insert(address(accounts + index), AccountChange { before: None, after, storage: [].into() });
    }
    let header = Header {
        number: parent.header.number + 1,
        parent_hash: parent.header.hash(),
        timestamp: parent.header.timestamp + 1,
        ..parent.header.inner().clone()
    };
    let block = UnsealedBlock { header, transactions: vec![], senders: vec![], receipts: vec![], l1_fees: vec![], changes };
    let start = Instant::now();
    let roots = writer.roots(parent.header.number, &block.changes)?;
    stages.roots.push(start.elapsed());
    let block = block.seal(roots);
    let start = Instant::now();
    let mut commit = Commit::new(writer.store());
    commit.push_block(&block, 0)?;
    stages.push.push(start.elapsed());
    let start = Instant::now();
    writer.apply(commit)?;
    stages.apply.push(start.elapsed());
    let start = Instant::now();
    writer.flush()?;
    stages.flush.push(start.elapsed());
    Ok(())
}

fn address(index: u64) -> Address {
    Address::from_word(keccak256(index.to_be_bytes()))
}

/// Numbers without an order.
const fn keyed(index: u64) -> u64 {
    index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
}

fn megabytes(path: &Path) -> Any<f64> {
    let mut total = 0.0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        total += if metadata.is_dir() { megabytes(&entry.path())? } else { metadata.len() as f64 / 1e6 };
    }
    Ok(total)
}

fn config() -> ChainConfig {
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
