//! The state of a block in the making: what the database says, and what the transactions so far have changed.

use crate::{Account, AccountChange, StateChanges};
use alloc::collections::BTreeMap;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use revm::{
    Database, DatabaseRef,
    state::{AccountInfo, Bytecode, EvmState},
};

/// A database with the changes of a block on top. Every answer of the database is kept: it is asked once.
#[derive(Debug)]
pub(crate) struct Overlay<DB> {
    db: DB,
    accounts: BTreeMap<Address, Versions<Option<Account>>>,
    storage: BTreeMap<(Address, U256), Versions<U256>>,
    codes: BTreeMap<B256, Bytecode>,
    block_hashes: BTreeMap<u64, B256>,
}

/// A value before the block and now.
#[derive(Clone, Copy, Debug)]
struct Versions<T> {
    before: T,
    now: T,
}

impl<T: Copy> Versions<T> {
    const fn unchanged(value: T) -> Self {
        Self { before: value, now: value }
    }
}

impl<DB> Overlay<DB> {
    /// Nothing changed yet.
    pub(crate) const fn new(db: DB) -> Self {
        Self { db, accounts: BTreeMap::new(), storage: BTreeMap::new(), codes: BTreeMap::new(), block_hashes: BTreeMap::new() }
    }

    /// Makes the hash of a block known that the database may not have yet.
    pub(crate) fn set_block_hash(&mut self, number: u64, hash: B256) {
        self.block_hashes.insert(number, hash);
    }

    /// Takes over what one transaction changed. The order of the map has no influence: accounts are independent of each other.
    pub(crate) fn commit(&mut self, state: EvmState) {
        for (address, account) in state {
            if !account.is_touched() {
                continue;
            }
            let after = self.survivor(address, &account);
            self.set_account(address, after);
            if after.is_none() {
                self.clear_storage(address);
                continue;
            }
            if let Some(code) = account.info.code.filter(|code| !code.is_empty()) {
                self.codes.entry(account.info.code_hash).or_insert(code);
            }
            for (slot, value) in account.storage {
                self.set_storage(address, slot, value.original_value(), value.present_value());
            }
        }
    }

    /// The account after a transaction that touched it, if it still exists.
    ///
    /// A touched empty account is removed (EIP-161), but for one that genesis made so: it may have storage, of which neither a flat
    /// state nor its undoing would know here.
    fn survivor(&self, address: Address, touched: &revm::state::Account) -> Option<Account> {
        let account = Account::from_info(&touched.info);
        let always_empty = || self.accounts.get(&address).is_some_and(|versions| versions.before == Some(account));
        (!touched.is_selfdestructed() && (!account.is_empty() || always_empty())).then_some(account)
    }

    fn set_account(&mut self, address: Address, now: Option<Account>) {
        // The EVM changes nothing that it has not loaded through `basic` before.
        self.accounts.entry(address).or_insert(Versions::unchanged(None)).now = now;
    }

    fn set_storage(&mut self, address: Address, slot: U256, before: U256, now: U256) {
        // A slot of a contract that this very transaction created was never loaded: it was zero.
        self.storage.entry((address, slot)).or_insert(Versions::unchanged(before)).now = now;
    }

    fn clear_storage(&mut self, address: Address) {
        for (_, slot) in self.storage.range_mut((address, U256::ZERO)..=(address, U256::MAX)) {
            slot.now = U256::ZERO;
        }
    }

    /// What differs from the database.
    pub(crate) fn into_changes(self) -> StateChanges {
        let mut changes = StateChanges::default();
        let mut slots: BTreeMap<Address, BTreeMap<U256, (U256, U256)>> = BTreeMap::new();
        for ((address, slot), value) in self.storage {
            if value.before != value.now {
                slots.entry(address).or_default().insert(slot, (value.before, value.now));
            }
        }
        for (address, account) in self.accounts {
            let storage = slots.remove(&address).unwrap_or_default();
            if account.before == account.now && storage.is_empty() {
                continue;
            }
            if let Some(code) = new_code(&account, &self.codes) {
                changes.codes.insert(code.0, code.1);
            }
            changes.accounts.insert(address, AccountChange { before: account.before, after: account.now, storage });
        }
        changes
    }
}

/// The code that an account has since this block.
fn new_code(account: &Versions<Option<Account>>, codes: &BTreeMap<B256, Bytecode>) -> Option<(B256, Bytes)> {
    let hash = account.now?.code_hash;
    if account.before.is_some_and(|before| before.code_hash == hash) {
        return None;
    }
    codes.get(&hash).map(|code| (hash, code.original_bytes()))
}

impl<DB: DatabaseRef> Database for Overlay<DB> {
    type Error = DB::Error;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, DB::Error> {
        if let Some(account) = self.accounts.get(&address) {
            return Ok(account.now.map(AccountInfo::from));
        }
        let info = self.db.basic_ref(address)?;
        if let Some((hash, code)) = info.as_ref().and_then(|info| Some((info.code_hash, info.code.clone()?))) {
            self.codes.entry(hash).or_insert(code);
        }
        let account = info.as_ref().map(Account::from_info);
        self.accounts.insert(address, Versions::unchanged(account));
        Ok(account.map(AccountInfo::from))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, DB::Error> {
        if hash == KECCAK256_EMPTY || hash.is_zero() {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.codes.get(&hash) {
            return Ok(code.clone());
        }
        let code = self.db.code_by_hash_ref(hash)?;
        self.codes.insert(hash, code.clone());
        Ok(code)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, DB::Error> {
        if let Some(value) = self.storage.get(&(address, slot)) {
            return Ok(value.now);
        }
        // No storage without an account; and an account that this block made had none before.
        let value = match self.accounts.get(&address) {
            Some(Versions { before: None, .. }) => U256::ZERO,
            _ => self.db.storage_ref(address, slot)?,
        };
        self.storage.insert((address, slot), Versions::unchanged(value));
        Ok(value)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, DB::Error> {
        if let Some(hash) = self.block_hashes.get(&number) {
            return Ok(*hash);
        }
        let hash = self.db.block_hash_ref(number)?;
        self.block_hashes.insert(number, hash);
        Ok(hash)
    }
}
