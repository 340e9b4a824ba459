//! Where contracts will stand, before they do.

use alloy::{
    primitives::{Address, B256, hex, keccak256},
    sol_types::SolValue,
};
use gainsay_bindings::Factory;
use gainsay_types::predeploys::CREATE2_FACTORY;
use serde::{Deserialize, Serialize};

/// Init code of the small contract through which the Factory creates: it runs what it is called with as init code.
const CREATE3_PROXY: [u8; 16] = hex!("67363d3d37363d34f03d5260086018f3");

/// Addresses of the contracts on L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contracts {
    /// Deploys the others.
    pub factory: Address,
    /// Orders batches and messages.
    pub inbox: Address,
    /// Takes deposits, and pays withdrawals.
    pub portal: Address,
    /// Holds assertions and stakes.
    pub rollup: Address,
    /// Plays the matches between rivals; the only contract that the Rollup lets defeat a stake.
    pub matches: Address,
    /// Takes one step of the fault VM.
    pub step_verifier: Address,
    /// Holds what the fault VM's program asks for.
    pub preimage_oracle: Address,
    /// Shows assertions as dispute games; what the Portal asks about them.
    pub games: Address,
    /// Sends calls to L2, and keeps those from there that failed.
    pub messenger: Address,
    /// Moves ether and tokens.
    pub bridge: Address,
}

impl Contracts {
    /// Where a deployer's contracts stand; the same on every L1. A deployer has one set for each salt.
    #[must_use]
    pub fn of(deployer: Address, salt: B256) -> Self {
        let factory = Self::factory();
        let at = |name| created(factory, deployer, part(salt, name));
        Self {
            factory,
            inbox: at("inbox"),
            portal: at("portal"),
            rollup: at("rollup"),
            matches: at("matches"),
            step_verifier: at("stepVerifier"),
            preimage_oracle: at("preimageOracle"),
            games: at("games"),
            messenger: at("messenger"),
            bridge: at("bridge"),
        }
    }

    /// Where the Factory stands on every L1. The address depends on its code: nothing else can be there.
    #[must_use]
    pub fn factory() -> Address {
        CREATE2_FACTORY.create2(B256::ZERO, keccak256(&Factory::BYTECODE))
    }
}

/// Salt of one contract of a set.
pub(super) fn part(salt: B256, name: &str) -> B256 {
    keccak256([salt.as_slice(), name.as_bytes()].concat())
}

/// What `Factory.addressOf` says.
fn created(factory: Address, deployer: Address, salt: B256) -> Address {
    let salt = keccak256((deployer, salt).abi_encode());
    factory.create2(salt, keccak256(CREATE3_PROXY)).create(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_the_deployer(set: &Contracts) -> [Address; 9] {
        let Contracts { factory: _, inbox, portal, rollup, matches, step_verifier, preimage_oracle, games, messenger, bridge } = *set;
        [inbox, portal, rollup, matches, step_verifier, preimage_oracle, games, messenger, bridge]
    }

    #[test]
    fn another_deployer_or_salt_gives_other_addresses_and_the_same_factory() {
        let (a, b) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let sets = [Contracts::of(a, B256::ZERO), Contracts::of(b, B256::ZERO), Contracts::of(a, B256::with_last_byte(1))];
        let mut all: Vec<_> = sets.iter().flat_map(of_the_deployer).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 27);
        assert!(sets.iter().all(|set| set.factory == sets[0].factory));
    }
}
