//! What the proposer does next: a pure decision over the assertions, the own stake and the own chain.

use alloy::primitives::{B256, U256};
use gainsay_shell::assertions::{Assertion, Assertions};
use gainsay_types::State;

/// The own stake as L1 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnStake {
    /// Its id.
    pub id: U256,
    /// Assertion on which it stands.
    pub tip: B256,
}

/// A claim about what follows an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextClaim {
    /// The assertion that it continues.
    pub parent: B256,
    /// What it was computed from.
    pub inputs_hash: B256,
    /// The state claimed.
    pub end: State,
    /// The assertion that it makes or joins.
    pub id: B256,
}

/// The next thing to do on L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Confirm an assertion that the own chain agrees with.
    Confirm(B256),
    /// Bond a stake on a child of the latest confirmed assertion.
    Stake(NextClaim),
    /// Move the stake on.
    Advance(U256, NextClaim),
    /// The stake is behind a fork that is decided: take the bond back, to stake anew.
    Withdraw(U256),
    /// Nothing now.
    Wait(Idle),
}

/// Why there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Idle {
    /// The Rollup's events have not been read yet.
    #[error("the assertions are not read from L1 yet")]
    NoAssertions,
    /// No batch is left to claim about.
    #[error("there is no new batch to claim about")]
    NothingNew,
    /// The minimum time between an assertion and its child is not over.
    #[error("the next claim is possible from L1 time {from} on")]
    TooEarly {
        /// Seconds.
        from: u64,
    },
    /// The own chain is not derived that far, or not deep enough in L1.
    #[error("the result is not settled on L1 yet")]
    NotSettled,
    /// L1's inputs differ from the own inbox.
    #[error("the assertion's inputs are not those of the inbox here; waiting for L1 to settle")]
    OtherInputs,
    /// The stake stands on an assertion that the own chain contradicts.
    #[error("the own stake stands on an assertion that this chain contradicts")]
    OwnTipFalse,
}

/// What the proposer knows of its own chain.
pub trait OwnChain {
    /// The state that follows `parent`, if it is derived from L1 deep enough.
    fn end_state(&self, parent: &State, target: u64) -> Option<State>;
    /// What the children of an assertion with this target are computed from, if the batch is known here.
    fn inputs_hash(&self, target: u64) -> Option<B256>;
    /// Batches in the inbox.
    fn batch_count(&self) -> u64;
}

/// Decides. `now` is the time of L1's newest block in seconds, `period` the least time between an assertion and its child, `window`
/// the challenge window, both in seconds.
#[must_use]
pub fn decide(tree: &Assertions, stake: Option<OwnStake>, chain: &impl OwnChain, now: u64, period: u64, window: u64) -> Decision {
    let Some(confirmed) = tree.latest_confirmed() else { return Decision::Wait(Idle::NoAssertions) };
    if let Some(id) = confirmable(tree, confirmed, chain, now, window) {
        return Decision::Confirm(id);
    }
    let Some(stake) = stake else {
        return match next_claim(tree, confirmed, chain, now, period) {
            Ok(claim) => Decision::Stake(claim),
            Err(idle) => Decision::Wait(idle),
        };
    };
    let Some(tip) = tree.get(&stake.tip) else { return Decision::Wait(Idle::NoAssertions) };
    if tree.children(tip.id).any(|child| child.confirmed_in.is_some()) {
        return Decision::Withdraw(stake.id);
    }
    if !right(tree, tip, chain) {
        return Decision::Wait(Idle::OwnTipFalse);
    }
    match next_claim(tree, tip, chain, now, period) {
        Ok(claim) => Decision::Advance(stake.id, claim),
        Err(idle) => Decision::Wait(idle),
    }
}

/// The child of the latest confirmed assertion that the own chain agrees with, once the window is over. Whether rivals are left is
/// L1's to say.
fn confirmable(tree: &Assertions, confirmed: &Assertion, chain: &impl OwnChain, now: u64, window: u64) -> Option<B256> {
    let first = tree.children(confirmed.id).map(|child| child.l1_time).min()?;
    if now < first.saturating_add(window) {
        return None;
    }
    let ours = chain.end_state(&confirmed.end, confirmed.target)?;
    tree.children(confirmed.id).find(|child| child.end == ours).map(|child| child.id)
}

/// An assertion whose end is what the own chain gives, as far as that is known.
fn right(tree: &Assertions, assertion: &Assertion, chain: &impl OwnChain) -> bool {
    let Some(parent) = tree.get(&assertion.parent) else { return true };
    chain.end_state(&parent.end, parent.target).is_none_or(|ours| ours == assertion.end)
}

fn next_claim(tree: &Assertions, parent: &Assertion, chain: &impl OwnChain, now: u64, period: u64) -> Result<NextClaim, Idle> {
    match chain.inputs_hash(parent.target) {
        None => return Err(Idle::NotSettled),
        Some(ours) if ours != parent.inputs_hash => return Err(Idle::OtherInputs),
        Some(_) => {}
    }
    let end = chain.end_state(&parent.end, parent.target).ok_or(Idle::NotSettled)?;
    let id = gainsay_types::assertion_id(parent.id, end.hash());
    let claim = NextClaim { parent: parent.id, inputs_hash: parent.inputs_hash, end, id };
    if tree.get(&id).is_some() {
        return Ok(claim);
    }
    if chain.batch_count() <= parent.end.batch_index {
        return Err(Idle::NothingNew);
    }
    let from = parent.l1_time.saturating_add(period);
    if now < from {
        return Err(Idle::TooEarly { from });
    }
    Ok(claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: u64 = 4;
    const WINDOW: u64 = 30;

    /// A chain with one block a batch; block n has root n.
    struct Straight {
        derived: u64,
        batches: u64,
        inputs: u8,
    }

    impl OwnChain for Straight {
        fn end_state(&self, _parent: &State, target: u64) -> Option<State> {
            (target <= self.derived).then(|| state(target))
        }
        fn inputs_hash(&self, target: u64) -> Option<B256> {
            (target <= self.batches).then(|| B256::repeat_byte(self.inputs))
        }
        fn batch_count(&self) -> u64 {
            self.batches
        }
    }

    fn chain(batches: u64) -> Straight {
        Straight { derived: batches, batches, inputs: 7 }
    }

    fn state(batch: u64) -> State {
        State { l2_block_number: batch, batch_index: batch, ..State::genesis(B256::from(U256::from(batch))) }
    }

    fn child(parent: B256, end: State, target: u64, l1_time: u64) -> Assertion {
        let id = gainsay_types::assertion_id(parent, end.hash());
        Assertion { id, parent, end, target, inputs_hash: B256::repeat_byte(7), l1_number: l1_time, l1_time, confirmed_in: None }
    }

    /// Genesis with target 0, and a first child made at time 10 that only moves the target to 2.
    fn tree() -> (Assertions, Assertion, Assertion) {
        let root = child(B256::ZERO, state(0), 0, 0);
        let first = child(root.id, state(0), 2, 10);
        let mut tree = Assertions::default();
        tree.created(root.clone());
        tree.created(first.clone());
        (tree, root, first)
    }

    #[test]
    fn without_a_stake_it_stakes_on_the_right_child_of_the_latest_confirmed() {
        let (tree, root, first) = tree();
        let decision = decide(&tree, None, &chain(2), 11, PERIOD, WINDOW);
        assert!(matches!(&decision, Decision::Stake(claim) if claim.parent == root.id && claim.id == first.id), "{decision:?}");
    }

    #[test]
    fn a_stake_advances_by_what_the_inbox_gives() {
        let (tree, _, first) = tree();
        let stake = OwnStake { id: U256::from(1), tip: first.id };
        let decision = decide(&tree, Some(stake), &chain(2), 14, PERIOD, WINDOW);
        assert!(matches!(&decision, Decision::Advance(_, claim) if claim.parent == first.id && claim.end == state(2)), "{decision:?}");
        assert_eq!(decide(&tree, Some(stake), &chain(2), 13, PERIOD, WINDOW), Decision::Wait(Idle::TooEarly { from: 14 }));
    }

    #[test]
    fn it_waits_while_the_result_is_not_settled() {
        let (tree, _, first) = tree();
        let stake = Some(OwnStake { id: U256::from(1), tip: first.id });
        let behind = Straight { derived: 1, ..chain(2) };
        assert_eq!(decide(&tree, stake, &behind, 20, PERIOD, WINDOW), Decision::Wait(Idle::NotSettled));
        let other = Straight { inputs: 8, ..chain(2) };
        assert_eq!(decide(&tree, stake, &other, 20, PERIOD, WINDOW), Decision::Wait(Idle::OtherInputs));
    }

    #[test]
    fn it_claims_nothing_when_no_batch_is_left() {
        let (mut tree, _, first) = tree();
        let tip = child(first.id, state(2), 2, 15);
        tree.created(tip.clone());
        let stake = Some(OwnStake { id: U256::from(1), tip: tip.id });
        assert_eq!(decide(&tree, stake, &chain(2), 25, PERIOD, WINDOW), Decision::Wait(Idle::NothingNew));
    }

    #[test]
    fn after_the_window_it_confirms_only_what_its_chain_agrees_with() {
        let (mut tree, root, first) = tree();
        let lie = child(root.id, state(9), 2, 5);
        tree.created(lie);
        let stake = Some(OwnStake { id: U256::from(1), tip: first.id });
        assert!(!matches!(decide(&tree, stake, &chain(2), 34, PERIOD, WINDOW), Decision::Confirm(_)));
        assert_eq!(decide(&tree, stake, &chain(2), 35, PERIOD, WINDOW), Decision::Confirm(first.id));
    }

    #[test]
    fn a_stake_behind_a_decided_fork_is_withdrawn() {
        let (mut tree, root, first) = tree();
        tree.confirmed(root.id, 0);
        tree.confirmed(first.id, 50);
        let stake = Some(OwnStake { id: U256::from(1), tip: root.id });
        assert_eq!(decide(&tree, stake, &chain(2), 60, PERIOD, WINDOW), Decision::Withdraw(U256::from(1)));
    }

    #[test]
    fn a_stake_on_a_false_assertion_stays_where_it_is() {
        let (mut tree, root, _) = tree();
        let lie = child(root.id, state(9), 2, 12);
        tree.created(lie.clone());
        let stake = Some(OwnStake { id: U256::from(1), tip: lie.id });
        assert_eq!(decide(&tree, stake, &chain(2), 20, PERIOD, WINDOW), Decision::Wait(Idle::OwnTipFalse));
    }
}
