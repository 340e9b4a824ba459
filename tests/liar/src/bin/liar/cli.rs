//! The command line. Turned once into checked settings; nothing below `main` sees it.

use alloy::{primitives::B256, transports::http::reqwest::Url};
use clap::Parser;
use gainsay_l1::{KeyError, SecretKey};
use gainsay_liar::{choice::Wanted, divergence::Divergence, lie::Lie, manner::Manner, run::Config};
use gainsay_shell::logging::{self, LogError, LogFormat};
use std::{ops::Range, path::PathBuf, str::FromStr, time::Duration};

/// The phrase of all development chains; everybody knows it.
const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Claims what is false about a chain on a development L1, and plays on: a test actor, which loses its bonds.
#[derive(Debug, Parser)]
#[command(name = "liar", version, about)]
pub(crate) struct Cli {
    /// Log lines as text or json.
    #[arg(long, default_value = "text", value_name = "FORMAT", value_parser = |given: &str| given.parse::<LogFormat>())]
    log_format: LogFormat,
    /// What to log, in the form of RUST_LOG.
    #[arg(long, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// Directory with addresses.json and genesis.json, as `sequencer deploy` writes it.
    #[arg(long, value_name = "DIR")]
    network: PathBuf,
    /// JSON-RPC of L1.
    #[arg(long, value_name = "URL")]
    l1_rpc: Url,
    /// Beacon API of L1, for blobs; several are tried in turn.
    #[arg(long, value_name = "URL", required = true, value_delimiter = ',')]
    beacon: Vec<Url>,
    /// Directory of the database.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Milliseconds between two looks at L1.
    #[arg(long, default_value_t = 250, value_name = "MS", value_parser = clap::value_parser!(u64).range(50..=600_000))]
    l1_poll: u64,
    /// L1 blocks on top of a batch before it claims about it.
    #[arg(long, default_value_t = 1, value_name = "N")]
    confirmations: u64,
    /// Accounts of the development mnemonic that lie, as A or A..B (without B).
    #[arg(long, value_name = "A[..B]")]
    mnemonic_index: Option<Accounts>,
    /// Files with keys that lie.
    #[arg(long, value_name = "FILE")]
    key_file: Vec<PathBuf>,
    /// Accounts of the development mnemonic that stake on the truth and play against the liars, who answer them at once.
    #[arg(long, value_name = "A[..B]")]
    accomplice: Option<Accounts>,
    /// Accounts of the development mnemonic that lie in other processes: these leave each other alone.
    #[arg(long, value_name = "A[..B]")]
    gang: Option<Accounts>,
    /// What is false: root, more-blocks, huge-blocks, fewer-blocks, cursor, deposits, behind or skip-batch; from which block step on: first, last,
    /// random, idle, end or a number.
    #[arg(long, default_value = "root:last", value_name = "KIND[:PLACE]", value_parser = |given: &str| given.parse::<Lie>())]
    lie: Lie,
    /// From which step of that block step's run on: first, last, halt, random, read, input, key, log, write, load, multiply, branch,
    /// halted, end or a number.
    #[arg(long, default_value = "random", value_name = "PLACE")]
    machine: Divergence,
    /// How it plays: prompt, late[:SECONDS], random[:SECONDS], stall[:MOVES], bare, leave, noise, or some of them with commas between.
    #[arg(long, default_value = "prompt", value_name = "KIND")]
    conduct: Manner,
    /// All chance comes from it; each next liar has one more.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// All liars of this process claim the same.
    #[arg(long)]
    same: bool,
    /// Below which assertion: `latest` is the newest with a true child that takes siblings.
    #[arg(long, default_value = "latest", value_name = "latest|ID", conflicts_with = "first")]
    fork: Fork,
    /// Lies where nobody has claimed the truth yet; what changes nothing it claims truly.
    #[arg(long)]
    first: bool,
    /// Ends with 0 once every liar has lost its stake.
    #[arg(long)]
    until_over: bool,
}

/// Accounts of the development mnemonic.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Accounts(Range<u32>);

/// No range of accounts.
#[derive(Debug, thiserror::Error)]
#[error("{given:?} names no accounts: use a number like 3, or a range like 3..8 that ends before 8")]
struct AccountsFormat {
    given: String,
}

impl FromStr for Accounts {
    type Err = AccountsFormat;

    fn from_str(given: &str) -> Result<Self, AccountsFormat> {
        let error = || AccountsFormat { given: given.to_owned() };
        let number = |text: &str| text.parse::<u32>().map_err(|_| error());
        let range = match given.split_once("..") {
            Some((from, to)) => number(from)?..number(to)?,
            None => number(given)?..number(given)?.checked_add(1).ok_or_else(error)?,
        };
        if range.is_empty() { Err(error()) } else { Ok(Self(range)) }
    }
}

/// Below which assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fork(Wanted);

/// No assertion.
#[derive(Debug, thiserror::Error)]
#[error("{given:?} is no assertion: use latest, or an id of 32 bytes as 0x and 64 hexadecimal digits")]
struct ForkFormat {
    given: String,
}

impl FromStr for Fork {
    type Err = ForkFormat;

    fn from_str(given: &str) -> Result<Self, ForkFormat> {
        Ok(Self(match given {
            "latest" => Wanted::Latest,
            id => Wanted::Fork(id.parse::<B256>().map_err(|_| ForkFormat { given: given.to_owned() })?),
        }))
    }
}

impl Cli {
    pub(crate) fn log(&self) -> Result<(), LogError> {
        logging::init(self.log_format, &self.log)
    }

    /// Checks what can be checked without L1, and makes the keys.
    pub(crate) fn config(self) -> Result<Config, KeyError> {
        let mut liars = keys(self.mnemonic_index)?;
        for file in &self.key_file {
            liars.push(SecretKey::from_file(file)?);
        }
        Ok(Config {
            network: self.network,
            l1_rpc: self.l1_rpc,
            beacon: self.beacon,
            data: self.data,
            poll: Duration::from_millis(self.l1_poll),
            confirmations: self.confirmations,
            liars,
            accomplices: keys(self.accomplice)?,
            gang: keys(self.gang)?.iter().map(SecretKey::address).collect(),
            lie: Lie { seed: self.seed, ..self.lie },
            same: self.same,
            divergence: self.machine,
            manner: self.conduct,
            wanted: if self.first { Wanted::First } else { self.fork.0 },
            until_over: self.until_over,
        })
    }
}

fn keys(accounts: Option<Accounts>) -> Result<Vec<SecretKey>, KeyError> {
    accounts.into_iter().flat_map(|accounts| accounts.0).map(|index| SecretKey::from_mnemonic(MNEMONIC, index)).collect()
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
    fn a_range_of_accounts_ends_before_its_second_number() {
        let read = |given: &str| given.parse::<Accounts>().ok().map(|accounts| accounts.0);
        assert_eq!(read("3"), Some(3..4));
        assert_eq!(read("3..8"), Some(3..8));
        for wrong in ["", "3..3", "8..3", "a", "3..", "..3", "4294967295"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
