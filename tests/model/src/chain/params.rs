//! What the contracts are deployed with.

use super::{Addresses, Deployment, OPERATOR};
use alloy::primitives::Address;
use gainsay_bindings::{Inbox, Rollup};

/// Age of a proof at which its withdrawal can be finalised, seconds.
pub const PROOF_MATURITY: u64 = 7;

pub(super) const fn inbox_params(portal: Address) -> Inbox::InboxParams {
    Inbox::InboxParams {
        portal,
        sequencer: OPERATOR,
        operator: Address::ZERO,
        inclusionDelay: 1_000,
        bufferMax: 1_000,
        bufferFloor: 100,
        bufferThreshold: 100,
        replenishPeriod: 10,
        finalityDelay: 50,
        timelock: 1_000,
    }
}

pub(super) fn rollup_params(deployment: &Deployment, at: &Addresses) -> Rollup::RollupParams {
    let Deployment { settings, config_hash, genesis, .. } = deployment;
    Rollup::RollupParams {
        inbox: at.inbox,
        matches: at.matches,
        configHash: *config_hash,
        genesis: Rollup::State {
            outputRoot: genesis.output_root,
            l2BlockNumber: genesis.l2_block_number,
            batchIndex: genesis.batch_index,
            batchOffset: genesis.batch_offset,
            depositIndex: genesis.deposit_index,
        },
        bond: settings.bond,
        challengeWindow: settings.window,
        clock: settings.clock,
        extension: settings.extension,
        assertionPeriod: settings.period,
    }
}
