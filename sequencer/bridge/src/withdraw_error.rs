//! What keeps a withdrawal from going on.

use crate::{BridgeError, L2Error, words::duration};
use alloy::primitives::{Address, B256, U256};
use gainsay_l1::{L1Error, SendError};

/// A command about a withdrawal that had no effect.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// L1, an L2 node, or sending.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
    /// A contract on L1 refuses.
    #[error("{what} would revert: {words}")]
    Refused {
        /// What was to be sent.
        what: &'static str,
        /// What it says, and what to do.
        words: String,
    },
    /// The transaction is unknown to the L2 node.
    #[error("{node} does not have transaction {transaction}; is it of this chain, and executed? A follower has it once it is on L1")]
    NoTransaction {
        /// URL of the L2 node.
        node: String,
        /// The transaction.
        transaction: B256,
    },
    /// The transaction reverted.
    #[error("L2 transaction {transaction} reverted: it started no withdrawal, start it again")]
    Reverted {
        /// The transaction.
        transaction: B256,
    },
    /// The transaction started nothing.
    #[error("L2 transaction {transaction} started no withdrawal; name the one that `sequencer bridge withdraw` printed")]
    NoWithdrawal {
        /// The transaction.
        transaction: B256,
    },
    /// It started several.
    #[error("L2 transaction {transaction} started {count} withdrawals; choose one with --index 0 to {last}", last = count - 1)]
    Several {
        /// The transaction.
        transaction: B256,
        /// How many.
        count: usize,
    },
    /// It started fewer.
    #[error("L2 transaction {transaction} started {count} withdrawals, there is no --index {index}")]
    NoSuchIndex {
        /// The transaction.
        transaction: B256,
        /// How many.
        count: usize,
        /// The one asked for.
        index: usize,
    },
    /// Its block is not on L1.
    #[error("block {block} is not on L1 yet: the sequencer posts it with its next batch; --wait waits for it")]
    NotOnL1 {
        /// Block of the withdrawal.
        block: u64,
    },
    /// No assertion reaches it.
    #[error("no assertion that {node} finds right reaches block {block} yet{}; --wait waits for it", in_words(*left))]
    NoAssertion {
        /// URL of the L2 node.
        node: String,
        /// Block of the withdrawal.
        block: u64,
        /// Seconds until the next one can come, if that is known.
        left: Option<u64>,
    },
    /// The proof has to wait.
    #[error("it can be finalised in {} at the earliest; --wait waits for it", duration(*left))]
    TooEarly {
        /// Seconds left.
        left: u64,
    },
    /// Rivals.
    #[error(
        "the assertion of its proof is disputed: it can be finalised once the matches are over, in {} at the earliest; --wait waits for it",
        duration(*left)
    )]
    Disputed {
        /// Seconds left of the window.
        left: u64,
    },
    /// Nobody stakes.
    #[error("nobody stakes on the assertion of its proof any more: somebody has to, `challenger run --propose` does it with one bond")]
    Unstaked,
    /// It is not proved.
    #[error("it is not proved yet: run `sequencer bridge prove {transaction}` first")]
    Unproven {
        /// The L2 transaction.
        transaction: B256,
    },
    /// Proved against what lost.
    #[error("its proof is against a false assertion: run `sequencer bridge prove {transaction}` again")]
    ProofLost {
        /// The L2 transaction.
        transaction: B256,
    },
    /// Nothing to replay: it is not finalised.
    #[error("it is not finalised yet: `sequencer bridge status {transaction}` says what is missing")]
    NotFinalized {
        /// The L2 transaction.
        transaction: B256,
    },
    /// Nothing to replay: it did not go through the messenger.
    #[error("it went straight through the message passer: its call on L1 was made once, and cannot be replayed")]
    NoMessage,
    /// The replay failed as well.
    #[error("the message failed again (L1 transaction {transaction}); try again once its receiver takes it, or with more gas: --gas")]
    FailedAgain {
        /// The L1 transaction.
        transaction: B256,
    },
    /// More gas than a transaction can have.
    #[error("a call on L1 can be given at most {most} gas, not {asked}: such a withdrawal could never be finalised")]
    TooMuchGas {
        /// Asked for.
        asked: U256,
        /// Possible.
        most: u64,
    },
    /// The node computes another state than one that L1 confirmed.
    #[error(
        "L1 has confirmed assertion {assertion}, of which {node} computes another state: the node is broken, or nobody challenged a lie. Ask another L2 node"
    )]
    ConfirmedDiffers {
        /// The assertion.
        assertion: B256,
        /// URL of the L2 node.
        node: String,
    },
    /// L1 does not give the event.
    #[error("L1 does not give the event of assertion {assertion}; ask another L1 node")]
    NoEvent {
        /// The assertion.
        assertion: B256,
    },
    /// The node has read other batches.
    #[error("{node} has read other batches from L1 than the assertions were computed from: one of them saw a reorganisation; try again shortly")]
    OtherInputs {
        /// URL of the L2 node.
        node: String,
    },
    /// The node's proof does not hold.
    #[error("the proof that {node} gives for block {block} does not hold: {reason}; ask another L2 node")]
    BadProof {
        /// URL of the L2 node.
        node: String,
        /// Block of the assertion.
        block: u64,
        /// What is wrong.
        reason: String,
    },
    /// The account has less than what is to be withdrawn.
    #[error("{account} has {balance} wei on L2, which does not pay the fee of about {fee} wei; with --forced L1's gas is all it costs")]
    NothingLeft {
        /// The account.
        account: Address,
        /// Its wei.
        balance: U256,
        /// The fee.
        fee: U256,
    },
    /// Waiting took too long.
    #[error("gave up waiting after {seconds} s: {reason}")]
    GaveUp {
        /// Waited.
        seconds: u64,
        /// What was still missing.
        reason: String,
    },
}

impl WithdrawError {
    /// Whether the same command can succeed later without anybody's doing.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            Self::NoTransaction { .. }
                | Self::NotOnL1 { .. }
                | Self::NoAssertion { .. }
                | Self::TooEarly { .. }
                | Self::Disputed { .. }
                | Self::OtherInputs { .. }
        )
    }
}

impl From<L1Error> for WithdrawError {
    fn from(error: L1Error) -> Self {
        Self::Bridge(error.into())
    }
}

impl From<L2Error> for WithdrawError {
    fn from(error: L2Error) -> Self {
        Self::Bridge(error.into())
    }
}

impl From<SendError> for WithdrawError {
    fn from(error: SendError) -> Self {
        Self::Bridge(error.into())
    }
}

fn in_words(left: Option<u64>) -> String {
    match left {
        Some(0) => ", the next can come any time".to_owned(),
        Some(left) => format!(", the next can come in {}", duration(left)),
        None => ", and the node has not derived what the next must claim".to_owned(),
    }
}
