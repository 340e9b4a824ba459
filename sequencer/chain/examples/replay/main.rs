//! What replaying from L1 costs: `cargo run -p gainsay-chain --example replay [BLOCKS] [TRANSACTIONS]`.
//!
//! Makes so many blocks of so many transactions each, posts them to an L1 in memory as batches in blobs, and derives them in a fresh directory as a
//! follower does, three times for each kind of traffic: blobs come from a beacon node over HTTP and are checked against their versioned hashes. The node is
//! part of this process. One JSON line a figure on stdout, a table on stderr.

#![allow(clippy::print_stdout, clippy::cast_precision_loss)]

mod beacon;
#[path = "../../tests/support/mod.rs"]
mod support;
mod traffic;

use alloy::eips::eip4844::c_kzg;
use beacon::Answers;
use eyre::{Result, ensure, eyre};
use gainsay_chain::Chain;
use gainsay_l1::{BeaconSource, Blobs};
use gainsay_shell::{chain::ChainCore, follow::fetch_blobs, owner};
use serde_json::json;
use std::{env, fs, time::Instant};
use support::{L1, follow, options};
use tokio_util::sync::CancellationToken;
use traffic::Kind;

/// As in the programs.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Each figure is the median of so many runs.
const RUNS: usize = 3;
/// Ticks of the clock in which the system counts a process's time: 100 a second on every Linux.
const TICKS: f64 = 100.0;

/// Of one run.
struct Run {
    transactions: f64,
    gas: f64,
    blocks: f64,
    seconds: f64,
    on_cpu: f64,
}

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1).map(|argument| argument.parse::<u64>());
    let blocks = arguments.next().transpose()?.unwrap_or(40);
    let size = arguments.next().transpose()?.unwrap_or(2_000);
    eprintln!("| replay of {blocks} blocks of {size} | transactions/s | CPU µs each | Mgas/s | blocks/s |");
    eprintln!("|---|---|---|---|---|");
    // As the programs do: without tables that only proofs are made faster with.
    c_kzg::ethereum_kzg_settings(0);
    let runtime = tokio::runtime::Runtime::new()?;
    for (kind, commitments) in [(Kind::Transfers, true), (Kind::Tokens, true), (Kind::Transfers, false)] {
        let mut l1 = L1::with_real_blobs();
        traffic::batches(&mut l1, kind, blocks, size)?;
        let answers = beacon::answers(&l1, commitments)?;
        let runs = (0..RUNS).map(|_| runtime.block_on(replay(&l1, answers.clone(), blocks, size))).collect::<Result<Vec<_>>>()?;
        let name = if commitments { kind.name().to_owned() } else { format!("{}, commitments not told", kind.name()) };
        report(&name, &runs);
    }
    Ok(())
}

/// Derives everything in a directory of its own, with the tasks of a follower.
async fn replay(l1: &L1, answers: Answers, blocks: u64, size: u64) -> Result<Run> {
    let directory = tempfile::tempdir()?;
    let (config, genesis) = traffic::network()?;
    let (chain, _) = Chain::open(&options(directory.path(), false), config, &genesis)?;
    let (mut core, mut progress) = ChainCore::new(chain);
    follow(&mut core.chain, l1);
    let store = core.chain.store().clone();
    let blobs = Blobs::new(None, vec![Box::new(BeaconSource::new(&beacon::serve(answers).await?)?)]);
    let ((owner, jobs), stop, (batches, ..)) = (owner::channel(), CancellationToken::new(), l1.batches());

    let (start, on_cpu) = (Instant::now(), ticks()?);
    let owned = tokio::spawn(owner::own(core, jobs, stop.clone(), ChainCore::advance));
    let fetching = tokio::spawn(fetch_blobs(blobs, store.clone(), owner, progress.clone(), stop.clone()));
    // What is derived then is on the disk as well.
    progress.wait_for(|now| now.up_to_date && now.heads.safe.batch_index == batches).await?;
    let (seconds, on_cpu) = (start.elapsed().as_secs_f64(), (ticks()? - on_cpu) / TICKS);

    stop.cancel();
    fetching.await??;
    owned.await??;
    ensure!(store.heads().safe.l2_block_number == blocks, "not all blocks are valid");
    let mut gas = 0;
    for number in 1..=blocks {
        gas += store.header(number)?.ok_or_else(|| eyre!("block {number} is missing"))?.header.gas_used;
    }
    Ok(Run { transactions: (blocks * size) as f64, gas: gas as f64, blocks: blocks as f64, seconds, on_cpu })
}

fn report(name: &str, runs: &[Run]) {
    let median = |of: fn(&Run) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let figures = [
        ("rate", median(|run| run.transactions / run.seconds), "transactions/s"),
        ("CPU", median(|run| run.on_cpu / run.transactions * 1e6), "µs/transaction"),
        ("gas", median(|run| run.gas / run.seconds / 1e6), "Mgas/s"),
        ("blocks", median(|run| run.blocks / run.seconds), "blocks/s"),
    ];
    for (metric, value, unit) in figures {
        let (metric, none) = (format!("{name} {metric}"), ());
        println!("{}", json!({ "bench": "replay", "metric": metric, "value": value, "unit": unit, "peer": none, "ratio": none }));
    }
    let [rate, cpu, gas, blocks] = figures.map(|(_, value, _)| value);
    eprintln!("| {name} | {rate:.0} | {cpu:.1} | {gas:.0} | {blocks:.1} |");
}

/// Time of all threads of this process on the processor so far, in ticks.
fn ticks() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The command's name, in brackets, may hold anything.
    let (_, fields) = stat.rsplit_once(')').ok_or_else(|| eyre!("/proc/self/stat is not as it should be"))?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |index: usize| -> Result<f64> { Ok(fields.get(index).ok_or_else(|| eyre!("/proc/self/stat is too short"))?.parse()?) };
    Ok(field(11)? + field(12)?)
}
