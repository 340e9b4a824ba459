//! How matches end, and what their moves earn.

use super::{
    Court, Refusal,
    moves::{check_opening, wrong_state},
    openings::wrong_round,
};
use crate::matches::{deadline, round};
use alloy::primitives::{Address, B256, Bytes, U256};
use gainsay_bindings::Matches::{self as Sol, Match, MatchesErrors, Segment};
use gainsay_l1::{L1Event, MatchesEvent};

impl Court {
    pub(super) fn step(
        &mut self,
        sender: Address,
        now: u64,
        m: &Match,
        segment: &Segment,
        (state, proof): (&Bytes, &Bytes),
        events: &mut Vec<L1Event>,
    ) -> Result<(), Refusal> {
        let id = self.check_turn(sender, now, m)?;
        if m.round != round::STEP {
            return Err(wrong_round(m));
        }
        check_opening(m, segment)?;
        let (before, next) = self.rules.steps.step(state, proof, &self.parts)?;
        if before != segment.start {
            return Err(wrong_state());
        }
        // INVARIANT: a stake loses by a step only if the machine itself contradicts it.
        if next == segment.end {
            return Err(MatchesErrors::StepAgrees(Sol::StepAgrees {}).into());
        }
        let won = Match { moverMoves: m.moverMoves.saturating_add(1), ..m.clone() };
        self.win(id, won, (m.rival, m.rivalNode), m.mover, events)
    }

    pub(super) fn timeout(&mut self, now: u64, m: &Match, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        let id = self.check_current(m)?;
        let end = deadline(m, self.rules.settings.extension);
        if now < end {
            return Err(MatchesErrors::TooEarly(Sol::TooEarly { deadline: U256::from(end) }).into());
        }
        self.require_live(m.mover)?;
        self.require_live(m.rival)?;
        let won = Match { rivalMoves: m.rivalMoves.saturating_add(1), ..m.clone() };
        self.win(id, won, (m.mover, m.moverNode), m.rival, events)
    }

    /// `loser` is a stake and where it stands.
    fn win(&mut self, id: B256, won: Match, loser: (U256, B256), winner: U256, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        let (loser, node) = loser;
        let by_clock = winner == won.rival;
        events.push(L1Event::Matches(MatchesEvent::Won { id, winner, loser, by_clock }));
        self.defeat(loser, node, events)?;
        self.matches.insert(id, won);
        *self.moves_against.entry(loser).or_default() += 1;
        Ok(())
    }

    pub(super) fn reward(&mut self, m: &Match, winner: U256, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        let id = self.check_current(m)?;
        if winner != m.mover && winner != m.rival {
            return Err(MatchesErrors::NotInMatch(Sol::NotInMatch { stakeId: winner }).into());
        }
        let by_mover = winner == m.mover;
        let (loser, moves) = if by_mover { (m.rival, m.moverMoves) } else { (m.mover, m.rivalMoves) };
        if moves == 0 {
            return Err(MatchesErrors::NoMoves(Sol::NoMoves {}).into());
        }
        // Before, the count against it can still grow. Afterwards only rewards change it.
        if !self.is_defeated(loser) {
            return Err(MatchesErrors::NotDefeated(Sol::NotDefeated { stakeId: loser }).into());
        }
        let lost = self.check_left(winner)?;
        let (moves, all) = (u64::from(moves), self.moves_against(&loser));
        // INVARIANT: every move is rewarded once.
        let rewarded = if by_mover { Match { moverMoves: 0, ..m.clone() } } else { Match { rivalMoves: 0, ..m.clone() } };
        self.matches.insert(id, rewarded);
        self.moves_against.insert(loser, all.saturating_sub(moves));
        events.push(L1Event::Matches(MatchesEvent::Rewarded { id, winner, loser, moves }));
        self.award(winner, loser, moves, all, lost, events);
        Ok(())
    }
}
