//! What can go wrong with an L2 node.

use alloy::primitives::{Address, B256, U256};
use gainsay_l1::{KeyError, L1Error, SendError};

/// A call to an L2 node that gave no answer, or a transaction on L2 without effect.
#[derive(Clone, Debug, thiserror::Error)]
pub enum L2Error {
    /// The URL cannot be used.
    #[error("`{url}` is not a URL of an L2 node: {reason}; give one like http://127.0.0.1:9545")]
    Url {
        /// As given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection, or no answer in time.
    #[error("the L2 node at {url} cannot be reached: {reason}; check --l2-rpc, or run a node of your own: `sequencer follow`")]
    Unreachable {
        /// Scheme, host and port.
        url: String,
        /// Innermost cause.
        reason: String,
    },
    /// The node answered with an error.
    #[error("the L2 node at {url} refused {method}: {message} (code {code})")]
    Refused {
        /// Scheme, host and port.
        url: String,
        /// JSON-RPC method.
        method: &'static str,
        /// JSON-RPC error code.
        code: i64,
        /// The node's words.
        message: String,
    },
    /// A call reverted.
    #[error("a call of {to} on L2 reverted: {reason}")]
    Reverted {
        /// The contract.
        to: Address,
        /// Decoded custom error, or the node's words.
        reason: String,
    },
    /// An answer that is not what the method returns.
    #[error("the L2 node at {url} gave an answer that cannot be used: {reason}")]
    Malformed {
        /// Scheme, host and port; empty if not known.
        url: String,
        /// What was wrong.
        reason: String,
    },
    /// A node of another chain.
    #[error("the node at {url} is of another chain: its {what} is {found}, not {expected}; check --l2-rpc and --network")]
    WrongChain {
        /// Scheme, host and port.
        url: String,
        /// What was compared.
        what: &'static str,
        /// As in `addresses.json`.
        expected: String,
        /// As the node says.
        found: String,
    },
    /// The node does not have a block.
    #[error("the L2 node at {url} does not have block {block} (yet)")]
    NoBlock {
        /// Scheme, host and port.
        url: String,
        /// Number, hash or tag.
        block: String,
    },
    /// A transaction would revert; nothing was sent.
    #[error("the L2 transaction to {to} would revert: {reason}")]
    WouldRevert {
        /// The contract.
        to: Address,
        /// Decoded custom error.
        reason: String,
    },
    /// A transaction was executed and reverted.
    #[error("L2 transaction {hash} to {to} reverted in block {block}: {reason}")]
    TransactionReverted {
        /// The transaction.
        hash: B256,
        /// The contract.
        to: Address,
        /// Number of its block.
        block: u64,
        /// Decoded custom error.
        reason: String,
    },
    /// The account cannot pay.
    #[error(
        "account {account} has {have} wei on L2 and needs up to {need} for this transaction; bring ether with `sequencer bridge deposit`"
    )]
    Funds {
        /// The account.
        account: Address,
        /// Its balance.
        have: U256,
        /// Value and gas at the offered prices.
        need: U256,
    },
    /// The node takes no offer.
    #[error("the L2 node takes no transaction to {to}: {reason}; the same can be done from L1 with --forced")]
    NotTaken {
        /// The contract.
        to: Address,
        /// The node's last words.
        reason: String,
    },
    /// Another transaction of the key was executed in its place.
    #[error("nonce {nonce} of {account} on L2 was used by a transaction that is not ours; does another process use this key?")]
    NonceTaken {
        /// The account.
        account: Address,
        /// The nonce.
        nonce: u64,
    },
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It was replaced by one that does nothing.
    #[error("the L2 transaction was cancelled")]
    Cancelled,
}

// The client of L1 speaks to nodes of L2 as well; only its words are about L1.
impl From<L1Error> for L2Error {
    fn from(error: L1Error) -> Self {
        match error {
            L1Error::Url { url, reason } => Self::Url { url, reason },
            L1Error::Unreachable { url, reason } => Self::Unreachable { url, reason },
            L1Error::Refused { url, method, code, message } => Self::Refused { url, method, code, message },
            L1Error::Reverted { to, reason } => Self::Reverted { to, reason },
            L1Error::Malformed { url, method, reason } => Self::Malformed { url, reason: format!("{method}: {reason}") },
            L1Error::WrongChain { url, expected, found } => {
                Self::WrongChain { url, what: "chain id", expected: expected.to_string(), found: found.to_string() }
            }
            L1Error::NoBlock { url, block } => Self::NoBlock { url, block },
            // Faults of the follower of L1, which nothing here uses.
            other @ (L1Error::Events { .. } | L1Error::ReorgTooDeep { .. }) => {
                Self::Malformed { url: String::new(), reason: other.to_string() }
            }
        }
    }
}

impl From<SendError> for L2Error {
    fn from(error: SendError) -> Self {
        match error {
            SendError::L1(error) => error.into(),
            SendError::Key(error) => error.into(),
            SendError::WouldRevert { to, reason } => Self::WouldRevert { to, reason },
            SendError::Reverted { hash, to, block, reason } => Self::TransactionReverted { hash, to, block, reason },
            SendError::Funds { account, have, need } => Self::Funds { account, have, need },
            SendError::Refused { to, reason } => Self::NotTaken { to, reason },
            SendError::NonceTaken { account, nonce } => Self::NonceTaken { account, nonce },
            SendError::Blob { reason } => Self::Malformed { url: String::new(), reason },
            // The thread is that of blobs, which nothing here sends.
            SendError::Background(_) | SendError::Cancelled => Self::Cancelled,
        }
    }
}
