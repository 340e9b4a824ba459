//! Tests over states in memory.

#![allow(clippy::print_stdout)]

mod brief;
mod calls;
mod estimates;
mod malformed;
mod simulated;
mod suite;

use crate::{Allowance, Base, Scene, SimulationError, Watch};
use alloy::rpc::types::simulate::SimulatedBlock;
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B256, Bytes, U256};
use gainsay_execute::{
    CallStatus,
    genesis::{Genesis, GenesisAccount, GenesisAlloc, genesis_block},
    memory::MemoryState,
};
use gainsay_types::{ChainConfig, Millis};
use serde_json::Value;
use std::convert::Infallible;

pub(crate) type Failure = SimulationError<Infallible>;

/// A chain that looks like Ethereum to who simulates on it: a block each 12 s.
pub(crate) fn config() -> ChainConfig {
    ChainConfig {
        l2_chain_id: 3_503_995_874_084_926,
        spec_id: 1,
        block_time_ms: 12_000,
        block_gas_limit: 200_000_000,
        gas_rate: 100_000_000,
        gas_target: 100_000_000,
        base_fee_denominator: 8,
        min_base_fee: 0,
        base_fee_scalar: 0,
        blob_base_fee_scalar: 0,
        portal: Address::ZERO,
        genesis_hash: B256::ZERO,
    }
}

/// A state and the block below what is simulated.
pub(crate) struct World {
    pub(crate) config: ChainConfig,
    pub(crate) header: Sealed<Header>,
    pub(crate) state: MemoryState,
}

impl World {
    pub(crate) fn new(alloc: &GenesisAlloc) -> Self {
        let config = config();
        let Genesis { header, changes, nodes, .. } = genesis_block(&config, Millis(540_000), 7, alloc).expect("a genesis");
        let mut state = MemoryState::default();
        state.apply(&changes, nodes);
        state.block_hashes.insert(header.number, header.hash());
        Self { config, header, state }
    }

    pub(crate) fn of(accounts: impl IntoIterator<Item = (Address, GenesisAccount)>) -> Self {
        Self::new(&GenesisAlloc(accounts.into_iter().collect()))
    }

    pub(crate) fn scene(&self) -> Scene<'_, &MemoryState> {
        Scene::new(&self.config, &self.header, &self.state, allowance())
    }

    pub(crate) fn simulate(&self, payload: Value) -> Result<Vec<SimulatedBlock>, Failure> {
        let payload = serde_json::from_value(payload).expect("a payload");
        let base = Base { config: &self.config, header: &self.header, state: &self.state, nodes: &self.state };
        crate::simulate(base, payload, allowance())
    }

    /// Whether a call with this much gas succeeds.
    pub(crate) fn succeeds(&self, request: &Value, gas: u64) -> bool {
        let mut request: alloy::rpc::types::TransactionRequest = serde_json::from_value(request.clone()).expect("a request");
        request.gas = Some(gas);
        self.scene().call(request).is_ok_and(|outcome| outcome.status == CallStatus::Success)
    }
}

pub(crate) fn allowance() -> Allowance {
    Allowance { gas: 50_000_000, watch: Watch::unlimited(), blocks: 256 }
}

pub(crate) fn contract(code: &str) -> GenesisAccount {
    GenesisAccount { code: code.parse::<Bytes>().expect("code"), nonce: U256::from(1), ..GenesisAccount::default() }
}

pub(crate) fn rich(wei: u64) -> GenesisAccount {
    GenesisAccount { balance: U256::from(wei), ..GenesisAccount::default() }
}

pub(crate) fn at(byte: u8) -> Address {
    Address::repeat_byte(byte)
}
