//! What a node knows of its rollup on L1, and hands to its RPC.

use crate::{BlockRef, L1Progress};
use alloy::rpc::types::serde_helpers::quantity;
use alloy_primitives::{Address, B256, U256};
use gainsay_store::L1Block;
use gainsay_types::State;
use serde::{Deserialize, Serialize};

/// Where a chain is on L1. All of it is in the network's description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deployment {
    /// EIP-155 chain id of L1.
    pub l1_chain_id: u64,
    /// The L1 block before which there is nothing of this chain. Its hash is zero where the description does not have it.
    pub l1_block: BlockRef,
    /// Takes batches.
    pub inbox: Address,
    /// Takes deposits.
    pub portal: Address,
    /// The first account that may post batches.
    pub batcher: Address,
    /// Seconds by which a block may be ahead of the batch that holds it.
    pub max_ahead: u64,
}

/// A claim about the chain on L1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assertion {
    /// Position in the order of creation, from 0.
    #[serde(with = "quantity")]
    pub index: u64,
    /// `keccak(abi.encode(parent, stateHash))`.
    pub id: B256,
    /// The assertion that it continues; zero for the first.
    pub parent: B256,
    /// The claimed state. Its numbers are plain, as in the bindings of the protocol.
    pub end: State,
    /// Batch up to which its children claim.
    #[serde(with = "quantity")]
    pub target: u64,
    /// What its children must be computed from.
    pub inputs_hash: B256,
    /// L1 block that created it.
    #[serde(with = "quantity")]
    pub l1_block_number: u64,
    /// Time of that block, seconds.
    #[serde(with = "quantity")]
    pub l1_block_timestamp: u64,
    /// L1 block that confirmed it; none while it is not confirmed.
    #[serde(with = "quantity::opt")]
    pub confirmed_in: Option<u64>,
    /// Those that continue it, oldest first; more than one contradict each other.
    pub children: Vec<B256>,
    /// Stakes that stand on it.
    #[serde(with = "quantity")]
    pub stakes: u64,
    /// Users' tools find it as a dispute game.
    pub listed: bool,
}

/// A match between two stakes on L1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dispute {
    /// `keccak(abi.encode(lower stake id, higher stake id))`.
    pub id: B256,
    /// The assertion on whose children the rivals stand.
    pub fork: B256,
    /// The stake on turn.
    pub mover: U256,
    /// The child of the fork that it stands on.
    pub mover_assertion: B256,
    /// The other stake.
    pub rival: U256,
    /// The child of the fork that the other stands on.
    pub rival_assertion: B256,
    /// Dissections so far; a match ends after 11 with one machine step.
    #[serde(with = "quantity")]
    pub round: u64,
    /// From when on the mover has lost by the clock, unless it moves; seconds since the Unix epoch.
    #[serde(with = "quantity")]
    pub deadline: u64,
    /// The stake that has won; none while it goes on.
    pub winner: Option<U256>,
    /// It won since the other's time was over, not by a machine step.
    pub by_clock: bool,
}

/// How far assertions and disputes are read from L1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClaimsRead {
    /// The newest L1 block whose events are in it.
    pub l1_block: BlockRef,
    /// There was no newer one at the last look.
    pub caught_up: bool,
    /// Assertions in all.
    pub assertions: u64,
}

/// L1's heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct L1Heads {
    /// The newest block.
    pub latest: L1Block,
    /// The newest that is unlikely to be reorganised.
    pub safe: L1Block,
    /// The newest that cannot be reorganised.
    pub finalized: L1Block,
}

/// L1 as a node sees it; each answer is of that moment. What has a default is not known to a node that does not read it: a function that tells the progress
/// alone is a view as well.
pub trait L1View: Send + Sync + 'static {
    /// How far the inbox is read.
    fn progress(&self) -> L1Progress;
    /// L1's heads at the last look; none before the first.
    fn heads(&self) -> Option<L1Heads> {
        None
    }
    /// Where the chain is on L1.
    fn deployment(&self) -> Deployment {
        Deployment::default()
    }
    /// How far assertions and disputes are read.
    fn claims_read(&self) -> ClaimsRead {
        ClaimsRead::default()
    }
    /// At most `most` assertions from position `from` on, in the order of their creation.
    fn assertions(&self, _from: u64, _most: usize) -> Vec<Assertion> {
        Vec::new()
    }
    /// One assertion by its id.
    fn assertion(&self, _id: &B256) -> Option<Assertion> {
        None
    }
    /// The confirmed one that is furthest on.
    fn latest_confirmed(&self) -> Option<B256> {
        None
    }
    /// At most `most` matches that still matter, in the order of their ids, after the one with the id `after`.
    fn disputes(&self, _after: Option<&B256>, _most: usize) -> Vec<Dispute> {
        Vec::new()
    }
    /// One match by its id.
    fn dispute(&self, _id: &B256) -> Option<Dispute> {
        None
    }
}

impl<F: Fn() -> L1Progress + Send + Sync + 'static> L1View for F {
    fn progress(&self) -> L1Progress {
        self()
    }
}
