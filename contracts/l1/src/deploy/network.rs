//! `addresses.json`: what a node must know of its network.

use super::addresses::Contracts;
use crate::L1Error;
use alloy::primitives::{Address, B256, U256};
use gainsay_types::{ChainConfig, ConfigError, Millis};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::Path,
};

/// A deployed chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// EIP-155 chain id of L1.
    pub l1_chain_id: u64,
    /// EIP-155 chain id of L2; also in `chain`.
    pub l2_chain_id: u64,
    /// L1 block of the Inbox's creation: nothing of this chain is before it.
    pub deployed_at_block: u64,
    /// Hash of that block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed_at_hash: Option<B256>,
    /// Contracts on L1.
    pub contracts: Contracts,
    /// Parameters of the chain.
    pub chain: ChainConfig,
    /// Their hash, which the Rollup holds.
    pub config_hash: B256,
    /// Root of the program that a match runs, which Matches holds.
    pub program_root: B256,
    /// The first L2 block.
    pub genesis: GenesisRecord,
    /// Parameters of the Rollup.
    pub rollup: RollupSettings,
    /// Parameters of the Inbox.
    pub inbox: InboxSettings,
    /// Parameters of withdrawals.
    pub withdrawals: WithdrawalSettings,
    /// Contracts on L2 from genesis, by name.
    #[serde(default)]
    pub predeploys: BTreeMap<String, Address>,
}

/// The first L2 block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisRecord {
    /// File with its accounts, beside this one.
    pub file: String,
    /// Hash of its header.
    pub hash: B256,
    /// Its time, milliseconds since the Unix epoch.
    #[serde(rename = "timestampMs")]
    pub timestamp: Millis,
    /// Its output root.
    pub output_root: B256,
}

/// Parameters of the Rollup. Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollupSettings {
    /// Wei of every stake.
    pub bond: U256,
    /// W: from an assertion's first child to the confirmation of one; above twice the clock.
    pub challenge_window: u64,
    /// C: time a party has for all its moves in a match; at least the extension.
    pub clock: u64,
    /// E: least time for each next move; above 0.
    pub extension: u64,
    /// M: least time between an assertion and its children; above 0.
    pub assertion_period: u64,
}

/// Parameters of the Portal. Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawalSettings {
    /// Least age of a proof at which its withdrawal is paid.
    pub proof_maturity_delay: u64,
}

/// Parameters of the Inbox. Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InboxSettings {
    /// The first sequencer.
    pub sequencer: Address,
    /// Who may change the sequencer, through the timelock; zero: nobody.
    pub operator: Address,
    /// Age at which a user deposit can be forced while the buffer is full.
    pub inclusion_delay: u64,
    /// What the delay buffer holds at most, and at the start.
    pub buffer_max: u64,
    /// What it holds at least; above `finality_delay`.
    pub buffer_floor: u64,
    /// Waiting that costs no buffer.
    pub buffer_threshold: u64,
    /// The buffer gains one second in every so many.
    pub replenish_period: u64,
    /// Time to L1 finality plus the depth at which a sequencer reads deposits.
    pub finality_delay: u64,
    /// Time between proposing and accepting a sequencer.
    pub timelock: u64,
}

/// A network that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The file cannot be read or written.
    #[error("{path}: {source}; `sequencer deploy` writes it")]
    File {
        /// Its path.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file is not what `sequencer deploy` writes.
    #[error("{path} is not a description of a network: {source}")]
    Format {
        /// Its path.
        path: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// No chain can run with these parameters.
    #[error("the chain config is wrong: {0}")]
    Config(#[from] ConfigError),
    /// Two things that must be the same are not.
    #[error("{what} should be {expected} but is {found}; do these addresses belong to this L1?")]
    Differs {
        /// What was compared.
        what: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A contract is not there.
    #[error("L1 at {url} has no contract at {address}, where {contract} should be; was L1 started anew? Deploy again")]
    NoContract {
        /// The node asked.
        url: String,
        /// Name of the contract.
        contract: &'static str,
        /// Where it should be.
        address: Address,
    },
    /// A contract was made by other code, or with other arguments.
    #[error("what stands at {address} on L1 is not {contract} of this version with these parameters: do not use it")]
    OtherCode {
        /// What should be there.
        contract: &'static str,
        /// Where.
        address: Address,
    },
    /// L1.
    #[error(transparent)]
    L1(#[from] L1Error),
}

impl Network {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// If it is missing, malformed, or contradicts itself.
    pub fn load(path: &Path) -> Result<Self, NetworkError> {
        let text = fs::read_to_string(path).map_err(|source| NetworkError::File { path: path.display().to_string(), source })?;
        let network: Self =
            serde_json::from_str(&text).map_err(|source| NetworkError::Format { path: path.display().to_string(), source })?;
        network.validate()?;
        Ok(network)
    }

    /// Writes the file: to another first, which then takes its name, so that no reader sees half of it.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn save(&self, path: &Path) -> Result<(), NetworkError> {
        let failed = |source| NetworkError::File { path: path.display().to_string(), source };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        text.push('\n');
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let write = || {
            let mut file = fs::File::create(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, path)
        };
        write().map_err(failed)
    }

    /// Checks what can be checked without L1.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), NetworkError> {
        self.chain.validate()?;
        same("l2ChainId", &self.chain.l2_chain_id, &self.l2_chain_id)?;
        same("configHash", &self.chain.hash(), &self.config_hash)?;
        same("genesis.hash", &self.chain.genesis_hash, &self.genesis.hash)?;
        same("contracts.portal", &self.chain.portal, &self.contracts.portal)
    }
}

/// Refuses a difference.
pub(super) fn same<V: PartialEq + ToString>(what: &'static str, expected: &V, found: &V) -> Result<(), NetworkError> {
    if expected == found {
        return Ok(());
    }
    Err(NetworkError::Differs { what, expected: expected.to_string(), found: found.to_string() })
}
