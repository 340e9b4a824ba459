//! What replaying from L1 costs: `cargo run -p gainsay-chain --example replay [BLOCKS] [TRANSACTIONS]`.
//!
//! Makes so many blocks of so many transactions each, posts them to an L1 in memory as batches in blobs, and derives them in a fresh directory, three times
//! for each kind of traffic. One JSON line a figure on stdout, a table on stderr.

#![allow(clippy::print_stdout, clippy::cast_precision_loss)]

#[path = "../../tests/support/mod.rs"]
mod support;
mod traffic;

use eyre::{Result, ensure, eyre};
use gainsay_chain::Chain;
use serde_json::json;
use std::{env, fs, time::Instant};
use support::{L1, derive, follow, options};
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
    for kind in [Kind::Transfers, Kind::Tokens] {
        let mut l1 = L1::new();
        traffic::batches(&mut l1, kind, blocks, size)?;
        let runs = (0..RUNS).map(|_| replay(&l1, blocks, size)).collect::<Result<Vec<_>>>()?;
        report(kind, &runs);
    }
    Ok(())
}

/// Derives everything in a directory of its own.
fn replay(l1: &L1, blocks: u64, size: u64) -> Result<Run> {
    let directory = tempfile::tempdir()?;
    let (config, genesis) = traffic::network()?;
    let (mut chain, _) = Chain::open(&options(directory.path(), false), config, &genesis)?;
    follow(&mut chain, l1);
    for (_, missing) in chain.missing_blobs(u64::MAX)? {
        for hash in missing {
            chain.put_blob(&hash, l1.blob(&hash))?;
        }
    }
    let (start, on_cpu) = (Instant::now(), ticks()?);
    let steps = derive(&mut chain, l1, usize::MAX);
    chain.flush()?;
    let (seconds, on_cpu) = (start.elapsed().as_secs_f64(), (ticks()? - on_cpu) / TICKS);
    let ignored: Vec<_> = steps.iter().flat_map(|step| &step.ignored).collect();
    ensure!(ignored.is_empty() && chain.heads().safe.l2_block_number == blocks, "not all blocks are valid: {ignored:?}");
    let mut gas = 0;
    for number in 1..=blocks {
        gas += chain.store().header(number)?.ok_or_else(|| eyre!("block {number} is missing"))?.header.gas_used;
    }
    Ok(Run { transactions: (blocks * size) as f64, gas: gas as f64, blocks: blocks as f64, seconds, on_cpu })
}

fn report(kind: Kind, runs: &[Run]) {
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
        let (metric, none) = (format!("{} {metric}", kind.name()), ());
        println!("{}", json!({ "bench": "replay", "metric": metric, "value": value, "unit": unit, "peer": none, "ratio": none }));
    }
    let [rate, cpu, gas, blocks] = figures.map(|(_, value, _)| value);
    eprintln!("| {} | {rate:.0} | {cpu:.1} | {gas:.0} | {blocks:.1} |", kind.name());
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
