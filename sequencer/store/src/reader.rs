//! A block's state, for the EVM and for RPC.

use crate::{BlockHeader, Store, StoreError};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use gainsay_execute::{
    Account,
    trie::{StateError, StateSource, TrieError, TrieState, bytecode},
};
use revm::{
    DatabaseRef,
    state::{AccountInfo, Bytecode},
};

/// One block's state, the same however long it is held. Reads the flat state as long as no block came or went since it was made; after that, and for
/// older blocks, the trie, which takes several times as long.
#[derive(Debug)]
pub struct StateReader {
    store: Store,
    block: BlockHeader,
    trie: TrieState<Store>,
    /// Generation in which the flat state is this block's; none for an older block.
    generation: Option<u64>,
}

impl StateReader {
    pub(crate) fn new(store: Store, block: BlockHeader, generation: Option<u64>) -> Self {
        let trie = TrieState::new(block.header.state_root, store.clone());
        Self { store, block, trie, generation }
    }

    /// The block whose state this is.
    #[must_use]
    pub const fn block(&self) -> &BlockHeader {
        &self.block
    }

    /// The state through its trie alone, for proofs.
    #[must_use]
    pub const fn trie(&self) -> &TrieState<Store> {
        &self.trie
    }

    /// An account; none if it does not exist.
    ///
    /// # Errors
    /// When the store fails.
    pub fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        if let Some(account) = self.flat(|store| store.flat_account(&address))? {
            return Ok(account);
        }
        let account = self.trie.account(address).map_err(trie_error)?;
        Ok(account.map(|account| Account { nonce: account.nonce, balance: account.balance, code_hash: account.code_hash }))
    }

    /// Value of a storage slot; zero if there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        match self.flat(|store| store.flat_slot(&address, &slot))? {
            Some(value) => Ok(value),
            None => self.trie.storage_ref(address, slot).map_err(state_error),
        }
    }

    /// What `read` finds in the flat state, if that is this block's before and after reading.
    fn flat<T>(&self, read: impl FnOnce(&Store) -> Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        let Some(generation) = self.generation else { return Ok(None) };
        if self.store.generation() != generation {
            return Ok(None);
        }
        let found = read(&self.store)?;
        Ok((self.store.generation() == generation).then_some(found))
    }
}

impl DatabaseRef for StateReader {
    type Error = StoreError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StoreError> {
        Ok(self.account(address)?.map(AccountInfo::from))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, StoreError> {
        if hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        self.store.code(&hash)?.map(bytecode).ok_or_else(|| StoreError::missing("code", hash))
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        self.storage(address, slot)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StoreError> {
        self.store.block_hash(number)?.ok_or_else(|| StoreError::missing("block", number))
    }
}

fn trie_error(error: TrieError<StoreError>) -> StoreError {
    match error {
        TrieError::Source(error) => error,
        TrieError::Missing { hash } => StoreError::missing("trie node", hash),
        other => StoreError::damaged("trie node", other),
    }
}

fn state_error(error: StateError<StoreError>) -> StoreError {
    match error {
        StateError::Trie(error) => trie_error(error),
        StateError::Code { hash } => StoreError::missing("code", hash),
        StateError::BlockHash { number } => StoreError::missing("block", number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Commit, SledDatabase, Writer};
    use gainsay_execute::genesis::{GenesisAccount, GenesisAlloc, genesis_block};
    use gainsay_types::{ChainConfig, Millis, SPEC_ID_OSAKA};

    const RICH: Address = Address::repeat_byte(1);

    fn writer(directory: &tempfile::TempDir) -> Writer {
        let config = ChainConfig {
            l2_chain_id: 1,
            spec_id: SPEC_ID_OSAKA,
            block_time_ms: 250,
            block_gas_limit: 30_000_000,
            gas_rate: 1,
            gas_target: 1,
            base_fee_denominator: 8,
            min_base_fee: 1,
            base_fee_scalar: 0,
            blob_base_fee_scalar: 0,
            portal: Address::ZERO,
            genesis_hash: B256::ZERO,
        };
        let account = GenesisAccount { balance: U256::from(7), ..GenesisAccount::default() };
        let alloc = GenesisAlloc([(RICH, account)].into());
        let genesis = genesis_block(&config, Millis::from_secs(1), 1, &alloc).unwrap();
        let database = SledDatabase::open(directory.path(), 1 << 20).unwrap();
        Writer::over(Box::new(database), &genesis).unwrap().0
    }

    #[test]
    fn what_was_read_while_a_block_was_committed_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = writer(&directory);
        let state = writer.store().latest_state().unwrap();
        let balance = |state: &StateReader| state.account(RICH).unwrap().unwrap().balance;
        let undisturbed = state.flat(|_| Ok(1)).unwrap();
        let elsewhere = state.flat(|store| writer.apply(Commit::new(store)).map(|()| 1)).unwrap();
        let disturbed = state.flat(|store| {
            let mut commit = Commit::new(store);
            commit.set_latest(store.heads().latest)?;
            writer.apply(commit)
        });
        assert_eq!((undisturbed, elsewhere, disturbed.unwrap()), (Some(1), Some(1), None));
        assert_eq!(state.flat(|_| Ok(3)).unwrap(), None, "nor anything after it");
        assert_eq!(balance(&state), U256::from(7), "the trie has the answer");
        let later = writer.store().latest_state().unwrap();
        assert_eq!((later.flat(|_| Ok(4)).unwrap(), balance(&later)), (Some(4), U256::from(7)));
    }

    #[test]
    fn a_reader_made_during_a_commit_reads_the_trie() {
        let directory = tempfile::tempdir().unwrap();
        let writer = writer(&directory);
        let store = writer.store();
        let state = store.in_next_generation(|| store.latest_state().unwrap());
        assert_eq!(state.flat(|_| Ok(1)).unwrap(), None);
        assert_eq!(state.account(RICH).unwrap().unwrap().balance, U256::from(7));
    }
}
