//! Flags of the processes that keep a chain: `run`, `follow`; and of `status`.

use super::rpc::LimitArgs;
use alloy::transports::http::reqwest::Url;
use clap::Args;
use gainsay_batch::DataAvailability;
use gainsay_chain::History;
use gainsay_l1::{KeyError, SecretKey};
use gainsay_sequencer::config::{BatcherConfig, BuilderConfig, FollowConfig, NodeConfig, ProposerConfig, RunConfig, block_bytes};
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// What sequencer and follower have in common.
#[derive(Debug, Args)]
pub(crate) struct NodeArgs {
    /// Directory with addresses.json and genesis.json, as `sequencer deploy` writes it.
    #[arg(long, value_name = "DIR")]
    network: PathBuf,
    /// JSON-RPC of L1.
    #[arg(long, value_name = "URL")]
    l1_rpc: Url,
    /// Beacon API of L1, for blobs; several are tried in turn.
    #[arg(long, value_name = "URL", required = true, value_delimiter = ',')]
    beacon: Vec<Url>,
    /// Directory of this node's database.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Address to serve JSON-RPC on.
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    host: IpAddr,
    /// Serve Prometheus metrics on this port.
    #[arg(long, value_name = "PORT")]
    metrics_port: Option<u16>,
    /// Milliseconds between two looks at L1.
    #[arg(long, default_value_t = 1_000, value_name = "MS", value_parser = clap::value_parser!(u64).range(50..=600_000))]
    l1_poll: u64,
    /// Keep the states of all blocks. Without it they are kept for two weeks before the finalised head; blocks and receipts stay in any case.
    #[arg(long)]
    archive: bool,
    /// Serve the administration's JSON-RPC here: who reaches it may stop the sequencer. It asks for no password, so only loopback addresses are taken.
    #[arg(long, value_name = "IP:PORT", value_parser = loopback)]
    admin_address: Option<SocketAddr>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// An address that other machines cannot reach.
fn loopback(given: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = given.parse().map_err(|_| "not an address with a port, such as 127.0.0.1:9555".to_owned())?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("other machines reach this address, and whoever does may stop the sequencer: give 127.0.0.1 or ::1, and use ssh from elsewhere"
        .to_owned())
}

impl NodeArgs {
    fn config(self, port: u16) -> NodeConfig {
        NodeConfig {
            network: self.network,
            l1_rpc: self.l1_rpc,
            beacon: self.beacon,
            data: self.data,
            rpc: SocketAddr::new(self.host, port),
            metrics: self.metrics_port.map(|port| SocketAddr::new(self.host, port)),
            l1_poll: Duration::from_millis(self.l1_poll),
            history: if self.archive { History::Archive } else { History::default() },
            limits: self.limits.limits(),
            admin: self.admin_address,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    node: NodeArgs,
    /// Port of JSON-RPC over HTTP and WebSocket.
    #[arg(long, default_value_t = 9545)]
    port: u16,
    #[command(flatten)]
    builder: BuilderArgs,
    #[command(flatten)]
    batcher: BatcherArgs,
    #[command(flatten)]
    proposer: ProposerArgs,
}

#[derive(Debug, Args)]
struct BuilderArgs {
    /// Milliseconds between blocks, at least the chain's own block time (the default).
    #[arg(long, value_name = "MS")]
    block_time: Option<u64>,
    /// Seconds after which an empty block is built; without it there are none.
    #[arg(long, value_name = "S")]
    empty_block_interval: Option<u64>,
    /// L1 blocks on top of a deposit before it is taken.
    #[arg(long, default_value_t = 2, value_name = "N")]
    confirmations: u64,
    /// Build no blocks until admin_startSequencer is called.
    #[arg(long, requires = "admin_address")]
    stopped: bool,
}

#[derive(Debug, Args)]
struct BatcherArgs {
    /// Where batches are posted:
    /// blobs, calldata, or auto: whichever costs less at L1's present prices.
    #[arg(long, default_value = "blobs", value_name = "WAY", value_parser = |given: &str| given.parse::<DataAvailability>())]
    da: DataAvailability,
    /// Seconds after which a batch is posted even if it is not full.
    #[arg(long, default_value_t = 60, value_name = "S")]
    batch_interval: u64,
    /// The most the batcher pays per gas on L1, gwei.
    #[arg(long, default_value_t = 500, value_name = "GWEI")]
    max_l1_fee: u64,
    /// File with the batcher's key; without it the key is in GAINSAY_BATCHER_KEY.
    #[arg(long, value_name = "FILE")]
    batcher_key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ProposerArgs {
    /// Make no claims on L1.
    #[arg(long)]
    no_proposer: bool,
    /// L1 blocks on top of a batch before its result is claimed.
    #[arg(long, default_value_t = 2, value_name = "N")]
    proposer_confirmations: u64,
    /// File with the proposer's key; without it the key is in GAINSAY_PROPOSER_KEY.
    #[arg(long, value_name = "FILE")]
    proposer_key_file: Option<PathBuf>,
}

impl RunArgs {
    /// Checks what can be checked without L1, and reads the keys.
    pub(crate) fn config(self) -> Result<RunConfig, KeyError> {
        let batcher_key = SecretKey::load(self.batcher.batcher_key_file.as_deref(), "GAINSAY_BATCHER_KEY", "--batcher-key-file")?;
        let proposer = if self.proposer.no_proposer {
            None
        } else {
            Some(ProposerConfig {
                key: SecretKey::load(self.proposer.proposer_key_file.as_deref(), "GAINSAY_PROPOSER_KEY", "--proposer-key-file")?,
                confirmations: self.proposer.proposer_confirmations,
                max_fee_gwei: self.batcher.max_l1_fee,
            })
        };
        Ok(RunConfig {
            node: self.node.config(self.port),
            builder: BuilderConfig {
                block_time: self.builder.block_time.map(Duration::from_millis),
                empty_block_interval: self.builder.empty_block_interval.map(Duration::from_secs),
                confirmations: self.builder.confirmations,
                stopped: self.builder.stopped,
                block_bytes: block_bytes(self.batcher.da),
            },
            batcher: BatcherConfig {
                key: batcher_key,
                da: self.batcher.da,
                interval: Duration::from_secs(self.batcher.batch_interval),
                max_fee_gwei: self.batcher.max_l1_fee,
            },
            proposer,
        })
    }
}

#[derive(Debug, Args)]
pub(crate) struct FollowArgs {
    #[command(flatten)]
    node: NodeArgs,
    /// Port of JSON-RPC over HTTP and WebSocket.
    #[arg(long, default_value_t = 9546)]
    port: u16,
    /// WebSocket of the sequencer, to have its blocks before they are on L1.
    #[arg(long, value_name = "URL")]
    feed: Option<Url>,
    /// JSON-RPC of the sequencer, to pass transactions on to.
    #[arg(long, value_name = "URL")]
    sequencer_rpc: Option<Url>,
}

impl FollowArgs {
    pub(crate) fn config(self) -> FollowConfig {
        FollowConfig { node: self.node.config(self.port), feed: self.feed, sequencer_rpc: self.sequencer_rpc }
    }
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// JSON-RPC of a sequencer or follower.
    #[arg(long, default_value = "http://127.0.0.1:9545", value_name = "URL")]
    pub(crate) rpc: Url,
    /// Print JSON instead of words.
    #[arg(long)]
    pub(crate) json: bool,
}
