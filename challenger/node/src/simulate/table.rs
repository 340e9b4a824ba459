//! The dispute itself: two stakes below one fork, the rule book between them.

use super::{Line, OwnData, Side, SimulateError, gas::Gas, lie::Liar, place::Place, report::grouped};
use alloy::primitives::{Address, U256};
use gainsay_bindings::Matches::Rivals;
use gainsay_game::{
    act::{Act, Claim, Load},
    assertions::Assertion,
    court::{Court, Deployment, MachineSteps, owner_of},
    matches::{MatchView, round},
    play::{PlayError, open, play},
    stretch::Stretch,
    truth::Truth,
};
use gainsay_l1::{L1Event, MatchesEvent};
use gainsay_play::truth::{StoreTruth, Traces, TruthError};
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, State};
use std::{sync::Arc, time::Instant};

/// When the court's contracts are deployed, seconds. Its clock then stands still, so that the match goes on however long a move takes.
const FOUNDED: u64 = 1;
/// More transactions than any match has.
const MOST: u32 = 20;

impl Side {
    const fn address(self) -> Address {
        match self {
            Self::Own => Address::repeat_byte(0x01),
            Self::Rival => Address::repeat_byte(0x02),
        }
    }
}

/// A player with what it holds true.
struct Players {
    own: StoreTruth,
    rival: Liar,
}

impl Players {
    fn claim(&mut self, side: Side, fork: &Assertion) -> Result<State, TruthError> {
        match side {
            Side::Own => self.own.state(fork, BLOCK_STEPS_PER_ASSERTION),
            Side::Rival => self.rival.state(fork, BLOCK_STEPS_PER_ASSERTION),
        }
    }

    fn open(&mut self, side: Side, rivals: Rivals, fork: &Assertion) -> Result<Act, PlayError<TruthError>> {
        match side {
            Side::Own => open(rivals, fork, &mut self.own),
            Side::Rival => open(rivals, fork, &mut self.rival),
        }
    }

    fn play(&mut self, side: Side, view: &MatchView, fork: &Assertion) -> Result<Act, PlayError<TruthError>> {
        match side {
            Side::Own => play(view, fork, &mut self.own),
            Side::Rival => play(view, fork, &mut self.rival),
        }
    }
}

/// A court with one fork.
pub(super) struct Table<'a> {
    /// The fork.
    pub(super) fork: Assertion,
    court: Court,
    now: u64,
    view: Option<MatchView>,
    own: StoreTruth,
    traces: &'a Traces,
    gas: Gas,
    lines: Vec<Line>,
}

impl<'a> Table<'a> {
    pub(super) fn new(data: &OwnData, place: &Place, traces: &'a Arc<Traces>) -> Result<Self, SimulateError> {
        let deployment = Deployment {
            settings: data.settings,
            genesis: place.start,
            batches: place.batches.clone(),
            config_hash: data.config.hash(),
            program_root: traces.program().root(),
            steps: Arc::new(MachineSteps),
            // Nothing is listed in a match.
            games: Address::ZERO,
        };
        let refused = |refusal| SimulateError::Refused { act: "deploy", side: Side::Own, refusal };
        let (court, _) = Court::new(deployment, FOUNDED).map_err(refused)?;
        let id = court.genesis_id();
        let record = court.assertion(&id).ok_or(SimulateError::NotWon { what: "the fork is not there" })?;
        let fork = Assertion {
            id,
            parent: record.parent,
            end: record.end,
            target: record.target,
            inputs_hash: record.inputs_hash,
            l1_number: 1,
            l1_time: FOUNDED,
            confirmed_in: Some(1),
        };
        let now = FOUNDED.saturating_add(data.settings.period);
        Ok(Self { fork, court, now, view: None, own: data.truth(traces), traces, gas: Gas::measured(), lines: Vec::new() })
    }

    /// Plays the match to its end.
    pub(super) fn play(&mut self, rival: Liar, opener: Side, told: &mut impl FnMut(&Line)) -> Result<Vec<Line>, SimulateError> {
        let mut players = Players { own: self.own.clone(), rival };
        let rivals = self.stake(&mut players, opener)?;
        let since = Instant::now();
        let act = players.open(opener, rivals, &self.fork).map_err(|source| no_move(opener, round::FIRST, source))?;
        self.act(opener, &act, since, told)?;
        while let Some(view) = self.view.as_ref().filter(|view| view.outcome.is_none()).cloned() {
            if self.lines.len() as u32 > MOST {
                return Err(SimulateError::NotWon { what: "the match does not end" });
            }
            self.turn(&view, &mut players, told)?;
        }
        let won = self.view.as_ref().and_then(|view| view.outcome).is_some_and(|outcome| owner_of(outcome.winner) == Side::Own.address());
        if won { Ok(std::mem::take(&mut self.lines)) } else { Err(SimulateError::NotWon { what: "the lie has won the match" }) }
    }

    /// Whether the rival's time was over, rather than a step shown.
    pub(super) fn by_clock(&self) -> bool {
        self.view.as_ref().and_then(|view| view.outcome).is_some_and(|outcome| outcome.by_clock)
    }

    /// Both sides claim. Gives the rivals with the opener first.
    fn stake(&mut self, players: &mut Players, opener: Side) -> Result<Rivals, SimulateError> {
        let mut sides = Vec::new();
        for side in [opener, opener.other()] {
            let end = players.claim(side, &self.fork)?;
            let stake = self.court.next_stake_id(side.address());
            let claims = vec![Claim { inputs_hash: self.fork.inputs_hash, end }];
            self.submit(side, &Act::Stake { parent: self.fork.id, claims })?;
            sides.push((stake, end.hash()));
        }
        let [(first, first_end), (second, second_end)]: [(U256, _); 2] =
            sides.try_into().map_err(|_| SimulateError::NotWon { what: "there are not two sides" })?;
        Ok(Rivals {
            fork: self.fork.id,
            inputsHash: self.fork.inputs_hash,
            start: self.fork.end.hash(),
            first,
            firstEnd: first_end,
            second,
            secondEnd: second_end,
        })
    }

    fn turn(&mut self, view: &MatchView, players: &mut Players, told: &mut impl FnMut(&Line)) -> Result<(), SimulateError> {
        let side = if owner_of(view.on_turn()) == Side::Own.address() { Side::Own } else { Side::Rival };
        let since = Instant::now();
        match players.play(side, view, &self.fork) {
            Ok(act) => {
                let since = self.load(side, &act, since, told)?;
                self.act(side, &act, since, told)
            }
            // The machine does not do what the rival has said: it has no step to show.
            Err(PlayError::NothingToDispute { round: round::STEP }) if side == Side::Rival => {
                self.now = view.deadline(self.court.settings().extension);
                self.act(Side::Own, &Act::Timeout { m: Box::new(view.state.clone()) }, Instant::now(), told)
            }
            Err(source) => Err(no_move(side, view.round(), source)),
        }
    }

    /// Loads what a step reads. Gives the time from which on the rest of its computing counts.
    fn load(&mut self, side: Side, act: &Act, since: Instant, told: &mut impl FnMut(&Line)) -> Result<Instant, SimulateError> {
        let Act::Step { part: Some((key, index)), preimage: Some(preimage), .. } = act else { return Ok(since) };
        if self.court.parts().get(key, *index).is_some() {
            return Ok(since);
        }
        let proving = Instant::now();
        let Some(load) = Load::of(preimage, *index)? else { return Ok(since) };
        self.act(side, &Act::Load(load), proving, told)?;
        // The step was computed before: its time goes on as if nothing was loaded.
        let loading = proving.elapsed();
        Ok(since.checked_add(loading).unwrap_or(since))
    }

    /// Does an act, and notes what it took to compute since then.
    fn act(&mut self, side: Side, act: &Act, since: Instant, told: &mut impl FnMut(&Line)) -> Result<(), SimulateError> {
        let seconds = since.elapsed().as_secs_f64();
        self.submit(side, act)?;
        let line = Line {
            number: u32::try_from(self.lines.len()).unwrap_or(u32::MAX).saturating_add(1),
            side,
            act: act.name(),
            about: self.about(act),
            seconds,
            held: self.traces.held().1,
            gas: self.gas.of(act.name()),
        };
        told(&line);
        self.lines.push(line);
        Ok(())
    }

    fn submit(&mut self, side: Side, act: &Act) -> Result<(), SimulateError> {
        let refused = |refusal| SimulateError::Refused { act: act.name(), side, refusal };
        for event in self.court.act(side.address(), self.now, act).map_err(refused)? {
            let L1Event::Matches(event) = event else { continue };
            match (&event, &mut self.view) {
                (MatchesEvent::Opened { id, state }, view) => *view = Some(MatchView::opened(*id, self.fork.id, state.clone())),
                (_, Some(view)) => {
                    view.apply(&event, self.now).map_err(|_| SimulateError::NotWon { what: "an event does not fit the match" })?;
                }
                (_, None) => return Err(SimulateError::NotWon { what: "an event of a match that is not open" }),
            }
        }
        Ok(())
    }

    /// What an act is about, in words.
    fn about(&self, act: &Act) -> String {
        let Some(view) = &self.view else { return String::new() };
        match (act, view.stretch) {
            (Act::Load(_), _) => "a part of a preimage".to_owned(),
            (Act::Timeout { .. }, _) => "the rival has no step to show".to_owned(),
            (Act::Step { segment, .. }, stretch) => format!("step {}", grouped(stretch.narrowed(segment.index).from())),
            (_, Stretch::Blocks { len, .. }) => format!("2^{} block steps", len.ilog2()),
            (_, Stretch::Machine { len, .. }) => format!("2^{} machine steps", len.ilog2()),
        }
    }
}

const fn no_move(side: Side, round: u8, source: PlayError<TruthError>) -> SimulateError {
    SimulateError::Play { side, round, source }
}
