//! What a node is told, once it has been checked. Whoever reads these knows nothing of a command line.

use alloy::transports::http::reqwest::Url;
use gainsay_batch::DataAvailability;
use gainsay_chain::History;
use gainsay_l1::SecretKey;
use gainsay_rpc::Limits;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// What sequencer and follower have in common.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Directory with `addresses.json` and `genesis.json`.
    pub network: PathBuf,
    /// JSON-RPC of L1.
    pub l1_rpc: Url,
    /// Beacon APIs of L1, tried in turn.
    pub beacon: Vec<Url>,
    /// Directory of the database.
    pub data: PathBuf,
    /// Where JSON-RPC is served.
    pub rpc: SocketAddr,
    /// Where metrics are served.
    pub metrics: Option<SocketAddr>,
    /// Time between two looks at L1.
    pub l1_poll: Duration,
    /// How far back states are kept.
    pub history: History,
    /// What JSON-RPC requests may take.
    pub limits: Limits,
    /// Where the administration's JSON-RPC is served; not at all if not given.
    pub admin: Option<SocketAddr>,
}

/// A follower.
#[derive(Clone, Debug)]
pub struct FollowConfig {
    /// What every node has.
    pub node: NodeConfig,
    /// WebSocket of the sequencer; without it the chain comes from L1 alone.
    pub feed: Option<Url>,
    /// JSON-RPC of the sequencer, to which transactions are passed on.
    pub sequencer_rpc: Option<Url>,
}

/// A sequencer.
#[derive(Clone, Debug)]
pub struct RunConfig {
    /// What every node has.
    pub node: NodeConfig,
    /// Building blocks.
    pub builder: BuilderConfig,
    /// Posting batches.
    pub batcher: BatcherConfig,
    /// Claiming results; none if another process does.
    pub proposer: Option<ProposerConfig>,
}

/// How blocks are built.
#[derive(Clone, Copy, Debug)]
pub struct BuilderConfig {
    /// Time between blocks; the chain's block time if not given.
    pub block_time: Option<Duration>,
    /// Time after which an empty block is built; never if not given.
    pub empty_block_interval: Option<Duration>,
    /// L1 blocks on top of a deposit before it is taken.
    pub confirmations: u64,
    /// Build nothing until the administration starts it.
    pub stopped: bool,
    /// Bytes of all encoded user transactions of a block; it has to fit a batch alone.
    pub block_bytes: usize,
}

/// The bytes of a block that fits a batch alone, even if it does not compress.
#[must_use]
pub const fn block_bytes(da: DataAvailability) -> usize {
    match da {
        DataAvailability::Calldata => gainsay_build::Limits::CALLDATA_BLOCK_BYTES,
        // What costs too much as calldata, or does not fit it, goes into blobs.
        DataAvailability::Blobs | DataAvailability::Auto => gainsay_build::Limits::BLOBS_BLOCK_BYTES,
    }
}

/// How batches are posted.
#[derive(Clone, Debug)]
pub struct BatcherConfig {
    /// The Inbox's sequencer.
    pub key: SecretKey,
    /// Blobs, calldata, or the cheaper.
    pub da: DataAvailability,
    /// Age at which a batch is posted although it is not full.
    pub interval: Duration,
    /// The most paid per gas on L1, gwei.
    pub max_fee_gwei: u64,
}

/// How results are claimed.
#[derive(Clone, Debug)]
pub struct ProposerConfig {
    /// Owner of the stake.
    pub key: SecretKey,
    /// L1 blocks on top of a batch before its result is claimed.
    pub confirmations: u64,
    /// The most paid per gas on L1, gwei.
    pub max_fee_gwei: u64,
}
