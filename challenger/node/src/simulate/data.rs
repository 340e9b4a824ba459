//! The operator's own data: a stopped challenger's folder and its network's files. L1 is not asked.

use super::SimulateError;
use gainsay_chain::{Chain, History, Options};
use gainsay_game::settings::Settings;
use gainsay_l1::Network;
use gainsay_play::truth::{StoreTruth, TraceLimits, Traces};
use gainsay_shell::{genesis::GenesisFile, program};
use gainsay_store::Store;
use gainsay_types::ChainConfig;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// Page cache of the database, bytes: as a running node has it.
const CACHE: u64 = 96 << 20;

/// A chain as it was derived here.
#[derive(Clone)]
pub struct OwnData {
    /// The chain.
    pub store: Store,
    /// Its parameters.
    pub config: Arc<ChainConfig>,
    /// Bond and times of its disputes.
    pub settings: Settings,
}

impl OwnData {
    /// Opens a data folder that no process has open. Blocks that L1 does not hold stay in it.
    ///
    /// # Errors
    /// When there is none, when it is in use or another chain's, and when the network's files are not as they must be.
    pub fn open(network: &Path, data: PathBuf) -> Result<Self, SimulateError> {
        // Opening would make a new chain there.
        if !data.join("db").is_dir() {
            return Err(SimulateError::NoData { path: data });
        }
        let described = Network::load(&network.join("addresses.json"))?;
        let genesis = GenesisFile::load(&network.join(&described.genesis.file))?.block(&described.chain)?;
        program::check(described.program_root)?;
        let options =
            Options { path: data, l1_chain_id: described.l1_chain_id, cache_bytes: CACHE, history: History::default(), keep_unsafe: true };
        let (chain, _) = Chain::open(&options, described.chain.clone(), &genesis)?;
        Ok(Self { store: chain.store().clone(), config: Arc::new(described.chain), settings: described.rollup.into() })
    }

    pub(super) fn traces(&self, limits: TraceLimits) -> Result<Arc<Traces>, SimulateError> {
        Ok(Arc::new(Traces::new(limits)?))
    }

    pub(super) fn truth(&self, traces: &Arc<Traces>) -> StoreTruth {
        StoreTruth::new(self.store.clone(), self.config.clone(), traces.clone(), CancellationToken::new())
    }
}
