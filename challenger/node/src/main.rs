//! The `challenger` binary.

mod cli;
mod simulation;

use clap::Parser;
use cli::{Cli, Command};
use gainsay_challenger::{run::run, show::show, status::ask};
use std::{io::Write, process::ExitCode, time::Duration};

// Twice as fast as the system's under many small allocations of several threads, and it gives memory back.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long tasks on blocking threads may take to end once everything else has.
const LAST_GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli) {
        Ok(code) => code,
        Err(error) => {
            // Foreign errors may hold line breaks.
            let line = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            eprintln!("error: {line}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> eyre::Result<ExitCode> {
    cli.log.init()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(dispatch(cli.command));
    runtime.shutdown_timeout(LAST_GRACE);
    result
}

async fn dispatch(command: Command) -> eyre::Result<ExitCode> {
    match command {
        Command::Run(args) => run(args.config()?).await?,
        Command::Simulate(args) => tokio::task::spawn_blocking(move || simulation::execute(args)).await??,
        Command::Status(args) => {
            let report = ask(args.url).await?;
            let text = if args.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
            // A reader that has gone away wants nothing more.
            let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
        }
        Command::Show(args) => {
            let lost = show(&args.id, args.status.url, args.status.json, args.follow, &mut std::io::stdout()).await?;
            return Ok(if lost { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
    }
    Ok(ExitCode::SUCCESS)
}
