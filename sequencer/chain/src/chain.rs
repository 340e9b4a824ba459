//! The chain: owner of the store's write side.

use crate::{ChainError, ahead::Ahead};
use gainsay_execute::genesis::Genesis;
use gainsay_store::{Heads, History, Identity, Repair, Store, StoreOptions, Writer};
use gainsay_types::ChainConfig;
use std::{path::PathBuf, sync::Arc};

/// How the chain is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The data directory.
    pub path: PathBuf,
    /// Chain id of L1.
    pub l1_chain_id: u64,
    /// Bound of the database's page cache, bytes.
    pub cache_bytes: u64,
    /// How far back the states of blocks are kept.
    pub history: History,
    /// Keep blocks that L1 does not hold (any more), as a sequencer and a follower of its feed do. Without it the tip is always the safe head:
    /// for those that trust L1 alone.
    pub keep_unsafe: bool,
}

/// Imports blocks, derives blocks from L1, and keeps the heads. A plain struct that knows no clock; its threads do nothing but open batches and recover
/// signatures that will be needed soon.
pub struct Chain {
    pub(crate) config: ChainConfig,
    pub(crate) writer: Writer,
    pub(crate) keep_unsafe: bool,
    /// The batch that is derived, and those after it while catching up.
    pub(crate) ahead: Ahead,
    /// Blocks executed since it was opened.
    pub(crate) executions: u64,
}

impl Chain {
    /// Opens the data directory, or creates it at the genesis block. Also says what had to be repaired. From now on this process recovers
    /// signatures in C.
    ///
    /// # Errors
    /// When the genesis block is not the config's, when the directory is in use or belongs to another chain, and when it is damaged.
    pub fn open(options: &Options, config: ChainConfig, genesis: &Genesis) -> Result<(Self, Option<Repair>), ChainError> {
        config.validate()?;
        gainsay_execute::native::install();
        let found = genesis.header.hash();
        if found != config.genesis_hash {
            return Err(ChainError::Genesis { found, expected: config.genesis_hash });
        }
        let identity =
            Identity { l1_chain_id: options.l1_chain_id, l2_chain_id: config.l2_chain_id, config_hash: config.hash(), genesis_hash: found };
        let store = StoreOptions { cache_bytes: options.cache_bytes, history: options.history };
        let (writer, repair) = Writer::open(&options.path, &identity, genesis, store)?;
        let ahead = Ahead::new(writer.store().clone(), config.clone());
        Ok((Self { config, writer, keep_unsafe: options.keep_unsafe, ahead, executions: 0 }, repair))
    }

    /// The chain's parameters.
    #[must_use]
    pub const fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// The read side, to clone and hand out.
    #[must_use]
    pub const fn store(&self) -> &Store {
        self.writer.store()
    }

    /// Heads of the chain.
    #[must_use]
    pub fn heads(&self) -> Arc<Heads> {
        self.store().heads()
    }

    /// Blocks executed since the chain was opened. A derived block that was there already is not executed again.
    #[must_use]
    pub const fn executions(&self) -> u64 {
        self.executions
    }

    /// Returns once everything done so far survives a power failure. Call it before telling others that something is safe.
    ///
    /// # Errors
    /// When the database fails.
    pub fn flush(&self) -> Result<(), ChainError> {
        Ok(self.writer.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_store::StateReader;

    #[test]
    fn a_chain_moves_between_threads_and_its_store_is_shared_by_them() {
        fn moves<T: Send + 'static>() {}
        fn is_shared<T: Clone + Send + Sync + 'static>() {}
        moves::<Chain>();
        moves::<StateReader>();
        is_shared::<Store>();
    }
}
