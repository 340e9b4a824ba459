//! The assertions on L1 as its events tell them.

use alloy::primitives::B256;
use gainsay_types::State;
use std::collections::{BTreeMap, btree_map::Entry};

/// An assertion as L1 created it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// `keccak(abi.encode(parent, stateHash))`.
    pub id: B256,
    /// Assertion that it continues; zero for the first.
    pub parent: B256,
    /// The claimed state.
    pub end: State,
    /// Batch up to which its children claim.
    pub target: u64,
    /// What its children must be computed from.
    pub inputs_hash: B256,
    /// L1 block that created it.
    pub l1_number: u64,
    /// Time of that block, seconds.
    pub l1_time: u64,
    /// L1 block that confirmed it.
    pub confirmed_in: Option<u64>,
}

/// All assertions, in the order of their creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assertions {
    by_id: BTreeMap<B256, Assertion>,
    order: Vec<B256>,
    children: BTreeMap<B256, Vec<B256>>,
    /// End of the confirmed line.
    latest: Option<B256>,
}

impl Assertions {
    /// Adds one. A second creation of the same id is the same assertion, and changes nothing.
    pub fn created(&mut self, assertion: Assertion) {
        if let Entry::Vacant(slot) = self.by_id.entry(assertion.id) {
            self.order.push(assertion.id);
            self.children.entry(assertion.parent).or_default().push(assertion.id);
            if assertion.parent.is_zero() {
                self.latest.get_or_insert(assertion.id);
            }
            slot.insert(assertion);
        }
    }

    /// Marks one as confirmed. It ends the confirmed line if it continues it.
    pub fn confirmed(&mut self, id: B256, l1_number: u64) {
        if let Some(assertion) = self.by_id.get_mut(&id) {
            assertion.confirmed_in = Some(l1_number);
            if self.latest == Some(assertion.parent) {
                self.latest = Some(id);
            }
        }
    }

    /// One by its id.
    #[must_use]
    pub fn get(&self, id: &B256) -> Option<&Assertion> {
        self.by_id.get(id)
    }

    /// All, parents before children.
    pub fn iter(&self) -> impl Iterator<Item = &Assertion> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Those that continue `parent`, oldest first.
    pub fn children(&self, parent: B256) -> impl Iterator<Item = &Assertion> {
        self.children.get(&parent).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    /// The confirmed one that is furthest on; the first assertion counts as confirmed.
    #[must_use]
    pub fn latest_confirmed(&self) -> Option<&Assertion> {
        self.get(&self.latest?)
    }

    /// The one that was the latest confirmed after L1 block `l1_number`.
    #[must_use]
    pub fn confirmed_by(&self, l1_number: u64) -> Option<&Assertion> {
        let mut tip = self.latest_confirmed()?;
        while tip.confirmed_in.is_none_or(|number| number > l1_number) {
            let Some(parent) = self.get(&tip.parent) else { break };
            tip = parent;
        }
        Some(tip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assertion(id: u8, parent: u8, l1_number: u64) -> Assertion {
        Assertion {
            id: B256::repeat_byte(id),
            parent: B256::repeat_byte(parent),
            end: State::genesis(B256::repeat_byte(id)),
            target: 0,
            inputs_hash: B256::ZERO,
            l1_number,
            l1_time: l1_number * 12,
            confirmed_in: None,
        }
    }

    fn tree() -> Assertions {
        let mut tree = Assertions::default();
        for (id, parent, number) in [(1, 0, 10), (2, 1, 20), (3, 1, 21), (4, 2, 30)] {
            tree.created(assertion(id, parent, number));
        }
        tree
    }

    #[test]
    fn the_latest_confirmed_is_the_end_of_the_confirmed_line() {
        let mut tree = tree();
        assert_eq!(tree.latest_confirmed().map(|found| found.id), Some(B256::repeat_byte(1)));
        tree.confirmed(B256::repeat_byte(2), 40);
        tree.confirmed(B256::repeat_byte(4), 50);
        assert_eq!(tree.latest_confirmed().map(|found| found.id), Some(B256::repeat_byte(4)));
        assert_eq!(tree.confirmed_by(49).map(|found| found.id), Some(B256::repeat_byte(2)));
        assert_eq!(tree.confirmed_by(39).map(|found| found.id), Some(B256::repeat_byte(1)));
    }

    #[test]
    fn children_are_told_in_the_order_of_their_creation() {
        let tree = tree();
        let children = |id| tree.children(B256::repeat_byte(id)).map(|child| child.id).collect::<Vec<_>>();
        assert_eq!(children(1), [B256::repeat_byte(2), B256::repeat_byte(3)]);
        assert_eq!(children(2), [B256::repeat_byte(4)]);
        assert!(children(3).is_empty());
    }

    #[test]
    fn creating_an_assertion_again_changes_nothing() {
        let mut tree = tree();
        tree.created(assertion(2, 1, 99));
        assert_eq!(tree.get(&B256::repeat_byte(2)).map(|found| found.l1_number), Some(20));
        assert_eq!(tree.iter().count(), 4);
    }
}
