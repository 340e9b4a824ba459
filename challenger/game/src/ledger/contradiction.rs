//! Events that the contracts cannot have emitted next.

use super::StakeStatus;
use crate::matches::MatchFault;
use alloy::primitives::{Address, B256, U256};

/// Why an event does not fit what the events before it said. The contracts emit no such event: the L1 node's logs are incomplete or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// The id of an assertion is not the hash of what it says.
    #[error("assertion {id} is not the hash of its parent and its end")]
    WrongId {
        /// The assertion.
        id: B256,
    },
    /// It exists already, or is a second root.
    #[error("assertion {id} is created again")]
    CreatedAgain {
        /// The assertion.
        id: B256,
    },
    /// It was never created.
    #[error("assertion {id} is named but was never created")]
    UnknownAssertion {
        /// The assertion.
        id: B256,
    },
    /// Confirmed assertions are one line.
    #[error("assertion {id} is confirmed, but its parent is not the latest confirmed one, or a child of that is confirmed already")]
    NotNext {
        /// The assertion.
        id: B256,
    },
    /// Nobody claimed anything below it.
    #[error("the fork below assertion {parent} reopens, but it has no child")]
    NoFork {
        /// The assertion above.
        parent: B256,
    },
    /// A stake id starts with its owner and is never used again.
    #[error("stake {stake} is placed by {owner}, which cannot be its next id")]
    NotNextStake {
        /// The stake.
        stake: U256,
        /// Its owner, as the log says.
        owner: Address,
    },
    /// It was never placed.
    #[error("stake {stake} is named but was never placed")]
    UnknownStake {
        /// The stake.
        stake: U256,
    },
    /// What happened to it does not happen to such a stake.
    #[error("stake {stake} is {status}: this cannot happen to it")]
    WrongStatus {
        /// The stake.
        stake: U256,
        /// What it is.
        status: StakeStatus,
    },
    /// Stakes move from their tip to a child of it, or past what is confirmed to a child of the latest confirmed assertion.
    #[error("stake {stake} moved to assertion {assertion}, which is no child of its tip, nor the next one past what is confirmed")]
    NotBelowTip {
        /// The stake.
        stake: U256,
        /// Where it went.
        assertion: B256,
    },
    /// It never came there, or was evicted.
    #[error("stake {stake} has no record on assertion {assertion}")]
    NotRecorded {
        /// The stake.
        stake: U256,
        /// The assertion.
        assertion: B256,
    },
    /// Stakes leave from confirmed tips.
    #[error("stake {stake} left, but its tip is not confirmed")]
    TipUnconfirmed {
        /// The stake.
        stake: U256,
    },
    /// More was awarded than half of the loser's bond.
    #[error("{amount} wei of stake {loser} are awarded, more than was left")]
    TooMuchAwarded {
        /// The stake that lost.
        loser: U256,
        /// Wei.
        amount: U256,
    },
    /// All that is owed is paid at once.
    #[error("{amount} wei are paid to {owner}, which is not what was owed")]
    NotOwed {
        /// To whom.
        owner: Address,
        /// Wei.
        amount: U256,
    },
    /// The match cannot begin in this state, or has begun already.
    #[error("match {id} cannot have been opened like this")]
    WrongOpening {
        /// The match.
        id: B256,
    },
    /// It was never opened.
    #[error("match {id} is named but was never opened")]
    UnknownMatch {
        /// The match.
        id: B256,
    },
    /// Somebody has won it, or a side has left or lost.
    #[error("match {id} goes on, although it is over")]
    MatchOver {
        /// The match.
        id: B256,
    },
    /// The stake does not play in it.
    #[error("stake {stake} is named in match {id}, in which it does not play")]
    NotInMatch {
        /// The match.
        id: B256,
        /// The stake.
        stake: U256,
    },
    /// A turn begins in the block of the move before.
    #[error("a move of match {id} says time {time}, but its block has time {now}")]
    WrongTime {
        /// The match.
        id: B256,
        /// Seconds, in the event.
        time: u64,
        /// Seconds, of the block.
        now: u64,
    },
    /// A side's moves are rewarded all at once.
    #[error("{moves} moves of stake {stake} in match {id} are rewarded, which is not how many it made")]
    WrongReward {
        /// The match.
        id: B256,
        /// Who made them.
        stake: U256,
        /// How many.
        moves: u64,
    },
    /// It cannot be the match's next move.
    #[error(transparent)]
    Match {
        /// Why.
        #[from]
        fault: MatchFault,
    },
}
