//! The command line. Turned once into checked settings; nothing below `main` sees it.

mod bridge;
mod chain;
mod dev;
mod node;
mod rpc;

pub(crate) use bridge::BridgeCommand;
pub(crate) use chain::DeployArgs;
pub(crate) use dev::DevArgs;
pub(crate) use node::{FollowArgs, RunArgs, StatusArgs};

use clap::{Args, Parser, Subcommand};
use gainsay_shell::logging::{LogError, LogFormat};

/// Runs a Gainsay chain: deploys it, sequences it, follows it; or one for development.
#[derive(Debug, Parser)]
#[command(name = "sequencer", version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Deploys the contracts and writes addresses.json and genesis.json; a second time it changes nothing.
    Deploy(DeployArgs),
    /// Runs the sequencer: builds blocks, posts them to L1, claims their results.
    Run(Box<RunArgs>),
    /// Follows the chain from L1 alone or, with --feed, from the sequencer as well.
    Follow(Box<FollowArgs>),
    /// A chain of its own in one process, for developing contracts: no L1, nothing to configure.
    Dev(Box<DevArgs>),
    /// Tells in words what a node knows: heads, L1, batches.
    Status(StatusArgs),
    /// What users do between L1 and L2: deposits, tokens, withdrawals, forced inclusion.
    #[command(subcommand)]
    Bridge(BridgeCommand),
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// Log lines as text or json.
    #[arg(long, global = true, default_value = "text", value_name = "FORMAT", value_parser = |given: &str| given.parse::<LogFormat>())]
    log_format: LogFormat,
    /// What to log, in the form of RUST_LOG.
    #[arg(long, global = true, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
}

impl LogArgs {
    pub(crate) fn init(&self) -> Result<(), LogError> {
        gainsay_shell::logging::init(self.log_format, &self.log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_follower_needs_no_key_and_no_feed() {
        let line = ["sequencer", "follow", "--network", "n", "--l1-rpc", "http://l1", "--beacon", "http://b", "--data", "d"];
        assert!(matches!(Cli::try_parse_from(line).map(|cli| cli.command), Ok(Command::Follow(_))));
    }
}
