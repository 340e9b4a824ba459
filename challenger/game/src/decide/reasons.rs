//! Why nothing is claimed, and what an operator must know.

use crate::ledger::Contradiction;
use alloy::primitives::{B256, U256};

/// Why nothing is claimed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Idle {
    /// The Rollup's events have not been read yet.
    #[error("the assertions are not read from L1 yet")]
    NoAssertions,
    /// No batch is left to claim about.
    #[error("there is no new batch to claim about")]
    NothingNew,
    /// Every assertion that can be judged and answered is right, or answered.
    #[error("there is no false assertion to answer")]
    NothingDisputed,
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
    /// There are siblings, and the right one can be joined no more.
    #[error("the fork below assertion {fork} could be joined until L1 time {until}; waiting for it to be decided")]
    JoiningClosed {
        /// The assertion above.
        fork: B256,
        /// Seconds.
        until: u64,
    },
    /// There are children, and the right one can be added no more.
    #[error("the fork below assertion {fork} took new assertions until L1 time {until}; waiting for it to be decided")]
    SiblingsClosed {
        /// The assertion above.
        fork: B256,
        /// Seconds.
        until: u64,
    },
    /// The stake stands on an assertion that the own chain contradicts.
    #[error("the own stake stands on an assertion that this chain contradicts")]
    OwnTipFalse,
    /// The latest confirmed assertion is one that the own chain contradicts.
    #[error("the latest confirmed assertion is one that this chain contradicts")]
    ConfirmedFalse,
    /// The stake leaves first.
    #[error("the own stake leaves, to be placed anew")]
    Leaving,
    /// The bond is claimed before it is staked again.
    #[error("the bond that was taken back is claimed first")]
    BondUnclaimed,
}

/// What should never happen to an honest player with a sound node. Somebody has to look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// The L1 node tells what the contracts cannot have done.
    #[error(
        "the L1 node's logs contradict each other ({count} times, first in block {block}: {first}); use another L1 node and start again"
    )]
    Contradiction {
        /// L1 block of the first.
        block: u64,
        /// How many events did not fit.
        count: u64,
        /// The first.
        first: Contradiction,
    },
    /// An own stake stands on a false assertion: it will lose if anybody plays against it.
    #[error(
        "the own stake {stake} stands on assertion {assertion}, which this chain contradicts; check that node and contracts have the same chain config and version"
    )]
    OwnTipFalse {
        /// The stake.
        stake: U256,
        /// The false assertion that it came to first.
        assertion: B256,
    },
    /// A match in which the own side is the false one.
    #[error("match {match_id} cannot be won: the own stake {stake} has claimed there what this chain contradicts")]
    CannotWin {
        /// The match.
        match_id: B256,
        /// The stake.
        stake: U256,
    },
    /// The own time in a match is over, and anybody can end it.
    #[error("match {match_id} was to be answered before L1 time {deadline}: it will be lost")]
    Overdue {
        /// The match.
        match_id: B256,
        /// Seconds.
        deadline: u64,
    },
    /// The truth has nobody behind it and can get nobody any more, but a false sibling has.
    #[error("the fork below assertion {fork} is closed with nobody on the true side: a false assertion will be confirmed")]
    Undefended {
        /// The assertion above.
        fork: B256,
    },
    /// It is too late.
    #[error(
        "assertion {assertion} is confirmed, but this chain contradicts it; check that node and contracts have the same chain config and version"
    )]
    ConfirmedFalse {
        /// The assertion.
        assertion: B256,
    },
}
