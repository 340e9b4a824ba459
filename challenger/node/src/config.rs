//! What a challenger is told.

use alloy::transports::http::reqwest::Url;
use gainsay_l1::SecretKey;
use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

/// A challenger.
#[derive(Clone, Debug)]
pub struct Config {
    /// Directory with `addresses.json` and `genesis.json`.
    pub network: PathBuf,
    /// JSON-RPC of L1.
    pub l1_rpc: Url,
    /// Beacon APIs of L1, tried in turn.
    pub beacon: Vec<Url>,
    /// Directory of the database.
    pub data: PathBuf,
    /// Where the status is served.
    pub status: SocketAddr,
    /// Where metrics are served.
    pub metrics: Option<SocketAddr>,
    /// Time between two looks at L1.
    pub l1_poll: Duration,
    /// How it plays; none if it only watches.
    pub play: Option<PlayConfig>,
}

/// A challenger that plays.
#[derive(Clone, Debug)]
pub struct PlayConfig {
    /// Whose stake it is.
    pub key: SecretKey,
    /// Whether it makes claims itself and lists them, or only answers false ones.
    pub propose: bool,
    /// L1 blocks on top of a batch before it stakes on its result.
    pub confirmations: u64,
    /// Runs that are traced at once; as many as the machine has room for, if none.
    pub workers: Option<NonZeroUsize>,
    /// The most that it pays for gas on L1, gwei.
    pub max_fee_gwei: u64,
}
