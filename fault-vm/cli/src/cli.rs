//! The command line. Turned once into checked settings; nothing below `main` sees it.

use alloy::transports::http::reqwest::Url;
use clap::{Args, Parser, Subcommand};
use gainsay_fault_vm::{
    guest::Elf,
    source::{Source, Target},
};
use std::path::PathBuf;

/// Runs block steps of a Gainsay chain on the fault VM, and proves any machine step to the contract that decides disputes.
#[derive(Debug, Parser)]
#[command(name = "fault-vm", version, about, propagate_version = true)]
pub(crate) struct Cli {
    /// Print JSON instead of words.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress on stderr.
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a block step to its end, and compares its output with what the chain says.
    Run(RunArgs),
    /// Shows the machine's state after some steps.
    State(StateArgs),
    /// Proves one machine step.
    Prove(ProveArgs),
    /// Checks a proved step with the contracts' own bytecode, and with the Rust replay.
    Verify(VerifyArgs),
    /// Shows the program root that the contracts must know.
    Program(ProgramArgs),
}

/// Where the block step comes from.
#[derive(Debug, Args)]
#[group(id = "from", required = true, multiple = false)]
pub(crate) struct FromArgs {
    /// The block step that made this L2 block.
    #[arg(long, value_name = "NUMBER", requires = "rpc")]
    block: Option<u64>,
    /// The block step at this position of the derived chain, from 1; also those that make no block.
    #[arg(long, value_name = "INDEX", requires = "rpc")]
    block_step: Option<u64>,
    /// A witness file: nothing else is needed.
    #[arg(long, value_name = "FILE", conflicts_with = "rpc")]
    witness: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    #[command(flatten)]
    from: FromArgs,
    /// JSON-RPC of a node. It is not trusted: whatever it gives is hashed.
    #[arg(long, value_name = "URL")]
    rpc: Option<Url>,
    /// Another guest than the canonical one.
    #[arg(long, value_name = "FILE")]
    elf: Option<PathBuf>,
}

impl SourceArgs {
    pub(crate) fn elf(&self) -> Elf {
        Elf::from(self.elf.clone())
    }

    pub(crate) fn source(self) -> Source {
        let FromArgs { block, block_step, witness } = self.from;
        // clap has made sure that there is exactly one, and a URL with the first two.
        let target = block.map(Target::Block).or(block_step.map(Target::Step));
        match (witness, target, self.rpc) {
            (None, Some(target), Some(url)) => Source::Rpc { url, target },
            (witness, ..) => Source::File(witness.unwrap_or_default()),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Write the witness to a file, to run it again without a node.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Machine steps taken before; a machine that has halted stays as it is.
    #[arg(long, value_name = "STEPS")]
    pub(crate) step: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Machine steps taken before the one to prove.
    #[arg(long, value_name = "STEPS")]
    pub(crate) step: u64,
    /// Write the proof to a file instead of stdout.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A proof as `prove` writes it; - for stdin.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ProgramArgs {
    /// Another guest than the canonical one.
    #[arg(long, value_name = "FILE")]
    pub(crate) elf: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn a_block_step_has_exactly_one_source() {
        for wrong in
            ["run", "run --block 1", "run --rpc http://a", "run --block 1 --block-step 2 --rpc http://a", "run --witness f --rpc http://a"]
        {
            assert!(parse(&format!("fault-vm {wrong}")).is_err(), "{wrong}");
        }
        for right in ["run --block 1 --rpc http://a", "run --block-step 1 --rpc http://a --json", "state --witness f --step 7"] {
            assert!(parse(&format!("fault-vm {right}")).is_ok(), "{right}");
        }
    }
}
