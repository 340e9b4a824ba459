//! Starting and stopping.

use crate::{
    Accounts, DevError, StartError,
    core::{Core, now},
    genesis, methods,
    node::{Mining, Node, Pool},
};
use alloy::primitives::U256;
use gainsay_rpc::{Backend, Extension, L1Progress, Limits, Preconfirmations, RpcServer, serve_extended};
use gainsay_store::{History, Identity, Store, StoreOptions, Writer};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{sync::broadcast, task::JoinHandle};

/// Bound of the database's page cache, bytes.
const CACHE: u64 = 64 << 20;
/// Announcements of pending transactions that a slow subscriber may be behind.
const PENDING: usize = 4096;
/// The L1 that there is not.
const L1_CHAIN_ID: u64 = 0;

/// What a development node is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where JSON-RPC is served; port 0 takes a free one.
    pub address: SocketAddr,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Development accounts.
    pub accounts: u32,
    /// What each has at the start, wei.
    pub balance: U256,
    /// Time between blocks; without it each transaction gets its block at once.
    pub block_time: Option<Duration>,
    /// Where the chain is kept; without it, in a temporary directory that goes with the node.
    pub data_dir: Option<PathBuf>,
    /// What requests may take.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8545)),
            chain_id: 31_337,
            accounts: 10,
            balance: U256::from(10_000) * U256::from(10).pow(U256::from(18)),
            block_time: None,
            data_dir: None,
            limits: Limits::default(),
        }
    }
}

/// A development node that runs until it is stopped.
pub struct DevNode {
    server: RpcServer,
    accounts: Accounts,
    store: Store,
    timer: JoinHandle<()>,
    /// Removed when the node is dropped.
    temporary: Option<TempDir>,
}

/// Starts a chain and serves it.
///
/// # Errors
/// When the directory cannot be used or belongs to another chain, and when the address cannot be listened on.
pub async fn start(config: Config) -> Result<DevNode, StartError> {
    let (directory, temporary) = directory(config.data_dir.as_deref())?;
    let (node, backend) = open(&directory, &config)?;
    let (accounts, store) = (node.accounts.clone(), backend.store.clone());
    let extension = Extension { methods: methods::module(node.clone())?.into(), next: node.clone() };
    let server = serve_extended(config.address, backend, config.limits, extension).await?;
    let timer = tokio::spawn(node.keep_time());
    Ok(DevNode { server, accounts, store, timer, temporary })
}

/// The chain in a directory, and what the methods of every node need of it.
fn open(directory: &Path, config: &Config) -> Result<(Arc<Node>, Backend), StartError> {
    let accounts = Accounts::derive(config.accounts)?;
    let (chain, genesis) = genesis::load(directory, config, &accounts, now())?;
    let identity =
        Identity { l1_chain_id: L1_CHAIN_ID, l2_chain_id: chain.l2_chain_id, config_hash: chain.hash(), genesis_hash: chain.genesis_hash };
    let options = StoreOptions { cache_bytes: CACHE, history: History::Archive };
    let (writer, _) = Writer::open(&directory.join("chain"), &identity, &genesis, options)?;
    let (store, chain) = (writer.store().clone(), Arc::new(chain));
    let (pending, _) = broadcast::channel(PENDING);
    let core = Core::new(chain.clone(), writer, pending.clone()).map_err(|error| match error {
        DevError::Store(error) => StartError::Store(error),
        other => StartError::Chain(other),
    })?;
    let (latest, inclusions) = (core.latest.subscribe(), core.inclusions.clone());
    let mining = Mining { automine: config.block_time.is_none(), every: config.block_time };
    let version = concat!("gainsay-dev/v", env!("CARGO_PKG_VERSION")).to_owned();
    let node = Arc::new(Node::new(core, accounts, mining, config.limits, version.clone()));
    let backend = Backend {
        store,
        config: chain,
        client: Arc::new(Pool(node.clone())),
        latest,
        l1: Arc::new(|| L1Progress { highest: Some(0), caught_up: true }),
        pending,
        preconfirmations: Preconfirmations::default(),
        inclusions,
        version,
    };
    Ok((node, backend))
}

fn directory(wanted: Option<&Path>) -> Result<(PathBuf, Option<TempDir>), StartError> {
    let Some(path) = wanted else {
        let temporary = TempDir::with_prefix("gainsay-dev-")
            .map_err(|source| StartError::Directory { path: std::env::temp_dir().display().to_string(), source })?;
        return Ok((temporary.path().to_owned(), Some(temporary)));
    };
    std::fs::create_dir_all(path).map_err(|source| StartError::Directory { path: path.display().to_string(), source })?;
    Ok((path.to_owned(), None))
}

impl DevNode {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The development accounts.
    #[must_use]
    pub const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The chain's read side.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Answers what is under way, and ends. A chain in a directory of its own is on the disk then.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn stop(self) -> Result<(), StartError> {
        self.timer.abort();
        self.server.stop().await;
        self.store.flush()?;
        drop(self.temporary);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::providers::{Provider, RootProvider};
    use gainsay_rpc::serve;
    use serde_json::{Value, json};

    #[tokio::test(flavor = "multi_thread")]
    async fn without_the_extension_not_one_of_its_methods_is_there() {
        let directory = TempDir::new().expect("a directory");
        let (node, backend) = open(directory.path(), &Config::default()).expect("a chain");
        let server = serve(([127, 0, 0, 1], 0).into(), backend, Limits::default()).await.expect("a free port");
        let provider: RootProvider = RootProvider::new_http(format!("http://{}", server.address()).parse().expect("a url"));
        let names: Vec<_> = methods::module(node).expect("one name each").method_names().collect();
        assert!(names.len() > 90 && names.contains(&"anvil_setBalance") && names.contains(&"eth_sendTransaction"), "{} names", names.len());
        for name in names.into_iter().filter(|name| *name != "eth_accounts") {
            let error = provider.raw_request::<_, Value>(name.into(), json!([])).await.expect_err(name);
            let answer = error.as_error_resp().unwrap_or_else(|| panic!("{name}: {error}"));
            let expected = format!("the method {name} does not exist/is not available");
            assert_eq!((answer.code, answer.message.as_ref()), (-32601, expected.as_str()));
        }
    }
}
