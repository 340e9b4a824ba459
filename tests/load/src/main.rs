//! Load for nodes: `load genesis` writes a genesis file that funds the senders, `load run` sends, waits, and prints one JSON line.

mod genesis;
mod http;
mod process;
mod run;
mod senders;
mod workload;

use clap::{Parser, Subcommand};
use run::{Pace, Target};
use std::{io::Write, path::PathBuf};
use workload::{Kind, Shape};

#[derive(Debug, Parser)]
#[command(version, about = "Sends what users send, as fast as a node takes it, and measures")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes a geth genesis file in which the senders have ether and tokens.
    Genesis {
        /// Accounts that send.
        #[arg(long, default_value_t = 2_000)]
        senders: u64,
        /// More accounts, with one wei each.
        #[arg(long, default_value_t = 0)]
        accounts: u64,
        /// Chain id in it.
        #[arg(long)]
        chain_id: u64,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
    },
    /// Sends a load.
    Run(RunArgs),
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    /// host:port of the node's JSON-RPC.
    #[arg(long)]
    address: String,
    /// The node's process.
    #[arg(long)]
    pid: u32,
    /// What is sent.
    #[arg(long, value_enum)]
    kind: Kind,
    /// Transactions in all.
    #[arg(long)]
    count: u64,
    /// Transactions in a request.
    #[arg(long, default_value_t = 1)]
    batch: usize,
    /// Connections.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Transactions that were sent and are in no block yet, at most.
    #[arg(long, default_value_t = 15_000)]
    in_flight: u64,
    /// Accounts that send.
    #[arg(long, default_value_t = 2_000)]
    senders: u64,
    /// Nonce of each sender's first transaction.
    #[arg(long, default_value_t = 0)]
    first_nonce: u64,
    /// Chain id.
    #[arg(long)]
    chain_id: u64,
    /// Makes the recipients.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> eyre::Result<()> {
    match Cli::parse().command {
        Command::Genesis { senders, accounts, chain_id, out } => genesis::write(senders, accounts, chain_id, &out),
        Command::Run(args) => load(args).await,
    }
}

async fn load(args: RunArgs) -> eyre::Result<()> {
    let senders = senders::senders(args.senders);
    let RunArgs { kind, count, first_nonce, chain_id, seed, .. } = args;
    let signed = Shape { kind, count, first_nonce, chain_id, seed }.sign(&senders);
    let bodies = workload::bodies(&signed, args.batch);
    let target = Target { address: args.address, pid: args.pid };
    let pace = Pace { connections: args.connections, in_flight: args.in_flight };
    let outcome = run::run(&target, bodies, args.batch, count, pace).await?;
    let seconds = outcome.elapsed.as_secs_f64();
    let line = serde_json::json!({
        "kind": format!("{kind:?}"), "batch": args.batch, "count": count, "seconds": seconds, "perSecond": count as f64 / seconds,
        "cpuMicros": outcome.cpu.as_micros() as f64 / count as f64, "megabytes": outcome.resident / 1_000_000, "blocks": outcome.blocks,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
