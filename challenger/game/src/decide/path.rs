//! The right path: from the latest confirmed assertion down, at each node the child that the own chain gives.

use super::{Idle, OwnChain};
use crate::{assertions::Assertion, ledger::Ledger};
use alloy::primitives::B256;
use gainsay_types::{State, assertion_id};
use std::collections::BTreeMap;

/// An assertion on the right path, and what must follow it.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) assertion: &'a Assertion,
    /// The state that its children must claim, or why that is not known.
    pub(super) truth: Result<State, Idle>,
    /// The child that claims it, if it is there.
    pub(super) child: Option<&'a Assertion>,
    /// Children that claim something else. Empty while the truth is not known.
    pub(super) lies: Vec<&'a Assertion>,
}

/// How an assertion relates to the own chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Confirmed, or on the right path.
    Right,
    /// On a branch that leaves the right path with this assertion.
    False(B256),
    /// Below what can be judged.
    Unknown,
}

/// The latest confirmed assertion and those below it that are right, one line.
pub(super) struct Path<'a> {
    nodes: Vec<Node<'a>>,
    places: BTreeMap<B256, usize>,
    confirmed: &'a Assertion,
    is_false: bool,
}

impl<'a> Path<'a> {
    /// None before anything is known. Where the latest confirmed assertion is itself false the path is empty.
    pub(super) fn walk(ledger: &'a Ledger, chain: &impl OwnChain) -> Option<Self> {
        let confirmed = ledger.assertions().latest_confirmed()?;
        let is_false = contradicted(ledger, confirmed, chain);
        let mut path = Self { nodes: Vec::new(), places: BTreeMap::new(), confirmed, is_false };
        let mut next = (!is_false).then_some(confirmed);
        while let Some(assertion) = next {
            let node = Node::of(ledger, assertion, chain);
            next = node.child;
            path.places.insert(assertion.id, path.nodes.len());
            path.nodes.push(node);
        }
        Some(path)
    }

    pub(super) const fn confirmed(&self) -> &'a Assertion {
        self.confirmed
    }

    pub(super) const fn is_false(&self) -> bool {
        self.is_false
    }

    /// From the latest confirmed one down.
    pub(super) fn nodes(&self) -> &[Node<'a>] {
        &self.nodes
    }

    /// From this assertion down; none if it is not on the path.
    pub(super) fn below(&self, id: &B256) -> Option<&[Node<'a>]> {
        self.nodes.get(*self.places.get(id)?..)
    }

    /// How an assertion relates to the own chain.
    pub(super) fn standing(&self, ledger: &Ledger, id: &B256) -> Standing {
        let mut id = *id;
        while let Some(assertion) = ledger.assertions().get(&id) {
            if self.places.contains_key(&id) || assertion.confirmed_in.is_some() || assertion.parent.is_zero() {
                return Standing::Right;
            }
            match self.places.get(&assertion.parent).and_then(|place| self.nodes.get(*place)) {
                Some(node) if node.truth.is_ok() => return Standing::False(id),
                Some(_) => return Standing::Unknown,
                None => {}
            }
            let parent = ledger.assertions().get(&assertion.parent);
            // Its fork is decided, for another child.
            if parent.is_some_and(|parent| parent.confirmed_in.is_some()) {
                return Standing::False(id);
            }
            id = assertion.parent;
        }
        Standing::Unknown
    }
}

impl<'a> Node<'a> {
    fn of(ledger: &'a Ledger, assertion: &'a Assertion, chain: &impl OwnChain) -> Self {
        let truth = truth(assertion, chain);
        let children = || ledger.assertions().children(assertion.id);
        let Ok(end) = &truth else { return Self { assertion, truth, child: None, lies: Vec::new() } };
        let right = assertion_id(assertion.id, end.hash());
        let child = children().find(|child| child.id == right);
        let lies = children().filter(|child| child.id != right).collect();
        Self { assertion, truth, child, lies }
    }

    /// Whether nothing below this node has to be judged later.
    pub(super) fn is_judged(&self, ledger: &Ledger) -> bool {
        self.truth.is_ok() || ledger.assertions().children(self.assertion.id).next().is_none()
    }
}

/// What the children of an assertion must claim.
fn truth(assertion: &Assertion, chain: &impl OwnChain) -> Result<State, Idle> {
    match chain.inputs_hash(assertion.target) {
        None => Err(Idle::NotSettled),
        Some(ours) if ours != assertion.inputs_hash => Err(Idle::OtherInputs),
        Some(_) => chain.end_state(&assertion.end, assertion.target).ok_or(Idle::NotSettled),
    }
}

/// Whether the own chain gives something else in the place of this assertion.
fn contradicted(ledger: &Ledger, assertion: &Assertion, chain: &impl OwnChain) -> bool {
    let parent = ledger.assertions().get(&assertion.parent);
    parent.is_some_and(|parent| truth(parent, chain).is_ok_and(|ours| ours != assertion.end))
}
