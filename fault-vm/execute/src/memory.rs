//! A state in memory, for tests: flat state, trie nodes, codes and block hashes.

use crate::{
    Account, StateChanges,
    trie::{NodeSource, StateSource, TrieNodes, bytecode},
};
use alloc::collections::BTreeMap;
use alloy_primitives::{Address, B256, Bytes, U256};
use core::convert::Infallible;
use revm::{
    DatabaseRef,
    state::{AccountInfo, Bytecode},
};

/// A state in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState {
    /// Accounts.
    pub accounts: BTreeMap<Address, Account>,
    /// Storage, without zeroes.
    pub storage: BTreeMap<(Address, U256), U256>,
    /// Code by its Keccak.
    pub codes: BTreeMap<B256, Bytes>,
    /// Trie nodes by their Keccak.
    pub nodes: BTreeMap<B256, Bytes>,
    /// Block hashes by number.
    pub block_hashes: BTreeMap<u64, B256>,
}

impl MemoryState {
    /// Takes over what a block changed.
    pub fn apply(&mut self, changes: &StateChanges, nodes: TrieNodes) {
        for (address, change) in &changes.accounts {
            match change.after {
                Some(account) => self.accounts.insert(*address, account),
                None => self.accounts.remove(address),
            };
            for (slot, (_, value)) in &change.storage {
                if value.is_zero() {
                    self.storage.remove(&(*address, *slot));
                } else {
                    self.storage.insert((*address, *slot), *value);
                }
            }
        }
        self.codes.extend(changes.codes.iter().map(|(hash, code)| (*hash, code.clone())));
        self.nodes.extend(nodes);
    }
}

impl NodeSource for MemoryState {
    type Error = Infallible;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(self.nodes.get(hash).cloned())
    }
}

impl StateSource for MemoryState {
    fn code(&self, hash: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(self.codes.get(hash).cloned())
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, Infallible> {
        Ok(self.block_hashes.get(&number).copied())
    }
}

impl DatabaseRef for MemoryState {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.accounts.get(&address).copied().map(AccountInfo::from))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(bytecode(self.codes.get(&hash).cloned().unwrap_or_default()))
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.storage.get(&(address, slot)).copied().unwrap_or_default())
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        Ok(self.block_hashes.get(&number).copied().unwrap_or_default())
    }
}
