//! What makes each contract of a chain.

use super::network::{InboxSettings, Network};
use alloy::{
    primitives::{Address, Bytes},
    sol_types::SolConstructor,
};
use gainsay_bindings::{Games, Inbox, L1CrossDomainMessenger, L1StandardBridge, Matches, Portal, PreimageOracle, Rollup, StepVerifier};
use gainsay_types::State;

/// A contract that the Factory makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Creation {
    /// Its name in the salt.
    pub(super) name: &'static str,
    /// Its name in words.
    pub(super) contract: &'static str,
    /// Where it stands.
    pub(super) address: Address,
    /// Its creation code with the arguments.
    pub(super) init_code: Bytes,
}

impl Creation {
    fn new(name: &'static str, contract: &'static str, address: Address, code: &Bytes, arguments: &[u8]) -> Self {
        Self { name, contract, address, init_code: [code, arguments].concat().into() }
    }
}

impl Network {
    /// The contracts in the order in which they must be made: the Rollup wants the Inbox to stand, Matches wants the Rollup, which must name
    /// it, and the StepVerifier. The last three want nothing.
    pub(super) fn creations(&self) -> [Creation; 9] {
        let at = &self.contracts;
        let inbox = Inbox::constructorCall { p: self.inbox.params(at.portal) }.abi_encode();
        let portal = self.portal_arguments().abi_encode();
        let rollup = Rollup::constructorCall { p: self.rollup_params() }.abi_encode();
        let verifier = StepVerifier::constructorCall { oracle_: at.preimage_oracle }.abi_encode();
        let matches = Matches::constructorCall { p: self.matches_params() }.abi_encode();
        let games = Games::constructorCall { rollup_: at.rollup }.abi_encode();
        let messenger = L1CrossDomainMessenger::constructorCall { portal_: at.portal }.abi_encode();
        let bridge = L1StandardBridge::constructorCall { messenger_: at.messenger }.abi_encode();
        [
            Creation::new("inbox", "the Inbox", at.inbox, &Inbox::BYTECODE, &inbox),
            Creation::new("portal", "the Portal", at.portal, &Portal::BYTECODE, &portal),
            Creation::new("rollup", "the Rollup", at.rollup, &Rollup::BYTECODE, &rollup),
            Creation::new("preimageOracle", "the PreimageOracle", at.preimage_oracle, &PreimageOracle::BYTECODE, &[]),
            Creation::new("stepVerifier", "the StepVerifier", at.step_verifier, &StepVerifier::BYTECODE, &verifier),
            Creation::new("matches", "Matches", at.matches, &Matches::BYTECODE, &matches),
            Creation::new("games", "Games", at.games, &Games::BYTECODE, &games),
            Creation::new("messenger", "the L1CrossDomainMessenger", at.messenger, &L1CrossDomainMessenger::BYTECODE, &messenger),
            Creation::new("bridge", "the L1StandardBridge", at.bridge, &L1StandardBridge::BYTECODE, &bridge),
        ]
    }

    const fn portal_arguments(&self) -> Portal::constructorCall {
        Portal::constructorCall {
            inbox_: self.contracts.inbox,
            games_: self.contracts.games,
            l2BlockGasLimit: self.chain.block_gas_limit,
            proofMaturityDelay: self.withdrawals.proof_maturity_delay,
        }
    }

    fn rollup_params(&self) -> Rollup::RollupParams {
        let genesis = State::genesis(self.genesis.output_root);
        Rollup::RollupParams {
            inbox: self.contracts.inbox,
            matches: self.contracts.matches,
            configHash: self.config_hash,
            genesis: Rollup::State {
                outputRoot: genesis.output_root,
                l2BlockNumber: genesis.l2_block_number,
                batchIndex: genesis.batch_index,
                batchOffset: genesis.batch_offset,
                depositIndex: genesis.deposit_index,
            },
            bond: self.rollup.bond,
            challengeWindow: self.rollup.challenge_window,
            clock: self.rollup.clock,
            extension: self.rollup.extension,
            assertionPeriod: self.rollup.assertion_period,
        }
    }

    const fn matches_params(&self) -> Matches::MatchesParams {
        Matches::MatchesParams { rollup: self.contracts.rollup, stepVerifier: self.contracts.step_verifier, programRoot: self.program_root }
    }
}

impl InboxSettings {
    pub(super) const fn params(&self, portal: Address) -> Inbox::InboxParams {
        Inbox::InboxParams {
            portal,
            sequencer: self.sequencer,
            operator: self.operator,
            inclusionDelay: self.inclusion_delay,
            bufferMax: self.buffer_max,
            bufferFloor: self.buffer_floor,
            bufferThreshold: self.buffer_threshold,
            replenishPeriod: self.replenish_period,
            finalityDelay: self.finality_delay,
            timelock: self.timelock,
        }
    }
}
