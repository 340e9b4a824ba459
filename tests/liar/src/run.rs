//! The liars of one process: one node, and a player for each key.

use crate::{
    choice::{Wanted, choose},
    conduct::{Gang, Hostile},
    divergence::Divergence,
    elsewhere::{Elsewhere, StoryError},
    lie::Lie,
    manner::Manner,
    script::{Aim, Script},
    story::Chronicle,
    tell::{tell, until_over},
};
use alloy::{primitives::Address, transports::http::reqwest::Url};
use gainsay_chain::ChainError;
use gainsay_game::decide::Policy;
use gainsay_l1::{Network, NetworkError, SecretKey, SendError, SendPolicy, TransactionManager};
use gainsay_machine::ProgramError;
use gainsay_play::{
    conduct::{Conduct, Honest},
    player::{PlayOptions, Player, PlayerError},
    report::PlayReport,
    truth::{TraceLimits, Traces},
};
use gainsay_shell::{
    follow::FollowError,
    genesis::{GenesisFile, GenesisFileError},
    open::{Node, NodePaths, OpenError, Running},
    supervisor::{Supervisor, TaskFailure},
};
use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Chain ids of development chains: those of anvil and hardhat, and of geth.
pub const DEVELOPMENT: [u64; 2] = [31_337, 1_337];
/// Time between two looks for a fork.
const LOOK: Duration = Duration::from_millis(250);

/// What the liars of a process are told.
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
    /// Time between two looks at L1.
    pub poll: Duration,
    /// L1 blocks on top of a batch before anything is claimed about it.
    pub confirmations: u64,
    /// Whose stakes lie.
    pub liars: Vec<SecretKey>,
    /// Whose stakes stand on the truth, to win against the liars before others do.
    pub accomplices: Vec<SecretKey>,
    /// Others that lie, elsewhere: these do not play against each other.
    pub gang: Vec<Address>,
    /// What is false; each liar has a seed of its own, one more than the one before.
    pub lie: Lie,
    /// All liars claim the same.
    pub same: bool,
    /// Where runs turn false.
    pub divergence: Divergence,
    /// How the liars behave.
    pub manner: Manner,
    /// Where.
    pub wanted: Wanted,
    /// Ends once every liar has lost its stake.
    pub until_over: bool,
}

/// Liars that cannot be. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum LiarError {
    /// A chain where bonds are worth something.
    #[error("L1 has chain id {chain_id}: a liar loses its bonds, so it runs on development chains only, with id 31337 or 1337")]
    NoDevelopmentChain {
        /// That of the network's description.
        chain_id: u64,
    },
    /// Nobody to lie.
    #[error("no key is given: name accounts of the development mnemonic with --mnemonic-index")]
    NoKeys,
    /// The network's description.
    #[error("{source}")]
    Network {
        /// The reason.
        #[from]
        source: NetworkError,
    },
    /// Files, L1 or the data directory.
    #[error("{source}")]
    Open {
        /// The reason.
        #[from]
        source: OpenError,
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
    /// The file of the first block.
    #[error("{source}")]
    Genesis {
        /// The reason.
        #[from]
        source: GenesisFileError,
    },
    /// What is to be told.
    #[error("{source}")]
    Story {
        /// The reason.
        #[from]
        source: StoryError,
    },
    /// The guest.
    #[error("the canonical guest cannot run: {source}")]
    Guest {
        /// The reason.
        #[from]
        source: ProgramError,
    },
    /// Sending.
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
}

/// What ended the process.
pub type Failure = TaskFailure<LiarError>;

/// Lies until told to stop, or until every liar has lost.
///
/// # Errors
/// When it cannot start, and when a task gives up.
pub async fn run(config: Config) -> Result<(), Failure> {
    let mut supervisor = Supervisor::default();
    let reports = start(&config, &mut supervisor).await.map_err(|source| Failure::Failed { task: "start", source })?;
    if config.until_over { supervisor.run_until(until_over(reports)).await } else { supervisor.run().await }
}

/// Starts the node, a player for each key, and what chooses the fork. Gives the reports of the liars.
///
/// # Errors
/// On anything that is not as it must be.
pub async fn start(config: &Config, supervisor: &mut Supervisor<LiarError>) -> Result<Vec<watch::Receiver<Arc<PlayReport>>>, LiarError> {
    check_chain(Network::load(&config.network.join("addresses.json"))?.l1_chain_id)?;
    if config.liars.is_empty() {
        return Err(LiarError::NoKeys);
    }
    let paths = NodePaths {
        network: &config.network,
        l1_rpc: config.l1_rpc.as_str(),
        beacon: config.beacon.iter().map(Url::as_str).collect(),
        data: config.data.clone(),
        poll: config.poll,
        keep_unsafe: false,
        history: gainsay_chain::History::default(),
    };
    let node = Arc::new(Node::open(&paths).await?.start(supervisor));
    let traces = Arc::new(Traces::new(TraceLimits::default())?);
    let aim = Aim::default();
    let chronicle = chronicle(config, &node)?;
    let addresses = |keys: &[SecretKey]| keys.iter().map(SecretKey::address).collect::<BTreeSet<_>>();
    let liars = addresses(&config.liars).into_iter().chain(config.gang.iter().copied()).collect();
    let gang = Arc::new(Gang { liars, accomplices: addresses(&config.accomplices) });
    let seats = Seats { config, node: &node, traces: &traces };
    let mut reports = Vec::new();
    for (number, key) in (0..).zip(&config.liars) {
        let script = Script::new(config.lie_of(number), config.divergence, aim.clone(), chronicle.clone());
        let hostile = Hostile {
            me: key.address(),
            script,
            manner: config.manner,
            gang: gang.clone(),
            view: node.rollup.clone(),
            clock: node.network.rollup.clock,
            first: config.wanted == Wanted::First,
            asked: AtomicU64::new(0),
        };
        reports.push(seats.take(supervisor, "liar", key, hostile, Policy { propose: true, second: false, list: false }).await?);
    }
    for key in &config.accomplices {
        seats.take(supervisor, "accomplice", key, Honest, Policy::default()).await?;
    }
    let (config, node) = (config.clone(), node.clone());
    supervisor.spawn("aim", |stop| async move { take_aim(&config, &node, &chronicle, &aim, stop).await });
    Ok(reports)
}

/// Bonds on other chains are worth something.
fn check_chain(chain_id: u64) -> Result<(), LiarError> {
    if DEVELOPMENT.contains(&chain_id) { Ok(()) } else { Err(LiarError::NoDevelopmentChain { chain_id }) }
}

fn chronicle(config: &Config, node: &Running) -> Result<Chronicle, LiarError> {
    let network = &node.network;
    let genesis = GenesisFile::load(&config.network.join(&network.genesis.file))?.block(&network.chain)?;
    let elsewhere = Elsewhere::new(network.chain.clone(), genesis, network.l1_chain_id);
    Ok(Chronicle { store: node.store.clone(), elsewhere: Some(Arc::new(elsewhere)) })
}

/// What all players of the process share.
struct Seats<'a> {
    config: &'a Config,
    node: &'a Running,
    traces: &'a Arc<Traces>,
}

impl Seats<'_> {
    async fn take<C: Conduct>(
        &self,
        supervisor: &mut Supervisor<LiarError>,
        role: &'static str,
        key: &SecretKey,
        conduct: C,
        policy: Policy,
    ) -> Result<watch::Receiver<Arc<PlayReport>>, LiarError> {
        let send = SendPolicy { poll: self.config.poll, ..SendPolicy::default() };
        let manager = TransactionManager::start(self.node.client.clone(), key.clone(), send).await?;
        let options = PlayOptions { workers: 1, ..PlayOptions::new(policy, self.config.confirmations) };
        let (player, report) = Player::new(self.node, manager, options, conduct)?;
        let player = player.sharing(self.traces.clone());
        supervisor.spawn(role, |stop| async move { Ok(player.run(stop).await?) });
        let told = report.clone();
        supervisor.spawn("tell", |stop| async move {
            tell(role, told, stop).await;
            Ok(())
        });
        Ok(report)
    }
}

impl Config {
    /// What the liar with this number says.
    fn lie_of(&self, number: u64) -> Lie {
        let more = if self.same { 0 } else { number };
        Lie { seed: self.lie.seed.wrapping_add(more), ..self.lie }
    }
}

/// Chooses the fork, and again if a reorganisation of L1 has undone it.
async fn take_aim(config: &Config, node: &Running, chronicle: &Chronicle, aim: &Aim, stop: CancellationToken) -> Result<(), LiarError> {
    let settings = node.network.rollup.into();
    let liars: Vec<(Address, Lie)> = (0..).zip(&config.liars).map(|(number, key)| (key.address(), config.lie_of(number))).collect();
    while !stop.is_cancelled() {
        let view = node.rollup.borrow().clone();
        let held = aim.fork();
        let is_gone = held.as_ref().is_some_and(|fork| view.ledger.assertions().get(&fork.id).is_none());
        if view.caught_up && (held.is_none() || is_gone) {
            let now = view.heads.map_or(0, |heads| heads.latest.timestamp);
            let (chronicle, liars, wanted) = (chronicle.clone(), liars.clone(), config.wanted);
            // Another chain may have to be derived for it.
            let choosing = tokio::task::spawn_blocking(move || choose(&view.ledger, &chronicle, &settings, now, wanted, &liars));
            // It fails only by a panic, of which the log has the words, and when the runtime shuts down.
            let Ok(fork) = choosing.await else { return Ok(()) };
            let fork = fork?;
            if let Some(fork) = &fork {
                tracing::info!(fork = %fork.id, ends_at_block = fork.end.l2_block_number, target = fork.target, "lying below this assertion");
            }
            aim.take(fork);
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_on_development_chains_only_and_says_so() {
        for chain_id in DEVELOPMENT {
            assert!(check_chain(chain_id).is_ok());
        }
        for chain_id in [1, 10, 11_155_111, 17_000] {
            let error = check_chain(chain_id).expect_err("refused").to_string();
            assert!(error.contains(&format!("chain id {chain_id}")) && error.contains("development chains only"), "{error}");
        }
    }
}
