//! `eth_simulateV1`: blocks that might follow.

mod block;
mod logs;
mod plan;
mod roots;
mod transaction;

use crate::{Allowance, Overlay, SimulationError};
use alloy::rpc::types::simulate::{SimulatePayload, SimulatedBlock};
use alloy_consensus::{Header, Sealed};
use alloy_primitives::Address;
use block::Chain;
use gainsay_execute::trie::NodeSource;
use gainsay_types::ChainConfig;
use revm::DatabaseRef;
use roots::Roots;

/// What simulated blocks are built on.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a, D, N> {
    /// The chain's parameters.
    pub config: &'a ChainConfig,
    /// The block below the first.
    pub header: &'a Sealed<Header>,
    /// The state after it.
    pub state: D,
    /// The nodes of its state trie.
    pub nodes: N,
}

/// Executes blocks one after the other on top of `base`. The allowance's gas is for all of them together.
///
/// # Errors
/// On blocks out of order, bad overrides, a call that cannot be executed at all, when it takes too long, and when the state cannot be read. That a call
/// reverts is no error: its result says so.
pub fn simulate<D, N>(
    base: Base<'_, D, N>,
    payload: SimulatePayload,
    allowance: Allowance,
) -> Result<Vec<SimulatedBlock>, SimulationError<D::Error>>
where
    D: DatabaseRef,
    N: NodeSource<Error = D::Error>,
{
    let SimulatePayload { block_state_calls, trace_transfers, validation, return_full_transactions } = payload;
    let planned = plan::plan(base.config, base.header, block_state_calls, allowance.blocks)?;
    let mut chain = Chain {
        config: base.config,
        parent: base.header.clone(),
        beneficiary: Address::ZERO,
        state: Overlay::new(base.state, allowance.watch),
        roots: Roots::new(base.header.state_root, base.nodes),
        gas: allowance.gas,
        validation,
        trace_transfers,
        full_transactions: return_full_transactions,
    };
    planned.into_iter().map(|block| chain.extend(block)).collect()
}
