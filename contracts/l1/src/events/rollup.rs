//! Events of the Rollup.

use super::{EventFault, decode};
use alloy::{
    primitives::{Address, B256, U256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use gainsay_bindings::Rollup;
use gainsay_types::State;

/// Something that happened to assertions and stakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollupEvent {
    /// An assertion was claimed for the first time.
    AssertionCreated {
        /// Its id.
        id: B256,
        /// Id of its parent.
        parent: B256,
        /// The state it claims.
        end: State,
        /// Batch count that its children read up to.
        target: u64,
        /// `keccak(target, batchAcc[target])`.
        inputs_hash: B256,
    },
    /// A new stake was bonded.
    StakePlaced {
        /// The stake.
        stake: U256,
        /// Who owns it.
        owner: Address,
    },
    /// A stake moved to an assertion.
    StakeMoved {
        /// The stake.
        stake: U256,
        /// Where it is now.
        assertion: B256,
    },
    /// Nobody live was left on any child when the window ended: it starts again.
    ForkReopened {
        /// The assertion above the fork.
        parent: B256,
    },
    /// An assertion is final.
    AssertionConfirmed {
        /// Its id.
        id: B256,
    },
    /// A stake left with its bond.
    StakeWithdrawn {
        /// The stake.
        stake: U256,
        /// Wei credited to its owner.
        amount: U256,
    },
    /// A stake lost a match.
    StakeDefeated {
        /// The stake.
        stake: U256,
        /// Where it stood.
        assertion: B256,
        /// Wei burned of its bond.
        burned: U256,
    },
    /// A losing stake's record at an assertion was cleared.
    StakeEvicted {
        /// The stake.
        stake: U256,
        /// Where it was cleared.
        assertion: B256,
    },
    /// Moves against a loser were rewarded.
    PrizeAwarded {
        /// The stake that made them.
        winner: U256,
        /// The stake that lost.
        loser: U256,
        /// Wei owed to the winner's owner, or burned.
        amount: U256,
        /// It is burned: the winner has lost as well.
        lost: bool,
    },
    /// All that was owed to an owner was paid.
    Paid {
        /// To whom it was owed.
        owner: Address,
        /// Who got it.
        to: Address,
        /// Wei.
        amount: U256,
    },
}

/// Reads a log of the Rollup; none for events that are not known here.
pub(super) fn rollup_event(log: &Log) -> Result<Option<RollupEvent>, EventFault> {
    let Some(&topic) = log.topic0() else { return Ok(None) };
    Ok(Some(match topic {
        Rollup::AssertionCreated::SIGNATURE_HASH => {
            let Rollup::AssertionCreated { id, parent, end, target, inputsHash } = decode(log)?;
            let end = State {
                output_root: end.outputRoot,
                l2_block_number: end.l2BlockNumber,
                batch_index: end.batchIndex,
                batch_offset: end.batchOffset,
                deposit_index: end.depositIndex,
            };
            RollupEvent::AssertionCreated { id, parent, end, target, inputs_hash: inputsHash }
        }
        Rollup::StakePlaced::SIGNATURE_HASH => {
            let Rollup::StakePlaced { stakeId, owner } = decode(log)?;
            RollupEvent::StakePlaced { stake: stakeId, owner }
        }
        Rollup::StakeMoved::SIGNATURE_HASH => {
            let Rollup::StakeMoved { stakeId, assertion } = decode(log)?;
            RollupEvent::StakeMoved { stake: stakeId, assertion }
        }
        Rollup::AssertionConfirmed::SIGNATURE_HASH => RollupEvent::AssertionConfirmed { id: decode::<Rollup::AssertionConfirmed>(log)?.id },
        Rollup::StakeWithdrawn::SIGNATURE_HASH => {
            let Rollup::StakeWithdrawn { stakeId, amount } = decode(log)?;
            RollupEvent::StakeWithdrawn { stake: stakeId, amount }
        }
        Rollup::ForkReopened::SIGNATURE_HASH => RollupEvent::ForkReopened { parent: decode::<Rollup::ForkReopened>(log)?.parent },
        Rollup::StakeDefeated::SIGNATURE_HASH => {
            let Rollup::StakeDefeated { stakeId, assertion, burned } = decode(log)?;
            RollupEvent::StakeDefeated { stake: stakeId, assertion, burned }
        }
        Rollup::StakeEvicted::SIGNATURE_HASH => {
            let Rollup::StakeEvicted { stakeId, assertion } = decode(log)?;
            RollupEvent::StakeEvicted { stake: stakeId, assertion }
        }
        Rollup::PrizeAwarded::SIGNATURE_HASH => {
            let Rollup::PrizeAwarded { winner, loser, amount, burned } = decode(log)?;
            RollupEvent::PrizeAwarded { winner, loser, amount, lost: burned }
        }
        Rollup::Paid::SIGNATURE_HASH => {
            let Rollup::Paid { owner, to, amount } = decode(log)?;
            RollupEvent::Paid { owner, to, amount }
        }
        _ => return Ok(None),
    }))
}
