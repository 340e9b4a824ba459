//! Opening a node: the network's files, L1, the data directory; everything that a wrong configuration can break, checked in that order.

use crate::{
    chain::{ChainCore, ChainOwner, Progress},
    follow::{FollowError, InboxView, RollupView, Source, fetch_blobs, follow_inbox, follow_rollup, prune_blobs},
    genesis::{GenesisFile, GenesisFileError},
    owner::{self, Jobs},
    program::{self, GuestError},
    progress::show as show_progress,
    supervisor::Supervisor,
};
use alloy::eips::{BlockNumHash, eip4844::c_kzg};
use gainsay_chain::{Chain, ChainError, Options};
use gainsay_l1::{BeaconSource, Blobs, L1Client, L1Error, Network, NetworkError, RetryPolicy};
use gainsay_store::{History, Store};
use gainsay_types::State;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Notify, watch};

/// Page cache of the database of blocks, bytes. Those read most are kept by the store itself.
const CACHE: u64 = 32 << 20;

/// Where a node finds everything.
#[derive(Clone, Debug)]
pub struct NodePaths<'a> {
    /// Directory with `addresses.json` and `genesis.json`.
    pub network: &'a Path,
    /// JSON-RPC of L1.
    pub l1_rpc: &'a str,
    /// Beacon APIs of L1, tried in turn.
    pub beacon: Vec<&'a str>,
    /// The data directory.
    pub data: PathBuf,
    /// Time between two looks at L1.
    pub poll: Duration,
    /// Keep blocks that L1 does not hold yet.
    pub keep_unsafe: bool,
    /// How far back states are kept.
    pub history: History,
}

/// A node that cannot be opened. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The network's description.
    #[error("{source}")]
    Network {
        /// The reason.
        #[from]
        source: NetworkError,
    },
    /// The genesis file.
    #[error("{source}")]
    Genesis {
        /// The reason.
        #[from]
        source: GenesisFileError,
    },
    /// The program of its matches.
    #[error("{source}")]
    Program {
        /// The reason.
        #[from]
        source: GuestError,
    },
    /// L1.
    #[error("{source}")]
    L1 {
        /// The reason.
        #[from]
        source: L1Error,
    },
    /// The data directory.
    #[error("{source}")]
    Chain {
        /// The reason.
        #[from]
        source: ChainError,
    },
}

/// An opened node. Nothing runs yet.
pub struct Node {
    /// The network.
    pub network: Network,
    /// L1.
    pub client: L1Client,
    /// The chain's read side.
    pub store: Store,
    /// The chain.
    pub chain: ChainOwner,
    /// The state before the first batch.
    pub genesis: State,
    /// Where the chain is.
    pub progress: watch::Receiver<Progress>,
    /// The latest block.
    pub latest: watch::Receiver<BlockNumHash>,
    /// How far the inbox is read.
    pub inbox: watch::Receiver<InboxView>,
    /// Assertions, stakes and matches on L1.
    pub rollup: watch::Receiver<RollupView>,
    parts: Parts,
}

/// What the tasks take over.
struct Parts {
    core: ChainCore,
    jobs: Jobs<ChainCore>,
    blobs: Blobs,
    source: Source,
    inbox: watch::Sender<InboxView>,
    rollup: watch::Sender<RollupView>,
}

impl Node {
    /// Reads the network's files, compares them with L1, and opens the data directory.
    ///
    /// # Errors
    /// On anything that is not as it must be.
    pub async fn open(paths: &NodePaths<'_>) -> Result<Self, OpenError> {
        load_kzg_setup();
        let network = Network::load(&paths.network.join("addresses.json"))?;
        let genesis = GenesisFile::load(&paths.network.join(&network.genesis.file))?.block(&network.chain)?;
        let client = L1Client::new(paths.l1_rpc, RetryPolicy::default())?;
        network.verify_against_l1(&client).await?;
        program::check(network.program_root)?;
        let beacons = paths.beacon.iter().map(|url| Ok(Box::new(BeaconSource::new(url)?) as _)).collect::<Result<Vec<_>, L1Error>>()?;
        let options = Options {
            path: paths.data.clone(),
            l1_chain_id: network.l1_chain_id,
            cache_bytes: CACHE,
            history: paths.history,
            keep_unsafe: paths.keep_unsafe,
        };
        let (chain, repair) = Chain::open(&options, network.chain.clone(), &genesis)?;
        if let Some(repair) = repair {
            tracing::warn!(
                from = repair.from.number,
                to = repair.to.number,
                "the last run did not end well; unwound to the last whole block"
            );
        }
        let source = Source {
            client: client.clone(),
            inbox: network.contracts.inbox,
            rollup: network.contracts.rollup,
            matches: network.contracts.matches,
            games: network.contracts.games,
            deployed_at: network.deployed_at_block,
            poll: paths.poll,
            reread: Arc::default(),
        };
        let store = chain.store().clone();
        let (core, progress) = ChainCore::new(chain);
        let latest = core.latest();
        let (chain, jobs) = owner::channel();
        let (inbox_sender, inbox) = watch::channel(InboxView::default());
        let (rollup_sender, rollup) = watch::channel(RollupView::default());
        let parts = Parts { core, jobs, blobs: Blobs::new(None, beacons), source, inbox: inbox_sender, rollup: rollup_sender };
        Ok(Self { genesis: State::genesis(genesis.output_root), network, client, store, chain, progress, latest, inbox, rollup, parts })
    }

    /// Starts the tasks that every node has: the chain's owner first, which so stops last; then those that read L1 into it.
    pub fn start<E>(self, supervisor: &mut Supervisor<E>) -> Running
    where
        E: std::error::Error + From<FollowError> + From<ChainError> + Send + 'static,
    {
        let Self { network, client, store, chain, genesis, progress, latest, inbox, rollup, parts } = self;
        let Parts { core, jobs, blobs, source, inbox: inbox_sender, rollup: rollup_sender } = parts;
        let reread = source.reread.clone();
        supervisor.spawn("chain", |stop| async move { Ok(owner::own(core, jobs, stop, ChainCore::advance).await?) });
        supervisor.spawn("progress", |stop| {
            let task = show_progress(progress.clone(), inbox.clone(), stop);
            async move {
                task.await;
                Ok(())
            }
        });
        supervisor.spawn("blobs", |stop| {
            let task = fetch_blobs(blobs, store.clone(), chain.clone(), progress.clone(), stop);
            async move { Ok(task.await?) }
        });
        supervisor.spawn("inbox", |stop| {
            let task = follow_inbox(source.clone(), store.clone(), chain.clone(), inbox_sender, stop);
            async move { Ok(task.await?) }
        });
        supervisor.spawn("rollup", |stop| {
            let task = follow_rollup(source, rollup_sender, stop);
            async move { Ok(task.await?) }
        });
        supervisor.spawn("prune", |stop| {
            let task = prune_blobs(chain.clone(), rollup.clone(), stop);
            async move { Ok(task.await?) }
        });
        Running { network, client, store, chain, genesis, progress, latest, inbox, rollup, reread }
    }
}

/// Loads the trusted setup of KZG ahead of its first use, and without the tables that make proofs a little faster: they take seconds and 100 MB.
fn load_kzg_setup() {
    tokio::task::spawn_blocking(|| {
        c_kzg::ethereum_kzg_settings(0);
    });
}

/// A node whose common tasks run.
pub struct Running {
    /// The network.
    pub network: Network,
    /// L1.
    pub client: L1Client,
    /// The chain's read side.
    pub store: Store,
    /// The chain.
    pub chain: ChainOwner,
    /// The state before the first batch.
    pub genesis: State,
    /// Where the chain is.
    pub progress: watch::Receiver<Progress>,
    /// The latest block.
    pub latest: watch::Receiver<BlockNumHash>,
    /// How far the inbox is read.
    pub inbox: watch::Receiver<InboxView>,
    /// Assertions, stakes and matches on L1.
    pub rollup: watch::Receiver<RollupView>,
    /// Has them read again from the first one on.
    pub reread: Arc<Notify>,
}
