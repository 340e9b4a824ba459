//! `challenger simulate` on the command line.

use clap::{Args, ValueEnum};
use gainsay_challenger::simulate::{At, Line, OwnData, Side, Simulation, simulate};
use gainsay_play::truth::TraceLimits;
use std::{
    hash::{BuildHasher, RandomState},
    io::{Write, stdout},
    path::PathBuf,
};

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Directory with addresses.json and genesis.json, as `sequencer deploy` writes it.
    #[arg(long, value_name = "DIR")]
    network: PathBuf,
    /// Directory of a challenger's database; the challenger must not run meanwhile. L1 is not needed.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The L2 block that is disputed; the newest one that can be, if none is named.
    #[arg(long, value_name = "N")]
    block: Option<u64>,
    /// Where in the block's machine run the rival departs from the truth: first, last, random, or the number of a step.
    #[arg(long, default_value = "random", value_name = "STEP", value_parser = |given: &str| given.parse::<At>())]
    at: At,
    /// Decides what is random; printed, so that the same can be had again.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Who makes the first dissection. With the rival, the last step is the own side's.
    #[arg(long, default_value = "rival", value_name = "SIDE")]
    opens: Opener,
    /// Print JSON instead of words.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Opener {
    Own,
    Rival,
}

impl SimulateArgs {
    fn simulation(&self) -> Simulation {
        Simulation {
            block: self.block,
            at: self.at,
            // The standard library's only source of chance; 32 bits are easier to type again.
            seed: self.seed.unwrap_or_else(|| RandomState::new().hash_one(0) >> 32),
            opener: match self.opens {
                Opener::Own => Side::Own,
                Opener::Rival => Side::Rival,
            },
            limits: TraceLimits::default(),
        }
    }
}

/// Plays, and prints each transaction when it is done. An error if this machine is too slow.
pub(crate) fn execute(args: SimulateArgs) -> eyre::Result<()> {
    let simulation = args.simulation();
    let data = OwnData::open(&args.network, args.data)?;
    let mut lines = 0;
    let report = simulate(&data, &simulation, |line| {
        if !args.json {
            if lines == 0 {
                say(Line::HEAD);
            }
            say(&line.to_string());
        }
        lines += 1;
    })?;
    say(&if args.json { serde_json::to_string_pretty(&report)? } else { format!("\n{report}") });
    let fit = report.fit;
    eyre::ensure!(
        fit.holds(fit.longest),
        "this machine is too slow for disputes on this chain: a move took {:.1} s, E is {} s, and seven such moves must fit into C, {} s",
        fit.longest,
        fit.extension,
        fit.clock
    );
    Ok(())
}

/// A reader that has gone away wants nothing more.
fn say(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        args: SimulateArgs,
    }

    fn read(words: &[&str]) -> Result<Simulation, clap::Error> {
        let line = ["simulate", "--network", "n", "--data", "d"].iter().chain(words);
        Ok(Words::try_parse_from(line)?.args.simulation())
    }

    #[test]
    fn what_is_simulated_is_read_from_the_command_line() {
        let read_all = read(&["--block", "7", "--at", "last", "--seed", "5", "--opens", "own"]).unwrap();
        assert_eq!((read_all.block, read_all.at, read_all.seed, read_all.opener), (Some(7), At::Last, 5, Side::Own));
        let none = read(&[]).unwrap();
        assert_eq!((none.block, none.at, none.opener), (None, At::Random, Side::Rival));
        let error = read(&["--at", "middle"]).unwrap_err().to_string();
        assert!(error.contains("`first`, `last`, `random`, or a number from 0 to 1099511627775"), "{error}");
    }
}
