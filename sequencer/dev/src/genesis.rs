//! The first block: the predeploys of every chain, and the development accounts.

use crate::{Accounts, Config, StartError, origin};
use alloy::primitives::{Address, B256, U256};
use gainsay_bindings::{GenesisParams, predeploys};
use gainsay_execute::genesis::{Genesis, GenesisAccount, GenesisAlloc};
use gainsay_shell::genesis::GenesisFile;
use gainsay_types::{
    ChainConfig, Millis, SPEC_ID_OSAKA,
    predeploys::{L1_BLOCK, l1_block_slot},
};
use std::path::Path;

/// Name of the file in the data directory.
const FILE: &str = "genesis.json";
/// Gas limit of a block.
const BLOCK_GAS: u64 = 30_000_000;
/// The least base fee, wei per gas; the first block's as well.
const BASE_FEE: u64 = 1_000_000;
const BASE_FEE_SCALAR: u32 = 1_368;
const BLOB_BASE_FEE_SCALAR: u32 = 810_949;
/// Where contracts on L1 would be: there are none, and nothing is sent to them.
const NOWHERE: Address = Address::repeat_byte(0x11);

/// The parameters of the devnet, but that a block may come a millisecond after another, and may be full then.
fn chain_config(chain_id: u64) -> ChainConfig {
    ChainConfig {
        l2_chain_id: chain_id,
        spec_id: SPEC_ID_OSAKA,
        block_time_ms: 1,
        block_gas_limit: BLOCK_GAS,
        gas_rate: 1_000 * BLOCK_GAS,
        gas_target: 1_000_000,
        base_fee_denominator: 50,
        min_base_fee: BASE_FEE,
        base_fee_scalar: BASE_FEE_SCALAR,
        blob_base_fee_scalar: BLOB_BASE_FEE_SCALAR,
        portal: NOWHERE,
        genesis_hash: B256::ZERO,
    }
}

/// The chain of a data directory, which is a new one if there is none yet.
pub(crate) fn load(directory: &Path, config: &Config, accounts: &Accounts, now: Millis) -> Result<(ChainConfig, Genesis), StartError> {
    let path = directory.join(FILE);
    let file = if path.exists() {
        GenesisFile::load(&path)?
    } else {
        let file = GenesisFile { timestamp_ms: Millis::from_secs(now.secs()), base_fee: BASE_FEE, alloc: alloc(config, accounts, now) };
        file.save(&path)?;
        file
    };
    let mut chain = chain_config(config.chain_id);
    let genesis = file.block(&chain)?;
    chain.genesis_hash = genesis.header.hash();
    Ok((chain, genesis))
}

fn alloc(config: &Config, accounts: &Accounts, now: Millis) -> GenesisAlloc {
    let params = GenesisParams {
        base_fee_scalar: BASE_FEE_SCALAR,
        blob_base_fee_scalar: BLOB_BASE_FEE_SCALAR,
        vault_recipient: NOWHERE,
        l1_messenger: NOWHERE,
        l1_bridge: NOWHERE,
    };
    let rich = GenesisAccount { balance: config.balance, ..GenesisAccount::default() };
    let mut alloc = GenesisAlloc(accounts.addresses().map(|address| (address, rich.clone())).collect());
    for predeploy in predeploys(&params) {
        let mut account = GenesisAccount {
            nonce: U256::from(1),
            code: predeploy.code,
            storage: predeploy.storage.into_iter().collect(),
            ..GenesisAccount::default()
        };
        if predeploy.address == L1_BLOCK {
            // As if L1 had told of itself already.
            let time = U256::from(now.secs()) << 64;
            account.storage.insert(U256::from(l1_block_slot::NUMBER_AND_TIME), U256::from(origin::FIRST) | time);
            account.storage.insert(U256::from(l1_block_slot::BASE_FEE), U256::from(origin::BASE_FEE));
            account.storage.insert(U256::from(l1_block_slot::BLOB_BASE_FEE), U256::from(1));
        }
        alloc.0.insert(predeploy.address, account);
    }
    alloc
}
