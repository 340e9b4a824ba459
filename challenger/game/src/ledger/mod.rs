//! All that Rollup, Matches and Games hold, as their logs tell it.

mod contradiction;
mod forget;
mod games;
mod matches;
mod rollup;
mod stake;

pub use contradiction::Contradiction;
pub use stake::{ForkTimes, Stake, StakeStatus};

use crate::{
    assertions::{Assertion, Assertions},
    matches::MatchView,
};
use alloy::primitives::{Address, B256, U256};
use gainsay_l1::{L1Block, L1Event};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Stake ids are owner ‖ nonce, and the nonce has so many bits.
const NONCE_BITS: usize = 96;

/// Assertions, stakes, matches, what is owed and what is listed. Grows with the assertions; of stakes and matches it keeps those that may still matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    assertions: Assertions,
    forks: BTreeMap<B256, ForkTimes>,
    stakes: BTreeMap<U256, Stake>,
    /// Stakes recorded on each assertion: what the Rollup counts as `live`.
    recorded: BTreeMap<B256, BTreeSet<U256>>,
    matches: BTreeMap<B256, Arc<MatchView>>,
    /// Matches of each stake.
    played: BTreeMap<U256, BTreeSet<B256>>,
    owed: BTreeMap<Address, U256>,
    /// Assertions that have a game.
    listed: BTreeSet<B256>,
    contradictions: u64,
    first_contradiction: Option<(u64, Contradiction)>,
}

impl Ledger {
    /// Applies an event of `block`. One that cannot have come next changes nothing and is counted.
    pub(crate) fn apply(&mut self, block: &L1Block, event: &L1Event) {
        let applied = match event {
            L1Event::Rollup(event) => self.rollup_event(block, event),
            L1Event::Matches(event) => self.match_event(block, event),
            L1Event::Games(event) => {
                self.games_event(event);
                Ok(())
            }
            L1Event::Inbox(_) => Ok(()),
        };
        if let Err(contradiction) = applied {
            self.contradictions = self.contradictions.saturating_add(1);
            self.first_contradiction.get_or_insert((block.number, contradiction));
        }
    }

    /// All assertions.
    #[must_use]
    pub const fn assertions(&self) -> &Assertions {
        &self.assertions
    }

    /// When the children of `parent` came; none before the first.
    #[must_use]
    pub fn fork(&self, parent: &B256) -> Option<&ForkTimes> {
        self.forks.get(parent)
    }

    /// A stake by its id. Stakes that left are forgotten once nothing can be owed for them any more.
    #[must_use]
    pub fn stake(&self, id: &U256) -> Option<&Stake> {
        self.stakes.get(id)
    }

    /// All stakes, by owner and then by age.
    pub fn stakes(&self) -> impl Iterator<Item = &Stake> {
        self.stakes.values()
    }

    /// The stakes of one owner, oldest first.
    pub fn stakes_of(&self, owner: &Address) -> impl DoubleEndedIterator<Item = &Stake> {
        let first = U256::from_be_slice(owner.as_slice()) << NONCE_BITS;
        let last = first | ((U256::from(1) << NONCE_BITS) - U256::from(1));
        self.stakes.range(first..=last).map(|(_, stake)| stake)
    }

    /// The stakes with a record on an assertion, whatever became of them: what the Rollup counts as `live` there.
    pub fn stakes_on(&self, assertion: &B256) -> impl Iterator<Item = &Stake> {
        self.recorded.get(assertion).into_iter().flatten().filter_map(|id| self.stakes.get(id))
    }

    /// `live` of an assertion: records on it that are not cleared.
    #[must_use]
    pub fn live(&self, assertion: &B256) -> usize {
        self.recorded.get(assertion).map_or(0, BTreeSet::len)
    }

    /// `liveChildren` of an assertion: the sum of [`Self::live`] over its children.
    #[must_use]
    pub fn live_children(&self, parent: &B256) -> usize {
        self.assertions.children(*parent).map(|child| self.live(&child.id)).sum()
    }

    /// Wei that `claim` pays to this owner.
    #[must_use]
    pub fn owed(&self, owner: &Address) -> U256 {
        self.owed.get(owner).copied().unwrap_or_default()
    }

    /// Whether an assertion has a game that users' tools find.
    #[must_use]
    pub fn listed(&self, assertion: &B256) -> bool {
        self.listed.contains(assertion)
    }

    /// When the oldest sibling of this assertion was claimed, or its fork reopened. None without a sibling.
    #[must_use]
    pub fn rival_since(&self, assertion: &Assertion) -> Option<u64> {
        let times = self.forks.get(&assertion.parent)?;
        let first = self.assertions.children(assertion.parent).next()?;
        if first.id == assertion.id { times.second_child_at } else { Some(times.first_child_at) }
    }

    /// Seconds that the stake has for all its moves in each match on this assertion, where C is `clock`. 0 without a record there.
    #[must_use]
    pub fn clock_left(&self, stake: &U256, assertion: &B256, clock: u64) -> u64 {
        let joined = self.stake(stake).and_then(|stake| stake.records.get(assertion));
        let (Some(joined), Some(assertion)) = (joined, self.assertions.get(assertion)) else { return 0 };
        let late = self.rival_since(assertion).map_or(0, |since| joined.saturating_sub(since));
        clock.saturating_sub(late)
    }

    /// How many events did not fit what the events before them said. Above 0 the L1 node's logs contradict each other.
    #[must_use]
    pub const fn contradictions(&self) -> u64 {
        self.contradictions
    }

    /// The first event that did not fit, and the number of its L1 block.
    #[must_use]
    pub const fn contradiction(&self) -> Option<&(u64, Contradiction)> {
        self.first_contradiction.as_ref()
    }
}
