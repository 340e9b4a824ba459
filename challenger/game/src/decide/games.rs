//! Matches: to play, to end by the clock, to open.

use super::{Alarm, Draft, Rank, Table, Todo, path::Node, path::Standing};
use crate::{act::Act, ledger::Stake, matches::MatchView};
use alloy::primitives::U256;
use gainsay_bindings::Matches::Rivals;

impl Table<'_> {
    pub(super) fn games(&self, draft: &mut Draft) {
        for stake in self.ledger.stakes_of(&self.me).filter(|stake| stake.is_live()) {
            for found in self.ledger.matches_of(&stake.id).filter(|found| self.ledger.is_ongoing(found)) {
                self.game(stake.id, found, draft);
            }
        }
        for node in self.path.nodes() {
            self.openings(node, draft);
        }
    }

    fn game(&self, stake: U256, found: &MatchView, draft: &mut Draft) {
        let on_turn = found.on_turn() == stake;
        let own = if on_turn { found.state.moverNode } else { found.state.rivalNode };
        let match_id = found.id;
        // Neither side may be right; but this one would have to lie on.
        if matches!(self.path.standing(self.ledger, &own), Standing::False(_)) {
            draft.alarms.push(Alarm::CannotWin { match_id, stake });
            return;
        }
        let deadline = found.deadline(self.settings.extension);
        match (on_turn, self.now < deadline) {
            (true, true) => draft.put(deadline, Rank::Play, Todo::Play { match_id, deadline }),
            (true, false) => draft.alarms.push(Alarm::Overdue { match_id, deadline }),
            (false, true) => {}
            (false, false) => {
                // It costs nothing to wait but time, and moves may have none.
                let by = deadline.saturating_add(self.settings.extension);
                draft.act(by, Rank::Timeout, Act::Timeout { m: Box::new(found.state.clone()) });
            }
        }
    }

    /// A match with every live stake on a false child of `node`, for the oldest own stake on the right one. One match is enough to defeat a rival.
    fn openings(&self, node: &Node<'_>, draft: &mut Draft) {
        let Some(child) = node.child.filter(|_| !node.lies.is_empty()) else { return };
        let mine = self.ledger.stakes_on(&child.id).filter(|stake| stake.owner == self.me && stake.is_live()).collect::<Vec<_>>();
        let Some((own, joined)) =
            mine.iter().filter_map(|stake| Some((*stake, *stake.records.get(&child.id)?))).min_by_key(|(_, time)| *time)
        else {
            return;
        };
        for lie in &node.lies {
            let rivals = self.ledger.stakes_on(&lie.id).filter(|rival| rival.is_live() && rival.owner != self.me);
            for rival in rivals.filter(|rival| mine.iter().all(|stake| self.ledger.match_of(&stake.id, &rival.id).is_none())) {
                let met = rival.records.get(&lie.id).copied().unwrap_or_default().max(joined);
                // As urgent as a move that has a whole clock.
                let urgent_at = met.saturating_add(self.settings.clock);
                let rivals = Rivals {
                    fork: node.assertion.id,
                    inputsHash: node.assertion.inputs_hash,
                    start: node.assertion.end.hash(),
                    first: own.id,
                    firstEnd: child.end.hash(),
                    second: rival.id,
                    secondEnd: lie.end.hash(),
                };
                draft.put(urgent_at, Rank::Open, Todo::Open { rivals, fork: node.assertion.id, urgent_at });
            }
        }
    }

    /// Whether an own live stake stands behind an assertion.
    pub(super) fn stands_behind(&self, id: &alloy::primitives::B256) -> bool {
        self.ledger.stakes_on(id).any(|stake| stake.owner == self.me && Stake::is_live(stake))
    }
}
