//! What can be done on L1, as transactions.

#[cfg(test)]
mod tests;

use crate::dissection::POINTS;
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::SolCall,
};
use gainsay_bindings::{
    Games::{self, State as GamesState},
    Matches::{self, Match, Opening, Rivals, Segment},
    PreimageOracle,
    Rollup::{self, Claim as SolClaim, State as RollupState},
};
use gainsay_trace::{
    PrecompileCall, Preimage,
    blob::{BlobElement, ELEMENTS, ElementError, prove_part},
};
use gainsay_types::State;

/// Which contract an act is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contract {
    /// Assertions, stakes, money.
    Rollup,
    /// Matches.
    Matches,
    /// Preimages.
    Oracle,
    /// The list of assertions for users' tools.
    Games,
}

/// One hop of a stake: to the child of its tip with this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Of the parent: what the claim was computed from.
    pub inputs_hash: B256,
    /// The claimed state.
    pub end: State,
}

/// A part of a preimage, with what makes the oracle accept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Load {
    /// Of data, by its Keccak.
    Keccak {
        /// The data.
        data: Bytes,
        /// Which part.
        index: u64,
    },
    /// Of a blob.
    Blob {
        /// Its versioned hash.
        versioned_hash: B256,
        /// Which part, from 1.
        index: u64,
        /// The part, proved.
        element: Box<BlobElement>,
    },
    /// Of what a precompile returns.
    Precompile {
        /// The call.
        call: PrecompileCall,
        /// Which part.
        index: u64,
    },
}

impl Load {
    /// Loads part `index`; none where the oracle knows it by itself: the length of a blob, and what lies beyond its end. For a blob this makes a KZG
    /// proof, which takes some hundred milliseconds.
    ///
    /// # Errors
    /// If the bytes given as a blob are none.
    pub fn of(preimage: &Preimage, index: u64) -> Result<Option<Self>, ElementError> {
        Ok(Some(match preimage {
            Preimage::Keccak { data } => Self::Keccak { data: data.clone(), index },
            Preimage::Precompile { call } => Self::Precompile { call: call.clone(), index },
            Preimage::Blob { versioned_hash, blob } if (1..=ELEMENTS).contains(&index) => {
                Self::Blob { versioned_hash: *versioned_hash, index, element: Box::new(prove_part(blob, index)?) }
            }
            Preimage::Blob { .. } => return Ok(None),
        }))
    }

    fn input(&self) -> Vec<u8> {
        match self {
            Self::Keccak { data, index } => {
                PreimageOracle::loadKeccakCall { data: data.clone(), indices: vec![U256::from(*index)] }.abi_encode()
            }
            Self::Blob { versioned_hash, index, element } => PreimageOracle::loadBlobElementCall {
                versionedHash: *versioned_hash,
                index: U256::from(*index),
                value: element.value,
                commitment: element.commitment.into(),
                proof: element.proof.into(),
            }
            .abi_encode(),
            Self::Precompile { call, index } => PreimageOracle::loadPrecompileCall {
                precompile: call.address,
                requiredGas: call.required_gas,
                input: call.input.clone(),
                indices: vec![U256::from(*index)],
            }
            .abi_encode(),
        }
    }
}

/// Something to do on L1. Moves carry the state of the match that they are meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Bonds a new stake on children of the latest confirmed assertion.
    Stake {
        /// The latest confirmed assertion.
        parent: B256,
        /// The hops, from there down.
        claims: Vec<Claim>,
    },
    /// Moves a stake on from its tip.
    Advance {
        /// The stake.
        stake: U256,
        /// The hops.
        claims: Vec<Claim>,
    },
    /// Leaves with the bond.
    Withdraw {
        /// The stake.
        stake: U256,
    },
    /// Confirms an assertion.
    Confirm {
        /// Its id.
        id: B256,
    },
    /// Clears a loser's record at an assertion.
    Evict {
        /// The loser.
        stake: U256,
        /// The assertion.
        id: B256,
    },
    /// Has all that is owed to the sender paid.
    Claim {
        /// To whom.
        to: Address,
    },
    /// Opens a match with the first dissection of `rivals.first`.
    OpenAndDissect {
        /// Both sides.
        rivals: Rivals,
        /// The dissection without its end, which is the claim.
        points: Box<[B256; POINTS]>,
    },
    /// Opens a match between any two rivals.
    Open {
        /// Both sides.
        rivals: Rivals,
    },
    /// The first dissection of a match that was opened without one.
    Dissect {
        /// The match.
        m: Box<Match>,
        /// The dissection without its end, which is the claim.
        points: Box<[B256; POINTS]>,
    },
    /// Names a segment and divides it.
    Move {
        /// The match.
        m: Box<Match>,
        /// The segment of the rival's dissection.
        segment: Segment,
        /// The new dissection without its end.
        points: Box<[B256; POINTS]>,
        /// Its end.
        end: B256,
    },
    /// Names a block step and divides its machine run.
    EnterMachine {
        /// The match.
        m: Box<Match>,
        /// The block step, a segment of the rival's dissection.
        segment: Segment,
        /// The chain's state where it starts.
        from: State,
        /// The machine's state after 2^40 steps.
        last: Box<Opening>,
        /// The new dissection without its end, which is the hash of that state.
        points: Box<[B256; POINTS]>,
    },
    /// Loads a part of a preimage.
    Load(Load),
    /// Names a machine step, which L1 computes.
    Step {
        /// The match.
        m: Box<Match>,
        /// The step, a segment of the rival's dissection.
        segment: Segment,
        /// The machine's state before it, 401 bytes.
        state: Bytes,
        /// What proves the memory that it touches.
        proof: Bytes,
        /// Key and number of the part of a preimage that it reads: that must be loaded first.
        part: Option<(B256, u64)>,
        /// What the part is loaded from; none if the oracle knows it by itself.
        preimage: Option<Box<Preimage>>,
    },
    /// The mover's time is over.
    Timeout {
        /// The match.
        m: Box<Match>,
    },
    /// Rewards the moves of a stake against a loser.
    Reward {
        /// The match.
        m: Box<Match>,
        /// The stake that made them.
        winner: U256,
    },
    /// Makes the game of an assertion, for users' tools. Nothing in a dispute depends on it.
    List {
        /// The assertion that it continues: listed or confirmed.
        parent: B256,
        /// The state that it claims.
        end: State,
    },
}

impl Act {
    /// Where it is sent.
    #[must_use]
    pub const fn to(&self) -> Contract {
        match self {
            Self::Stake { .. }
            | Self::Advance { .. }
            | Self::Withdraw { .. }
            | Self::Confirm { .. }
            | Self::Evict { .. }
            | Self::Claim { .. } => Contract::Rollup,
            Self::Load(_) => Contract::Oracle,
            Self::List { .. } => Contract::Games,
            _ => Contract::Matches,
        }
    }

    /// Wei that go with it.
    #[must_use]
    pub const fn value(&self, bond: U256) -> U256 {
        match self {
            Self::Stake { .. } => bond,
            _ => U256::ZERO,
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Stake { .. } => "stake",
            Self::Advance { .. } => "advance",
            Self::Withdraw { .. } => "withdraw",
            Self::Confirm { .. } => "confirm",
            Self::Evict { .. } => "evict",
            Self::Claim { .. } => "claim",
            Self::OpenAndDissect { .. } => "open and dissect",
            Self::Open { .. } => "open",
            Self::Dissect { .. } => "dissect",
            Self::Move { .. } => "move",
            Self::EnterMachine { .. } => "enter machine",
            Self::Load(_) => "load",
            Self::Step { .. } => "step",
            Self::Timeout { .. } => "timeout",
            Self::Reward { .. } => "reward",
            Self::List { .. } => "list",
        }
    }

    /// Calldata.
    #[must_use]
    pub fn input(&self) -> Bytes {
        match self {
            Self::Stake { parent, claims } => Rollup::stakeCall { parent: *parent, claims: sol_claims(claims) }.abi_encode(),
            Self::Advance { stake, claims } => Rollup::advanceCall { stakeId: *stake, claims: sol_claims(claims) }.abi_encode(),
            Self::Withdraw { stake } => Rollup::withdrawCall { stakeId: *stake }.abi_encode(),
            Self::Confirm { id } => Rollup::confirmCall { id: *id }.abi_encode(),
            Self::Evict { stake, id } => Rollup::evictCall { stakeId: *stake, id: *id }.abi_encode(),
            Self::Claim { to } => Rollup::claimCall { to: *to }.abi_encode(),
            Self::OpenAndDissect { rivals, points } => {
                Matches::openAndDissectCall { rivals: rivals.clone(), points: **points }.abi_encode()
            }
            Self::Open { rivals } => Matches::openCall { rivals: rivals.clone() }.abi_encode(),
            Self::Dissect { m, points } => Matches::dissectCall { m: (**m).clone(), points: **points }.abi_encode(),
            Self::Move { m, segment, points, end } => {
                Matches::moveCall { m: (**m).clone(), segment: segment.clone(), points: **points, end: *end }.abi_encode()
            }
            Self::EnterMachine { m, segment, from, last, points } => Matches::enterMachineCall {
                m: (**m).clone(),
                segment: segment.clone(),
                from: match_state(from),
                last: (**last).clone(),
                points: **points,
            }
            .abi_encode(),
            Self::Load(load) => load.input(),
            Self::Step { m, segment, state, proof, .. } => {
                Matches::stepCall { m: (**m).clone(), segment: segment.clone(), state: state.clone(), proof: proof.clone() }.abi_encode()
            }
            Self::Timeout { m } => Matches::timeoutCall { m: (**m).clone() }.abi_encode(),
            Self::Reward { m, winner } => Matches::rewardCall { m: (**m).clone(), winner: *winner }.abi_encode(),
            Self::List { parent, end } => Games::listCall { parent: *parent, end: games_state(end) }.abi_encode(),
        }
        .into()
    }

    /// The match that it moves in, as it must stand; none for what is no move.
    #[must_use]
    pub fn match_state(&self) -> Option<&Match> {
        match self {
            Self::Dissect { m, .. }
            | Self::Move { m, .. }
            | Self::EnterMachine { m, .. }
            | Self::Step { m, .. }
            | Self::Timeout { m }
            | Self::Reward { m, .. } => Some(m),
            _ => None,
        }
    }
}

fn sol_claims(claims: &[Claim]) -> Vec<SolClaim> {
    let one = |claim: &Claim| SolClaim { inputsHash: claim.inputs_hash, end: rollup_state(&claim.end) };
    claims.iter().map(one).collect()
}

/// A State as the Rollup's ABI has it.
#[must_use]
pub const fn rollup_state(state: &State) -> RollupState {
    RollupState {
        outputRoot: state.output_root,
        l2BlockNumber: state.l2_block_number,
        batchIndex: state.batch_index,
        batchOffset: state.batch_offset,
        depositIndex: state.deposit_index,
    }
}

/// A State as the ABI of Games has it.
#[must_use]
pub const fn games_state(state: &State) -> GamesState {
    GamesState {
        outputRoot: state.output_root,
        l2BlockNumber: state.l2_block_number,
        batchIndex: state.batch_index,
        batchOffset: state.batch_offset,
        depositIndex: state.deposit_index,
    }
}

/// A State as the ABI of Matches has it.
#[must_use]
pub const fn match_state(state: &State) -> Matches::State {
    Matches::State {
        outputRoot: state.output_root,
        l2BlockNumber: state.l2_block_number,
        batchIndex: state.batch_index,
        batchOffset: state.batch_offset,
        depositIndex: state.deposit_index,
    }
}
