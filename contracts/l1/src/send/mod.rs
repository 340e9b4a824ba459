//! The transaction manager: one per key, at most 16 transactions in flight.

mod core;
#[cfg(test)]
mod core_tests;
mod fees;
mod fleet;
mod flight;
mod manager;
mod observe;
mod proved;
mod settle;
mod transaction;

pub use self::core::{Action, Attempt, Observation, Purpose, Sending};
pub use fees::{Fees, Market, SendPolicy};
pub use manager::{MAX_TRANSACTION_GAS, TransactionManager};
pub use proved::ProvedBlobs;
pub use transaction::TxRequest;

use crate::{BackgroundGone, KeyError, L1Error, Recovery};
use alloy::primitives::{Address, B256, U256};

/// A transaction that did not take effect.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SendError {
    /// L1.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It would revert now; nothing was sent.
    #[error("the transaction to {to} would revert: {reason}")]
    WouldRevert {
        /// The contract.
        to: Address,
        /// Decoded custom error.
        reason: String,
    },
    /// It was mined and reverted.
    #[error("transaction {hash} to {to} reverted in L1 block {block}: {reason}")]
    Reverted {
        /// The transaction.
        hash: B256,
        /// The contract.
        to: Address,
        /// Height of its block.
        block: u64,
        /// Decoded custom error.
        reason: String,
    },
    /// The account cannot pay.
    #[error("account {account} has {have} wei on L1 and needs up to {need} for this transaction; send it ether")]
    Funds {
        /// The account.
        account: Address,
        /// Its balance.
        have: U256,
        /// Value and gas at the offered prices.
        need: U256,
    },
    /// The node refuses every offer.
    #[error("L1 refuses the transaction to {to}: {reason}")]
    Refused {
        /// The contract.
        to: Address,
        /// The node's last words.
        reason: String,
    },
    /// Another transaction of this key was mined in its place. Read the state again before sending anything.
    #[error("nonce {nonce} of {account} was used by a transaction that is not ours; does another process use this key?")]
    NonceTaken {
        /// The account.
        account: Address,
        /// The nonce.
        nonce: u64,
    },
    /// A blob cannot be proved: a field element above the modulus or a wrong length.
    #[error("a blob of the transaction is malformed: {reason}")]
    Blob {
        /// What the KZG library said.
        reason: String,
    },
    /// Nothing can be proved any more.
    #[error(transparent)]
    Background(#[from] BackgroundGone),
    /// It was cancelled, and will not be mined.
    #[error("the transaction was cancelled")]
    Cancelled,
}

impl SendError {
    /// What the caller does about it.
    #[must_use]
    pub const fn recovery(&self) -> Recovery {
        match self {
            Self::L1(error) => error.recovery(),
            Self::Refused { .. } => Recovery::Retry,
            // What the transaction was built on is no longer so.
            Self::WouldRevert { .. } | Self::Reverted { .. } | Self::NonceTaken { .. } | Self::Cancelled => Recovery::Reset,
            Self::Key(_) | Self::Funds { .. } | Self::Blob { .. } | Self::Background(_) => Recovery::Stop,
        }
    }
}
