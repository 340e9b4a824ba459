//! What each event of Games changes.

use super::{Contradiction, Ledger};
use gainsay_l1::GamesEvent;

impl Ledger {
    pub(super) fn games_event(&mut self, event: &GamesEvent) -> Result<(), Contradiction> {
        let GamesEvent::Listed { assertion: id, index, .. } = *event;
        let assertion = self.assertions.get(&id).ok_or(Contradiction::UnknownAssertion { id })?;
        if self.listed.contains(&id) {
            return Err(Contradiction::ListedAgain { id });
        }
        let parent = assertion.parent;
        if !self.listed.contains(&parent) && self.assertions.get(&parent).is_none_or(|parent| parent.confirmed_in.is_none()) {
            return Err(Contradiction::ParentNotListed { id });
        }
        // A game is never taken from the list.
        let next = self.listed.len() as u64;
        if index != next {
            return Err(Contradiction::NotNextGame { index, next });
        }
        self.listed.insert(id);
        Ok(())
    }
}
