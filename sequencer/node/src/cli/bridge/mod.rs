//! `sequencer bridge`: what users of the chain do on L1, and on L2 towards L1. One file a command: its flags, and what it prints.

mod deposit;
mod deposits;
mod finalize;
mod force_include;
mod prove;
mod replay;
mod status;
mod token;
mod withdraw;
mod withdrawal;

use crate::print;
use alloy::{
    primitives::{Bytes, U256},
    transports::http::reqwest::Url,
};
use clap::{Args, Subcommand};
use gainsay_bridge::{Bridge, L1Sender, L2Node, L2Sender, Patience, amount};
use gainsay_l1::SecretKey;
use serde::Serialize;
use std::{fmt::Display, path::PathBuf, time::Duration};

#[derive(Debug, Subcommand)]
pub(crate) enum BridgeCommand {
    /// Brings ether, tokens or a call from L1 to L2.
    Deposit(Box<deposit::DepositArgs>),
    /// Tells what became of the deposits of a transaction on L1, and tries a failed message again.
    Deposits(Box<deposits::DepositsArgs>),
    /// Shows the tokens on L2 that stand for a token of L1, and makes one.
    Token(Box<token::TokenArgs>),
    /// Forces the deposits that have waited longer than the inclusion delay.
    ForceInclude(force_include::ForceIncludeArgs),
    /// Starts a withdrawal of ether, tokens or a call to L1.
    Withdraw(Box<withdraw::WithdrawArgs>),
    /// Proves a withdrawal on L1.
    Prove(Box<prove::ProveArgs>),
    /// Pays a withdrawal that is proved, once its assertion is confirmed.
    Finalize(Box<finalize::FinalizeArgs>),
    /// Tells how far a withdrawal is, or all of an account.
    Status(Box<status::StatusArgs>),
    /// Tries a withdrawal's message again that failed on L1.
    Replay(Box<replay::ReplayArgs>),
}

impl BridgeCommand {
    pub(crate) async fn run(self) -> eyre::Result<()> {
        match self {
            Self::Deposit(args) => args.run().await,
            Self::Deposits(args) => args.run().await,
            Self::Token(args) => args.run().await,
            Self::ForceInclude(args) => args.run().await,
            Self::Withdraw(args) => args.run().await,
            Self::Prove(args) => args.run().await,
            Self::Finalize(args) => args.run().await,
            Self::Status(args) => args.run().await,
            Self::Replay(args) => args.run().await,
        }
    }
}

/// The chain, and L1.
#[derive(Debug, Args)]
struct L1Args {
    /// Directory with addresses.json.
    #[arg(long, env = "GAINSAY_NETWORK", value_name = "DIR")]
    network: PathBuf,
    /// JSON-RPC of L1.
    #[arg(long, env = "GAINSAY_L1_RPC", value_name = "URL")]
    l1_rpc: Url,
}

impl L1Args {
    async fn open(&self) -> eyre::Result<Bridge> {
        Ok(Bridge::open(&self.network, self.l1_rpc.as_str()).await?)
    }
}

/// Who signs.
#[derive(Debug, Args)]
struct KeyArgs {
    /// File with the sender's key; without it the key is in GAINSAY_KEY.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The most to pay per gas on L1, gwei.
    #[arg(long, default_value_t = 500, value_name = "GWEI")]
    max_l1_fee: u64,
}

impl KeyArgs {
    fn load(&self) -> eyre::Result<SecretKey> {
        Ok(SecretKey::load(self.key_file.as_deref(), "GAINSAY_KEY", "--key-file")?)
    }

    async fn on_l1(&self, bridge: Bridge) -> eyre::Result<L1Sender> {
        Ok(L1Sender::start(bridge, self.load()?, self.max_l1_fee).await?)
    }

    async fn on_l2(&self, node: L2Node) -> eyre::Result<L2Sender> {
        Ok(L2Sender::start(node, self.load()?).await?)
    }
}

/// A node of L2.
#[derive(Debug, Args)]
struct L2Args {
    /// JSON-RPC of a node of L2: the sequencer's, or a follower's.
    #[arg(long, env = "GAINSAY_L2_RPC", default_value = "http://127.0.0.1:9545", value_name = "URL")]
    l2_rpc: Url,
}

impl L2Args {
    async fn open(&self, bridge: &Bridge) -> eyre::Result<L2Node> {
        Ok(L2Node::open(self.l2_rpc.as_str(), bridge.network()).await?)
    }
}

/// Whether to wait.
#[derive(Debug, Args)]
struct WaitArgs {
    /// Wait until it has taken effect.
    #[arg(long)]
    wait: bool,
    /// How long to wait at most, seconds.
    #[arg(long, default_value_t = 600, value_name = "S", requires = "wait")]
    timeout: u64,
}

impl WaitArgs {
    fn patience(&self) -> Option<Patience> {
        self.limit().map(Patience::of)
    }

    fn limit(&self) -> Option<Duration> {
        self.wait.then(|| Duration::from_secs(self.timeout))
    }
}

/// How to print.
#[derive(Debug, Args)]
struct OutputArgs {
    /// Print JSON instead of words.
    #[arg(long)]
    json: bool,
}

impl OutputArgs {
    /// One or the other.
    fn show<T: Serialize + Display>(&self, what: &T) -> eyre::Result<()> {
        print(&if self.json { serde_json::to_string_pretty(what)? } else { what.to_string() });
        Ok(())
    }
}

/// An amount of ether, for clap.
fn parse_ether(given: &str) -> Result<U256, amount::AmountError> {
    amount::ether(given)
}

/// Calldata, for clap: hex, or a file that holds it, since a command line cannot hold all that a deposit can.
fn parse_data(given: &str) -> Result<Bytes, String> {
    let hex = match given.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{file} cannot be read: {error}"))?,
        None => given.to_owned(),
    };
    let hex = hex.trim();
    hex.parse().map_err(|error| format!("{error}; give bytes in hexadecimal, or @FILE"))
}

#[cfg(test)]
mod tests {
    use crate::cli::Cli;
    use clap::Parser;

    const TOKEN: &str = "0x00000000000000000000000000000000000000aa";

    /// What is wrong with a command line.
    fn refusal(command: &str, flags: &[&str]) -> Option<String> {
        let start = ["sequencer", "bridge", command, "--network", "n", "--l1-rpc", "http://l1"];
        Cli::try_parse_from(start.iter().chain(flags)).err().map(|error| error.to_string())
    }

    #[test]
    fn ether_calls_and_tokens_can_be_deposited() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "0x1234\n").expect("it is written");
        let from_file = format!("@{}", file.path().display());
        let lines: [&[&str]; 4] = [
            &["--value", "1.5ether", "--to", TOKEN, "--wait", "--timeout", "5"],
            &["--call-value", "1ether", "--to", TOKEN, "--data", "0x12"],
            &["--create", "--data", &from_file],
            &["--token", TOKEN, "--amount", "12.5", "--l2-token", TOKEN],
        ];
        for line in lines {
            assert_eq!(refusal("deposit", line), None, "{line:?}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let lines: [&[&str]; 7] = [
            &["--value", "1.5"],
            &["--create"],
            &["--data", "@/no/such/file"],
            &["--token", TOKEN],
            &["--token", TOKEN, "--amount", "1", "--value", "1ether"],
            &["--amount", "1"],
            &["--timeout", "5"],
        ];
        for line in lines {
            assert!(refusal("deposit", line).is_some(), "{line:?}");
        }
        assert!(refusal("token", &[TOKEN, "--forced"]).is_some_and(|error| error.contains("--create")));
        assert!(refusal("deposits", &["0x12"]).is_some());
    }
}
