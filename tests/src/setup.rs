//! A whole network for one test: L1, contracts, and nodes, in a folder that goes away with it.

use crate::{
    Challenger, L1, accounts, files,
    node::{Node, Role},
    process::Process,
};
use alloy::{
    primitives::{Address, Bytes, U256},
    rpc::types::TransactionReceipt,
};
use eyre::{Context, ensure};
use gainsay_bindings::{Inbox, Portal};
use serde_json::Value;
use std::{
    fs,
    net::TcpListener,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

/// How long a transaction on L1 may take; one that a reorg drops never gets a receipt.
pub(crate) const L1_PATIENCE: Duration = Duration::from_secs(60);

/// What a network is made with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where batches go: `blobs`, `calldata` or `auto`.
    pub da: &'static str,
    /// Chain id of L1.
    pub l1_chain_id: u64,
    /// Changes to the parameters of the development network: (JSON pointer, value).
    pub params: Vec<(&'static str, Value)>,
}

impl Default for Options {
    fn default() -> Self {
        Self { da: "auto", l1_chain_id: 31337, params: Vec::new() }
    }
}

/// The addresses that a deployment writes down.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// The Inbox on L1.
    pub inbox: Address,
    /// The Rollup on L1.
    pub rollup: Address,
    /// The Portal on L1.
    pub portal: Address,
    /// Where disputes are played on L1.
    pub matches: Address,
    /// The oracle of preimages on L1.
    pub oracle: Address,
    /// What shows assertions to users' tools, on L1.
    pub games: Address,
    /// The messenger on L1.
    pub messenger: Address,
    /// The bridge on L1.
    pub bridge: Address,
}

/// A running L1 with the contracts, and what is needed to start nodes on it.
#[derive(Debug)]
pub struct Setup {
    /// L1.
    pub l1: L1,
    /// The contracts on it.
    pub addresses: Addresses,
    options: Options,
    folder: TempDir,
    // Last, so that the next network starts when this one is gone.
    _alone: MutexGuard<'static, ()>,
}

/// Networks of one test program run one after another: this machine may have two cores.
static ALONE: Mutex<()> = Mutex::const_new(());

impl Setup {
    /// Starts L1 and deploys.
    ///
    /// # Errors
    /// When a program is missing or the deployment fails.
    pub async fn start(options: Options) -> eyre::Result<Self> {
        let alone = ALONE.lock().await;
        let folder = TempDir::new()?;
        fs::create_dir(folder.path().join("logs"))?;
        let l1 = L1::start(free_port()?, options.l1_chain_id, &folder.path().join("logs")).await?;
        // In a block by the time the contracts are.
        l1.put_multicall().await?;
        deploy(folder.path(), "network", l1.url().as_str(), &options.params)?;
        let addresses = read_addresses(&folder.path().join("network"))?;
        Ok(Self { l1, addresses, options, folder, _alone: alone })
    }

    /// Deploys another chain on the same L1, into the folder `name`; or, with the same parameters, the same one again.
    ///
    /// # Errors
    /// When the deployment fails.
    pub fn deploy(&self, name: &str, params: &[(&'static str, Value)]) -> eyre::Result<()> {
        deploy(self.folder.path(), name, self.l1.url().as_str(), params)
    }

    /// The chain id of L2.
    ///
    /// # Errors
    /// When `addresses.json` cannot be read.
    pub fn l2_chain_id(&self) -> eyre::Result<u64> {
        self.network()?["l2ChainId"].as_u64().ok_or_else(|| eyre::eyre!("addresses.json has no l2ChainId"))
    }

    /// Deposits wei from the last free account to `to` on L2, and waits until L1 has it.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn deposit(&self, to: Address, wei: u64) -> eyre::Result<TransactionReceipt> {
        let portal = Portal::new(self.addresses.portal, self.l1.provider());
        let value = U256::from(wei);
        let call = portal.depositTransaction(to, value, 100_000, false, Bytes::new()).value(value);
        let sent = call.from(accounts::signer(accounts::USERS - 1)?.address()).send().await?;
        let receipt = sent.with_timeout(Some(L1_PATIENCE)).get_receipt().await?;
        ensure!(receipt.status(), "the deposit reverted");
        Ok(receipt)
    }

    /// Batches in the Inbox.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn batches(&self) -> eyre::Result<u64> {
        Ok(Inbox::new(self.addresses.inbox, self.l1.provider()).batchCount().call().await?)
    }

    /// Batches in the inbox after a block of L1.
    ///
    /// # Errors
    /// When L1 does not answer, or has no such block.
    pub async fn batches_at(&self, block: u64) -> eyre::Result<u64> {
        Ok(Inbox::new(self.addresses.inbox, self.l1.provider()).batchCount().block(block.into()).call().await?)
    }

    /// A path in the network's folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `addresses.json`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn network(&self) -> eyre::Result<Value> {
        Ok(serde_json::from_slice(&fs::read(self.path("network/addresses.json"))?)?)
    }

    /// A sequencer on the data folder `name`.
    ///
    /// # Errors
    /// When no port is free.
    pub fn sequencer(&self, name: &str) -> eyre::Result<Node> {
        self.sequencer_with(name, &[])
    }

    /// The same with further arguments.
    ///
    /// # Errors
    /// When no port is free.
    pub fn sequencer_with(&self, name: &str, extra: &[&str]) -> eyre::Result<Node> {
        let keys = vec![
            ("GAINSAY_BATCHER_KEY".to_owned(), accounts::key(accounts::BATCHER)?),
            ("GAINSAY_PROPOSER_KEY".to_owned(), accounts::key(accounts::PROPOSER)?),
        ];
        let mut extra = extra.to_vec();
        extra.extend(["--da", self.options.da]);
        if !extra.contains(&"--batch-interval") {
            extra.extend(["--batch-interval", "3"]);
        }
        self.node(name, Role::Sequencer, &extra, keys)
    }

    /// A follower that knows L1 alone.
    ///
    /// # Errors
    /// When no port is free.
    pub fn follower(&self, name: &str) -> eyre::Result<Node> {
        self.node(name, Role::Follower, &[], Vec::new())
    }

    /// A follower with further arguments, for instance a feed.
    ///
    /// # Errors
    /// When no port is free.
    pub fn follower_with(&self, name: &str, extra: &[&str]) -> eyre::Result<Node> {
        self.node(name, Role::Follower, extra, Vec::new())
    }

    /// A challenger.
    ///
    /// # Errors
    /// When no port is free.
    pub fn challenger(&self, name: &str) -> eyre::Result<Challenger> {
        Ok(Challenger(self.node(name, Role::Challenger, &[], Vec::new())?))
    }

    /// A challenger that stakes and plays with the key of an account.
    ///
    /// # Errors
    /// When no port is free, or the key cannot be written.
    pub fn challenger_with_key(&self, name: &str, account: u32, extra: &[&str]) -> eyre::Result<Challenger> {
        let file = self.path(&format!("{name}.key"));
        fs::write(&file, accounts::key(account)?)?;
        let file = file.display().to_string();
        let arguments = [&["--key-file", file.as_str()], extra].concat();
        Ok(Challenger(self.node(name, Role::Challenger, &arguments, Vec::new())?))
    }

    /// Somebody who claims what is false with the keys of these accounts, and plays on as `extra` says.
    ///
    /// # Errors
    /// Never for a valid URL of L1.
    pub fn liar(&self, name: &str, accounts: Range<u32>, extra: &[&str]) -> eyre::Result<Node> {
        let keys = format!("{}..{}", accounts.start, accounts.end);
        // They leave each other alone.
        let gang = format!("{}..{}", accounts::LIARS, accounts::LIARS + accounts::MOST_LIARS);
        let extra = [&["--mnemonic-index", keys.as_str(), "--gang", gang.as_str()], extra].concat();
        self.node(name, Role::Liar, &extra, Vec::new())
    }

    fn node(&self, name: &str, role: Role, extra: &[&str], environment: Vec<(String, String)>) -> eyre::Result<Node> {
        let port = free_port()?;
        let (l1, port_text) = (self.l1.url().to_string(), port.to_string());
        let (network, data) = (self.path("network"), self.path(name));
        let special: &[&str] = match role {
            Role::Sequencer => &["run", "--port", &port_text, "--l1-poll", "250"],
            Role::Follower => &["follow", "--port", &port_text, "--l1-poll", "250"],
            Role::Challenger => &["run", "--status-port", &port_text, "--l1-poll", "250"],
            Role::Liar => &[],
        };
        let mut arguments: Vec<String> = special.iter().chain(&["--l1-rpc", &l1, "--beacon", &l1]).map(|&text| text.to_owned()).collect();
        for (option, path) in [("--network", network), ("--data", data)] {
            arguments.extend([option.to_owned(), path.display().to_string()]);
        }
        arguments.extend(extra.iter().map(|&text| text.to_owned()));
        Node::new(name, role, arguments, environment, port, &self.path("logs"))
    }
}

/// A port that nothing listens on now.
///
/// # Errors
/// When none is free.
pub fn free_port() -> eyre::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Deploys with the development network's parameters and this test's changes to them.
fn deploy(folder: &Path, name: &str, l1: &str, changes: &[(&'static str, Value)]) -> eyre::Result<()> {
    let preset = files::repository().join("scripts/devnet.params.json");
    let mut params: Value = serde_json::from_slice(&fs::read(&preset).wrap_err_with(|| preset.display().to_string())?)?;
    for (pointer, value) in changes {
        let slot = params.pointer_mut(pointer).ok_or_else(|| eyre::eyre!("the parameters have no {pointer}"))?;
        *slot = value.clone();
    }
    let file = folder.join(format!("{name}.params.json"));
    fs::write(&file, serde_json::to_vec_pretty(&params)?)?;
    let mut command = Command::new(files::program("sequencer")?);
    command.args(["deploy", "--l1-rpc", l1, "--params"]).arg(file).arg("--out").arg(folder.join(name));
    command.env("GAINSAY_DEPLOYER_KEY", accounts::key(accounts::DEPLOYER)?);
    let finished = Process::run(&mut command, Duration::from_secs(90))?;
    ensure!(finished.status.success(), "the deployment failed: {}", finished.stderr);
    Ok(())
}

fn read_addresses(network: &Path) -> eyre::Result<Addresses> {
    let file: Value = serde_json::from_slice(&fs::read(network.join("addresses.json"))?)?;
    let address = |name: &str| -> eyre::Result<Address> { Ok(serde_json::from_value(file["contracts"][name].clone())?) };
    Ok(Addresses {
        inbox: address("inbox")?,
        rollup: address("rollup")?,
        portal: address("portal")?,
        matches: address("matches")?,
        oracle: address("preimageOracle")?,
        games: address("games")?,
        messenger: address("messenger")?,
        bridge: address("bridge")?,
    })
}
