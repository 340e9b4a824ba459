//! Refusals of the contracts in words that say what to do.

use crate::words::duration;
use alloy::{
    primitives::{Address, Bytes, U256},
    providers::Provider,
    rpc::types::{TransactionInput, TransactionRequest},
    sol_types::SolInterface,
    transports::TransportError,
};
use gainsay_bindings::{
    games::Games::GamesErrors, l1_messenger::L1CrossDomainMessenger::L1CrossDomainMessengerErrors as MessengerErrors,
    portal::Portal::PortalErrors, rollup::Rollup::RollupErrors,
};
use gainsay_l1::{L1Client, revert};

/// Calls a contract as a transaction would, and says why it would revert; none if it would not, or if that cannot be told: sending it will tell.
pub(crate) async fn refusal(client: &L1Client, from: Address, to: Address, input: Bytes, now: u64) -> Option<String> {
    let call = TransactionRequest::default().from(from).to(to).input(TransactionInput::both(input));
    let answer: Result<Bytes, TransportError> = client.provider().raw_request("eth_call".into(), (call, "latest")).await;
    match answer {
        Err(TransportError::ErrorResp(payload)) => payload.as_revert_data().map(|data| explain(&data, now)),
        _ => None,
    }
}

/// What revert data means for a withdrawal at L1's time `now`.
pub(crate) fn explain(data: &[u8], now: u64) -> String {
    let known = PortalErrors::abi_decode(data).ok().and_then(|error| of_portal(&error));
    let known = known.or_else(|| GamesErrors::abi_decode(data).ok().and_then(|error| of_games(&error)));
    let known = known.or_else(|| MessengerErrors::abi_decode(data).ok().and_then(|error| of_messenger(&error)));
    let known = known.or_else(|| RollupErrors::abi_decode(data).ok().and_then(|error| of_rollup(&error, now)));
    let name = revert::describe(data);
    known.map_or_else(|| name.clone(), |words| format!("{words} ({name})"))
}

fn of_portal(error: &PortalErrors) -> Option<String> {
    Some(match error {
        PortalErrors::OptimismPortal_BadTarget(_) => {
            "it calls the Portal or the Inbox, which no withdrawal may: it can never be proved, and what it carries is lost".to_owned()
        }
        PortalErrors::OptimismPortal_InvalidOutputRootProof(_) => {
            "what the L2 node says of the block does not hash to what the assertion claims; ask another L2 node".to_owned()
        }
        PortalErrors::OptimismPortal_InvalidMerkleProof(_) => "the L2 node's proof is of something else; ask another L2 node".to_owned(),
        PortalErrors::OptimismPortal_Unproven(_) => "it is not proved by this account; run `sequencer bridge prove` first".to_owned(),
        PortalErrors::OptimismPortal_AlreadyFinalized(_) => "it is finalised already: nothing is left to do".to_owned(),
        PortalErrors::OptimismPortal_ProofNotOldEnough(_) => "its proof is too young; finalise later, --wait waits for it".to_owned(),
        PortalErrors::OptimismPortal_InvalidRootClaim(_) => {
            "the assertion of its proof is not confirmed; finalise later, `sequencer bridge status` says what is missing".to_owned()
        }
        PortalErrors::GasTooLow(error) => format!("its call must be given {} gas; send more gas", error.gasLimit),
        PortalErrors::EtherMissing(error) => {
            format!("the Portal holds {} wei and {} are to be paid; nothing is lost, finalise later", error.balance, error.value)
        }
        _ => return None,
    })
}

fn of_games(error: &GamesErrors) -> Option<String> {
    Some(match error {
        GamesErrors::LostGame(_) => "the assertion lost to a sibling; prove against another one".to_owned(),
        GamesErrors::UnknownGame(_) => "no game has this index: L1 was reorganised; prove again".to_owned(),
        GamesErrors::UnknownAssertion(_) => "the Rollup has no such assertion: L1 was reorganised; try again".to_owned(),
        GamesErrors::ParentNotListed(_) => "the assertion above it is not listed: L1 was reorganised; try again".to_owned(),
        GamesErrors::AlreadyListed(_) => "it is listed already".to_owned(),
    })
}

fn of_messenger(error: &MessengerErrors) -> Option<String> {
    Some(match error {
        MessengerErrors::NotReplayable(_) => "the message has not failed: there is nothing to replay".to_owned(),
        MessengerErrors::AlreadyRelayed(_) => "the message is delivered already: there is nothing to replay".to_owned(),
        MessengerErrors::UnsafeTarget(_) => {
            "the message calls the messenger or the Portal, which no message may: it can never be delivered".to_owned()
        }
        _ => return None,
    })
}

fn of_rollup(error: &RollupErrors, now: u64) -> Option<String> {
    Some(match error {
        RollupErrors::WindowOpen(error) => {
            let left = u64::try_from(error.closesAt.saturating_sub(U256::from(now))).unwrap_or(u64::MAX);
            format!("the challenge window is open for another {}; --wait waits for it", duration(left))
        }
        RollupErrors::RivalsLeft(error) => {
            format!("{} live stakes contradict the assertion; their matches must end first", error.count)
        }
        RollupErrors::NoLiveStake(_) => "nobody stakes on the assertion any more; somebody has to, a challenger does it".to_owned(),
        RollupErrors::ForkDecided(_) => "its fork is decided already".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::{primitives::B256, sol_types::SolError};
    use gainsay_bindings::{Games, L1CrossDomainMessenger, Portal, Rollup};

    fn words(error: &impl SolError) -> String {
        explain(&error.abi_encode(), 100)
    }

    #[test]
    fn a_refusal_says_what_to_do_and_names_the_error() {
        let told = words(&Portal::OptimismPortal_Unproven {});
        assert!(told.contains("bridge prove") && told.contains("OptimismPortal_Unproven"), "{told}");
        assert!(words(&Games::LostGame { game: Address::ZERO }).contains("another one"));
        assert!(words(&L1CrossDomainMessenger::AlreadyRelayed { msgHash: B256::ZERO }).contains("delivered already"));
        assert!(words(&Rollup::WindowOpen { closesAt: U256::from(161) }).contains("1 min 1 s"));
        assert!(words(&Rollup::WindowOpen { closesAt: U256::MAX }).contains(" d"));
    }

    #[test]
    fn an_unknown_error_is_shown_as_it_is() {
        assert_eq!(explain(&[1, 2, 3, 4], 0), "unknown error 0x01020304");
    }
}
