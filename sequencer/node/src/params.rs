//! The parameters of a deployment: `params.json`.

use alloy::primitives::{Address, B256, keccak256};
use gainsay_bindings::{GenesisParams, predeploys};
use gainsay_execute::genesis::{GenesisAccount, GenesisAlloc};
use gainsay_l1::{Contracts, InboxSettings, RollupSettings, WithdrawalSettings};
use gainsay_shell::genesis::GenesisFile;
use gainsay_types::{ChainConfig, Millis, SPEC_ID_OSAKA};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs,
    path::{Path, PathBuf},
};

/// What a chain is deployed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    /// EIP-155 chain id of L2.
    pub l2_chain_id: u64,
    /// Parameters of the chain.
    pub chain: ChainParams,
    /// The first L2 block.
    pub genesis: GenesisSource,
    /// Parameters of the Inbox, the sequencer's address among them.
    pub inbox: InboxSettings,
    /// Parameters of the Rollup.
    pub rollup: RollupSettings,
    /// Parameters of withdrawals.
    pub withdrawals: WithdrawalSettings,
}

/// The chain config without what the deployment adds. See [`ChainConfig`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainParams {
    /// Least time between two blocks, milliseconds.
    pub block_time_ms: u64,
    /// Gas limit of every block.
    pub block_gas_limit: u64,
    /// Gas that user transactions may use per second.
    pub gas_rate: u64,
    /// Gas per block at which the base fee stays as it is.
    pub gas_target: u64,
    /// The base fee changes by at most one part in this many a block.
    pub base_fee_denominator: u64,
    /// The base fee never falls below this, wei.
    pub min_base_fee: u64,
    /// Scalar of L1's base fee, millionths.
    pub base_fee_scalar: u32,
    /// Scalar of L1's blob base fee, millionths.
    pub blob_base_fee_scalar: u32,
}

/// What the first L2 block is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisSource {
    /// Its time, milliseconds since the Unix epoch; L1's newest block at the deployment if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_ms: Option<Millis>,
    /// Its base fee, wei per gas.
    pub base_fee: u64,
    /// Who may take the fees out, on L1.
    pub vault_recipient: Address,
    /// Accounts beside the predeploys, in the shape of geth's `alloc`.
    #[serde(default)]
    pub alloc: GenesisAlloc,
    /// A geth genesis file with more accounts; its path is relative to the parameters'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alloc_file: Option<PathBuf>,
}

/// Of a geth genesis file, what is read here.
#[derive(Deserialize)]
struct GethGenesis {
    alloc: GenesisAlloc,
}

/// Parameters that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ParamsError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{path} cannot be read: {source}; scripts/devnet.params.json is an example of parameters")]
    Format {
        /// Its path.
        path: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// An account is given twice, or stands where a predeploy does.
    #[error("genesis account {address} is given twice, or is a predeploy's: leave one out")]
    Twice {
        /// The account.
        address: Address,
    },
}

impl Params {
    /// Reads the file, and the geth genesis file that it may name.
    ///
    /// # Errors
    /// When one is missing or malformed.
    pub fn load(path: &Path) -> Result<Self, ParamsError> {
        let mut params: Self = read(path)?;
        if let Some(file) = params.genesis.alloc_file.take() {
            let file = path.parent().map_or_else(|| file.clone(), |folder| folder.join(&file));
            for (address, account) in read::<GethGenesis>(&file)?.alloc.0 {
                insert(&mut params.genesis.alloc.0, address, account)?;
            }
        }
        Ok(params)
    }

    /// Distinguishes this chain from others of the same deployer: the same parameters give the same addresses.
    ///
    /// # Errors
    /// Never: the parameters came from JSON.
    pub fn salt(&self) -> Result<B256, ParamsError> {
        let bytes = serde_json::to_vec(self).map_err(|source| ParamsError::Format { path: "params".to_owned(), source })?;
        Ok(keccak256(bytes))
    }

    /// The chain config, its genesis hash still zero.
    #[must_use]
    pub const fn chain_config(&self, portal: Address) -> ChainConfig {
        ChainConfig {
            l2_chain_id: self.l2_chain_id,
            spec_id: SPEC_ID_OSAKA,
            block_time_ms: self.chain.block_time_ms,
            block_gas_limit: self.chain.block_gas_limit,
            gas_rate: self.chain.gas_rate,
            gas_target: self.chain.gas_target,
            base_fee_denominator: self.chain.base_fee_denominator,
            min_base_fee: self.chain.min_base_fee,
            base_fee_scalar: self.chain.base_fee_scalar,
            blob_base_fee_scalar: self.chain.blob_base_fee_scalar,
            portal,
            genesis_hash: B256::ZERO,
        }
    }

    /// The genesis file: the accounts given and the predeploys, which know the contracts on L1.
    ///
    /// # Errors
    /// When an account stands where a predeploy does.
    pub fn genesis_file(&self, timestamp: Millis, contracts: &Contracts) -> Result<GenesisFile, ParamsError> {
        let mut alloc = self.genesis.alloc.clone();
        for predeploy in predeploys(&self.predeploy_params(contracts)) {
            let account = GenesisAccount {
                nonce: alloy::primitives::U256::from(1),
                code: predeploy.code,
                storage: predeploy.storage.into_iter().collect(),
                ..GenesisAccount::default()
            };
            insert(&mut alloc.0, predeploy.address, account)?;
        }
        Ok(GenesisFile { timestamp_ms: self.genesis.timestamp_ms.unwrap_or(timestamp), base_fee: self.genesis.base_fee, alloc })
    }

    /// Names of the predeploys, for `addresses.json`.
    #[must_use]
    pub fn predeploy_names(&self, contracts: &Contracts) -> BTreeMap<String, Address> {
        predeploys(&self.predeploy_params(contracts)).into_iter().map(|predeploy| (predeploy.name.to_owned(), predeploy.address)).collect()
    }

    const fn predeploy_params(&self, contracts: &Contracts) -> GenesisParams {
        GenesisParams {
            base_fee_scalar: self.chain.base_fee_scalar,
            blob_base_fee_scalar: self.chain.blob_base_fee_scalar,
            vault_recipient: self.genesis.vault_recipient,
            l1_messenger: contracts.messenger,
            l1_bridge: contracts.bridge,
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, ParamsError> {
    let place = || path.display().to_string();
    let text = fs::read_to_string(path).map_err(|source| ParamsError::File { path: place(), source })?;
    serde_json::from_str(&text).map_err(|source| ParamsError::Format { path: place(), source })
}

fn insert(alloc: &mut BTreeMap<Address, GenesisAccount>, address: Address, account: GenesisAccount) -> Result<(), ParamsError> {
    match alloc.entry(address) {
        Entry::Vacant(slot) => {
            slot.insert(account);
            Ok(())
        }
        Entry::Occupied(_) => Err(ParamsError::Twice { address }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_types::predeploys::MESSAGE_PASSER;

    fn devnet() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/devnet.params.json")
    }

    fn contracts() -> Contracts {
        Contracts::of(Address::repeat_byte(1), B256::ZERO)
    }

    #[test]
    fn the_devnet_preset_makes_a_chain() {
        let params = Params::load(&devnet()).expect("it is committed");
        let config = params.chain_config(Address::repeat_byte(1));
        let genesis = params.genesis_file(Millis(1_000), &contracts()).expect("no account is given twice");
        let block = genesis.block(&config).expect("a valid genesis");
        let config = ChainConfig { genesis_hash: block.header.hash(), ..config };
        assert_eq!(config.validate(), Ok(()));
        assert!(genesis.alloc.0.contains_key(&MESSAGE_PASSER));
        assert!(params.rollup.challenge_window > 2 * params.rollup.clock);
    }

    #[test]
    fn an_account_in_the_place_of_a_predeploy_is_refused() {
        let mut params = Params::load(&devnet()).expect("it is committed");
        params.genesis.alloc.0.insert(MESSAGE_PASSER, GenesisAccount::default());
        assert!(matches!(params.genesis_file(Millis(0), &contracts()), Err(ParamsError::Twice { address }) if address == MESSAGE_PASSER));
    }

    #[test]
    fn other_parameters_give_another_salt() {
        let params = Params::load(&devnet()).expect("it is committed");
        let other = Params { l2_chain_id: params.l2_chain_id + 1, ..params.clone() };
        assert_ne!(params.salt().ok(), other.salt().ok());
    }
}
