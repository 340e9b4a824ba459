//! Which chain a data directory belongs to.

use crate::{Database, StoreError, WriteBatch, codec, codec::Record, keys};
use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Recorded when a data directory is created; a directory is opened for the same chain only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Chain id of L1.
    pub l1_chain_id: u64,
    /// Chain id of L2.
    pub l2_chain_id: u64,
    /// Hash of the chain config.
    pub config_hash: B256,
    /// Hash of the L2 genesis block.
    pub genesis_hash: B256,
}

impl Record for Identity {
    const NAME: &'static str = "identity";
}

impl Identity {
    /// Records this identity in a new database, or compares it with the one recorded.
    pub(crate) fn claim(&self, database: &dyn Database, path: &Path) -> Result<(), StoreError> {
        let Some(bytes) = database.get(keys::IDENTITY)? else {
            let mut batch = WriteBatch::default();
            batch.put(keys::IDENTITY, codec::encode(self)?);
            database.apply(&batch)?;
            return database.flush();
        };
        let found: Self = codec::decode(&bytes)?;
        let fields = [
            ("L1 chain id", found.l1_chain_id.to_string(), self.l1_chain_id.to_string()),
            ("L2 chain id", found.l2_chain_id.to_string(), self.l2_chain_id.to_string()),
            ("chain config hash", found.config_hash.to_string(), self.config_hash.to_string()),
            ("genesis hash", found.genesis_hash.to_string(), self.genesis_hash.to_string()),
        ];
        match fields.into_iter().find(|(_, found, expected)| found != expected) {
            None => Ok(()),
            Some((field, found, expected)) => Err(StoreError::OtherChain { path: path.to_owned(), field, found, expected }),
        }
    }
}
