//! The state before a transaction: what the store says, and what the block has changed so far.

use alloy_primitives::{
    Address, B256, KECCAK256_EMPTY, U256,
    map::{AddressMap, B256Map, U256Map},
};
use gainsay_execute::Account;
use revm::{
    Database, DatabaseRef,
    state::{AccountInfo, Bytecode, EvmState},
};
use std::sync::Arc;

/// A state with the changes of the transactions so far on top. A copy shares them until one of the two goes on.
#[derive(Clone, Debug)]
pub struct World<D> {
    below: D,
    changes: Arc<Changes>,
}

/// What the transactions so far have changed.
#[derive(Clone, Debug, Default)]
struct Changes {
    /// Accounts that changed; none for one that is gone.
    accounts: AddressMap<Option<Account>>,
    storage: AddressMap<Slots>,
    codes: B256Map<Bytecode>,
}

/// What changed in the storage of one account.
#[derive(Clone, Debug, Default)]
struct Slots {
    /// The account went, or was not there before: of other slots than these the state below does not count.
    wiped: bool,
    values: U256Map<U256>,
}

impl<D: DatabaseRef> World<D> {
    /// Nothing changed yet.
    pub fn new(below: D) -> Self {
        Self { below, changes: Arc::default() }
    }

    /// The state below.
    pub const fn below(&self) -> &D {
        &self.below
    }

    /// An account; none if it does not exist.
    ///
    /// # Errors
    /// When the state below cannot be read.
    pub fn account(&self, address: Address) -> Result<Option<Account>, D::Error> {
        Ok(self.basic_ref(address)?.map(|info| account_of(&info)))
    }

    /// Takes over what a transaction changed.
    ///
    /// # Errors
    /// When the state below cannot be read.
    pub fn commit(&mut self, state: EvmState) -> Result<(), D::Error> {
        for (address, account) in state {
            if account.is_touched() {
                let after = self.survivor(address, &account)?;
                Arc::make_mut(&mut self.changes).take(address, account, after);
            }
        }
        Ok(())
    }

    /// The account after a transaction that touched it, if it still exists. A touched empty account is removed (EIP-161), but for one that the genesis
    /// block made so: execution keeps that one.
    fn survivor(&self, address: Address, touched: &revm::state::Account) -> Result<Option<Account>, D::Error> {
        let account = account_of(&touched.info);
        if touched.is_selfdestructed() {
            return Ok(None);
        }
        if !account.is_empty() {
            return Ok(Some(account));
        }
        let before = self.below.basic_ref(address)?;
        Ok(before.map(|before| account_of(&before)).filter(|before| *before == account))
    }
}

impl Changes {
    /// Takes over what became of an account that a transaction touched; none if it does not exist any more.
    fn take(&mut self, address: Address, touched: revm::state::Account, after: Option<Account>) {
        self.accounts.insert(address, after);
        if after.is_none() || touched.is_created() {
            self.storage.insert(address, Slots { wiped: true, values: U256Map::default() });
        }
        if after.is_some() {
            for (slot, value) in touched.changed_storage_slots() {
                self.storage.entry(address).or_default().values.insert(*slot, value.present_value());
            }
            let code = touched.info.code.filter(|code| !code.is_empty());
            self.codes.extend(code.map(|code| (touched.info.code_hash, code)));
        }
    }
}

fn account_of(info: &AccountInfo) -> Account {
    let code_hash = if info.code_hash.is_zero() { KECCAK256_EMPTY } else { info.code_hash };
    Account { nonce: info.nonce, balance: info.balance, code_hash }
}

impl<D: DatabaseRef> DatabaseRef for World<D> {
    type Error = D::Error;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, D::Error> {
        match self.changes.accounts.get(&address) {
            Some(account) => Ok(account.map(AccountInfo::from)),
            None => self.below.basic_ref(address),
        }
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, D::Error> {
        if hash == KECCAK256_EMPTY || hash.is_zero() {
            return Ok(Bytecode::default());
        }
        self.changes.codes.get(&hash).map_or_else(|| self.below.code_by_hash_ref(hash), |code| Ok(code.clone()))
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, D::Error> {
        let Some(slots) = self.changes.storage.get(&address) else { return self.below.storage_ref(address, slot) };
        match slots.values.get(&slot) {
            Some(value) => Ok(*value),
            None if slots.wiped => Ok(U256::ZERO),
            None => self.below.storage_ref(address, slot),
        }
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, D::Error> {
        self.below.block_hash_ref(number)
    }
}

impl<D: DatabaseRef> Database for World<D> {
    type Error = D::Error;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, D::Error> {
        self.basic_ref(address)
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, D::Error> {
        self.code_by_hash_ref(hash)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, D::Error> {
        self.storage_ref(address, slot)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, D::Error> {
        self.block_hash_ref(number)
    }
}
