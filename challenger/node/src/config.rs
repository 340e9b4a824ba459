//! What a challenger is told.

use alloy::transports::http::reqwest::Url;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

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
}
