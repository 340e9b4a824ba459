//! What ends a fork, and what is paid after it.

use super::{Draft, Rank, Table};
use crate::{act::Act, ledger::StakeStatus};

impl Table<'_> {
    pub(super) fn closing(&self, draft: &mut Draft) {
        self.confirm(draft);
        self.rewards(draft);
        // Put last: it pays what the acts before it brought as well. But it waits for none of them, whose gas it may have to pay for.
        if !self.ledger.owed(&self.me).is_zero() {
            draft.act(u64::MAX, Rank::Pay, Act::Claim { to: self.me });
        }
    }

    /// The fork below the latest confirmed assertion: clears its losers and confirms its right child.
    fn confirm(&self, draft: &mut Draft) {
        let Some(node) = self.path.nodes().first() else { return };
        let fork = node.assertion.id;
        let Some(times) = self.ledger.fork(&fork) else { return };
        let closes_at = times.closes_at(self.settings.window);
        // Who has nothing at stake here leaves it to those who have, for a while.
        let involved = self.policy.propose || node.child.is_some_and(|child| self.stands_behind(&child.id));
        let patience = if involved { 0 } else { self.settings.extension };
        let by = self.now.saturating_add(self.settings.extension);
        let over = self.now >= closes_at.saturating_add(patience);
        if involved || over {
            for lie in &node.lies {
                for loser in self.ledger.stakes_on(&lie.id).filter(|stake| stake.status == StakeStatus::Defeated) {
                    draft.act(by, Rank::Evict, Act::Evict { stake: loser.id, id: lie.id });
                }
            }
        }
        // INVARIANT: confirmed only with a live stake on it and none on a sibling.
        let Some(child) = node.child else { return };
        let live = self.ledger.live(&child.id);
        if over && live >= 1 && live == self.ledger.live_children(&fork) {
            draft.act(by, Rank::Confirm, Act::Confirm { id: child.id });
        }
    }

    /// What the moves of own stakes that have left earned.
    fn rewards(&self, draft: &mut Draft) {
        for stake in self.ledger.stakes_of(&self.me).filter(|stake| stake.status == StakeStatus::Withdrawn) {
            for found in self.ledger.matches_of(&stake.id).filter(|found| found.moves_of(stake.id) > 0) {
                let loser = found.rival_of(stake.id).and_then(|rival| self.ledger.stake(&rival));
                if loser.is_some_and(|loser| loser.status == StakeStatus::Defeated) {
                    draft.act(u64::MAX, Rank::Leave, Act::Reward { m: Box::new(found.state.clone()), winner: stake.id });
                }
            }
        }
    }
}
