//! Assertions on L1 as one L1 block has them, and which of them an L2 node finds right.
//!
//! No list on L1 is trusted: from the latest confirmed assertion down, the node says what the child must claim, and with it the child's id. So a false
//! rival leads nobody astray, and a claim that nobody on L1 has contradicted yet is not believed either.

use crate::{
    Bridge, BridgeError, L2Node, WithdrawError, logs_between,
    stage::{Link, Standing},
};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, U64, U256},
    rpc::types::Filter,
    sol_types::{SolCall, SolEvent},
};
use gainsay_bindings::{
    Games, Rollup,
    games::Games::AssertionListed,
    rollup::Rollup::{Assertion, AssertionCreated},
};
use gainsay_l1::{BlockRef, L1Block};
use gainsay_types::{State, assertion_id};
use serde::Deserialize;
use std::collections::HashMap;

/// A right assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// Its id.
    pub id: B256,
    /// Its parent.
    pub parent: B256,
    /// The state that it claims.
    pub end: State,
    /// When it was claimed, seconds.
    pub claimed_at: u64,
}

/// The right assertions from the latest confirmed one down, as far as was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The latest confirmed one first; none if the node has not come that far.
    pub nodes: Vec<Right>,
    /// What ends it.
    pub end: PathEnd,
}

/// What ends a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathEnd {
    /// It reaches the block that was asked for; it may go on.
    Reached,
    /// Nobody has claimed what comes next.
    Unclaimed {
        /// When it can be claimed at the earliest, seconds.
        possible_at: u64,
    },
    /// The node has not derived what must be claimed next.
    NotDerived,
}

impl Path {
    /// The first assertion at or above an L2 block.
    #[must_use]
    pub fn reaching(&self, block: u64) -> Option<&Right> {
        self.nodes.iter().find(|node| node.end.l2_block_number >= block)
    }

    /// Whether an assertion is right, given its ancestors from its parent up to a confirmed one. None if the path does not tell.
    #[must_use]
    pub fn judge(&self, id: &B256, ancestors: &[B256]) -> Option<bool> {
        let place = |id: &B256| self.nodes.iter().position(|node| node.id == *id);
        if place(id).is_some() {
            return Some(true);
        }
        let last_common = ancestors.iter().find_map(place)?;
        let continued = last_common + 1 < self.nodes.len() || matches!(self.end, PathEnd::Unclaimed { .. });
        continued.then_some(false)
    }
}

/// What `gainsay_endState` answers.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndState {
    end: State,
    inputs_hash: B256,
}

#[derive(Debug, Deserialize)]
struct Numbered {
    number: U64,
}

#[derive(Debug, Deserialize)]
struct SyncStatus {
    safe: Numbered,
}

/// Number of the newest block that the node derived from L1.
pub(crate) async fn safe_block(node: &L2Node) -> Result<u64, WithdrawError> {
    let status: SyncStatus = node.request("gainsay_syncStatus", ()).await?;
    Ok(status.safe.number.to())
}

/// The contracts on L1 at one block of it.
pub(crate) struct View<'a> {
    bridge: &'a Bridge,
    block: L1Block,
    known: HashMap<B256, Assertion>,
}

impl<'a> View<'a> {
    /// At the newest block.
    pub(crate) async fn new(bridge: &'a Bridge) -> Result<Self, WithdrawError> {
        let block = bridge.client().block(BlockRef::Latest).await?;
        Ok(Self { bridge, block, known: HashMap::new() })
    }

    pub(crate) const fn bridge(&self) -> &'a Bridge {
        self.bridge
    }

    /// L1's time, seconds.
    pub(crate) const fn now(&self) -> u64 {
        self.block.timestamp
    }

    pub(crate) async fn read<F: SolCall>(&self, to: Address, call: F) -> Result<F::Return, WithdrawError> {
        Ok(self.bridge.client().read(to, call, BlockId::number(self.block.number)).await?)
    }

    /// What the Rollup knows of an assertion; `createdAt` is 0 if there is none.
    pub(crate) async fn assertion(&mut self, id: B256) -> Result<Assertion, WithdrawError> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let found = self.read(self.bridge.network().contracts.rollup, Rollup::assertionCall { id }).await?;
        self.known.insert(id, found.clone());
        Ok(found)
    }

    /// The right assertions from the latest confirmed one down to the first that reaches an L2 block.
    pub(crate) async fn path(&mut self, node: &L2Node, block: u64) -> Result<Path, WithdrawError> {
        let mut last = self.confirmed(node).await?;
        if safe_block(node).await? < last.end.l2_block_number {
            return Ok(Path { nodes: Vec::new(), end: PathEnd::NotDerived });
        }
        let mut nodes = vec![last];
        while last.end.l2_block_number < block {
            let parent = self.assertion(last.id).await?;
            let answer: Option<EndState> = node.request("gainsay_endState", (last.end, parent.target)).await?;
            let Some(EndState { end, inputs_hash }) = answer else { return Ok(Path { nodes, end: PathEnd::NotDerived }) };
            if inputs_hash != parent.inputsHash {
                return Err(WithdrawError::OtherInputs { node: node.url().to_owned() });
            }
            let id = assertion_id(last.id, end.hash());
            let claimed_at = seconds(self.assertion(id).await?.createdAt);
            if claimed_at == 0 {
                let possible_at = seconds(parent.createdAt).saturating_add(self.bridge.network().rollup.assertion_period);
                return Ok(Path { nodes, end: PathEnd::Unclaimed { possible_at } });
            }
            last = Right { id, parent: last.id, end, claimed_at };
            nodes.push(last);
        }
        Ok(Path { nodes, end: PathEnd::Reached })
    }

    /// The latest confirmed assertion, which the node must agree with.
    async fn confirmed(&mut self, node: &L2Node) -> Result<Right, WithdrawError> {
        let network = self.bridge.network();
        let id = self.read(network.contracts.rollup, Rollup::latestConfirmedCall {}).await?;
        let assertion = self.assertion(id).await?;
        let claimed_at = seconds(assertion.createdAt);
        let genesis = State::genesis(network.genesis.output_root);
        let first = assertion_id(B256::ZERO, genesis.hash()) == id;
        let end = if first { genesis } else { self.claimed_end(id, claimed_at).await? };
        if safe_block(node).await? >= end.l2_block_number && node.output(end.l2_block_number).await?.output_root != end.output_root {
            return Err(WithdrawError::ConfirmedDiffers { assertion: id, node: node.url().to_owned() });
        }
        Ok(Right { id, parent: assertion.parent, end, claimed_at })
    }

    /// The state that an assertion claims, from the event of its L1 block, which is found by its time.
    async fn claimed_end(&self, id: B256, claimed_at: u64) -> Result<State, WithdrawError> {
        let filter =
            Filter::new().address(self.bridge.network().contracts.rollup).event_signature(AssertionCreated::SIGNATURE_HASH).topic1(id);
        let (from, to) = (self.first_block_at(claimed_at).await?, self.first_block_at(claimed_at + 1).await?);
        let logs = logs_between(self.bridge.client(), &filter, from, to).await?;
        let event = logs.iter().find_map(|log| AssertionCreated::decode_log(&log.inner).ok());
        let end = event.ok_or(WithdrawError::NoEvent { assertion: id })?.data.end;
        Ok(State {
            output_root: end.outputRoot,
            l2_block_number: end.l2BlockNumber,
            batch_index: end.batchIndex,
            batch_offset: end.batchOffset,
            deposit_index: end.depositIndex,
        })
    }

    /// Number of the first L1 block since the deployment with at least this time; the newest if there is none.
    pub(crate) async fn first_block_at(&self, time: u64) -> Result<u64, WithdrawError> {
        let (mut low, mut high) = (self.bridge.network().deployed_at_block, self.block.number);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.bridge.client().block(BlockRef::Number(middle)).await?.timestamp < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Where an assertion stands, and its ancestors from its parent up to a confirmed one.
    pub(crate) async fn standing(&mut self, id: B256) -> Result<(Standing, Vec<B256>), WithdrawError> {
        let window = self.bridge.network().rollup.challenge_window;
        let (mut links, mut ancestors) = (Vec::new(), Vec::new());
        let mut id = id;
        loop {
            let assertion = self.assertion(id).await?;
            if assertion.confirmed {
                break;
            }
            let parent = self.assertion(assertion.parent).await?;
            if parent.childConfirmed {
                return Ok((Standing::Lost, ancestors));
            }
            links.push(Link {
                id,
                window_ends: seconds(parent.firstChildAt).saturating_add(window),
                stakes: assertion.live,
                rivals: parent.liveChildren.saturating_sub(assertion.live),
            });
            id = assertion.parent;
            ancestors.push(id);
        }
        links.reverse();
        Ok((if links.is_empty() { Standing::Confirmed } else { Standing::Open(links) }, ancestors))
    }

    /// Whether an assertion has a game.
    pub(crate) async fn is_listed(&self, id: B256) -> Result<bool, WithdrawError> {
        let game = self.read(self.bridge.network().contracts.games, Games::gameOfCall { assertionId: id }).await?;
        Ok(!game.is_zero())
    }

    /// Index of an assertion's game, from the event that listed it at or after the assertion's claim.
    pub(crate) async fn game_index(&self, assertion: &Right) -> Result<U256, WithdrawError> {
        let filter = Filter::new()
            .address(self.bridge.network().contracts.games)
            .event_signature(AssertionListed::SIGNATURE_HASH)
            .topic1(assertion.id);
        let from = self.first_block_at(assertion.claimed_at).await?;
        let logs = logs_between(self.bridge.client(), &filter, from, self.block.number).await?;
        let event = logs.iter().find_map(|log| AssertionListed::decode_log(&log.inner).ok());
        Ok(event.ok_or(WithdrawError::NoEvent { assertion: assertion.id })?.data.index)
    }
}

/// Seconds of the contracts' 40-bit times.
fn seconds(time: impl TryInto<u64>) -> u64 {
    time.try_into().unwrap_or(u64::MAX)
}

impl From<gainsay_l1::NetworkError> for WithdrawError {
    fn from(error: gainsay_l1::NetworkError) -> Self {
        Self::Bridge(BridgeError::from(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: u8, block: u64) -> Right {
        let end = State { l2_block_number: block, ..State::genesis(B256::repeat_byte(id)) };
        Right { id: B256::repeat_byte(id), parent: B256::repeat_byte(id - 1), end, claimed_at: 1 }
    }

    fn path(end: PathEnd) -> Path {
        Path { nodes: vec![node(1, 0), node(2, 10), node(3, 10), node(4, 20)], end }
    }

    #[test]
    fn the_first_assertion_that_reaches_a_block_is_taken() {
        let path = path(PathEnd::Reached);
        let reaching = |block| path.reaching(block).map(|found| found.id[0]);
        assert_eq!([0, 1, 10, 11, 20, 21].map(reaching), [Some(1), Some(2), Some(2), Some(4), Some(4), None]);
    }

    #[test]
    fn a_sibling_of_a_right_assertion_is_false_and_so_is_what_comes_below_it() {
        let path = path(PathEnd::NotDerived);
        let [sibling, below] = [B256::repeat_byte(0xf1), B256::repeat_byte(0xf2)];
        assert_eq!(path.judge(&B256::repeat_byte(3), &[]), Some(true));
        assert_eq!(path.judge(&sibling, &[B256::repeat_byte(2), B256::repeat_byte(1)]), Some(false));
        assert_eq!(path.judge(&below, &[sibling, B256::repeat_byte(2), B256::repeat_byte(1)]), Some(false));
    }

    #[test]
    fn below_the_end_of_the_path_the_node_may_not_know_but_where_the_right_claim_is_missing_others_are_false() {
        let (child, ancestors) = (B256::repeat_byte(0xf1), [B256::repeat_byte(4)]);
        assert_eq!(path(PathEnd::NotDerived).judge(&child, &ancestors), None);
        assert_eq!(path(PathEnd::Reached).judge(&child, &ancestors), None);
        assert_eq!(path(PathEnd::Unclaimed { possible_at: 0 }).judge(&child, &ancestors), Some(false));
        assert_eq!(path(PathEnd::NotDerived).judge(&child, &[B256::repeat_byte(9)]), None);
    }
}
