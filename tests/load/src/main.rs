#![doc = include_str!("../README.md")]

mod genesis;
mod http;
mod latency;
mod node;
mod paced;
mod process;
mod question;
mod rate;
mod reads;
mod run;
mod senders;
mod websocket;
mod workload;

use clap::{Parser, Subcommand};
use node::Node;
use question::{Question, Read};
use std::{io::Write, path::PathBuf, process::ExitCode, time::Duration};
use workload::{Kind, Plan};

#[derive(Debug, Parser)]
#[command(version, about = "Sends what users send, as fast as a node takes it or at a pace, and measures")]
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
        /// Chain id in it.
        #[arg(long)]
        chain_id: u64,
        /// Gas limit of a block in it.
        #[arg(long, default_value_t = 1_000_000_000)]
        gas_limit: u64,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
    },
    /// Sends as fast as the node takes it.
    Run {
        #[command(flatten)]
        load: LoadArgs,
        /// Transactions in all; with `fill`, accounts.
        #[arg(long)]
        count: u64,
        /// Transactions that were sent and are in no block yet, at most.
        #[arg(long, default_value_t = 15_000)]
        in_flight: u64,
        /// Tells what the node uses every so many seconds, too.
        #[arg(long, value_name = "S")]
        interval: Option<u64>,
    },
    /// Sends at a pace, and measures how long each transaction takes.
    Paced {
        #[command(flatten)]
        load: LoadArgs,
        /// Transactions a second.
        #[arg(long)]
        rate: u64,
        /// For so long.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Listens to the node's preconfirmations as well.
        #[arg(long)]
        preconfirmations: bool,
    },
    /// Reads as fast as the node answers, while transactions are sent at a pace.
    Reads {
        /// What is read.
        #[arg(long, value_enum)]
        read: Read,
        /// For so long.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        /// Transactions a second that are sent meanwhile.
        #[arg(long, default_value_t = 200)]
        rate: u64,
        /// First of the blocks whose logs are asked for.
        #[arg(long, default_value_t = 0)]
        from_block: u64,
        /// Last of them.
        #[arg(long, default_value_t = 0)]
        to_block: u64,
        #[command(flatten)]
        load: LoadArgs,
    },
}

#[derive(Debug, clap::Args)]
struct LoadArgs {
    /// host:port of the node's JSON-RPC.
    #[arg(long)]
    address: String,
    /// The node's process.
    #[arg(long)]
    pid: u32,
    /// What is sent.
    #[arg(long, value_enum)]
    kind: Kind,
    /// Transactions in a request; with `reads`, calls.
    #[arg(long, default_value_t = 1)]
    batch: usize,
    /// Connections; with `reads`, those that read.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Accounts that send.
    #[arg(long, default_value_t = 2_000)]
    senders: u64,
    /// With `known`: recipients are among so many accounts that `fill` has made. With `fill`: so many are there.
    #[arg(long, default_value_t = 0)]
    accounts: u64,
}

fn main() -> ExitCode {
    match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(execute(Cli::parse())))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(cli: Cli) -> eyre::Result<()> {
    let line = match cli.command {
        Command::Genesis { senders, chain_id, gas_limit, out } => return genesis::write(senders, chain_id, gas_limit, &out),
        Command::Run { load, count, in_flight, interval } => {
            let (mut node, plan) = prepare(&load, count).await?;
            let pace = run::Pace { connections: load.connections, in_flight, interval: interval.map(Duration::from_secs) };
            run::run(&mut node, plan.parcels(load.batch), plan.transactions(), pace).await?.line(&plan)
        }
        Command::Paced { load, rate, seconds, preconfirmations } => {
            eyre::ensure!(rate > 0 && seconds > 0, "--rate and --seconds must be more than 0");
            let (mut node, plan) = prepare(&load, rate * seconds).await?;
            let pace = paced::Pace { rate, connections: load.connections, preconfirmations };
            paced::run(&mut node, plan.parcels(load.batch), pace).await?
        }
        Command::Reads { read, seconds, rate, from_block, to_block, load } => {
            eyre::ensure!(seconds > 0, "--seconds must be more than 0");
            let (mut node, plan) = prepare(&load, rate * seconds).await?;
            let question = Question::new(read, &plan.senders, (from_block, to_block));
            let pace = reads::Pace { batch: load.batch, connections: load.connections, time: Duration::from_secs(seconds), rate };
            reads::run(&mut node, question, plan.parcels(1), pace).await?
        }
    };
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// Asks the node what the transactions must know of it.
async fn prepare(load: &LoadArgs, count: u64) -> eyre::Result<(Node, Plan)> {
    eyre::ensure!(load.senders > 0 && load.batch > 0 && load.connections > 0, "--senders, --batch and --connections must be more than 0");
    eyre::ensure!(load.kind != Kind::Known || load.accounts > 0, "--kind known wants --accounts");
    let mut node = Node::open(&load.address, load.pid).await?;
    let senders = senders::senders(load.senders);
    let nonces = node.nonces(&senders).await?;
    let chain_id = node.chain_id().await?;
    let plan = Plan { kind: load.kind, count, accounts: load.accounts, chain_id, senders, nonces };
    Ok((node, plan))
}
