//! `sequencer dev`.

use super::rpc::LimitArgs;
use alloy::{
    hex,
    primitives::{U256, utils::format_ether},
};
use clap::{Args, value_parser};
use gainsay_dev::{Config, DevNode, MNEMONIC, start};
use std::{
    fmt::{self, Display, Formatter},
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use tokio::signal::unix::{SignalKind, signal};

/// A chain of its own in one process, for developing contracts: no L1, nothing to configure, funded accounts, and the methods that tests want.
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// Port of JSON-RPC over HTTP and WebSocket.
    #[arg(long, default_value_t = 8545)]
    port: u16,
    /// Address to serve JSON-RPC on. Whoever reaches it may change everything.
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    host: IpAddr,
    /// Milliseconds between blocks; without it each transaction gets its block at once.
    #[arg(long, value_name = "MS", value_parser = value_parser!(u64).range(1..=3_600_000))]
    block_time: Option<u64>,
    /// EIP-155 chain id.
    #[arg(long, default_value_t = 31_337, value_name = "ID", value_parser = value_parser!(u64).range(1..))]
    chain_id: u64,
    /// Development accounts.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = value_parser!(u32).range(1..=1000))]
    accounts: u32,
    /// What each of them has, ether.
    #[arg(long, default_value_t = 10_000, value_name = "ETHER")]
    balance: u64,
    /// Keep the chain in this directory; without it, it goes with the process.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
}

impl DevArgs {
    fn config(self) -> Config {
        Config {
            address: SocketAddr::new(self.host, self.port),
            chain_id: self.chain_id,
            accounts: self.accounts,
            balance: ether(self.balance),
            block_time: self.block_time.map(Duration::from_millis),
            data_dir: self.data_dir,
            limits: self.limits.limits(),
        }
    }

    /// Runs until SIGINT or SIGTERM; `say` is told what there is once it is served.
    pub(crate) async fn run(self, say: impl FnOnce(&str)) -> eyre::Result<()> {
        let (chain_id, balance) = (self.chain_id, ether(self.balance));
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let node = start(self.config()).await?;
        say(&Screen { node: &node, chain_id, balance }.to_string());
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(node.stop().await?)
    }
}

fn ether(whole: u64) -> U256 {
    U256::from(whole).saturating_mul(U256::from(10).pow(U256::from(18)))
}

/// What a developer wants to know first.
struct Screen<'a> {
    node: &'a DevNode,
    chain_id: u64,
    balance: U256,
}

impl Display for Screen<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let keys = self.node.accounts().keys();
        writeln!(f, "A chain for development. Everybody knows these keys: send nothing of value to them on any other chain.\n")?;
        writeln!(f, "Accounts, with {} ether each at the start", format_ether(self.balance).trim_end_matches('0').trim_end_matches('.'))?;
        for (place, key) in keys.iter().enumerate() {
            writeln!(f, "  ({place}) {}", key.address())?;
        }
        writeln!(f, "\nPrivate keys")?;
        for (place, key) in keys.iter().enumerate() {
            writeln!(f, "  ({place}) 0x{}", hex::encode(key.to_bytes()))?;
        }
        writeln!(f, "\nMnemonic   {MNEMONIC}")?;
        writeln!(f, "Chain id   {}", self.chain_id)?;
        write!(f, "JSON-RPC   http://{0} and ws://{0}", self.node.address())
    }
}
