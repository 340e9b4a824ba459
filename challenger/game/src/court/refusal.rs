//! Why L1 refuses an act: the custom errors of the contracts, with their arguments.

use alloy::{primitives::Bytes, sol_types::SolInterface};
use gainsay_bindings::{
    Games::GamesErrors, Matches::MatchesErrors, PreimageOracle::PreimageOracleErrors, Rollup::RollupErrors,
    StepVerifier::StepVerifierErrors,
};

/// Why an act is refused. One variant a contract, in each one variant a custom error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// By the Rollup.
    #[error("the Rollup refuses it: {}", said(.0))]
    Rollup(RollupErrors),
    /// By Matches.
    #[error("Matches refuses it: {}", said(.0))]
    Matches(MatchesErrors),
    /// By the StepVerifier.
    #[error("the StepVerifier refuses it: {}", said(.0))]
    Step(StepVerifierErrors),
    /// By the PreimageOracle.
    #[error("the PreimageOracle refuses it: {}", said(.0))]
    Oracle(PreimageOracleErrors),
    /// By Games.
    #[error("Games refuses it: {}", said(.0))]
    Games(GamesErrors),
    /// A number beyond its type: the chain's state has the highest batch index there is, and no batch comes after it.
    #[error("no batch comes after the highest batch index there is")]
    Overflow,
}

impl Refusal {
    /// What the contract reverts with: the error's selector and arguments; Solidity's panic for an overflow.
    #[must_use]
    pub fn output(&self) -> Bytes {
        match self {
            Self::Rollup(error) => error.abi_encode().into(),
            Self::Matches(error) => error.abi_encode().into(),
            Self::Step(error) => error.abi_encode().into(),
            Self::Oracle(error) => error.abi_encode().into(),
            Self::Games(error) => error.abi_encode().into(),
            Self::Overflow => alloy::sol_types::SolError::abi_encode(&alloy::sol_types::Panic::from(OVERFLOW)).into(),
        }
    }

    /// Name of the custom error.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let named = match self {
            Self::Rollup(error) => RollupErrors::name_by_selector(error.selector()),
            Self::Matches(error) => MatchesErrors::name_by_selector(error.selector()),
            Self::Step(error) => StepVerifierErrors::name_by_selector(error.selector()),
            Self::Oracle(error) => PreimageOracleErrors::name_by_selector(error.selector()),
            Self::Games(error) => GamesErrors::name_by_selector(error.selector()),
            Self::Overflow => None,
        };
        named.unwrap_or("Panic")
    }
}

/// Solidity's code for a sum that leaves its type.
const OVERFLOW: alloy::sol_types::PanicKind = alloy::sol_types::PanicKind::UnderOverflow;

/// The error as Rust prints it, which is its name twice: the inner one, with its arguments.
fn said(error: &impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    let inner = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(&text).to_owned()
}

impl From<RollupErrors> for Refusal {
    fn from(error: RollupErrors) -> Self {
        Self::Rollup(error)
    }
}

impl From<MatchesErrors> for Refusal {
    fn from(error: MatchesErrors) -> Self {
        Self::Matches(error)
    }
}

impl From<StepVerifierErrors> for Refusal {
    fn from(error: StepVerifierErrors) -> Self {
        Self::Step(error)
    }
}

impl From<PreimageOracleErrors> for Refusal {
    fn from(error: PreimageOracleErrors) -> Self {
        Self::Oracle(error)
    }
}

impl From<GamesErrors> for Refusal {
    fn from(error: GamesErrors) -> Self {
        Self::Games(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::{primitives::U256, sol_types::SolError};
    use gainsay_bindings::{Matches, Rollup};

    #[test]
    fn a_refusal_is_what_the_contract_reverts_with() {
        let late = Matches::TooLate { deadline: U256::from(77) };
        let refusal = Refusal::from(MatchesErrors::TooLate(late.clone()));
        assert_eq!((refusal.output()[..].to_vec(), refusal.name()), (late.abi_encode(), "TooLate"));
        assert_eq!(refusal.to_string(), "Matches refuses it: TooLate { deadline: 77 }");
        let refusal = Refusal::from(RollupErrors::NotOwner(Rollup::NotOwner {}));
        assert_eq!(refusal.to_string(), "the Rollup refuses it: NotOwner");
        // Panic(0x11).
        let panic = Refusal::Overflow.output();
        assert_eq!((panic.len(), &panic[..4], panic[35]), (36, &[0x4e, 0x48, 0x7b, 0x71][..], 0x11));
        assert_eq!(Refusal::Overflow.name(), "Panic");
    }
}
