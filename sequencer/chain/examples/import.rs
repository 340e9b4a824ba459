//! What importing costs: `cargo run -p gainsay-chain --example import [BLOCKS] [TRANSACTIONS]`.
//!
//! Builds blocks of transfers to new accounts and prints, for each stage, milliseconds a block.

#![allow(clippy::print_stdout, clippy::cast_precision_loss)]

#[path = "../tests/support/mod.rs"]
mod support;

use alloy_primitives::{Address, keccak256};
use gainsay_chain::{History, recover_senders};
use gainsay_execute::BlockBuilder;
use gainsay_store::{Commit, Databases, Writer};
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
    let databases = Databases::open(directory.path(), CACHE)?;
    let (mut writer, _) = Writer::over(databases, &genesis, History::Archive)?;
    let mut stages = [Duration::ZERO; 5];
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
        let roots = writer.roots(parent.number, &unsealed.changes)?;
        let block = unsealed.seal(roots);
        stages[2] += start.elapsed();

        let start = Instant::now();
        let mut commit = Commit::new(writer.store());
        commit.push_block(&block, 0)?;
        writer.apply(commit)?;
        stages[3] += start.elapsed();

        let start = Instant::now();
        writer.flush()?;
        stages[4] += start.elapsed();
    }
    println!("{blocks} blocks of {transactions} transfers to new accounts");
    for (name, time) in ["recover senders", "execute", "state root", "commit", "flush"].into_iter().zip(stages) {
        println!("  {name:<32}{:>9.2} ms a block", time.as_secs_f64() * 1e3 / blocks as f64);
    }
    println!("  {:<32}{:>9.2} MB", "size on disk", size(directory.path())? as f64 / 1e6);
    Ok(())
}

fn to_a_new_account(index: u64) -> Transaction {
    let user = u8::try_from(index % u64::from(USERS)).unwrap_or_default();
    transfer(user, index / u64::from(USERS), Address::from_word(keccak256(index.to_be_bytes())), 1)
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
