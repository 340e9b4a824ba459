//! What went wrong in a run.

use gainsay_model::chain::ChainError;
use std::fmt::Debug;

/// Why a run failed: something that must hold did not, or the model itself could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Two sums, or two answers, that must be the same.
    #[error("{what}: {found}, but it must be {expected}")]
    Differs {
        /// What.
        what: String,
        /// As the layers have it.
        found: String,
        /// As it follows from what was done.
        expected: String,
    },
    /// A contract took what it must refuse, or refused what it must take.
    #[error("{what} must {expected}, but the answer was: {answer}")]
    Answer {
        /// The act.
        what: String,
        /// What had to happen.
        expected: &'static str,
        /// What L1 said.
        answer: String,
    },
    /// L1 did not run.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// L2 did not run.
    #[error("L2: {reason}")]
    L2 {
        /// What was said.
        reason: String,
    },
}

/// Compares.
///
/// # Errors
/// When the two are not the same.
pub fn same<T: PartialEq + Debug>(what: impl Into<String>, found: T, expected: T) -> Result<(), Fault> {
    if found == expected {
        return Ok(());
    }
    Err(Fault::Differs { what: what.into(), found: format!("{found:?}"), expected: format!("{expected:?}") })
}

pub(crate) fn l2(error: impl Debug) -> Fault {
    Fault::L2 { reason: format!("{error:?}") }
}
