//! The first block: the predeploys, and no wei.

use super::{Block, Facts, L2};
use crate::fault::{Fault, l2};
use alloy::primitives::{Address, B256};
use gainsay_bindings::{GenesisParams, predeploys};
use gainsay_execute::{
    genesis::{GenesisAccount, GenesisAlloc, genesis_block},
    memory::MemoryState,
};
use gainsay_model::chain::{Addresses, L2_GAS_LIMIT};
use gainsay_types::{ChainConfig, Millis, SPEC_ID_OSAKA, State};

/// Scalar of L1's blob base fee: L1 of the model has a blob base fee of one wei, and data should cost something.
const BLOB_BASE_FEE_SCALAR: u32 = 4_000_000_000;

impl L2 {
    /// A chain with nothing but genesis. `time` in seconds.
    ///
    /// # Errors
    /// When the predeploys make no genesis.
    pub fn genesis(l1: &Addresses, vault_recipient: Address, time: u64) -> Result<Self, Fault> {
        let mut config = ChainConfig {
            l2_chain_id: 42_170_001,
            spec_id: SPEC_ID_OSAKA,
            block_time_ms: 1_000,
            block_gas_limit: L2_GAS_LIMIT,
            gas_rate: L2_GAS_LIMIT,
            gas_target: L2_GAS_LIMIT / 2,
            base_fee_denominator: 8,
            min_base_fee: 20_000_000_000,
            base_fee_scalar: 1_000_000,
            blob_base_fee_scalar: BLOB_BASE_FEE_SCALAR,
            portal: l1.portal,
            genesis_hash: B256::ZERO,
        };
        let params = GenesisParams {
            base_fee_scalar: config.base_fee_scalar,
            blob_base_fee_scalar: config.blob_base_fee_scalar,
            vault_recipient,
            l1_messenger: l1.messenger,
            l1_bridge: l1.bridge,
        };
        let account = |one: gainsay_bindings::Predeploy| {
            let account = GenesisAccount { code: one.code, storage: one.storage.into_iter().collect(), ..Default::default() };
            (one.address, account)
        };
        let alloc = GenesisAlloc(predeploys(&params).into_iter().map(account).collect());
        let genesis = genesis_block(&config, Millis::from_secs(time), config.min_base_fee, &alloc).map_err(l2)?;
        config.genesis_hash = genesis.header.hash();
        let mut flat = MemoryState::default();
        flat.apply(&genesis.changes, genesis.nodes);
        flat.block_hashes.insert(0, genesis.header.hash());
        let passer_root = genesis.header.withdrawals_root.unwrap_or_default();
        let block = Block { header: genesis.header, passer_root, output_root: genesis.output_root };
        Ok(Self {
            config,
            batches: Vec::new(),
            messages: Vec::new(),
            flat,
            states: vec![State::genesis(genesis.output_root)],
            blocks: vec![block],
            facts: Facts::default(),
        })
    }
}
