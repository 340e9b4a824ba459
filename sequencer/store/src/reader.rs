//! A block's state, for the EVM and for RPC.

use crate::{BlockHeader, Store, StoreError, pages::PagesAt, snapshot::Snapshot};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use gainsay_execute::{Account, StateChanges, trie::bytecode};
use revm::{
    DatabaseRef,
    state::{AccountInfo, Bytecode},
};
use std::sync::Arc;

/// One block's state, the same however long it is held: what changed since an epoch is in memory, everything else in the pages of that epoch. Once its pages
/// are removed, because the block was taken off the chain or its state is pruned, it answers with an error.
#[derive(Clone, Debug)]
pub struct StateReader {
    store: Store,
    block: Arc<BlockHeader>,
    snapshot: Snapshot,
}

impl StateReader {
    pub(crate) const fn new(store: Store, block: Arc<BlockHeader>, snapshot: Snapshot) -> Self {
        Self { store, block, snapshot }
    }

    /// The block whose state this is.
    #[must_use]
    pub fn block(&self) -> &BlockHeader {
        &self.block
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The pages below, of the newest epoch that is not newer than the block.
    #[must_use]
    pub fn pages(&self) -> PagesAt {
        self.snapshot.pages(&self.store)
    }

    /// What brings the tries from those pages to this state, applied in order. Values before are not in it.
    #[must_use]
    pub fn changes_since_pages(&self) -> Vec<StateChanges> {
        self.snapshot.changes()
    }

    /// An account; none if it does not exist.
    ///
    /// # Errors
    /// When the state is not there any more, and when the store fails.
    pub fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        self.snapshot.account(&self.store, &address)
    }

    /// Value of a storage slot; zero if there is none.
    ///
    /// # Errors
    /// When the state is not there any more, and when the store fails.
    pub fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        self.snapshot.slot(&self.store, &address, &slot)
    }

    /// Hash of a block of the chain that this state's block is on.
    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        let (own, hash) = (self.block.header.number, self.block.header.hash());
        if number == own {
            return Ok(Some(hash));
        }
        let found = self.store.block_hash(number)?;
        // After reading: as long as this block is on the chain, those below it are the same.
        let still = self.store.view().tip.header.hash() == hash || self.store.block_hash(own)? == Some(hash);
        if still { Ok(found) } else { Err(StoreError::Dropped { number: own }) }
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
        if let Some(code) = self.store.codes().get(&hash) {
            return Ok(code);
        }
        let code = self.store.code(&hash)?.map(bytecode).ok_or_else(|| StoreError::missing("code", hash))?;
        self.store.codes().put(hash, code.clone());
        Ok(code)
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        self.storage(address, slot)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StoreError> {
        self.block_hash(number)?.ok_or_else(|| StoreError::missing("block", number))
    }
}
