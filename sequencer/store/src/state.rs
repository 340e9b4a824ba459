//! Flat state: accounts, storage and code by key, beside the trie.

use crate::{Store, StoreError, WriteBatch, codec::Record, keys};
use alloy_primitives::{Address, B256, Bytes, U256};
use gainsay_execute::{
    Account, StateChanges,
    trie::{NodeSource, StateSource},
};
use serde::{Deserialize, Serialize};

const ACCOUNT: &str = "account";
const SLOT: &str = "storage slot";

/// What a block's changes replaced: enough to go back.
#[derive(Serialize, Deserialize)]
pub(crate) struct UndoRecord {
    accounts: Vec<UndoAccount>,
}

#[derive(Serialize, Deserialize)]
struct UndoAccount {
    address: Address,
    /// Nonce, balance, code hash; none if there was no account.
    before: Option<(u64, U256, B256)>,
    storage: Vec<(U256, U256)>,
}

impl Record for UndoRecord {
    const NAME: &'static str = "undo";
}

impl UndoRecord {
    pub(crate) fn new(changes: &StateChanges) -> Self {
        let accounts = changes.accounts.iter().map(|(address, change)| UndoAccount {
            address: *address,
            before: change.before.as_ref().map(|account| (account.nonce, account.balance, account.code_hash)),
            storage: change.storage.iter().map(|(slot, (before, _))| (*slot, *before)).collect(),
        });
        Self { accounts: accounts.collect() }
    }

    pub(crate) fn apply(&self, writes: &mut WriteBatch) {
        for account in &self.accounts {
            let before = account.before.map(|(nonce, balance, code_hash)| Account { nonce, balance, code_hash });
            put_account(&account.address, before.as_ref(), writes);
            for (slot, value) in &account.storage {
                put_slot(&account.address, slot, value, writes);
            }
        }
    }
}

/// Writes what a block changed.
pub(crate) fn apply(changes: &StateChanges, writes: &mut WriteBatch) {
    for (address, change) in &changes.accounts {
        put_account(address, change.after.as_ref(), writes);
        for (slot, (_, after)) in &change.storage {
            put_slot(address, slot, after, writes);
        }
    }
    for (hash, code) in &changes.codes {
        writes.put(keys::code(hash), code.as_ref());
    }
}

/// `nonce u64 ‖ balance 32 ‖ code hash 32`.
fn put_account(address: &Address, account: Option<&Account>, writes: &mut WriteBatch) {
    let key = keys::account(address);
    let Some(account) = account else { return writes.remove(key) };
    let mut value = Vec::with_capacity(72);
    value.extend_from_slice(&account.nonce.to_be_bytes());
    value.extend_from_slice(&account.balance.to_be_bytes::<32>());
    value.extend_from_slice(account.code_hash.as_slice());
    writes.put(key, value);
}

/// The value's bytes without leading zeroes; a slot of zero has no key.
fn put_slot(address: &Address, slot: &U256, value: &U256, writes: &mut WriteBatch) {
    let key = keys::slot(address, slot);
    if value.is_zero() { writes.remove(key) } else { writes.put(key, value.to_be_bytes_trimmed_vec()) }
}

fn read_account(bytes: &[u8]) -> Result<Account, StoreError> {
    let damaged = || StoreError::damaged(ACCOUNT, "not 72 bytes");
    let (nonce, rest) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
    let (balance, code_hash) = rest.split_first_chunk::<32>().ok_or_else(damaged)?;
    Ok(Account {
        nonce: u64::from_be_bytes(*nonce),
        balance: U256::from_be_bytes(*balance),
        code_hash: B256::try_from(code_hash).map_err(|_| damaged())?,
    })
}

impl Store {
    pub(crate) fn flat_account(&self, address: &Address) -> Result<Option<Account>, StoreError> {
        self.get(&keys::account(address))?.map(|bytes| read_account(&bytes)).transpose()
    }

    pub(crate) fn flat_slot(&self, address: &Address, slot: &U256) -> Result<U256, StoreError> {
        match self.get(&keys::slot(address, slot))? {
            None => Ok(U256::ZERO),
            Some(bytes) => U256::try_from_be_slice(&bytes).ok_or_else(|| StoreError::damaged(SLOT, "longer than 32 bytes")),
        }
    }
}

impl NodeSource for Store {
    type Error = StoreError;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, StoreError> {
        Ok(self.get(&keys::node(hash))?.map(Bytes::from))
    }
}

impl StateSource for Store {
    fn code(&self, hash: &B256) -> Result<Option<Bytes>, StoreError> {
        Ok(self.get(&keys::code(hash))?.map(Bytes::from))
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        Ok(self.header(number)?.map(|block| block.header.hash()))
    }
}
