//! Opening a match, and its first dissection.

use super::{Court, Refusal, stakes::owner_of};
use crate::{
    dissection::{Dissection, POINTS},
    matches::{deadline, match_hash, match_id, passed, round, seconds},
};
use alloy::primitives::{Address, B256, U256};
use gainsay_bindings::Matches::{self as Sol, Match, MatchesErrors, Rivals};
use gainsay_l1::{L1Event, MatchesEvent};
use gainsay_types::assertion_id;

/// A match that may be opened, with `first` on turn.
struct Opened {
    id: B256,
    state: Match,
    /// `second` came later, and so is on turn where nobody has dissected.
    first_is_earlier: bool,
}

pub(super) fn bad_params() -> Refusal {
    MatchesErrors::BadParams(Sol::BadParams {}).into()
}

impl Court {
    pub(super) fn open_and_dissect(
        &mut self,
        sender: Address,
        now: u64,
        rivals: &Rivals,
        points: &[B256; POINTS],
        events: &mut Vec<L1Event>,
    ) -> Result<(), Refusal> {
        check_owner(sender, rivals.first)?;
        let Opened { id, state, .. } = self.opened(rivals, now)?;
        events.push(L1Event::Matches(MatchesEvent::Opened { id, state: state.clone() }));
        self.first_dissection(id, &state, points, now, events);
        Ok(())
    }

    pub(super) fn open(&mut self, now: u64, rivals: &Rivals, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        let Opened { id, mut state, first_is_earlier } = self.opened(rivals, now)?;
        if first_is_earlier {
            state = Match {
                mover: state.rival,
                moverNode: state.rivalNode,
                rival: state.mover,
                rivalNode: state.moverNode,
                end: state.dissection,
                dissection: state.end,
                moverClock: state.rivalClock,
                rivalClock: state.moverClock,
                ..state
            };
        }
        self.matches.insert(id, state.clone());
        events.push(L1Event::Matches(MatchesEvent::Opened { id, state }));
        Ok(())
    }

    pub(super) fn dissect(
        &mut self,
        sender: Address,
        now: u64,
        m: &Match,
        points: &[B256; POINTS],
        events: &mut Vec<L1Event>,
    ) -> Result<(), Refusal> {
        let id = self.check_turn(sender, now, m)?;
        if m.round != round::FIRST {
            return Err(wrong_round(m));
        }
        self.first_dissection(id, m, points, now, events);
        Ok(())
    }

    fn first_dissection(&mut self, id: B256, m: &Match, points: &[B256; POINTS], now: u64, events: &mut Vec<L1Event>) {
        self.pass(id, m, (m.start, m.dissection), &Dissection::new(points, m.end), now);
        let event = MatchesEvent::Dissected { id, mover: m.mover, segment: 0, points: Box::new(*points), end: m.end, time: now };
        events.push(L1Event::Matches(event));
    }

    /// The move counts against the rival, and the turn passes. `ends` are the agreed start of what was dissected and the next mover's own end of it.
    pub(super) fn pass(&mut self, id: B256, m: &Match, ends: (B256, B256), made: &Dissection, now: u64) {
        self.matches.insert(id, passed(m, ends.0, ends.1, made.root(), now));
        *self.moves_against.entry(m.rival).or_default() += 1;
    }

    fn opened(&self, rivals: &Rivals, now: u64) -> Result<Opened, Refusal> {
        // INVARIANT: one match per pair of stakes.
        let id = match_id(rivals.first, rivals.second);
        if self.matches.contains_key(&id) {
            return Err(MatchesErrors::AlreadyOpen(Sol::AlreadyOpen { id }).into());
        }
        self.check_fork(rivals)?;
        // INVARIANT: rivals stand on different children of one parent.
        if rivals.firstEnd == rivals.secondEnd {
            return Err(MatchesErrors::NotRivals(Sol::NotRivals {}).into());
        }
        self.require_live(rivals.first)?;
        self.require_live(rivals.second)?;
        let mover_node = assertion_id(rivals.fork, rivals.firstEnd);
        let rival_node = assertion_id(rivals.fork, rivals.secondEnd);
        let (first_joined, first_clock) = self.clock_of(rivals.first, mover_node)?;
        let (second_joined, second_clock) = self.clock_of(rivals.second, rival_node)?;
        let state = Match {
            mover: rivals.first,
            moverNode: mover_node,
            rival: rivals.second,
            rivalNode: rival_node,
            start: rivals.start,
            end: rivals.firstEnd,
            dissection: rivals.secondEnd,
            since: seconds(now),
            moverClock: clock(first_clock),
            rivalClock: clock(second_clock),
            moverMoves: 0,
            rivalMoves: 0,
            round: round::FIRST,
        };
        Ok(Opened { id, state, first_is_earlier: (first_joined, rivals.first) < (second_joined, rivals.second) })
    }

    fn check_fork(&self, rivals: &Rivals) -> Result<(), Refusal> {
        // An assertion that nobody has claimed is all zeroes.
        let known = self.tree.get(&rivals.fork);
        let (parent, inputs_hash) = known.map(|fork| (fork.parent, fork.inputs_hash)).unwrap_or_default();
        if assertion_id(parent, rivals.start) != rivals.fork {
            return Err(MatchesErrors::WrongStart(Sol::WrongStart {}).into());
        }
        // INVARIANT: an L1 reorg cannot turn an honest claim into a false one: it names its inputs.
        if inputs_hash != rivals.inputsHash {
            return Err(MatchesErrors::InputsDiffer(Sol::InputsDiffer { actual: inputs_hash }).into());
        }
        Ok(())
    }

    /// INVARIANT: only the owner of the stake on turn moves, from the current state of the match, before its deadline, while both stakes live.
    pub(super) fn check_turn(&self, sender: Address, now: u64, m: &Match) -> Result<B256, Refusal> {
        let id = self.check_current(m)?;
        check_owner(sender, m.mover)?;
        let end = deadline(m, self.rules.settings.extension);
        if now >= end {
            return Err(MatchesErrors::TooLate(Sol::TooLate { deadline: U256::from(end) }).into());
        }
        self.require_live(m.mover)?;
        self.require_live(m.rival)?;
        Ok(id)
    }

    pub(super) fn check_current(&self, m: &Match) -> Result<B256, Refusal> {
        let id = match_id(m.mover, m.rival);
        let current = self.matches.get(&id);
        if current == Some(m) {
            return Ok(id);
        }
        let actual = current.map(match_hash).unwrap_or_default();
        Err(MatchesErrors::StateDiffers(Sol::StateDiffers { actual }).into())
    }
}

fn check_owner(sender: Address, stake: U256) -> Result<(), Refusal> {
    if owner_of(stake) == sender { Ok(()) } else { Err(MatchesErrors::NotMover(Sol::NotMover {}).into()) }
}

pub(super) fn wrong_round(m: &Match) -> Refusal {
    MatchesErrors::WrongRound(Sol::WrongRound { round: m.round }).into()
}

/// Seconds on a clock: at most C, which is below half of a window of 32 bits.
fn clock(left: u64) -> u32 {
    u32::try_from(left).unwrap_or(u32::MAX)
}
