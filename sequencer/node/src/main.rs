//! The `sequencer` binary.

mod cli;

use clap::Parser;
use cli::{Cli, Command};
use gainsay_l1::SecretKey;
use gainsay_sequencer::{
    deploy::deploy,
    follow::follow,
    run::run,
    status::{InWords, status},
};
use std::{io::Write, process::ExitCode, time::Duration};

// Twice as fast as the system's under many small allocations of several threads, and it gives memory back.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long tasks on blocking threads may take to end once everything else has.
const LAST_GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> eyre::Result<()> {
    cli.log.init()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(dispatch(cli.command));
    runtime.shutdown_timeout(LAST_GRACE);
    result
}

async fn dispatch(command: Command) -> eyre::Result<()> {
    match command {
        Command::Deploy(args) => {
            let key = SecretKey::load(args.deployer_key_file.as_deref(), "GAINSAY_DEPLOYER_KEY", "--deployer-key-file")?;
            let network = deploy(&args.params, args.l1_rpc.as_str(), key, &args.out).await?;
            print(&format!("chain {} is deployed; its files are in {}", network.l2_chain_id, args.out.display()));
            print(&format!("program root {}", network.program_root));
        }
        Command::Run(args) => run(args.config()?).await?,
        Command::Follow(args) => follow(args.config()).await?,
        Command::Dev(args) => args.run(print).await?,
        Command::Status(args) => {
            let status = status(args.rpc).await?;
            print(&if args.json { serde_json::to_string_pretty(&status)? } else { InWords(&status).to_string() });
        }
        Command::Bridge(command) => command.run().await?,
    }
    Ok(())
}

/// To stdout; a reader that has gone away wants nothing more.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// An error without line breaks, which foreign errors may hold.
fn one_line(error: &eyre::Report) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
