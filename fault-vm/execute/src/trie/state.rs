//! A state root as a database: for calls on historical blocks, and where there is nothing but a witness.

use super::{
    NodeSource, TrieAccount, TrieError,
    sparse::lookup,
    update::{decode_account, decode_word, hashed_slot},
};
use crate::Account;
use alloc::collections::BTreeMap;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use core::cell::RefCell;
use revm::{
    DatabaseRef,
    database_interface::DBErrorMarker,
    state::{AccountInfo, Bytecode},
};

/// What execution reads besides the trie.
pub trait StateSource: NodeSource {
    /// The code whose Keccak is `hash`; none if it is not there.
    ///
    /// # Errors
    /// When the source fails.
    fn code(&self, hash: &B256) -> Result<Option<Bytes>, Self::Error>;

    /// The hash of a block; none if it is not there.
    ///
    /// # Errors
    /// When the source fails.
    fn block_hash(&self, number: u64) -> Result<Option<B256>, Self::Error>;
}

impl<N: StateSource + ?Sized> StateSource for &N {
    fn code(&self, hash: &B256) -> Result<Option<Bytes>, Self::Error> {
        (**self).code(hash)
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, Self::Error> {
        (**self).block_hash(number)
    }
}

/// Why the state has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError<E: core::error::Error + 'static> {
    /// The trie has none.
    #[error(transparent)]
    Trie(#[from] TrieError<E>),
    /// The source does not have a code.
    #[error("code {hash} is missing")]
    Code {
        /// Its Keccak.
        hash: B256,
    },
    /// The source does not have a block hash.
    #[error("the hash of block {number} is missing")]
    BlockHash {
        /// The block.
        number: u64,
    },
}

impl<E: core::error::Error + Send + Sync + 'static> DBErrorMarker for StateError<E> {}

/// The state under a root.
#[derive(Debug)]
pub struct TrieState<S> {
    root: B256,
    source: S,
    accounts: RefCell<BTreeMap<Address, Option<TrieAccount>>>,
}

impl<S: StateSource> TrieState<S>
where
    S::Error: core::error::Error + Send + Sync + 'static,
{
    /// The state under `root`.
    pub const fn new(root: B256, source: S) -> Self {
        Self { root, source, accounts: RefCell::new(BTreeMap::new()) }
    }

    /// An account with its storage root.
    ///
    /// # Errors
    /// When a node is missing or malformed.
    pub fn account(&self, address: Address) -> Result<Option<TrieAccount>, TrieError<S::Error>> {
        if let Some(account) = self.accounts.borrow().get(&address) {
            return Ok(*account);
        }
        let key = keccak256(address);
        let account = lookup(self.root, key.as_slice(), &self.source)?.map(|value| decode_account(&value, key)).transpose()?;
        self.accounts.borrow_mut().insert(address, account);
        Ok(account)
    }
}

impl<S: StateSource> DatabaseRef for TrieState<S>
where
    S::Error: core::error::Error + Send + Sync + 'static,
{
    type Error = StateError<S::Error>;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        let account = self.account(address)?;
        Ok(account.map(|account| Account { nonce: account.nonce, balance: account.balance, code_hash: account.code_hash }.into()))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, Self::Error> {
        if hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        let code = self.source.code(&hash).map_err(TrieError::Source)?.ok_or(StateError::Code { hash })?;
        Ok(bytecode(code))
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        let Some(account) = self.account(address)? else { return Ok(U256::ZERO) };
        let key = hashed_slot(slot);
        let value = lookup(account.storage_root, key.as_slice(), &self.source)?;
        Ok(value.map(|value| decode_word(&value, key)).transpose()?.unwrap_or_default())
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Self::Error> {
        self.source.block_hash(number).map_err(TrieError::Source)?.ok_or(StateError::BlockHash { number })
    }
}

/// Stored code as revm takes it: a delegation (EIP-7702) where it is one, else legacy code.
#[must_use]
pub fn bytecode(code: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code))
}
