//! A whole game: honest players, hostile ones, a script of what is done to them, and a referee that looks at everything after every block.

mod acts;
mod ends;
mod time;

use crate::{
    chain::{Chain, Deployment},
    fault::Fault,
    honest::{Honest, Waiting},
    hostile::{Hostile, Stories},
    l1::L1,
    referee::Referee,
    report::Report,
    run::Runs,
    setup::{Setup, Turn},
    truth::Derived,
};
use alloy::primitives::{Address, B256, U256, keccak256};
use gainsay_game::{act::Act, decide::Plan, matches::match_hash};
use gainsay_types::State;

/// Hash of the model's chain config.
const CONFIG: B256 = B256::repeat_byte(0xcc);
/// When it is deployed, seconds.
const START: u64 = 1_000_000;

/// Transactions of honest players: whose, and what.
type Sending = Vec<(usize, Act)>;

/// A game under way.
pub struct Game<'a> {
    setup: Setup,
    runs: &'a Runs,
    l1: L1<'a>,
    honest: Vec<Honest>,
    hostile: Vec<Hostile>,
    stories: Stories,
    /// Time of the newest block that there ever was, also of those that L1 has undone.
    clock: u64,
    /// Transactions of everybody, to be sent again by others.
    history: Vec<Act>,
    /// Those of honest players in blocks that a reorg can undo: block number, who, what.
    sent: Vec<(u64, usize, Act)>,
    blocks: u64,
    referee: Referee,
    /// What happened, line by line, if somebody wants to read it.
    story: Option<Vec<String>>,
}

impl<'a> Game<'a> {
    /// Deploys and appends the first batches.
    ///
    /// # Errors
    /// When rules and contracts disagree about it.
    pub fn new(setup: Setup, runs: &'a Runs, mut chain: Option<&'a mut Chain>) -> Result<Self, Fault> {
        let deployment = Deployment {
            settings: setup.settings,
            config_hash: CONFIG,
            genesis: State::genesis(B256::repeat_byte(0x11)),
            program_root: runs.program_root(),
            time: START,
        };
        let address = |kind: u8, place: usize| {
            Address::from([[kind; 19].as_slice(), &[place as u8 + 1]].concat().as_slice().try_into().unwrap_or([kind; 20]))
        };
        let honest = setup.honest.iter().enumerate().map(|(place, policy)| Honest {
            address: address(0xaa, place),
            policy: *policy,
            budget: setup.censoring,
            waiting: Vec::new(),
        });
        let honest: Vec<Honest> = honest.collect();
        let hostile = setup.hostile.iter().enumerate().map(|(place, conduct)| Hostile { address: address(0xbb, place), conduct: *conduct });
        let hostile: Vec<Hostile> = hostile.collect();
        if let Some(chain) = chain.as_deref_mut() {
            honest.iter().map(|one| one.address).chain(hostile.iter().map(|one| one.address)).for_each(|account| chain.fund(account));
        }
        let mut l1 = L1::new(&deployment, chain)?;
        l1.begin_block(START + 1, B256::ZERO);
        for _ in 0..setup.batches {
            l1.append_batch()?;
        }
        l1.end_block()?;
        let referee = Referee::new(&setup);
        let mut game = Self {
            setup,
            runs,
            l1,
            honest,
            hostile,
            stories: Stories::new(),
            clock: START + 1,
            history: Vec::new(),
            sent: Vec::new(),
            blocks: 0,
            referee,
            story: None,
        };
        game.look()?;
        Ok(game)
    }

    /// As [`Self::play`], and tells what happened, line by line.
    ///
    /// # Errors
    /// Never: a fault is the last line.
    pub fn tell(mut self, script: &[Turn]) -> Vec<String> {
        self.story = Some(Vec::new());
        let result = script.iter().try_for_each(|turn| self.turn(turn)).and_then(|()| self.finish());
        let mut story = self.story.unwrap_or_default();
        story.extend(result.err().map(|fault| fault.to_string()));
        story
    }

    /// Plays a script, then lets the game come to its end with honest players as slow as they may be, and looks at the money.
    ///
    /// # Errors
    /// At the first thing that must never happen.
    pub fn play(mut self, script: &[Turn]) -> Result<Report, Fault> {
        for turn in script {
            self.turn(turn)?;
        }
        self.finish()?;
        self.l1.check_contracts()?;
        self.referee.report(&self.l1, &self.honest)
    }

    fn derived<'b>(runs: &'b Runs, l1: &'b L1<'_>) -> Derived<'b> {
        Derived { runs, batches: l1.batches(), config_hash: CONFIG }
    }

    /// Another game in the same state, with nothing told; none where there are contracts.
    #[must_use]
    pub fn copy(&self) -> Option<Self> {
        Some(Self {
            setup: self.setup.clone(),
            runs: self.runs,
            l1: self.l1.copy()?,
            honest: self.honest.clone(),
            hostile: self.hostile.clone(),
            stories: self.stories.clone(),
            clock: self.clock,
            history: Vec::new(),
            sent: self.sent.clone(),
            blocks: self.blocks,
            referee: self.referee.clone(),
            story: None,
        })
    }

    /// L1 as it is.
    #[must_use]
    pub const fn l1(&self) -> &L1<'a> {
        &self.l1
    }

    /// What an honest player wants to do now.
    ///
    /// # Panics
    /// If there is no such player.
    #[must_use]
    pub fn plan(&self, player: usize) -> Plan {
        self.honest[player].plan(self.l1.ledger(), &Self::derived(self.runs, &self.l1), self.clock, &self.setup.settings)
    }

    /// All on which the rest of the game depends, if hostile players do the same from here on: two games with one key go on alike.
    #[must_use]
    pub fn key(&self) -> B256 {
        let court = self.l1.court();
        let mut key = Vec::new();
        let mut put = |number: u64| key.extend_from_slice(&number.to_be_bytes());
        put(self.clock);
        for honest in &self.honest {
            put(honest.budget);
            // What it wants to do follows from the rest.
            honest.waiting.iter().for_each(|(_, since)| put(*since));
        }
        for (_, stake) in court.stake_records() {
            put(stake.status as u64);
            stake.joined.values().for_each(|time| put(*time));
        }
        for (_, assertion) in court.assertions() {
            [assertion.created_at, u64::from(assertion.confirmed), assertion.live].into_iter().for_each(&mut put);
            [assertion.first_child_at, assertion.second_child_at].into_iter().for_each(|time| put(time.unwrap_or_default()));
        }
        key.extend(court.matches().flat_map(|(_, m)| match_hash(m).0));
        keccak256(key)
    }

    /// One block.
    ///
    /// # Errors
    /// At the first thing that must never happen.
    pub fn turn(&mut self, turn: &Turn) -> Result<(), Fault> {
        if turn.reorg > 0 && self.reorg(turn)? {
            return Ok(());
        }
        let time = self.next_time(turn);
        let plans = self.plans(time)?;
        let (held, acts) = self.choose(&plans, turn.held, time)?;
        self.charge(&plans, time);
        self.blocks += 1;
        self.l1.begin_block(time, U256::from(self.blocks).into());
        for _ in 0..turn.batches {
            self.l1.append_batch()?;
        }
        let mut meddled = turn.batches > 0;
        for (who, deed) in &turn.before {
            meddled |= self.deed(*who, *deed, &acts)?;
        }
        if turn.ahead {
            meddled |= self.conduct()?;
        }
        self.act(acts, meddled)?;
        for (who, deed) in &turn.after {
            self.deed(*who, *deed, &[])?;
        }
        if !turn.ahead {
            self.conduct()?;
        }
        self.end_block(time, &held)
    }

    fn end_block(&mut self, time: u64, held: &[Waiting]) -> Result<(), Fault> {
        self.clock = time;
        self.l1.end_block()?;
        for (player, held) in self.honest.iter_mut().zip(held) {
            player.waiting.clone_from(held);
        }
        self.look()
    }

    /// The referee looks at the last block.
    fn look(&mut self) -> Result<(), Fault> {
        let chain = Self::derived(self.runs, &self.l1);
        self.referee.look(&self.l1, &chain, &self.honest)
    }
}
