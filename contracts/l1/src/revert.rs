//! Custom errors of the contracts in words.

use alloy::sol_types::{Panic, Revert, SolError, SolInterface};
use gainsay_bindings::{
    factory::Factory::FactoryErrors, games::Games::GamesErrors, inbox::Inbox::InboxErrors,
    l1_bridge::L1StandardBridge::L1StandardBridgeErrors, l1_messenger::L1CrossDomainMessenger::L1CrossDomainMessengerErrors,
    matches::Matches::MatchesErrors, mintable_token::OptimismMintableERC20::OptimismMintableERC20Errors,
    mintable_token_factory::OptimismMintableERC20Factory::OptimismMintableERC20FactoryErrors, portal::Portal::PortalErrors,
    preimage_oracle::PreimageOracle::PreimageOracleErrors, rollup::Rollup::RollupErrors, step_verifier::StepVerifier::StepVerifierErrors,
};
use std::fmt::Debug;

alloy::sol! {
    /// What the library says through which the bridges move tokens: no contract's ABI has it.
    #[derive(Debug)]
    interface SafeTransferLib {
        error TransferFailed();
        error TransferFromFailed();
    }
}

/// Names the error in revert data: a custom error of our contracts with its arguments, `require` text, a panic code, or the
/// bytes as they are.
#[must_use]
pub fn describe(data: &[u8]) -> String {
    if data.is_empty() {
        return "no reason given".to_owned();
    }
    if let Ok(revert) = Revert::abi_decode(data) {
        return revert.reason;
    }
    if let Ok(panic) = Panic::abi_decode(data) {
        return panic.to_string();
    }
    let known = named::<RollupErrors>(data).or_else(|| named::<MatchesErrors>(data)).or_else(|| named::<InboxErrors>(data));
    let known = known.or_else(|| named::<PortalErrors>(data)).or_else(|| named::<FactoryErrors>(data));
    let known = known.or_else(|| named::<StepVerifierErrors>(data)).or_else(|| named::<PreimageOracleErrors>(data));
    let known = known.or_else(|| named::<GamesErrors>(data)).or_else(|| named::<L1CrossDomainMessengerErrors>(data));
    let known = known.or_else(|| named::<L1StandardBridgeErrors>(data)).or_else(|| named::<OptimismMintableERC20Errors>(data));
    let known = known.or_else(|| named::<OptimismMintableERC20FactoryErrors>(data));
    let known = known.or_else(|| named::<SafeTransferLib::SafeTransferLibErrors>(data));
    known.unwrap_or_else(|| format!("unknown error {}", alloy::hex::encode_prefixed(data)))
}

/// `WrongBond { sent: 1, bond: 2 }`, from the enum's `WrongBond(WrongBond { sent: 1, bond: 2 })`.
fn named<E: SolInterface + Debug>(data: &[u8]) -> Option<String> {
    let text = format!("{:?}", E::abi_decode(data).ok()?);
    let inner = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    Some(inner.unwrap_or(&text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::U256;
    use gainsay_bindings::{Inbox, L1StandardBridge, Rollup};

    #[test]
    fn a_custom_error_is_named_with_its_arguments() {
        let error = Rollup::WrongBond { sent: U256::from(1), bond: U256::from(2) };
        assert_eq!(describe(&error.abi_encode()), "WrongBond { sent: 1, bond: 2 }");
        assert_eq!(describe(&Inbox::NotSequencer {}.abi_encode()), "NotSequencer");
        assert_eq!(describe(&L1StandardBridge::NotAnAccount {}.abi_encode()), "NotAnAccount");
        assert_eq!(describe(&SafeTransferLib::TransferFromFailed {}.abi_encode()), "TransferFromFailed");
    }

    #[test]
    fn other_revert_data_is_shown_as_well_as_it_can_be() {
        assert_eq!(describe(&Revert::from("too late").abi_encode()), "too late");
        assert_eq!(describe(&[]), "no reason given");
        assert_eq!(describe(&[1, 2, 3, 4]), "unknown error 0x01020304");
        assert!(describe(&Panic::from(0x11).abi_encode()).contains("overflow"));
    }
}
