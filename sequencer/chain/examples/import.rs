//! What importing costs: `cargo run -p gainsay-chain --example import [BLOCKS] [TRANSACTIONS]`.
//!
//! Builds blocks of transfers to new accounts and prints, for each stage, milliseconds a block; then what two layouts of trie nodes cost.

#![allow(clippy::print_stdout, clippy::cast_precision_loss)]

#[path = "../tests/support/mod.rs"]
mod support;

use alloy_primitives::{Address, B256, Bytes, keccak256};
use gainsay_chain::recover_senders;
use gainsay_execute::{BlockBuilder, trie::update_state_root};
use gainsay_store::{Commit, Database, SledDatabase, WriteBatch, Writer};
use gainsay_types::Transaction;
use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};
use support::{USERS, network, transfer};

const CACHE: u64 = 256 << 20;

fn main() -> eyre::Result<()> {
    let mut arguments = env::args().skip(1).map(|argument| argument.parse::<u64>());
    let blocks = arguments.next().transpose()?.unwrap_or(40);
    let transactions = arguments.next().transpose()?.unwrap_or(500);
    gainsay_execute::native::install();
    let directory = tempfile::tempdir()?;
    let (config, genesis) = network();
    let database = SledDatabase::open(directory.path(), CACHE)?;
    let (mut writer, _) = Writer::over(Box::new(database), &genesis)?;
    let mut stages = [Duration::ZERO; 5];
    let mut layouts =
        [Layout::new(|nodes, _, batch| nodes.iter().for_each(|(hash, node)| batch.put(hash.0, node.as_ref())))?, Layout::new(one_record)?];
    for number in 0..blocks {
        let sent = (0..transactions).map(|index| to_a_new_account(number * transactions + index)).collect();
        let start = Instant::now();
        let recovered = recover_senders(sent).map_err(|(_, reason)| reason)?;
        stages[0] += start.elapsed();

        let start = Instant::now();
        let state = writer.store().latest_state()?;
        let parent = state.block().header.clone();
        // Late enough for the gas rate.
        let timestamp = state.block().time().plus(2_000);
        let mut builder = BlockBuilder::begin(&config, &parent, timestamp, &[], false, state)?;
        for transaction in recovered {
            builder.push(transaction)?;
        }
        let unsealed = builder.finish();
        stages[1] += start.elapsed();

        let start = Instant::now();
        let update = update_state_root(parent.state_root, &unsealed.changes, writer.store())?;
        let block = unsealed.seal(update.roots);
        stages[2] += start.elapsed();

        let start = Instant::now();
        let mut commit = Commit::new(writer.store());
        commit.push_block(&block, 0, &update.nodes)?;
        writer.apply(commit)?;
        stages[3] += start.elapsed();

        let start = Instant::now();
        writer.flush()?;
        stages[4] += start.elapsed();
        for layout in &mut layouts {
            layout.add(number, &update.nodes)?;
        }
    }
    println!("{blocks} blocks of {transactions} transfers to new accounts");
    for (name, time) in ["recover senders", "execute", "state root", "commit", "flush"].into_iter().zip(stages) {
        println!("  {name:<32}{:>9.2} ms a block", milliseconds(time) / blocks as f64);
    }
    println!("  {:<32}{:>9.2} MB", "size on disk", size(directory.path())? as f64 / 1e6);
    for (name, layout) in ["trie nodes, a key each", "trie nodes, a record a block"].into_iter().zip(&layouts) {
        let megabytes = size(layout.directory.path())? as f64 / 1e6;
        println!("  {name:<32}{:>9.2} ms a block, {megabytes:.1} MB on disk", milliseconds(layout.time) / blocks as f64);
    }
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn to_a_new_account(index: u64) -> Transaction {
    let user = u8::try_from(index % u64::from(USERS)).unwrap_or_default();
    transfer(user, index / u64::from(USERS), Address::from_word(keccak256(index.to_be_bytes())), 1)
}

type Put = fn(&[(B256, Bytes)], u64, &mut WriteBatch);

/// Trie nodes in a database of their own.
struct Layout {
    directory: tempfile::TempDir,
    database: SledDatabase,
    put: Put,
    time: Duration,
}

/// One record a block, and where each node is in it.
fn one_record(nodes: &[(B256, Bytes)], number: u64, batch: &mut WriteBatch) {
    let mut record = Vec::new();
    for (hash, node) in nodes {
        let place = u32::try_from(record.len()).unwrap_or(u32::MAX);
        batch.put(hash.0, [&number.to_be_bytes()[..], &place.to_be_bytes()].concat());
        record.extend_from_slice(node);
    }
    batch.put(number.to_be_bytes(), record);
}

impl Layout {
    fn new(put: Put) -> eyre::Result<Self> {
        let directory = tempfile::tempdir()?;
        let database = SledDatabase::open(directory.path(), CACHE)?;
        Ok(Self { directory, database, put, time: Duration::ZERO })
    }

    fn add(&mut self, number: u64, nodes: &[(B256, Bytes)]) -> eyre::Result<()> {
        let start = Instant::now();
        let mut batch = WriteBatch::default();
        (self.put)(nodes, number, &mut batch);
        self.database.apply(&batch)?;
        self.database.flush()?;
        self.time += start.elapsed();
        Ok(())
    }
}

fn size(path: &Path) -> eyre::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        total += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(total)
}
