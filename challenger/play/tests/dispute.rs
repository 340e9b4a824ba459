#![allow(missing_docs)]

//! Two players against each other on a real L1: one tells the truth, the other a lie that agrees with it up to a machine step that reads a preimage.

use alloy::{
    primitives::{Address, B256, keccak256},
    providers::Provider,
    rpc::types::Filter,
    sol_types::SolEvent,
};
use eyre::{OptionExt, ensure};
use gainsay_bindings::{Games, Matches::Opening, PreimageOracle::PartLoaded};
use gainsay_chain::ChainError;
use gainsay_game::{
    assertions::Assertion,
    book::Book,
    decide::{OwnChain, Policy, Todo},
    truth::{Truth, opening_hash},
};
use gainsay_l1::{
    FollowConfig, L1Client, L1Event, L1Follower, L1Update, MatchesEvent, Network, RetryPolicy, RollupEvent, SecretKey, SendPolicy,
    TransactionManager,
};
use gainsay_play::{
    audit::{Contracts, differences},
    conduct::{Conduct, When},
    own::Settled,
    player::{PlayOptions, Player, PlayerError},
    report::{PlayReport, Standing},
    truth::{StoreTruth, TruthError},
    waiting::Waiting,
};
use gainsay_shell::{
    follow::FollowError,
    open::{Node, NodePaths},
    supervisor::Supervisor,
};
use gainsay_tests::{Options, Patience, Setup, accounts, eventually};
use gainsay_trace::{MAX_STEPS, ProvenStep};
use gainsay_types::State;
use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::watch;

/// Says that the run of the last block step below each fork ends elsewhere, and differs from the first step on that reads a preimage.
#[derive(Clone, Default)]
struct Liar {
    /// That step: all runs of the guest begin alike.
    from: Arc<OnceLock<u64>>,
}

fn bent(state: State) -> State {
    State { output_root: state.output_root ^ B256::with_last_byte(1), ..state }
}

struct BentChain<'a>(Settled<'a>);

impl OwnChain for BentChain<'_> {
    /// Tells the truth about what is claimed already and about steps that change nothing.
    fn end_state(&self, parent: &State, target: u64) -> Option<State> {
        let end = self.0.end_state(parent, target)?;
        Some(if end.l2_block_number < 2 || end == *parent { end } else { bent(end) })
    }
    fn inputs_hash(&self, target: u64) -> Option<B256> {
        self.0.inputs_hash(target)
    }
    fn batch_count(&self) -> u64 {
        self.0.batch_count()
    }
}

struct BentTruth {
    honest: StoreTruth,
    from: Arc<OnceLock<u64>>,
}

impl BentTruth {
    /// The first block step below the fork after which nothing changes any more.
    fn last(&mut self, fork: &Assertion) -> Result<u64, TruthError> {
        let end = self.honest.state(fork, 1 << 15)?;
        let (mut low, mut high) = (0, 1 << 15);
        while low < high {
            let middle = (low + high) / 2;
            if self.honest.state(fork, middle)? == end { high = middle } else { low = middle + 1 }
        }
        Ok(low)
    }

    fn first_read(&mut self, fork: &Assertion, block_step: u64) -> Result<u64, TruthError> {
        if let Some(known) = self.from.get() {
            return Ok(*known);
        }
        let mut step = 0;
        while self.honest.proof(fork, block_step, step)?.proof.part.is_none() {
            step += 1;
        }
        Ok(*self.from.get_or_init(|| step))
    }
}

impl Truth for BentTruth {
    type Error = TruthError;

    fn block_hashes(&mut self, fork: &Assertion, steps: &[u64]) -> Result<Vec<B256>, TruthError> {
        steps.iter().map(|step| Ok(self.state(fork, *step)?.hash())).collect()
    }
    fn state(&mut self, fork: &Assertion, step: u64) -> Result<State, TruthError> {
        let (last, state) = (self.last(fork)?, self.honest.state(fork, step)?);
        Ok(if step >= last { bent(state) } else { state })
    }
    fn run_hashes(&mut self, fork: &Assertion, block_step: u64, steps: &[u64]) -> Result<Vec<B256>, TruthError> {
        let (end, from) = (opening_hash(&self.run_end(fork, block_step)?), self.first_read(fork, block_step)?);
        let honest = self.honest.run_hashes(fork, block_step, steps)?;
        let bend = |(step, hash): (&u64, B256)| match *step {
            MAX_STEPS => end,
            step if step > from => keccak256(hash),
            _ => hash,
        };
        Ok(steps.iter().zip(honest).map(bend).collect())
    }
    fn run_end(&mut self, fork: &Assertion, block_step: u64) -> Result<Opening, TruthError> {
        let output = self.state(fork, block_step + 1)?.hash();
        Ok(Opening { output, ..self.honest.run_end(fork, block_step)? })
    }
    fn proof(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<ProvenStep, TruthError> {
        self.honest.proof(fork, block_step, step)
    }
}

impl Conduct for Liar {
    type Truth = BentTruth;
    type Own<'a> = BentChain<'a>;

    fn truth(&self, honest: StoreTruth) -> BentTruth {
        BentTruth { honest, from: self.from.clone() }
    }
    fn own<'a>(&'a self, honest: Settled<'a>) -> BentChain<'a> {
        BentChain(honest)
    }
}

/// Tells the truth, and leaves it to the other to open: so the last step is its own.
struct Patient;

impl Conduct for Patient {
    type Truth = StoreTruth;
    type Own<'a> = Settled<'a>;

    fn truth(&self, honest: StoreTruth) -> StoreTruth {
        honest
    }
    fn own<'a>(&'a self, honest: Settled<'a>) -> Settled<'a> {
        honest
    }
    fn when(&self, todo: &Todo, _: u64) -> When {
        if matches!(todo, Todo::Open { .. }) { When::Never } else { When::Now }
    }
}

#[derive(Debug, thiserror::Error)]
enum TaskError {
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Player(#[from] PlayerError),
}

/// A node of its own with a player, until the supervisor is dropped.
async fn player<C: Conduct>(
    setup: &Setup,
    account: u32,
    propose: bool,
    conduct: C,
) -> eyre::Result<(Supervisor<TaskError>, watch::Receiver<Arc<PlayReport>>)> {
    let (network, l1): (PathBuf, String) = (setup.path("network"), setup.l1.url().to_string());
    let paths = NodePaths {
        network: &network,
        l1_rpc: &l1,
        beacon: vec![&l1],
        data: setup.path(&format!("player-{account}")),
        poll: Duration::from_millis(250),
        keep_unsafe: false,
        history: gainsay_chain::History::default(),
    };
    let mut supervisor = Supervisor::default();
    let node = Node::open(&paths).await?.start(&mut supervisor);
    let send = SendPolicy { poll: Duration::from_millis(200), ..SendPolicy::default() };
    let key = SecretKey::from_mnemonic(accounts::MNEMONIC, account)?;
    let manager = TransactionManager::start(node.client.clone(), key, send).await?;
    let options = PlayOptions::new(Policy { propose, second: false, list: !propose }, 1);
    let (player, report) = Player::new(&node, manager, options, conduct)?;
    supervisor.spawn("player", |stop| async move { Ok(player.run(stop).await?) });
    Ok((supervisor, report))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_truth_defeats_a_lie_about_a_preimage_within_twelve_moves_though_it_is_restarted_and_moves_are_undone() -> eyre::Result<()> {
    let params = vec![("/rollup/challengeWindow", 90.into()), ("/rollup/clock", 40.into()), ("/rollup/extension", 10.into())];
    let setup = Setup::start(Options { da: "calldata", params, ..Options::default() }).await?;
    let sequencer = setup.sequencer_with("sequencer", &["--no-proposer"])?;
    sequencer.start_and_wait().await?;
    // The liar claims first; the other one only answers, and lists what is true.
    let (liar, _lies) = player(&setup, 2, true, Liar::default()).await?;
    let (honest, mut report) = player(&setup, 1, false, Patient).await?;
    for block in 1..=3 {
        setup.deposit(Address::repeat_byte(block), 1).await?;
        sequencer.reaches("safe", block.into(), Patience::secs(60)).await?;
    }
    // It ends in the middle of the game, and its successor has nothing but L1 and the chain.
    let middle = report.wait_for(|report| report.matches.iter().any(|m| m.round >= 5));
    drop(tokio::time::timeout(Duration::from_secs(120), middle).await??);
    drop(honest);
    // Meanwhile the last moves are undone.
    setup.l1.reorg(3).await?;
    let (honest, mut report) = eventually("the data folder is free", Patience::secs(30), async || {
        Ok(player(&setup, 1, false, Patient).await.map_err(|error| eprintln!("{error}")).ok())
    })
    .await?;
    let won = report.wait_for(|report| report.matches.iter().any(|m| m.standing == Standing::Won));
    let won = tokio::time::timeout(Duration::from_secs(180), won).await??.clone();
    let game = won.matches.iter().find(|m| m.standing == Standing::Won).ok_or_eyre("no match was won")?;
    let (Some(first), Some(last)) = (game.history.first(), game.history.last()) else { eyre::bail!("no move was made") };
    eprintln!("{} moves in {} s; since its restart the honest side has spent {:?}", game.history.len(), last.time - first.time, won.spent);
    ensure!(game.history.len() == 12 && last.own && last.kind == "step", "{game:?}");
    ensure!(loaded(&setup).await? == 1, "the part of the preimage is not on L1");
    ensure!(won.waiting.is_none() || matches!(won.waiting, Some(Waiting::ReadBack { .. })), "{:?}", won.waiting);
    ensure!(won.alarms.is_empty(), "{:?}", won.alarms);
    is_listed(&setup, game.own_node, game.rival_node).await?;
    drop((liar, honest));
    sequencer.stop()?;
    hidden_logs_are_noticed(&setup, won.address).await
}

/// After each block of the dispute the contracts hold what the logs tell; and something else than what all logs but one tell.
async fn hidden_logs_are_noticed(setup: &Setup, me: Address) -> eyre::Result<()> {
    let network = Network::load(&setup.path("network").join("addresses.json"))?;
    let client = L1Client::new(setup.l1.url().as_str(), RetryPolicy::default())?;
    let contracts = Contracts { rollup: network.contracts.rollup, matches: network.contracts.matches };
    let config = FollowConfig::new(Address::ZERO, contracts.rollup, contracts.matches, Address::ZERO);
    let origin = L1Follower::origin(&client, network.deployed_at_block).await?;
    let mut follower = L1Follower::new(client.clone(), config, vec![origin])?;
    let (mut book, mut noticed) = (Book::new(), 0);
    loop {
        let polled = follower.poll().await?;
        for update in polled.updates {
            let L1Update::Extend { block, events, .. } = update else { eyre::bail!("L1 was reorganised") };
            let before = book.clone();
            book.apply(&block, &events);
            let found = differences(&client, contracts, book.ledger(), me, block.hash).await?;
            ensure!(found.is_empty(), "after block {}: {found:?}", block.number);
            for hidden in 0..events.len() {
                let (mut events, mut book) = (events.clone(), before.clone());
                let event = events.remove(hidden);
                book.apply(&block, &events);
                let found = differences(&client, contracts, book.ledger(), me, block.hash).await?;
                // Who is paid how much concerns no move, nor does how the loser lost, once it is known to be out.
                let counts = !matches!(
                    event,
                    L1Event::Rollup(RollupEvent::PrizeAwarded { .. } | RollupEvent::Paid { .. })
                        | L1Event::Matches(MatchesEvent::Rewarded { .. } | MatchesEvent::Won { .. })
                );
                ensure!(!counts || !found.is_empty() || book.ledger().contradiction().is_some(), "nobody misses {event:?}");
                noticed += u32::from(!found.is_empty());
            }
        }
        if polled.caught_up {
            break;
        }
    }
    ensure!(noticed >= 20, "only {noticed} hidden logs were noticed");
    Ok(())
}

/// Waits until users' tools can find the true assertion; the false one never was listed.
async fn is_listed(setup: &Setup, truth: B256, lie: B256) -> eyre::Result<()> {
    let games: Address = serde_json::from_value(setup.network()?["contracts"]["games"].clone())?;
    let games = Games::new(games, setup.l1.provider());
    eventually("the true assertion is listed", Patience::secs(30), async || {
        Ok((!games.gameOf(truth).call().await?.is_zero()).then_some(()))
    })
    .await?;
    ensure!(games.gameOf(lie).call().await?.is_zero(), "the false assertion {lie} is listed");
    Ok(())
}

/// Parts of preimages that were loaded.
async fn loaded(setup: &Setup) -> eyre::Result<usize> {
    let oracle: Address = serde_json::from_value(setup.network()?["contracts"]["preimageOracle"].clone())?;
    let filter = Filter::new().address(oracle).event_signature(PartLoaded::SIGNATURE_HASH).from_block(0);
    Ok(setup.l1.provider().get_logs(&filter).await?.len())
}
