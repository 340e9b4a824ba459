//! What each event of Games changes.

use super::Ledger;
use gainsay_l1::GamesEvent;

impl Ledger {
    /// Takes it as it is told: a list that was hidden or made up costs a needless transaction, and must not keep anybody from playing.
    pub(super) fn games_event(&mut self, event: &GamesEvent) {
        let GamesEvent::Listed { assertion, .. } = event;
        self.listed.insert(*assertion);
    }
}
