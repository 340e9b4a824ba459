//! A whole game: honest players, hostile ones, a script of what is done to them, and a referee that looks at everything after every block.

use crate::{
    chain::{Chain, Deployment},
    honest::{Honest, HonestError, Waiting},
    hostile::{Conduct, Deed, Hostile, Stories, View},
    l1::{Disagreement, L1},
    referee::{Referee, Report},
    run::Runs,
    truth::Derived,
};
use alloy::primitives::{Address, B256, U256, keccak256};
use gainsay_game::{
    act::Act,
    court::Refusal,
    decide::{Alarm, Policy},
    matches::match_hash,
    settings::Settings,
};
use gainsay_types::State;

/// Hash of the model's chain config.
const CONFIG: B256 = B256::repeat_byte(0xcc);
/// When it is deployed, seconds.
const START: u64 = 1_000_000;

/// Who plays, and under which rules.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Parameters of the contracts.
    pub settings: Settings,
    /// r: an honest player acts within so many seconds whenever it is not censored.
    pub reaction: u64,
    /// X: L1 censors each honest player for at most so many seconds in all.
    pub censoring: u64,
    /// Batches before the first assertion can have children.
    pub batches: u64,
    /// The honest players.
    pub honest: Vec<Policy>,
    /// The hostile players.
    pub hostile: Vec<Conduct>,
    /// Nobody asks for the truth: only rules and contracts are compared, and the money counted.
    pub anarchy: bool,
}

impl Setup {
    /// Whether the argument holds for it: the constructor's conditions, `r < E` and `X + 7r < C`.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        let Settings { window, clock, extension, period, .. } = self.settings;
        let times = window > 2 * clock && clock >= extension && extension > 0 && period > 0;
        times && self.reaction < extension && self.reaction > 0 && self.censoring + 7 * self.reaction < clock
    }
}

/// One L1 block of a script, and what is done to it.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// Seconds since the block before, if nobody honest would have to wait too long.
    pub gap: u64,
    /// The block comes in the last second of somebody's turn, if one ends within `gap`.
    pub last_second: bool,
    /// A bit for each thing that honest players want to do: whether it is kept out of this block.
    pub held: u64,
    /// Batches that the sequencer appends.
    pub batches: u64,
    /// Done before the honest players act: who, what.
    pub before: Vec<(u64, Deed)>,
    /// Done after.
    pub after: Vec<(u64, Deed)>,
    /// Hostile players do what they do by themselves before the honest ones.
    pub ahead: bool,
    /// Newest blocks that L1 undoes first.
    pub reorg: u64,
    /// What honest players had in those blocks is included again as it was, before they see anything.
    pub again: bool,
}

/// What must never happen.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The rules, the contracts or the book disagree.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// An honest player does not know what to do.
    #[error(transparent)]
    Honest(#[from] HonestError),
    /// An honest player sees what it must never see.
    #[error("honest player {player} is alarmed: {alarm}")]
    Alarm {
        /// Which.
        player: usize,
        /// What it says.
        alarm: Box<Alarm>,
    },
    /// L1 refuses an honest act that nobody came before.
    #[error("honest player {player} is refused though nothing came before it in the block: {act:?}: {refusal}")]
    Refused {
        /// Which.
        player: usize,
        /// What it did.
        act: Box<Act>,
        /// What L1 said.
        refusal: Box<Refusal>,
    },
    /// An honest stake lost.
    #[error("the honest stake {stake} is defeated")]
    HonestDefeated {
        /// Which.
        stake: U256,
    },
    /// An honest stake has no time left of its own.
    #[error("the clock of the honest stake {stake} is empty in match {match_id}")]
    ClockEmpty {
        /// Where.
        match_id: B256,
        /// Which.
        stake: U256,
    },
    /// The chain of confirmed assertions left the truth.
    #[error("the false assertion {id} is confirmed")]
    FalseConfirmed {
        /// Which.
        id: B256,
    },
    /// The bound on the delay does not hold.
    #[error("the fork below {fork} is not decided at {now}, and had to be by {bound}")]
    Late {
        /// The assertion above.
        fork: B256,
        /// Seconds.
        now: u64,
        /// Seconds.
        bound: u64,
    },
    /// Money came from nowhere or is gone.
    #[error("the Rollup holds {held} wei, but {accounted} are somebody's")]
    Money {
        /// By bonds less what was burned and paid.
        held: U256,
        /// Bonds of the living, prizes and what is owed.
        accounted: U256,
    },
    /// The honest players have time, but do not come to an end.
    #[error("the game does not end: at {now} honest player {player} still has {left} to do")]
    Endless {
        /// Seconds.
        now: u64,
        /// Which.
        player: usize,
        /// What.
        left: String,
    },
    /// Honesty did not pay.
    #[error("honest player {player} bonded {bonded} wei and got {paid} back, {moves} of its moves against losers are rewarded")]
    Loss {
        /// Which.
        player: usize,
        /// Of all its stakes.
        bonded: U256,
        /// In the end.
        paid: U256,
        /// Wei that its moves earned.
        moves: U256,
    },
}

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

    fn note(&mut self, who: Address, act: &Act, result: &Result<(), Refusal>) {
        let now = self.l1.now() - START;
        if let Some(story) = &mut self.story {
            let about = match act {
                Act::Stake { claims, .. } => format!("{} hops", claims.len()),
                Act::Advance { stake, claims } => format!("{stake:x}, {} hops", claims.len()),
                Act::Withdraw { stake } => format!("{stake:x}"),
                Act::Open { rivals } | Act::OpenAndDissect { rivals, .. } => format!("{:x} against {:x}", rivals.first, rivals.second),
                _ => act
                    .match_state()
                    .map(|m| format!("{:x} against {:x}, round {}, clock {}", m.mover, m.rival, m.round, m.moverClock))
                    .unwrap_or_default(),
            };
            let result = result.as_ref().map_or_else(|refusal| format!(": {}", refusal.name()), |()| String::new());
            story.push(format!("{now:>4} {who} {} {about}{result}", act.name()));
        }
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

    /// What each honest player wants to do in a block at `time`, since when.
    fn plans(&self, time: u64) -> Result<Vec<Waiting>, Fault> {
        let chain = Self::derived(self.runs, &self.l1);
        let plan = |(player, honest): (usize, &Honest)| {
            let (due, alarms) = honest.due(self.l1.ledger(), &chain, self.clock, time, &self.setup.settings);
            match alarms.into_iter().next() {
                Some(alarm) => Err(Fault::Alarm { player, alarm: Box::new(alarm) }),
                None => Ok(due),
            }
        };
        self.honest.iter().enumerate().map(plan).collect()
    }

    /// The time of the next block: as the script has it, but no honest player waits for longer than is allowed.
    fn next_time(&self, turn: &Turn) -> u64 {
        let mut time = self.clock + turn.gap.max(1);
        if turn.last_second {
            let ends = self.l1.ledger().matches().filter(|found| self.l1.ledger().is_ongoing(found));
            let last = ends.map(|found| found.deadline(self.setup.settings.extension) - 1).filter(|last| *last > self.clock).min();
            time = time.min(last.unwrap_or(time));
        }
        // What waits already, and then what comes up in between.
        time = time.min(self.latest(self.clock));
        loop {
            let latest = self.latest(time);
            if time <= latest {
                return time;
            }
            time = latest;
        }
    }

    /// The latest time of the next block that leaves nobody honest waiting too long, as far as there is something to do at `time`.
    fn latest(&self, time: u64) -> u64 {
        let chain = Self::derived(self.runs, &self.l1);
        let latest = self.honest.iter().map(|honest| {
            let due = honest.due(self.l1.ledger(), &chain, self.clock, time, &self.setup.settings).0;
            honest.latest(&due, self.clock, self.setup.reaction)
        });
        latest.min().unwrap_or(u64::MAX).max(self.clock + 1)
    }

    /// What is kept out of the block, and what the honest players do in it.
    fn choose(&self, plans: &[Waiting], mask: u64, time: u64) -> Result<(Vec<Waiting>, Sending), Fault> {
        let chain = Self::derived(self.runs, &self.l1);
        let (mut all_held, mut acts) = (Vec::new(), Vec::new());
        let mut bit = 0;
        for (player, (honest, plan)) in self.honest.iter().zip(plans).enumerate() {
            let left = honest.budget - Honest::cost(plan, self.clock, time, self.setup.reaction);
            let mut held = Vec::new();
            for (todo, since) in plan {
                let wanted = mask >> (bit % 64) & 1 == 1;
                bit += 1;
                // It must be possible to let it into the next block.
                if wanted && (since + self.setup.reaction > time || left > 0) {
                    held.push((todo.clone(), *since));
                    continue;
                }
                let done = honest.acts(todo, self.l1.ledger(), chain, self.l1.court().parts())?;
                acts.extend(done.into_iter().map(|act| (player, act)));
            }
            all_held.push(held);
        }
        Ok((all_held, acts))
    }

    fn charge(&mut self, plans: &[Waiting], time: u64) {
        for (honest, plan) in self.honest.iter_mut().zip(plans) {
            honest.budget -= Honest::cost(plan, self.clock, time, self.setup.reaction);
        }
    }

    /// The honest players' transactions, one player after the other.
    fn act(&mut self, acts: Sending, mut meddled: bool) -> Result<(), Fault> {
        let (mut last, mut won) = (None, false);
        for (player, act) in acts {
            // The other honest player has come before.
            meddled |= last.is_some_and(|last| last != player);
            last = Some(player);
            let address = self.honest[player].address;
            let result = self.l1.act(address, &act)?;
            self.note(address, &act, &result);
            match result {
                Ok(()) => {
                    self.referee.done(&act);
                    won |= matches!(act, Act::Step { .. } | Act::Timeout { .. });
                }
                // Two own stakes played against one rival, and the first has won.
                Err(refusal) if meddled || won && refusal.name() == "NotLive" => self.referee.refused(&refusal),
                Err(refusal) => return Err(Fault::Refused { player, act: Box::new(act), refusal: Box::new(refusal) }),
            }
            self.history.push(act.clone());
            self.sent.push((self.l1.block().number, player, act));
        }
        Ok(())
    }

    /// Something that the script has a hostile player do. Says whether it changed anything.
    fn deed(&mut self, who: u64, deed: Deed, pending: &[(usize, Act)]) -> Result<bool, Fault> {
        let Some(player) = self.hostile.get((who % self.hostile.len().max(1) as u64) as usize).copied() else { return Ok(false) };
        let pending: Vec<Act> = pending.iter().map(|(_, act)| act.clone()).collect();
        let mut told = Stories::new();
        let act = self.view(player).deed(deed, &self.l1, &pending, &self.history, &mut told);
        self.stories.extend(told);
        match act {
            Some(act) => self.hostile_act(player, act),
            None => Ok(false),
        }
    }

    /// What hostile players do by themselves.
    fn conduct(&mut self) -> Result<bool, Fault> {
        let mut changed = false;
        for player in self.hostile.clone() {
            for act in self.view(player).conduct(self.setup.reaction) {
                changed |= self.hostile_act(player, act)?;
            }
        }
        Ok(changed)
    }

    fn hostile_act(&mut self, player: Hostile, act: Act) -> Result<bool, Fault> {
        let mut changed = false;
        for act in View::with_load(act, &self.l1) {
            let result = self.l1.act(player.address, &act)?;
            self.note(player.address, &act, &result);
            match result {
                Ok(()) => {
                    self.referee.done(&act);
                    changed = true;
                }
                Err(refusal) => self.referee.refused(&refusal),
            }
            self.history.push(act);
        }
        Ok(changed)
    }

    fn view(&self, player: Hostile) -> View<'_> {
        View {
            player,
            ledger: self.l1.ledger(),
            chain: Self::derived(self.runs, &self.l1),
            stories: &self.stories,
            now: self.l1.now(),
            extension: self.setup.settings.extension,
        }
    }

    /// L1 undoes blocks, if the time that this takes from the honest players can be paid for. Then their transactions of those blocks may come again as
    /// they were, in a block of their own.
    fn reorg(&mut self, turn: &Turn) -> Result<bool, Fault> {
        let Some(before) = self.l1.time_before(turn.reorg as usize) else { return Ok(false) };
        let lost = self.clock - before;
        // One second more for the block that comes again, one for the block after it.
        if before <= START || self.honest.iter().any(|honest| honest.budget < lost + 2) {
            return Ok(false);
        }
        self.l1.reorg(turn.reorg as usize)?;
        self.referee.reorged();
        let number = self.l1.block().number;
        let kept = self.sent.partition_point(|(block, _, _)| *block <= number);
        let undone = self.sent.split_off(kept);
        for honest in &mut self.honest {
            honest.budget -= lost + 1;
        }
        self.blocks += 1;
        self.l1.begin_block(self.clock + 1, U256::from(self.blocks).into());
        if turn.again {
            self.act(undone.into_iter().map(|(_, player, act)| (player, act)).collect(), true)?;
        }
        let time = self.clock + 1;
        self.clock = time;
        self.l1.end_block()?;
        // They have waited for as long as they may.
        let since = time - self.setup.reaction;
        let chain = Self::derived(self.runs, &self.l1);
        let waiting: Vec<_> =
            self.honest.iter().map(|honest| honest.plan(self.l1.ledger(), &chain, time, &self.setup.settings).todos).collect();
        for (honest, todos) in self.honest.iter_mut().zip(waiting) {
            honest.waiting = todos.into_iter().map(|todo| (todo, since)).collect();
        }
        self.look()?;
        Ok(true)
    }

    /// The referee looks at the last block.
    fn look(&mut self) -> Result<(), Fault> {
        let chain = Self::derived(self.runs, &self.l1);
        self.referee.look(&self.l1, &chain, &self.honest)
    }

    /// No more deeds, and nothing new to claim: the honest players bring everything to its end and leave.
    fn finish(&mut self) -> Result<(), Fault> {
        let Settings { window, clock, extension, period, .. } = self.setup.settings;
        for honest in &mut self.honest {
            honest.policy = Policy::default();
        }
        // Forks that follow each other have windows at the same time; some may have begun late.
        let end = self.clock + 4 * (window + clock + 14 * extension) + period;
        let slow = Turn { gap: self.setup.reaction, ..Turn::default() };
        let idle = Turn { gap: window, ..Turn::default() };
        while self.clock < end {
            let quiet = self.honest.iter().all(|honest| honest.waiting.is_empty());
            let ongoing = self.l1.ledger().matches().any(|found| self.l1.ledger().is_ongoing(found));
            if !quiet || ongoing {
                self.turn(&slow)?;
                continue;
            }
            if self.settled(end)? {
                return Ok(());
            }
            self.turn(&idle)?;
        }
        let chain = Self::derived(self.runs, &self.l1);
        for (player, honest) in self.honest.iter().enumerate() {
            let left = honest.plan(self.l1.ledger(), &chain, self.clock, &self.setup.settings);
            if !left.todos.is_empty() || self.l1.ledger().stakes_of(&honest.address).any(|stake| stake.is_live()) {
                return Err(Fault::Endless { now: self.clock, player, left: format!("{left:?}") });
            }
        }
        Ok(())
    }

    /// Whether honest players have nothing to do now nor ever, and have left.
    fn settled(&self, end: u64) -> Result<bool, Fault> {
        let chain = Self::derived(self.runs, &self.l1);
        Ok(self.honest.iter().all(|honest| {
            let idle = |time| honest.plan(self.l1.ledger(), &chain, time, &self.setup.settings).todos.is_empty();
            let left = self.l1.ledger().stakes_of(&honest.address).all(|stake| !stake.is_live());
            left && idle(self.clock) && idle(end)
        }))
    }
}
