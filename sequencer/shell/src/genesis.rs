//! `genesis.json`: the accounts of the first L2 block.

use gainsay_execute::genesis::{Genesis, GenesisAlloc, GenesisError, genesis_block};
use gainsay_types::{ChainConfig, Millis};
use serde::{Deserialize, Serialize};
use std::{fs, io::Write, path::Path};

/// What the first block is made of, beside the chain's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisFile {
    /// Time of the block, milliseconds since the Unix epoch.
    pub timestamp_ms: Millis,
    /// Base fee of the block, wei per gas; raised to the chain's least.
    pub base_fee: u64,
    /// Accounts, in the shape of geth's `alloc`.
    pub alloc: GenesisAlloc,
}

/// A genesis file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GenesisFileError {
    /// The file cannot be read or written.
    #[error("{path}: {source}; `sequencer deploy` writes it beside addresses.json")]
    File {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what `sequencer deploy` writes.
    #[error("{path} is not a genesis file: {source}")]
    Format {
        /// Its path.
        path: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// No chain can start from it.
    #[error("{source}")]
    Accounts {
        /// The reason.
        #[from]
        source: GenesisError,
    },
}

impl GenesisFile {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn load(path: &Path) -> Result<Self, GenesisFileError> {
        let place = || path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| GenesisFileError::File { path: place(), source })?;
        serde_json::from_str(&text).map_err(|source| GenesisFileError::Format { path: place(), source })
    }

    /// Writes the file: to another first, which then takes its name, so that no reader sees half of it.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn save(&self, path: &Path) -> Result<(), GenesisFileError> {
        let failed = |source| GenesisFileError::File { path: path.display().to_string(), source };
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

    /// The first block of a chain with these parameters, of which everything but the genesis hash is used.
    ///
    /// # Errors
    /// On accounts that cannot exist.
    pub fn block(&self, config: &ChainConfig) -> Result<Genesis, GenesisFileError> {
        Ok(genesis_block(config, self.timestamp_ms, self.base_fee, &self.alloc)?)
    }
}
