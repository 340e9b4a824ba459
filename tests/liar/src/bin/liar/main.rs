//! The `liar` binary.

mod cli;

use clap::Parser;
use cli::Cli;
use gainsay_liar::run::run;
use std::{process::ExitCode, time::Duration};

/// How long tasks on blocking threads may take to end once everything else has.
const LAST_GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    match execute(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Foreign errors may hold line breaks.
            let line = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            eprintln!("error: {line}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> eyre::Result<()> {
    cli.log()?;
    let config = cli.config()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(run(config));
    runtime.shutdown_timeout(LAST_GRACE);
    Ok(result?)
}
