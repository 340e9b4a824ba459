//! A state that can be changed without changing anything.

use crate::{ReadError, Watch};
use alloy_primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256,
    map::{AddressMap, B256Map, HashMap, U256Map},
};
use gainsay_execute::{Account, trie::bytecode};
use revm::{
    Database, DatabaseRef,
    state::{AccountInfo, Bytecode, EvmState},
};
use std::collections::{BTreeMap, BTreeSet};

/// A database with overrides and the changes of simulated transactions on top. What the database answered is kept: it is asked once.
#[derive(Debug)]
pub struct Overlay<D> {
    db: D,
    watch: Watch,
    accounts: AddressMap<Entry>,
    codes: B256Map<Bytecode>,
    block_hashes: HashMap<u64, B256>,
    changed: BTreeMap<Address, Changed>,
}

/// An account with the slots that are known of it.
#[derive(Debug, Default)]
struct Entry {
    account: Option<Account>,
    slots: U256Map<U256>,
    /// Of slots that are not here, the database's values do not count: they are zero.
    complete: bool,
}

/// What was changed in an account since the last look.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changed {
    /// All slots from before are gone.
    pub(crate) wiped: bool,
    pub(crate) slots: BTreeSet<U256>,
}

impl<D: DatabaseRef> Overlay<D> {
    /// Nothing changed yet.
    pub fn new(db: D, watch: Watch) -> Self {
        Self {
            db,
            watch,
            accounts: AddressMap::default(),
            codes: B256Map::default(),
            block_hashes: HashMap::default(),
            changed: BTreeMap::new(),
        }
    }

    /// The state below.
    pub const fn below(&self) -> &D {
        &self.db
    }

    pub(crate) const fn watch(&self) -> Watch {
        self.watch
    }

    /// An account as it is now; none if there is none.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn account(&mut self, address: Address) -> Result<Option<Account>, ReadError<D::Error>> {
        Ok(self.entry(address)?.account)
    }

    /// Makes the hash of a block known, whatever the state below says.
    pub fn set_block_hash(&mut self, number: u64, hash: B256) {
        self.block_hashes.insert(number, hash);
    }

    /// Changes an account. One that is empty afterwards and was not there before stays absent.
    pub(crate) fn update(&mut self, address: Address, change: impl FnOnce(&mut Account)) -> Result<(), ReadError<D::Error>> {
        let entry = self.entry(address)?;
        let mut account = entry.account.unwrap_or_default();
        change(&mut account);
        if entry.account.is_some() || !account.is_empty() {
            entry.account = Some(account);
            self.changed.entry(address).or_default();
        }
        Ok(())
    }

    pub(crate) fn set_code(&mut self, address: Address, code: Bytes) -> Result<(), ReadError<D::Error>> {
        let hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(&code) };
        self.codes.insert(hash, bytecode(code));
        self.update(address, |account| account.code_hash = hash)
    }

    /// Takes all slots away.
    pub(crate) fn wipe(&mut self, address: Address) -> Result<(), ReadError<D::Error>> {
        let entry = self.entry(address)?;
        entry.slots.clear();
        entry.complete = true;
        let changed = self.changed.entry(address).or_default();
        *changed = Changed { wiped: true, slots: BTreeSet::new() };
        Ok(())
    }

    pub(crate) fn set_slot(&mut self, address: Address, slot: U256, value: U256) -> Result<(), ReadError<D::Error>> {
        self.entry(address)?.slots.insert(slot, value);
        self.changed.entry(address).or_default().slots.insert(slot);
        Ok(())
    }

    /// Takes over what a transaction changed.
    pub(crate) fn commit(&mut self, state: EvmState) {
        for (address, after) in state {
            if !after.is_touched() {
                continue;
            }
            let entry = self.accounts.entry(address).or_default();
            let changed = self.changed.entry(address).or_default();
            if after.is_selfdestructed() || after.is_created() {
                (entry.complete, *changed) = (true, Changed { wiped: true, slots: BTreeSet::new() });
                entry.slots.clear();
            }
            let account = Account { nonce: after.info.nonce, balance: after.info.balance, code_hash: after.info.code_hash };
            // A touched empty account is removed (EIP-161), but for one that was empty before: genesis made it so.
            let stays = !account.is_empty() || entry.account == Some(account);
            if after.is_selfdestructed() || !stays {
                *entry = Entry { account: None, slots: U256Map::default(), complete: true };
                continue;
            }
            entry.account = Some(account);
            if let Some(code) = after.info.code.filter(|code| !code.is_empty()) {
                self.codes.entry(account.code_hash).or_insert(code);
            }
            for (slot, value) in after.storage.iter().filter(|(_, value)| value.is_changed()) {
                entry.slots.insert(*slot, value.present_value());
                changed.slots.insert(*slot);
            }
        }
    }

    /// What was changed since this was asked last.
    pub(crate) fn take_changed(&mut self) -> BTreeMap<Address, Changed> {
        std::mem::take(&mut self.changed)
    }

    /// The value of a slot that was changed, and the account, if they are known.
    pub(crate) fn known(&self, address: &Address) -> (Option<Account>, impl Fn(&U256) -> U256) {
        let entry = self.accounts.get(address);
        (entry.and_then(|entry| entry.account), move |slot| entry.and_then(|entry| entry.slots.get(slot).copied()).unwrap_or_default())
    }

    fn entry(&mut self, address: Address) -> Result<&mut Entry, ReadError<D::Error>> {
        if !self.accounts.contains_key(&address) {
            self.watch.check()?;
            let info = self.db.basic_ref(address).map_err(ReadError::Source)?;
            if let Some((hash, code)) = info.as_ref().and_then(|info| Some((info.code_hash, info.code.clone()?))) {
                self.codes.entry(hash).or_insert(code);
            }
            let account = info.map(|info| {
                let code_hash = if info.code_hash.is_zero() { KECCAK256_EMPTY } else { info.code_hash };
                Account { nonce: info.nonce, balance: info.balance, code_hash }
            });
            // Without an account there is no storage.
            let complete = account.is_none();
            self.accounts.insert(address, Entry { account, slots: U256Map::default(), complete });
        }
        Ok(self.accounts.entry(address).or_default())
    }
}

impl<D: DatabaseRef> Database for Overlay<D> {
    type Error = ReadError<D::Error>;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        Ok(self.account(address)?.map(AccountInfo::from))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Self::Error> {
        if hash == KECCAK256_EMPTY || hash.is_zero() {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.codes.get(&hash) {
            return Ok(code.clone());
        }
        let code = self.db.code_by_hash_ref(hash).map_err(ReadError::Source)?;
        self.codes.insert(hash, code.clone());
        Ok(code)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        let entry = self.entry(address)?;
        if let Some(value) = entry.slots.get(&slot) {
            return Ok(*value);
        }
        if entry.complete {
            return Ok(U256::ZERO);
        }
        self.watch.check()?;
        let value = self.db.storage_ref(address, slot).map_err(ReadError::Source)?;
        self.entry(address)?.slots.insert(slot, value);
        Ok(value)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Self::Error> {
        if let Some(hash) = self.block_hashes.get(&number) {
            return Ok(*hash);
        }
        let hash = self.db.block_hash_ref(number).map_err(ReadError::Source)?;
        self.block_hashes.insert(number, hash);
        Ok(hash)
    }
}
