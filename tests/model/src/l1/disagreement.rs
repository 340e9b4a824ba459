//! Where two that must say the same do not.

use crate::chain::ChainError;
use gainsay_game::{book::TooDeep, court::Refusal};

/// The two, or the book of their logs, do not say the same.
#[derive(Debug, thiserror::Error)]
pub enum Disagreement {
    /// An act.
    #[error("{act}: the rules say {rules}, the contracts say {contracts}")]
    Act {
        /// Which.
        act: String,
        /// Refusal or events.
        rules: String,
        /// Refusal or events.
        contracts: String,
    },
    /// Something that both hold.
    #[error("{what}: one side has {left}, the other {right}")]
    Held {
        /// What.
        what: String,
        /// The rules' value.
        left: String,
        /// The contracts', or the book's.
        right: String,
    },
    /// The contracts could not be run.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A reorg went below what was settled.
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    /// The rules do not deploy what the contracts do.
    #[error("the rules refuse the deployment: {0}")]
    Deployment(Box<Refusal>),
}

pub(super) fn same<T: PartialEq + std::fmt::Debug>(what: &str, left: &T, right: &T) -> Result<(), Disagreement> {
    if left == right {
        return Ok(());
    }
    Err(Disagreement::Held { what: what.to_owned(), left: format!("{left:?}"), right: format!("{right:?}") })
}
