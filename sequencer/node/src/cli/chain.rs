//! Flags of `sequencer deploy`.

use alloy::transports::http::reqwest::Url;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// JSON-RPC of L1.
    #[arg(long, value_name = "URL")]
    pub(crate) l1_rpc: Url,
    /// Parameters of the chain; scripts/devnet.params.json is an example.
    #[arg(long, value_name = "FILE")]
    pub(crate) params: PathBuf,
    /// Where to write addresses.json and genesis.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// File with the deployer's key; without it the key is in GAINSAY_DEPLOYER_KEY.
    #[arg(long, value_name = "FILE")]
    pub(crate) deployer_key_file: Option<PathBuf>,
}
