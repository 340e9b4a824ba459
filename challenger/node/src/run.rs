//! `challenger run`.
//!
//! Tasks, in the order of their start; they stop in the reverse order: chain, blobs, inbox, rollup, prune, judge, player, status.

use crate::{
    config::Config,
    defend::defend,
    judge::{Judge, JudgeError},
    status::{Board, ListenError, Report, StatusServer},
};
use alloy::primitives::Address;
use gainsay_chain::ChainError;
use gainsay_game::settings::Settings;
use gainsay_l1::SendError;
use gainsay_play::{player::PlayerError, report::PlayReport, waiting::Waiting};
use gainsay_shell::{
    follow::FollowError,
    open::{Node, NodePaths, OpenError},
    prometheus::{self, MetricsError},
    supervisor::{Supervisor, TaskFailure},
};
use std::sync::Arc;
use tokio::sync::watch;

/// A challenger that cannot run. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ChallengerError {
    /// Files, L1 or the data directory.
    #[error("{source}")]
    Open {
        /// The reason.
        #[from]
        source: OpenError,
    },
    /// The metrics' port.
    #[error("{source}")]
    Metrics {
        /// The reason.
        #[from]
        source: MetricsError,
    },
    /// The status port.
    #[error("{source}")]
    Status {
        /// The reason.
        #[from]
        source: ListenError,
    },
    /// Reading L1.
    #[error("{source}")]
    Follow {
        /// The reason.
        #[from]
        source: FollowError,
    },
    /// The chain.
    #[error("{source}")]
    Chain {
        /// The reason.
        #[from]
        source: ChainError,
    },
    /// Sending with the key.
    #[error("nothing can be sent to L1: {source}")]
    Send {
        /// The reason.
        #[from]
        source: SendError,
    },
    /// Playing.
    #[error("{source}")]
    Player {
        /// The reason.
        #[from]
        source: PlayerError,
    },
    /// Giving verdicts.
    #[error("{source}")]
    Judge {
        /// The reason.
        #[from]
        source: JudgeError,
    },
}

/// What ended the process.
pub type Failure = TaskFailure<ChallengerError>;

/// Checks assertions, and with a key plays against the false ones, until told to stop.
///
/// # Errors
/// When it cannot start, and when a task gives up.
pub async fn run(config: Config) -> Result<(), Failure> {
    let mut supervisor = Supervisor::default();
    start(&config, &mut supervisor).await.map_err(|source| Failure::Failed { task: "start", source })?;
    supervisor.run().await
}

async fn start(config: &Config, supervisor: &mut Supervisor<ChallengerError>) -> Result<(), ChallengerError> {
    let paths = NodePaths {
        network: &config.network,
        l1_rpc: config.l1_rpc.as_str(),
        beacon: config.beacon.iter().map(|url| url.as_str()).collect(),
        data: config.data.clone(),
        poll: config.l1_poll,
        // It trusts L1 alone.
        keep_unsafe: false,
        history: gainsay_chain::History::default(),
    };
    let node = Node::open(&paths).await?;
    let (report, verdicts) = watch::channel(Arc::new(Report::default()));
    let me = config.play.as_ref().map(|play| play.key.address());
    let (playing, player) = watch::channel(me.map(not_begun));
    let server = StatusServer::bind(config.status, Board { verdicts, player }).await?;
    if let Some(address) = config.metrics {
        prometheus::serve(address).await?;
    }
    let node = Arc::new(node.start(supervisor));
    let judge = Judge {
        owner: node.chain.clone(),
        genesis: node.genesis,
        progress: node.progress.clone(),
        rollup: node.rollup.clone(),
        me,
        extension: Settings::from(node.network.rollup).extension,
        report,
    };
    supervisor.spawn("judge", |stop| async move { Ok(judge.run(stop).await?) });
    match config.play.clone() {
        Some(play) => supervisor.spawn("player", |stop| defend(play, node, playing, stop)),
        None => tracing::warn!("watching only: without a key nothing is staked and no false claim is defeated (see --key-file)"),
    }
    tracing::info!(address = %config.status, "status is served");
    supervisor.spawn("status", |stop| async move {
        server.serve(stop).await;
        Ok(())
    });
    Ok(())
}

/// What is told of the game before L1 is read for it.
fn not_begun(address: Address) -> watch::Receiver<Arc<PlayReport>> {
    watch::channel(Arc::new(PlayReport { address, waiting: Some(Waiting::L1Unread), ..PlayReport::default() })).1
}
