//! Which sender's transactions a full pool drops first.

use alloy_primitives::Address;
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::from_fn,
};

/// How a queue stands among all when room has to be made; the smallest is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// No transaction waits behind a gap.
    pub(crate) all_ready: bool,
    /// Least effective tip of the queue; none if one is below the base fee.
    pub(crate) tip: Option<u128>,
}

/// What the rank of a queue comes from, whatever the base fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// No transaction waits behind a gap.
    pub(crate) all_ready: bool,
    /// Least fee cap, wei per gas.
    pub(crate) fee: u128,
    /// Least tip cap, wei per gas.
    pub(crate) tip: u128,
}

impl Standing {
    /// The highest base fee at which the tip cap counts and not the fee cap.
    const fn turn(&self) -> u128 {
        self.fee.saturating_sub(self.tip)
    }

    fn tip_counts(&self, base_fee: u64) -> bool {
        self.turn() >= u128::from(base_fee)
    }
}

/// A queue under the price that counts for it.
type Place = (bool, u128, Address);

/// All queues, the worst first. A new base fee moves only those for which another price counts from now on.
#[derive(Debug)]
pub(crate) struct Ranks {
    base_fee: u64,
    by_tip: BTreeSet<Place>,
    by_fee: BTreeSet<Place>,
    turns: BTreeMap<(u128, Address), Standing>,
}

impl Ranks {
    pub(crate) fn new(base_fee: u64, queues: impl Iterator<Item = (Address, Standing)>) -> Self {
        let mut ranks = Self { base_fee, by_tip: BTreeSet::new(), by_fee: BTreeSet::new(), turns: BTreeMap::new() };
        for (sender, standing) in queues {
            ranks.insert(sender, standing);
        }
        ranks
    }

    pub(crate) fn insert(&mut self, sender: Address, standing: Standing) {
        self.file(sender, standing);
        self.turns.insert((standing.turn(), sender), standing);
    }

    pub(crate) fn remove(&mut self, sender: Address, standing: Standing) {
        self.by_tip.remove(&(standing.all_ready, standing.tip, sender));
        self.by_fee.remove(&(standing.all_ready, standing.fee, sender));
        self.turns.remove(&(standing.turn(), sender));
    }

    pub(crate) fn set_base_fee(&mut self, base_fee: u64) {
        let (low, high) = (self.base_fee.min(base_fee), self.base_fee.max(base_fee));
        self.base_fee = base_fee;
        let range = (u128::from(low), Address::ZERO)..(u128::from(high), Address::ZERO);
        let turned: Vec<_> = self.turns.range(range).map(|((_, sender), standing)| (*sender, *standing)).collect();
        for (sender, standing) in turned {
            self.remove(sender, standing);
            self.insert(sender, standing);
        }
    }

    /// From the worst on.
    pub(crate) fn worst(&self) -> impl Iterator<Item = (Rank, Address)> {
        let base_fee = u128::from(self.base_fee);
        let by_tip = self.by_tip.iter().map(|(all_ready, tip, sender)| (Rank { all_ready: *all_ready, tip: Some(*tip) }, *sender));
        let by_fee = self
            .by_fee
            .iter()
            .map(move |(all_ready, fee, sender)| (Rank { all_ready: *all_ready, tip: fee.checked_sub(base_fee) }, *sender));
        let (mut by_tip, mut by_fee) = (by_tip.peekable(), by_fee.peekable());
        from_fn(move || match (by_tip.peek(), by_fee.peek()) {
            (Some(tip), Some(fee)) if tip <= fee => by_tip.next(),
            (Some(_), None) => by_tip.next(),
            _ => by_fee.next(),
        })
    }

    fn file(&mut self, sender: Address, standing: Standing) {
        if standing.tip_counts(self.base_fee) {
            self.by_tip.insert((standing.all_ready, standing.tip, sender));
        } else {
            self.by_fee.insert((standing.all_ready, standing.fee, sender));
        }
    }
}
