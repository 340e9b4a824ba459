//! A match as the logs tell it: its state on L1, what the next move must open, and how it went.

#[cfg(test)]
mod tests;

use crate::{
    dissection::{Dissection, LAST, POINTS},
    stretch::Stretch,
};
use alloy::{
    primitives::{B256, U256, aliases::U40, keccak256},
    sol_types::SolValue,
};
use gainsay_bindings::Matches::Match;
use gainsay_l1::MatchesEvent;

/// What a match asks of its mover: the number of dissections so far.
pub mod round {
    /// The first dissection, of 2^15 block steps, into 32 of 2^10; then 2^5, then 1.
    pub const FIRST: u8 = 0;
    /// Segments are single block steps: the machine run of one is dissected, 2^40 steps into 32 of 2^35, and so on down to 1.
    pub const BLOCK: u8 = 3;
    /// The first answer to a dissected machine run.
    pub const RUN: u8 = 4;
    /// Segments are single machine steps.
    pub const STEP: u8 = 11;

    /// Whether the round asks to name a segment and divide it.
    #[must_use]
    pub const fn divides(round: u8) -> bool {
        FIRST < round && round < STEP && round != BLOCK
    }
}

/// `keccak(abi.encode(lower stake id, higher stake id))`: two stakes have at most one match.
#[must_use]
pub fn match_id(a: U256, b: U256) -> B256 {
    keccak256((a.min(b), a.max(b)).abi_encode())
}

/// `keccak(abi.encode(Match))`: all that L1 stores of a match.
#[must_use]
pub fn match_hash(state: &Match) -> B256 {
    keccak256(state.abi_encode())
}

/// From when on the mover cannot move any more: what its clock shows, and at least the extension. Seconds.
#[must_use]
pub fn deadline(state: &Match, extension: u64) -> u64 {
    state.since.to::<u64>().saturating_add(u64::from(state.moverClock).max(extension))
}

/// The match after a dissection by the mover at `time`: its clock has run, the move is counted, the other is on turn.
///
/// `start` is the agreed start of what was dissected, `end` the next mover's own end of it.
#[must_use]
pub fn passed(m: &Match, start: B256, end: B256, dissection: B256, time: u64) -> Match {
    let used = time.saturating_sub(m.since.to());
    let left = u64::from(m.moverClock).saturating_sub(used);
    Match {
        mover: m.rival,
        moverNode: m.rivalNode,
        rival: m.mover,
        rivalNode: m.moverNode,
        start,
        end,
        dissection,
        since: seconds(time),
        moverClock: m.rivalClock,
        // Not more than before, so it fits.
        rivalClock: u32::try_from(left).unwrap_or(u32::MAX),
        moverMoves: m.rivalMoves,
        // A match has 12 moves.
        rivalMoves: m.moverMoves.saturating_add(1),
        round: m.round.saturating_add(1),
    }
}

/// Seconds as L1 keeps them; they fit until the year 36812.
pub(crate) fn seconds(time: u64) -> U40 {
    U40::saturating_from(time)
}

/// How a match ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The stake that won.
    pub winner: U256,
    /// Because the other's time was over; else by a machine step.
    pub by_clock: bool,
}

/// What a stake did in a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It divided a stretch.
    Dissected,
    /// It divided the machine run of a block step.
    MachineEntered,
    /// It showed a machine step that ends elsewhere than the rival said.
    Step,
    /// The other's time was over.
    Timeout,
}

/// One move of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Played {
    /// Whose move it counts as.
    pub mover: U256,
    /// The round that it answered.
    pub round: u8,
    /// Which segment it named; none in the first dissection, by the clock, and for the step, whose segment no log tells.
    pub segment: Option<u8>,
    /// When, seconds.
    pub time: u64,
    /// What it was.
    pub kind: Kind,
}

/// An event that cannot come next in a match: logs are missing, or from another contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatchFault {
    /// It is about another match.
    #[error("an event of match {found} was given to match {id}")]
    Other {
        /// This match.
        id: B256,
        /// The one in the event.
        found: B256,
    },
    /// Another stake is on turn.
    #[error("stake {found} moved in match {id}, where {expected} is on turn: logs of the match are missing, read them again")]
    Turn {
        /// The match.
        id: B256,
        /// The stake on turn.
        expected: U256,
        /// The stake in the event.
        found: U256,
    },
    /// The stake is not in the match.
    #[error("stake {stake} is in an event of match {id}, in which it does not play")]
    Stranger {
        /// The match.
        id: B256,
        /// The stake.
        stake: U256,
    },
    /// The round asks for something else.
    #[error(
        "match {id} is in round {round}, where this move (segment {segment}) is impossible: logs of the match are missing, read them again"
    )]
    Round {
        /// The match.
        id: B256,
        /// Its round.
        round: u8,
        /// The segment in the event.
        segment: u8,
    },
}

/// A match as its events tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchView {
    /// `keccak(abi.encode(lower stake id, higher stake id))`.
    pub id: B256,
    /// The assertion on whose children the rivals stand.
    pub fork: B256,
    /// As it stands: what whoever acts must give.
    pub state: Match,
    /// The rival's dissection, whose root is in the state; none before the first one.
    pub dissection: Option<Dissection>,
    /// What that dissection divides; before the first one, what it will.
    pub stretch: Stretch,
    /// How it ended; none while it goes on. It is void all the same once a stake has left or has lost elsewhere.
    pub outcome: Option<Outcome>,
    /// All moves so far.
    pub history: Vec<Played>,
}

impl MatchView {
    /// A match in the state in which it was opened, below the assertion `fork`.
    #[must_use]
    pub const fn opened(id: B256, fork: B256, state: Match) -> Self {
        Self { id, fork, state, dissection: None, stretch: Stretch::FORK, outcome: None, history: Vec::new() }
    }

    /// Hash of the state: what `Matches.stateOf` gives.
    #[must_use]
    pub fn hash(&self) -> B256 {
        match_hash(&self.state)
    }

    /// From when on the mover cannot move any more, given the least time of a move; seconds.
    #[must_use]
    pub fn deadline(&self, extension: u64) -> u64 {
        deadline(&self.state, extension)
    }

    /// The stake whose turn it is.
    #[must_use]
    pub const fn on_turn(&self) -> U256 {
        self.state.mover
    }

    /// Dissections so far.
    #[must_use]
    pub const fn round(&self) -> u8 {
        self.state.round
    }

    /// The other stake; none if `stake` is not in the match.
    #[must_use]
    pub fn rival_of(&self, stake: U256) -> Option<U256> {
        if stake == self.state.mover { Some(self.state.rival) } else { (stake == self.state.rival).then_some(self.state.mover) }
    }

    /// Moves of a stake that are not rewarded yet; 0 if it is not in the match.
    #[must_use]
    pub fn moves_of(&self, stake: U256) -> u8 {
        if stake == self.state.mover {
            self.state.moverMoves
        } else if stake == self.state.rival {
            self.state.rivalMoves
        } else {
            0
        }
    }

    /// Takes in the match's next event, from an L1 block of time `now`. An opening changes nothing here: [`Self::opened`] starts a match.
    ///
    /// # Errors
    /// If it cannot be the next one; then nothing has changed.
    pub fn apply(&mut self, event: &MatchesEvent, now: u64) -> Result<(), MatchFault> {
        self.check_id(event)?;
        match event {
            MatchesEvent::Opened { .. } => Ok(()),
            MatchesEvent::Dissected { mover, segment, points, end, time, .. } => self.dissected(*mover, *segment, points, *end, *time),
            MatchesEvent::MachineEntered { mover, segment, start, points, end, time, .. } => {
                self.machine_entered(*mover, *segment, *start, Dissection::new(points, *end), *time)
            }
            MatchesEvent::Won { winner, by_clock, .. } => self.won(*winner, *by_clock, now),
            MatchesEvent::Rewarded { winner, .. } => self.rewarded(*winner),
        }
    }

    fn dissected(&mut self, mover: U256, segment: u8, points: &[B256; POINTS], end: B256, time: u64) -> Result<(), MatchFault> {
        self.check_mover(mover)?;
        let made = Dissection::new(points, end);
        let (start, rival_end, stretch, named) = match (self.round(), &self.dissection) {
            (round::FIRST, None) => (self.state.start, self.state.dissection, self.stretch, None),
            (round, Some(known)) if round::divides(round) => {
                let (start, rival_end) = known.bounds(segment, self.state.start).ok_or_else(|| self.wrong_round(segment))?;
                (start, rival_end, self.stretch.narrowed(segment), Some(segment))
            }
            _ => return Err(self.wrong_round(segment)),
        };
        self.record(mover, named, time, Kind::Dissected);
        self.pass(start, rival_end, made, stretch, time);
        Ok(())
    }

    fn machine_entered(&mut self, mover: U256, segment: u8, start: B256, made: Dissection, time: u64) -> Result<(), MatchFault> {
        self.check_mover(mover)?;
        if self.round() != round::BLOCK || segment > LAST {
            return Err(self.wrong_round(segment));
        }
        self.record(mover, Some(segment), time, Kind::MachineEntered);
        // The rival has named no end of this run yet.
        self.pass(start, B256::ZERO, made, self.stretch.into_machine(segment), time);
        Ok(())
    }

    fn pass(&mut self, start: B256, end: B256, made: Dissection, stretch: Stretch, time: u64) {
        self.state = passed(&self.state, start, end, made.root(), time);
        self.dissection = Some(made);
        self.stretch = stretch;
    }

    fn won(&mut self, winner: U256, by_clock: bool, now: u64) -> Result<(), MatchFault> {
        // A step is the mover's; by the clock the mover loses.
        let expected = if by_clock { self.state.rival } else { self.state.mover };
        if winner != expected {
            return Err(MatchFault::Turn { id: self.id, expected, found: winner });
        }
        if !by_clock && self.round() != round::STEP {
            return Err(self.wrong_round(0));
        }
        let moves = if by_clock { &mut self.state.rivalMoves } else { &mut self.state.moverMoves };
        *moves = moves.saturating_add(1);
        self.outcome = Some(Outcome { winner, by_clock });
        self.record(winner, None, now, if by_clock { Kind::Timeout } else { Kind::Step });
        Ok(())
    }

    fn rewarded(&mut self, winner: U256) -> Result<(), MatchFault> {
        if winner == self.state.mover {
            self.state.moverMoves = 0;
        } else if winner == self.state.rival {
            self.state.rivalMoves = 0;
        } else {
            return Err(MatchFault::Stranger { id: self.id, stake: winner });
        }
        Ok(())
    }

    fn record(&mut self, mover: U256, segment: Option<u8>, time: u64, kind: Kind) {
        self.history.push(Played { mover, round: self.round(), segment, time, kind });
    }

    fn check_id(&self, event: &MatchesEvent) -> Result<(), MatchFault> {
        let (MatchesEvent::Opened { id, .. }
        | MatchesEvent::Dissected { id, .. }
        | MatchesEvent::MachineEntered { id, .. }
        | MatchesEvent::Won { id, .. }
        | MatchesEvent::Rewarded { id, .. }) = event;
        if *id == self.id { Ok(()) } else { Err(MatchFault::Other { id: self.id, found: *id }) }
    }

    fn check_mover(&self, found: U256) -> Result<(), MatchFault> {
        let expected = self.state.mover;
        if found == expected { Ok(()) } else { Err(MatchFault::Turn { id: self.id, expected, found }) }
    }

    const fn wrong_round(&self, segment: u8) -> MatchFault {
        MatchFault::Round { id: self.id, round: self.round(), segment }
    }
}
