//! What users' tools are shown.

use super::{Draft, Rank, Table};
use crate::act::Act;

impl Table<'_> {
    /// Lists the first assertion of the right path that is not listed: its parent is, or is confirmed. One at a time, since each next one is refused until
    /// the one before it stands on L1.
    pub(super) fn listing(&self, draft: &mut Draft) {
        if !self.policy.list {
            return;
        }
        // The first assertion of all claims nothing new.
        let mut claimed = self.path.nodes().iter().map(|node| node.assertion).filter(|assertion| !assertion.parent.is_zero());
        if let Some(next) = claimed.find(|assertion| !self.ledger.listed(&assertion.id)) {
            // Users wait for it, but nobody loses anything meanwhile: whatever has a time comes first.
            draft.act(u64::MAX, Rank::List, Act::List { parent: next.parent, end: next.end });
        }
    }
}
