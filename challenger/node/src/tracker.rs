//! Which assertions there are, what the challenger holds of each, and which one to check next. No clock, no chain, no network.

use crate::verdict::{Verdict, Waiting, judge};
use alloy::primitives::B256;
use gainsay_game::assertions::Assertions;
use gainsay_types::State;
use std::collections::BTreeMap;

/// Verdicts on all assertions.
#[derive(Debug, Default)]
pub struct Tracker {
    assertions: Assertions,
    verdicts: BTreeMap<B256, Verdict>,
    rewinds: u64,
}

/// An assertion to be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The assertion.
    pub id: B256,
    /// The state to start from, which the challenger agrees with.
    pub parent: State,
    /// Batch to compute up to.
    pub target: u64,
    /// What L1 says the computation reads.
    pub inputs_hash: B256,
    /// The state claimed.
    pub claimed: State,
}

/// What the own chain gives for a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computed {
    /// The end state, and the own output root at the claimed block number if there is such a block.
    End {
        /// The state that the inbox gives.
        ours: State,
        /// The own output root at the claimed block.
        root: Option<B256>,
    },
    /// Not possible yet.
    Not(Waiting),
}

impl Tracker {
    /// All assertions.
    #[must_use]
    pub const fn assertions(&self) -> &Assertions {
        &self.assertions
    }

    /// The verdict on an assertion, if there is such an assertion.
    #[must_use]
    pub fn verdict(&self, id: &B256) -> Option<&Verdict> {
        self.verdicts.get(id)
    }

    /// Takes the assertions as L1 has them now. Verdicts on what is gone go; what is new has none yet. `rewinds` counts the times that L1
    /// was reorganised: if it grew, the inbox may have changed below any assertion, and all verdicts are made again. The first
    /// assertion is the genesis state, fixed in the contract: `genesis` is what the own chain starts from.
    pub fn observe(&mut self, assertions: &Assertions, rewinds: u64, genesis: &State) {
        if rewinds != self.rewinds {
            self.verdicts.clear();
        }
        self.verdicts.retain(|id, _| assertions.get(id).is_some());
        for assertion in assertions.iter() {
            self.verdicts.entry(assertion.id).or_insert_with(|| {
                if assertion.parent.is_zero() {
                    judge(genesis, &assertion.end, genesis, Some(genesis.output_root))
                } else {
                    Verdict::Pending { waiting: Waiting::Parent }
                }
            });
        }
        if self.assertions != *assertions {
            self.assertions.clone_from(assertions);
        }
        self.rewinds = rewinds;
        self.condemn();
    }

    /// The assertions that can be checked now: no verdict yet, and the parent is agreed with. Oldest first.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let pending = self.assertions.iter().filter(|assertion| matches!(self.verdicts.get(&assertion.id), Some(Verdict::Pending { .. })));
        let checks = pending.filter_map(|assertion| {
            let parent = self.assertions.get(&assertion.parent)?;
            let agreed = self.verdicts.get(&parent.id) == Some(&Verdict::Agree);
            let inputs_hash = parent.inputs_hash;
            agreed.then_some(Check { id: assertion.id, parent: parent.end, target: parent.target, inputs_hash, claimed: assertion.end })
        });
        checks.collect()
    }

    /// Takes what the own chain gave for a check. Returns the verdict if it is a new one, and not that it is still pending.
    pub fn computed(&mut self, check: &Check, computed: Computed) -> Option<Verdict> {
        let verdict = match computed {
            Computed::End { ours, root } => judge(&check.parent, &check.claimed, &ours, root),
            Computed::Not(waiting) => Verdict::Pending { waiting },
        };
        let current = self.verdicts.get_mut(&check.id)?;
        *current = verdict.clone();
        let settled = !matches!(verdict, Verdict::Pending { .. });
        if settled {
            self.condemn();
        }
        settled.then_some(verdict)
    }

    /// What continues a false assertion is false.
    fn condemn(&mut self) {
        for assertion in self.assertions.iter() {
            let ancestor = match self.verdicts.get(&assertion.parent) {
                Some(Verdict::Disagree(_)) => assertion.parent,
                Some(Verdict::DescendsFromFalse { ancestor }) => *ancestor,
                _ => continue,
            };
            self.verdicts.insert(assertion.id, Verdict::DescendsFromFalse { ancestor });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_game::assertions::Assertion;

    fn state(block: u64, root: u8) -> State {
        State { output_root: B256::repeat_byte(root), l2_block_number: block, batch_index: block, batch_offset: 0, deposit_index: 0 }
    }

    fn assertion(id: u8, parent: u8, end: State, l1_number: u64) -> Assertion {
        Assertion {
            id: B256::repeat_byte(id),
            parent: B256::repeat_byte(parent),
            end,
            target: end.batch_index + 1,
            inputs_hash: B256::ZERO,
            l1_number,
            l1_time: l1_number,
            confirmed_in: None,
        }
    }

    /// Genesis 1, its children 2 (right) and 3 (wrong), and 4 on top of 3, 5 on top of 2.
    fn tree() -> Assertions {
        tree_up_to(u64::MAX)
    }

    /// Those of it that were made up to an L1 block.
    fn tree_up_to(l1_number: u64) -> Assertions {
        let mut tree = Assertions::default();
        for (id, parent, end) in
            [(1, 0, state(0, 10)), (2, 1, state(1, 11)), (3, 1, state(1, 66)), (4, 3, state(2, 67)), (5, 2, state(2, 12))]
        {
            if u64::from(id) <= l1_number {
                tree.created(assertion(id, parent, end, u64::from(id)));
            }
        }
        tree
    }

    fn tracker() -> Tracker {
        let mut tracker = Tracker::default();
        tracker.observe(&tree(), 0, &state(0, 10));
        tracker
    }

    fn run(tracker: &mut Tracker) {
        while let Some(check) = tracker.checks().first().cloned() {
            let block = check.target;
            let ours = state(block, 10 + block as u8);
            tracker.computed(&check, Computed::End { ours, root: Some(ours.output_root) });
        }
    }

    fn word(tracker: &Tracker, id: u8) -> &'static str {
        tracker.verdict(&B256::repeat_byte(id)).map_or("none", Verdict::word)
    }

    #[test]
    fn every_assertion_gets_a_verdict_and_children_of_false_ones_are_false() {
        let mut tracker = tracker();
        assert_eq!(tracker.checks().len(), 2);
        run(&mut tracker);
        assert_eq!([1, 2, 3, 4, 5].map(|id| word(&tracker, id)), ["agree", "agree", "disagree", "descendsFromFalse", "agree"]);
        assert_eq!(tracker.verdict(&B256::repeat_byte(4)), Some(&Verdict::DescendsFromFalse { ancestor: B256::repeat_byte(3) }));
    }

    #[test]
    fn an_assertion_made_on_a_false_one_later_is_false_at_once() {
        let mut tracker = tracker();
        run(&mut tracker);
        let mut tree = tree();
        tree.created(assertion(6, 4, state(3, 1), 9));
        tracker.observe(&tree, 0, &state(0, 10));
        assert_eq!(tracker.verdict(&B256::repeat_byte(6)), Some(&Verdict::DescendsFromFalse { ancestor: B256::repeat_byte(3) }));
    }

    #[test]
    fn a_reorganisation_removes_verdicts_and_checks_the_rest_again() {
        let mut tracker = tracker();
        run(&mut tracker);
        let tree = tree_up_to(3);
        tracker.observe(&tree, 1, &state(0, 10));
        assert_eq!([2, 3, 4].map(|id| word(&tracker, id)), ["pending", "pending", "none"]);
        run(&mut tracker);
        assert_eq!([2, 3, 4].map(|id| word(&tracker, id)), ["agree", "disagree", "none"]);
    }

    #[test]
    fn a_check_that_cannot_be_made_says_why_and_stays() {
        let mut tracker = tracker();
        let check = tracker.checks().first().cloned();
        let waiting = Waiting::Derivation { derived: 0, target: 1 };
        if let Some(check) = &check {
            assert_eq!(tracker.computed(check, Computed::Not(waiting)), None);
            assert_eq!(tracker.verdict(&check.id), Some(&Verdict::Pending { waiting }));
        }
        assert_eq!(tracker.checks().first().cloned(), check);
    }

    #[test]
    fn a_genesis_assertion_of_another_chain_is_disagreed_with() {
        let mut tracker = Tracker::default();
        tracker.observe(&tree(), 0, &state(0, 9));
        assert_eq!([1, 2, 5].map(|id| word(&tracker, id)), ["disagree", "descendsFromFalse", "descendsFromFalse"]);
        assert!(tracker.checks().is_empty());
    }
}
