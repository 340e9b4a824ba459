//! The rules of the game, act by act: what Rollup, Matches, StepVerifier, PreimageOracle and Games do on L1, written a second time from their rule book. The same
//! events come in the same order, and the same errors refuse. For simulations, for the model of the game, and for tests.

mod batches;
mod ends;
mod listing;
mod moves;
mod openings;
mod parts;
mod refusal;
mod stakes;
mod steps;
mod tree;

pub use batches::Batches;
pub use parts::Parts;
pub use refusal::Refusal;
pub use stakes::{Money, StakeRecord, owner_of};
pub use steps::{MachineSteps, StepCheck};
pub use tree::AssertionRecord;

use crate::{act::Act, settings::Settings};
use alloy::primitives::{Address, B256, U256};
use gainsay_bindings::Matches::Match;
use gainsay_l1::L1Event;
use gainsay_types::State;
use std::{collections::BTreeMap, sync::Arc};

/// What the contracts are deployed with.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Bond and times.
    pub settings: Settings,
    /// The state before the first batch.
    pub genesis: State,
    /// The Inbox as it is then.
    pub batches: Batches,
    /// Hash of the chain's config.
    pub config_hash: B256,
    /// Memory root of the program.
    pub program_root: B256,
    /// What computes the last step.
    pub steps: Arc<dyn StepCheck>,
    /// Where Games stands, from which the addresses of its games follow.
    pub games: Address,
}

/// The contracts, in one piece.
#[derive(Clone, Debug)]
pub struct Court {
    rules: Arc<Rules>,
    batches: Batches,
    tree: BTreeMap<B256, AssertionRecord>,
    latest_confirmed: B256,
    stakes: BTreeMap<U256, StakeRecord>,
    nonces: BTreeMap<Address, u64>,
    owed: BTreeMap<Address, U256>,
    money: Money,
    matches: BTreeMap<B256, Match>,
    moves_against: BTreeMap<U256, u64>,
    parts: Parts,
    /// Assertions that have a game, with its place in the list.
    listed: BTreeMap<B256, u64>,
}

/// What never changes.
#[derive(Debug)]
struct Rules {
    settings: Settings,
    config_hash: B256,
    program_root: B256,
    steps: Arc<dyn StepCheck>,
    genesis_id: B256,
    games: Address,
}

impl Court {
    /// Deploys the contracts at time `now`, in seconds, not 0. Gives what their constructors tell.
    ///
    /// # Errors
    /// If the parameters contradict each other.
    pub fn new(deployment: Deployment, now: u64) -> Result<(Self, Vec<L1Event>), Refusal> {
        let Deployment { settings, genesis, batches, config_hash, program_root, steps, games } = deployment;
        tree::check_settings(&settings, &genesis, &batches)?;
        if program_root.is_zero() {
            return Err(openings::bad_params());
        }
        let genesis_id = gainsay_types::assertion_id(B256::ZERO, genesis.hash());
        let mut court = Self {
            rules: Arc::new(Rules { settings, config_hash, program_root, steps, genesis_id, games }),
            batches,
            tree: BTreeMap::new(),
            latest_confirmed: genesis_id,
            stakes: BTreeMap::new(),
            nonces: BTreeMap::new(),
            owed: BTreeMap::new(),
            money: Money::default(),
            matches: BTreeMap::new(),
            moves_against: BTreeMap::new(),
            parts: Parts::default(),
            listed: BTreeMap::new(),
        };
        let mut events = Vec::new();
        court.found(genesis_id, genesis, now, &mut events);
        Ok((court, events))
    }

    /// Does an act of `sender` at time `now`, in seconds. Gives what the contracts tell, in order; the oracle's own events are not among it.
    ///
    /// # Errors
    /// If the contracts would revert; then nothing has changed.
    pub fn act(&mut self, sender: Address, now: u64, act: &Act) -> Result<Vec<L1Event>, Refusal> {
        let mut events = Vec::new();
        match act {
            Act::Stake { parent, claims } => self.stake(sender, now, *parent, claims, &mut events)?,
            Act::Advance { stake, claims } => self.advance(sender, now, *stake, claims, &mut events)?,
            Act::Withdraw { stake } => self.withdraw(sender, *stake, &mut events)?,
            Act::Confirm { id } => self.confirm(*id, now, &mut events)?,
            Act::Evict { stake, id } => self.evict(*stake, *id, &mut events)?,
            Act::Claim { to } => self.pay(sender, *to, &mut events)?,
            Act::OpenAndDissect { rivals, points } => self.open_and_dissect(sender, now, rivals, points, &mut events)?,
            Act::Open { rivals } => self.open(now, rivals, &mut events)?,
            Act::Dissect { m, points } => self.dissect(sender, now, m, points, &mut events)?,
            Act::Move { m, segment, points, end } => self.divide(sender, now, m, segment, points, *end, &mut events)?,
            Act::EnterMachine { m, segment, from, last, points } => {
                self.enter_machine(sender, now, m, segment, (from, last), points, &mut events)?;
            }
            Act::Load(load) => self.parts.load(load)?,
            Act::Step { m, segment, state, proof, .. } => self.step(sender, now, m, segment, (state, proof), &mut events)?,
            Act::Timeout { m } => self.timeout(now, m, &mut events)?,
            Act::Reward { m, winner } => self.reward(m, *winner, &mut events)?,
            Act::List { parent, end } => self.list(*parent, end, &mut events)?,
        }
        Ok(events)
    }

    /// The Inbox.
    #[must_use]
    pub const fn batches(&self) -> &Batches {
        &self.batches
    }

    /// Appends a batch to the Inbox.
    pub fn append_batch(&mut self, acc: B256) {
        self.batches.append(acc);
    }

    /// Bond and times.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.rules.settings
    }

    /// The assertion at which the chain starts.
    #[must_use]
    pub fn genesis_id(&self) -> B256 {
        self.rules.genesis_id
    }

    /// The latest confirmed assertion.
    #[must_use]
    pub const fn latest_confirmed(&self) -> B256 {
        self.latest_confirmed
    }

    /// What is known of an assertion.
    #[must_use]
    pub fn assertion(&self, id: &B256) -> Option<&AssertionRecord> {
        self.tree.get(id)
    }

    /// All assertions by their ids.
    pub fn assertions(&self) -> impl Iterator<Item = (&B256, &AssertionRecord)> {
        self.tree.iter()
    }

    /// What is known of a stake.
    #[must_use]
    pub fn stake_record(&self, id: &U256) -> Option<&StakeRecord> {
        self.stakes.get(id)
    }

    /// All stakes by their ids.
    pub fn stake_records(&self) -> impl Iterator<Item = (&U256, &StakeRecord)> {
        self.stakes.iter()
    }

    /// Wei owed to an owner.
    #[must_use]
    pub fn owed(&self, owner: &Address) -> U256 {
        self.owed.get(owner).copied().unwrap_or_default()
    }

    /// Where all ether went.
    #[must_use]
    pub const fn money(&self) -> &Money {
        &self.money
    }

    /// A match as it stands.
    #[must_use]
    pub fn match_of(&self, id: &B256) -> Option<&Match> {
        self.matches.get(id)
    }

    /// All matches by their ids.
    pub fn matches(&self) -> impl Iterator<Item = (&B256, &Match)> {
        self.matches.iter()
    }

    /// Moves made against a stake that are not rewarded yet.
    #[must_use]
    pub fn moves_against(&self, stake: &U256) -> u64 {
        self.moves_against.get(stake).copied().unwrap_or_default()
    }

    /// The game of an assertion, if it is listed.
    #[must_use]
    pub fn game_of(&self, id: &B256) -> Option<Address> {
        self.listed.get(id).map(|index| self.game(*index))
    }

    /// What the oracle knows.
    #[must_use]
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }
}
