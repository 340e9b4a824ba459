//! Deploying the contracts, and the file that says where they are.

mod addresses;
mod contracts;
mod creation;
mod network;
mod proxy;
mod verify;

pub use addresses::Contracts;
pub use contracts::{DeployPlan, deploy};
pub use network::{GenesisRecord, InboxSettings, Network, NetworkError, RollupSettings, WithdrawalSettings};

use crate::{L1Error, SendError};
use alloy::primitives::Address;

/// A deployment that did not come to its end. Deploying again goes on where it stopped.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// L1.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// A transaction.
    #[error("deploying {contract} failed: {source}")]
    Send {
        /// What was being deployed.
        contract: &'static str,
        /// Why.
        source: SendError,
    },
    /// A constructor reverts.
    #[error("L1 refuses {contract}: {reason}")]
    Refused {
        /// What was being deployed.
        contract: &'static str,
        /// What the constructor says.
        reason: String,
    },
    /// The plan contradicts itself, or what stands on L1.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The deployment proxy is missing and cannot be put there.
    #[error(
        "L1 does not have the deterministic deployment proxy {proxy} and refuses its transaction ({reason}); deploy it as \
         https://github.com/Arachnid/deterministic-deployment-proxy says, then run this again"
    )]
    Proxy {
        /// Where it belongs.
        proxy: Address,
        /// What the node said.
        reason: String,
    },
    /// A transaction was mined, and yet there is no code.
    #[error("{contract} was deployed but {address} has no code; is L1 being reorganised? Run this again")]
    NoCode {
        /// What was being deployed.
        contract: &'static str,
        /// Where it belongs.
        address: Address,
    },
}
