//! What each event of Matches changes.

use super::{Contradiction, Ledger, Stake, StakeStatus};
use crate::matches::{MatchView, match_id};
use alloy::primitives::{B256, U256};
use gainsay_bindings::Matches::Match;
use gainsay_l1::{L1Block, MatchesEvent};
use std::sync::Arc;

impl Ledger {
    pub(super) fn match_event(&mut self, block: &L1Block, event: &MatchesEvent) -> Result<(), Contradiction> {
        match event {
            MatchesEvent::Opened { id, state } => self.opened(*id, state, block.timestamp),
            MatchesEvent::Dissected { id, mover, time, .. } | MatchesEvent::MachineEntered { id, mover, time, .. } => {
                self.moved_in(*id, *mover, *time, block.timestamp, event)
            }
            MatchesEvent::Won { id, loser, .. } => self.won(*id, *loser, block.timestamp, event),
            MatchesEvent::Rewarded { id, winner, loser, moves } => self.rewarded(*id, *winner, *loser, *moves, block.timestamp, event),
        }
    }

    fn opened(&mut self, id: B256, state: &Match, now: u64) -> Result<(), Contradiction> {
        let wrong = Contradiction::WrongOpening { id };
        if id != match_id(state.mover, state.rival) || self.matches.contains_key(&id) || state.since.to::<u64>() != now {
            return Err(wrong);
        }
        let (mover, rival) = (self.assertions.get(&state.moverNode), self.assertions.get(&state.rivalNode));
        let (Some(mover), Some(rival)) = (mover, rival) else { return Err(wrong) };
        let fork = mover.parent;
        if fork != rival.parent || mover.id == rival.id || (state.end, state.dissection) != (mover.end.hash(), rival.end.hash()) {
            return Err(wrong);
        }
        let starts = self.assertions.get(&fork).is_some_and(|fork| fork.end.hash() == state.start);
        let stands = |stake: U256, node: &B256| self.stake(&stake).is_some_and(|stake| stake.is_live() && stake.records.contains_key(node));
        if !starts || !stands(state.mover, &state.moverNode) || !stands(state.rival, &state.rivalNode) {
            return Err(wrong);
        }
        self.matches.insert(id, Arc::new(MatchView::opened(id, fork, state.clone())));
        for stake in [state.mover, state.rival] {
            self.played.entry(stake).or_default().insert(id);
        }
        Ok(())
    }

    fn moved_in(&mut self, id: B256, mover: U256, time: u64, now: u64, event: &MatchesEvent) -> Result<(), Contradiction> {
        let rival = self.ongoing(id)?.rival_of(mover).ok_or(Contradiction::NotInMatch { id, stake: mover })?;
        if time != now {
            return Err(Contradiction::WrongTime { id, time, now });
        }
        self.turn(id, event, now)?;
        self.moved_against(rival, |moves| moves.saturating_add(1));
        Ok(())
    }

    fn won(&mut self, id: B256, loser: U256, now: u64, event: &MatchesEvent) -> Result<(), Contradiction> {
        self.ongoing(id)?;
        self.turn(id, event, now)?;
        self.moved_against(loser, |moves| moves.saturating_add(1));
        Ok(())
    }

    fn rewarded(&mut self, id: B256, winner: U256, loser: U256, moves: u64, now: u64, event: &MatchesEvent) -> Result<(), Contradiction> {
        let found = self.match_by_id(&id).ok_or(Contradiction::UnknownMatch { id })?;
        if found.rival_of(winner) != Some(loser) {
            return Err(Contradiction::NotInMatch { id, stake: winner });
        }
        let stake = self.stake(&loser).ok_or(Contradiction::UnknownStake { stake: loser })?;
        if stake.status != StakeStatus::Defeated {
            return Err(Contradiction::WrongStatus { stake: loser, status: stake.status });
        }
        if moves == 0 || u64::from(found.moves_of(winner)) != moves {
            return Err(Contradiction::WrongReward { id, stake: winner, moves });
        }
        self.turn(id, event, now)?;
        self.moved_against(loser, |all| all.saturating_sub(moves));
        Ok(())
    }

    /// A match in which both sides live and nobody has won.
    fn ongoing(&self, id: B256) -> Result<&MatchView, Contradiction> {
        let found = self.match_by_id(&id).ok_or(Contradiction::UnknownMatch { id })?;
        if self.is_ongoing(found) { Ok(found) } else { Err(Contradiction::MatchOver { id }) }
    }

    fn turn(&mut self, id: B256, event: &MatchesEvent, now: u64) -> Result<(), Contradiction> {
        let found = self.matches.get_mut(&id).ok_or(Contradiction::UnknownMatch { id })?;
        Ok(Arc::make_mut(found).apply(event, now)?)
    }

    fn moved_against(&mut self, stake: U256, count: impl Fn(u64) -> u64) {
        if let Some(stake) = self.stakes.get_mut(&stake) {
            stake.moves_against = count(stake.moves_against);
        }
    }

    /// Drops what only a further move would need of the matches of a stake that is no longer live. Their states, moves and histories stay.
    pub(super) fn close_matches(&mut self, stake: U256) {
        for id in self.played.get(&stake).into_iter().flatten() {
            if let Some(found) = self.matches.get_mut(id).filter(|found| found.dissection.is_some()) {
                Arc::make_mut(found).dissection = None;
            }
        }
    }

    /// Whether both sides of a match live and nobody has won it: it can be played.
    #[must_use]
    pub fn is_ongoing(&self, found: &MatchView) -> bool {
        found.outcome.is_none() && [found.state.mover, found.state.rival].iter().all(|id| self.stake(id).is_some_and(Stake::is_live))
    }

    /// All matches whose moves may still earn something.
    pub fn matches(&self) -> impl Iterator<Item = &MatchView> {
        self.matches.values().map(Arc::as_ref)
    }

    /// A match by its id.
    #[must_use]
    pub fn match_by_id(&self, id: &B256) -> Option<&MatchView> {
        self.matches.get(id).map(Arc::as_ref)
    }

    /// The match of two stakes.
    #[must_use]
    pub fn match_of(&self, a: &U256, b: &U256) -> Option<&MatchView> {
        self.match_by_id(&match_id(*a, *b))
    }

    /// The matches in which a stake plays.
    pub fn matches_of(&self, stake: &U256) -> impl Iterator<Item = &MatchView> {
        self.played.get(stake).into_iter().flatten().filter_map(|id| self.match_by_id(id))
    }
}
