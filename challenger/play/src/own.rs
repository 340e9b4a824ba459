//! The own chain as far as it is settled: derived from batches with enough L1 blocks on top. Only about that are claims made.

use alloy::primitives::B256;
use gainsay_chain::Chain;
use gainsay_game::decide::OwnChain;
use gainsay_types::{State, inputs_hash};

/// Reads the chain. What cannot be read counts as not settled: the store's owner stops the process if its store fails.
#[derive(Clone, Copy)]
pub struct Settled<'a> {
    /// The chain.
    pub chain: &'a Chain,
    /// L1 blocks on top of a batch before its result counts.
    pub confirmations: u64,
}

impl Settled<'_> {
    fn is_deep(&self, batch: u64) -> bool {
        let Some(l1) = self.chain.heads().l1 else { return false };
        let included = match batch {
            0 => Some(0),
            _ => self.chain.store().batch(batch).ok().flatten().map(|record| record.header.l1_number),
        };
        included.is_some_and(|number| number.saturating_add(self.confirmations) <= l1.number)
    }
}

impl OwnChain for Settled<'_> {
    fn end_state(&self, parent: &State, target: u64) -> Option<State> {
        if !self.is_deep(target) {
            return None;
        }
        self.chain.end_state(parent, target).ok().flatten()
    }

    fn inputs_hash(&self, target: u64) -> Option<B256> {
        Some(inputs_hash(target, self.chain.store().batch_acc(target).ok()?))
    }

    fn batch_count(&self) -> u64 {
        self.chain.heads().batches
    }
}
