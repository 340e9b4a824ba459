//! `sequencer deploy`: from parameters to contracts on L1 and the files that nodes need.

use crate::params::{Params, ParamsError};
use gainsay_l1::{
    BlockRef, Contracts, DeployError, DeployPlan, GenesisRecord, L1Client, L1Error, Network, NetworkError, RetryPolicy, SecretKey,
    SendPolicy,
};
use gainsay_shell::{
    genesis::{GenesisFile, GenesisFileError},
    program::{self, GuestError},
};
use gainsay_types::{ChainConfig, Millis};
use std::path::Path;

/// Name of the genesis file beside `addresses.json`.
const GENESIS_FILE: &str = "genesis.json";

/// A deployment that did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DeployCommandError {
    /// The parameters.
    #[error("{source}")]
    Params {
        /// The reason.
        #[from]
        source: ParamsError,
    },
    /// The genesis file.
    #[error("{source}")]
    Genesis {
        /// The reason.
        #[from]
        source: GenesisFileError,
    },
    /// The program that the contracts are given the root of.
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
    /// The contracts.
    #[error("{source}")]
    Deploy {
        /// The reason.
        #[from]
        source: DeployError,
    },
    /// Writing the description.
    #[error("{source}")]
    Network {
        /// The reason.
        #[from]
        source: NetworkError,
    },
    /// The directory cannot be made.
    #[error("cannot make the directory {path}: {source}")]
    Directory {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The directory describes a chain with other parameters.
    #[error("{path} was made with other parameters: give another --out, or delete it")]
    OtherParams {
        /// The genesis file.
        path: String,
    },
}

/// Deploys what is not there yet, and writes `addresses.json` and `genesis.json` into `out`. A second time it changes nothing.
///
/// # Errors
/// When a file cannot be used, and when L1 refuses.
pub async fn deploy(params: &Path, l1_rpc: &str, key: SecretKey, out: &Path) -> Result<Network, DeployCommandError> {
    let params = Params::load(params)?;
    let client = L1Client::new(l1_rpc, RetryPolicy::default())?;
    let salt = params.salt()?;
    let contracts = Contracts::of(key.address(), salt);
    let config = params.chain_config(contracts.portal);
    std::fs::create_dir_all(out).map_err(|source| DeployCommandError::Directory { path: out.display().to_string(), source })?;
    // Written before anything is sent: if this run is interrupted, the next deploys the same chain.
    let genesis = genesis_file(&params, &contracts, &client, &out.join(GENESIS_FILE)).await?;
    let block = genesis.block(&config)?;
    let hash = block.header.hash();
    let plan = DeployPlan {
        salt,
        chain: ChainConfig { genesis_hash: hash, ..config },
        genesis: GenesisRecord { file: GENESIS_FILE.to_owned(), hash, timestamp: genesis.timestamp_ms, output_root: block.output_root },
        inbox: params.inbox,
        rollup: params.rollup,
        withdrawals: params.withdrawals,
        program_root: program::root()?,
        predeploys: params.predeploy_names(&contracts),
    };
    let network = gainsay_l1::deploy(&client, key, SendPolicy::devnet(), &plan).await?;
    network.save(&out.join("addresses.json"))?;
    Ok(network)
}

/// The genesis file of an earlier run, else a new one with the time of L1's newest block.
async fn genesis_file(params: &Params, contracts: &Contracts, client: &L1Client, path: &Path) -> Result<GenesisFile, DeployCommandError> {
    if path.exists() {
        let found = GenesisFile::load(path)?;
        return if params.genesis_file(found.timestamp_ms, contracts)? == found {
            Ok(found)
        } else {
            Err(DeployCommandError::OtherParams { path: path.display().to_string() })
        };
    }
    let l1_time = client.block(BlockRef::Latest).await?.timestamp;
    let genesis = params.genesis_file(Millis::from_secs(l1_time), contracts)?;
    genesis.save(path)?;
    Ok(genesis)
}
