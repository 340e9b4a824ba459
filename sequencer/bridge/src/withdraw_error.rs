//! What keeps a withdrawal from going on.

use crate::{BridgeError, L2Error, words::duration};
use alloy::primitives::{Address, B256, U256};
use gainsay_l1::{L1Error, Recovery, SendError};
use std::time::Duration;
use tokio::time::Instant;

/// Seconds between two looks at most: a window can end earlier than it was said, and L1's clock is not this machine's.
const LONGEST_PAUSE: u64 = 20;

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
    #[error(
        "block {block} is not on L1 yet, as far as the L2 node has read it: the sequencer posts it with its next batch; --wait waits for it"
    )]
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
    #[error(
        "{node} has read other batches from L1 than the assertions were computed from: one of them saw a reorganisation; try again shortly"
    )]
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
    /// Whether the same command can succeed later without a change.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::NoTransaction { .. }
            | Self::NotOnL1 { .. }
            | Self::NoAssertion { .. }
            | Self::TooEarly { .. }
            | Self::Disputed { .. }
            | Self::OtherInputs { .. } => true,
            Self::Bridge(BridgeError::L1(error)) => error.recovery() == Recovery::Retry,
            Self::Bridge(BridgeError::L2(error)) => matches!(error, L2Error::Unreachable { .. }),
            _ => false,
        }
    }

    /// Seconds after which it is worth while to try again, at least one.
    const fn worth_waiting(&self) -> u64 {
        match self {
            Self::TooEarly { left } | Self::Disputed { left } | Self::NoAssertion { left: Some(left), .. } => {
                if *left == 0 {
                    1
                } else {
                    *left
                }
            }
            _ => 1,
        }
    }
}

/// Tries again as long as what keeps it passes by itself and there is time.
///
/// # Errors
/// What does not pass, and [`WithdrawError::GaveUp`].
pub async fn patiently<T>(limit: Duration, mut attempt: impl AsyncFnMut() -> Result<T, WithdrawError>) -> Result<T, WithdrawError> {
    let start = Instant::now();
    loop {
        let error = match attempt().await {
            Err(error) if error.passes() => error,
            other => return other,
        };
        let left = limit.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(WithdrawError::GaveUp { seconds: limit.as_secs(), reason: error.to_string() });
        }
        let pause = Duration::from_secs(error.worth_waiting().min(LONGEST_PAUSE));
        tokio::time::sleep(pause.min(left)).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_passes_is_tried_again_until_it_works() {
        let mut tries = 0;
        let found = patiently(Duration::from_secs(60), async || {
            tries += 1;
            if tries < 2 { Err(WithdrawError::TooEarly { left: 0 }) } else { Ok(tries) }
        });
        assert_eq!(found.await.expect("the second try"), 2);
    }

    #[tokio::test]
    async fn what_does_not_pass_is_told_at_once_and_waiting_ends() {
        let at_once = patiently(Duration::from_secs(60), async || -> Result<(), _> { Err(WithdrawError::NoMessage) });
        assert!(matches!(at_once.await, Err(WithdrawError::NoMessage)));
        let over = patiently(Duration::ZERO, async || -> Result<(), _> { Err(WithdrawError::TooEarly { left: 100 }) }).await;
        assert!(over.is_err_and(|error| error.to_string().contains("gave up") && error.to_string().contains("1 min 40 s")));
    }
}
