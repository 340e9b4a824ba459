//! What keeps a user's command from having its effect.

use crate::L2Error;
use alloy::primitives::{Address, B256, U256};
use gainsay_l1::{L1Error, NetworkError, SendError};

/// A user's command that had no effect, or not the one that was wanted.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// The network's description.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Reading L1.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// Sending to L1.
    #[error(transparent)]
    Send(#[from] SendError),
    /// An L2 node.
    #[error(transparent)]
    L2(#[from] L2Error),
    /// Nothing to force.
    #[error("no deposit waits: all are included")]
    NothingWaits,
    /// Too early.
    #[error("the oldest deposit that waits can be forced in {seconds} s of L1 time, not yet: wait for it with --wait and --timeout")]
    TooEarly {
        /// Seconds left.
        seconds: u64,
    },
    /// L1's logs lack a message that the Inbox counts.
    #[error("L1 does not give the log of message {index}; ask another L1 node")]
    NoLog {
        /// The message.
        index: u64,
    },
    /// A log that the Inbox cannot have emitted.
    #[error("L1 transaction {transaction} has a log of the Inbox that is none of this version: {reason}; ask another L1 node")]
    BadLog {
        /// The transaction.
        transaction: B256,
        /// What is wrong with it.
        reason: String,
    },
    /// The transaction is not on L1.
    #[error("L1 has no transaction {transaction}: it is pending, or a reorganisation dropped it, or it is of another chain")]
    NoTransaction {
        /// The transaction.
        transaction: B256,
    },
    /// The transaction deposits nothing.
    #[error("L1 transaction {transaction} made no deposit to this chain; is --network the folder of the right chain?")]
    NoDeposit {
        /// The transaction.
        transaction: B256,
    },
    /// L2 has not executed a deposit in time.
    #[error(
        "after {seconds} s {l2} has not executed {transaction}, the deposit {index}. L1 has it, so it is not lost: ask later, or force it \
         with `sequencer bridge force-include` once the inclusion delay is over"
    )]
    NotExecuted {
        /// The L2 node's URL.
        l2: String,
        /// Hash on L2.
        transaction: B256,
        /// The deposit's position in the Inbox.
        index: u64,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The transaction left L1 while it was waited for.
    #[error(
        "after {seconds} s L1 transaction {transaction} is not part of L1 any more: a reorganisation dropped it; look whether it is still pending"
    )]
    Dropped {
        /// The transaction.
        transaction: B256,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A message was tried again in vain.
    #[error("the message's call failed again in L2 transaction {transaction}; nothing is lost: try later, or with more --gas")]
    FailedAgain {
        /// The transaction.
        transaction: B256,
    },
    /// More gas than a deposit may have, or less than it needs.
    #[error("a deposit with {bytes} bytes of data takes a gas limit from {least} to {most}, not {given}")]
    Gas {
        /// Bytes of data.
        bytes: usize,
        /// Least gas limit.
        least: u64,
        /// Highest gas limit.
        most: u64,
        /// As asked for.
        given: u64,
    },
    /// More data than a deposit may have.
    #[error("a deposit carries at most {most} bytes of data, not {bytes}")]
    Data {
        /// Bytes of data.
        bytes: usize,
        /// The most.
        most: usize,
    },
    /// No token.
    #[error("{address} on {layer} is no ERC-20 token: {reason}")]
    NoToken {
        /// What was asked.
        address: Address,
        /// L1 or L2.
        layer: &'static str,
        /// Why.
        reason: String,
    },
    /// The account has too few tokens.
    #[error("account {account} has {have} {symbol} on L1, and {need} are to be deposited")]
    TokenBalance {
        /// The account.
        account: Address,
        /// The token.
        symbol: String,
        /// In units of the token.
        have: String,
        /// In units of the token.
        need: String,
    },
    /// The token does not let the bridge take what it was told to.
    #[error("token {token} allows the bridge {allowance} after an approval of {wanted} (smallest units): it cannot be bridged")]
    Approval {
        /// The token on L1.
        token: Address,
        /// What it allows.
        allowance: U256,
        /// What was approved.
        wanted: U256,
    },
    /// The token has no twin on L2.
    #[error(
        "{symbol} ({token}) has no twin on L2 yet; make one with `sequencer bridge token {token} --create`, or name another one with --l2-token"
    )]
    NoTwin {
        /// The token on L1.
        token: Address,
        /// Its symbol.
        symbol: String,
    },
    /// It has some, but all with another name.
    #[error(
        "no token on L2 has the name, symbol and decimals of {token}, but these stand for it: {twins}; anybody may have made them, with any name and \
         any decimals. Choose one with --l2-token, or make one with `sequencer bridge token {token} --create`"
    )]
    OtherTwins {
        /// The token on L1.
        token: Address,
        /// Those on L2, with commas.
        twins: String,
    },
    /// What was named is no twin.
    #[error("{twin} on L2 does not stand for {token}: {reason}")]
    NotATwin {
        /// What was named.
        twin: Address,
        /// The token on L1.
        token: Address,
        /// Why.
        reason: String,
    },
    /// It exists.
    #[error("the twin of {token} exists already, at {twin} on L2")]
    TwinExists {
        /// The token on L1.
        token: Address,
        /// The token on L2.
        twin: Address,
    },
}
