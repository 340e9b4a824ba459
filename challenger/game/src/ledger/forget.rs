//! What no later event can name and no act can need any more: dropped, so that the ledger does not grow with every dispute.

use super::{Ledger, Stake, StakeStatus};
use crate::matches::MatchView;
use alloy::primitives::{B256, U256};

/// What a ledger can do without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forgettable {
    matches: Vec<B256>,
    stakes: Vec<U256>,
}

impl Forgettable {
    pub(crate) const fn is_empty(&self) -> bool {
        self.matches.is_empty() && self.stakes.is_empty()
    }
}

impl Ledger {
    /// Matches that are void or over and in which nothing is or will be left to reward, and stakes that are out of the game with no such match and no
    /// record that somebody could clear.
    pub(crate) fn forgettable(&self) -> Forgettable {
        let matches = self.matches().filter(|found| self.is_spent(found)).map(|found| found.id).collect::<Vec<_>>();
        let spent = |id: &B256| self.match_by_id(id).is_none_or(|found| self.is_spent(found));
        let done = |stake: &&Stake| match stake.status {
            StakeStatus::Live => false,
            StakeStatus::Withdrawn => true,
            StakeStatus::Defeated => stake.records.is_empty(),
        };
        let idle = |stake: &&Stake| self.played.get(&stake.id).is_none_or(|ids| ids.iter().all(spent));
        let stakes = self.stakes().filter(done).filter(idle).map(|stake| stake.id).collect();
        Forgettable { matches, stakes }
    }

    pub(crate) fn forget(&mut self, gone: &Forgettable) {
        for id in &gone.matches {
            let Some(found) = self.matches.remove(id) else { continue };
            for stake in [found.state.mover, found.state.rival] {
                if let Some(ids) = self.played.get_mut(&stake) {
                    ids.remove(id);
                }
            }
        }
        self.played.retain(|_, ids| !ids.is_empty());
        for id in &gone.stakes {
            for assertion in self.stakes.remove(id).into_iter().flat_map(|stake| stake.records.into_keys()) {
                self.clear(*id, &assertion);
            }
        }
    }

    /// Nobody can move any more, and neither side's moves can be rewarded.
    fn is_spent(&self, found: &MatchView) -> bool {
        let status = |id: &U256| self.stake(id).map(|stake| stake.status);
        let (mover, rival) = (found.state.mover, found.state.rival);
        let both_live = [mover, rival].iter().all(|id| status(id) == Some(StakeStatus::Live));
        // Moves are rewarded once the stake that they were made against has lost; one that left cannot lose any more.
        let unpaid = |by: U256, against: U256| found.moves_of(by) > 0 && status(&against) != Some(StakeStatus::Withdrawn);
        !both_live && !unpaid(mover, rival) && !unpaid(rival, mover)
    }
}
