//! The ledger with L1 reorganisations undone: what finalised blocks say, and the blocks since.

use crate::ledger::Ledger;
use gainsay_l1::{L1Block, L1Event};
use std::{collections::VecDeque, sync::Arc};

/// L1 went back to before a block that was settled: read it again from the start, into a new book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("L1 went back to block {to}, but block {settled} was taken for final; the disputes must be read again from the first block")]
pub struct TooDeep {
    /// The block that L1 went back to.
    pub to: u64,
    /// The newest block that was settled.
    pub settled: u64,
}

/// A block of L1 with what it did to assertions, stakes, matches and games.
#[derive(Clone, Debug)]
struct Page {
    block: L1Block,
    events: Vec<L1Event>,
}

/// All that Rollup, Matches and Games hold, from their logs. What it keeps for rewinding are the blocks that are not settled and did something.
#[derive(Clone, Debug, Default)]
pub struct Book {
    settled: Ledger,
    settled_at: u64,
    recent: VecDeque<Page>,
    ledger: Arc<Ledger>,
}

impl Book {
    /// Before the first block.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies the events of the next block, in the order of their logs. Those of the Inbox are passed over.
    pub fn apply(&mut self, block: &L1Block, events: &[L1Event]) {
        let events = events.iter().filter(|event| !matches!(event, L1Event::Inbox(_))).cloned().collect::<Vec<_>>();
        if events.is_empty() {
            return;
        }
        let page = Page { block: *block, events };
        // Copied only where somebody still reads the ledger as it was.
        page.apply(Arc::make_mut(&mut self.ledger));
        self.recent.push_back(page);
    }

    /// Forgets the blocks after `to`.
    ///
    /// # Errors
    /// When `to` is before what was settled. Nothing has changed then.
    pub fn rewind(&mut self, to: u64) -> Result<(), TooDeep> {
        if to < self.settled_at {
            return Err(TooDeep { to, settled: self.settled_at });
        }
        let before = self.recent.len();
        self.recent.retain(|page| page.block.number <= to);
        if self.recent.len() < before {
            let mut ledger = self.settled.clone();
            for page in &self.recent {
                page.apply(&mut ledger);
            }
            self.ledger = Arc::new(ledger);
        }
        Ok(())
    }

    /// Blocks up to `finalized` cannot be reorganised any more: they need not be kept, nor what can never matter again.
    pub fn settle(&mut self, finalized: u64) {
        self.settled_at = self.settled_at.max(finalized);
        let before = self.recent.len();
        while self.recent.front().is_some_and(|page| page.block.number <= finalized) {
            if let Some(page) = self.recent.pop_front() {
                page.apply(&mut self.settled);
            }
        }
        if self.recent.len() < before {
            let gone = self.settled.forgettable();
            if !gone.is_empty() {
                self.settled.forget(&gone);
                Arc::make_mut(&mut self.ledger).forget(&gone);
            }
        }
    }

    /// The state after the last block applied.
    #[must_use]
    pub const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }
}

impl Page {
    fn apply(&self, ledger: &mut Ledger) {
        for event in &self.events {
            ledger.apply(&self.block, event);
        }
    }
}
