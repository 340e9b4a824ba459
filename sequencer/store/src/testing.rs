//! For tests: databases in memory that remember every batch and can lose the last ones, and a plain model of the state.

use crate::{Database, Databases, Entry, NumberedPages, Pages, StoreError, WriteBatch, pages::numbers_of};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, keccak256};
use gainsay_execute::{Account, AccountChange, StateChanges};
use gainsay_state::{Page, PageId};
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Both databases of a store in memory, pages under keys with the letter `a`. Clones are the same ones.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    log: Arc<Mutex<Log>>,
    /// Writes wait for it.
    gate: Arc<Mutex<()>>,
    /// Batches that it refuses.
    refused: Arc<Mutex<Option<Refused>>>,
    /// Done at the next read of a key, and before every flush.
    at_get: Arc<Mutex<Option<AtKey>>>,
    at_flush: Arc<Mutex<Option<Hook>>>,
    /// Times that pages were looked for.
    looks: Arc<AtomicUsize>,
}

type Refused = Box<dyn Fn(&WriteBatch) -> bool + Send>;
type AtKey = (Vec<u8>, Hook);
type Hook = Box<dyn FnMut() + Send>;

#[derive(Clone, Default)]
struct Log {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    batches: Vec<WriteBatch>,
    /// Batches that a crash cannot take.
    flushed: usize,
    /// Batches after which it refuses.
    most: Option<usize>,
}

impl Memory {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    /// Batches flushed, and batches applied.
    pub(crate) fn batches(&self) -> (usize, usize) {
        let log = self.log();
        (log.flushed, log.batches.len())
    }

    /// As a store takes them.
    pub(crate) fn databases(&self) -> Databases {
        Databases { database: Box::new(self.clone()), pages: Box::new(self.clone()) }
    }

    /// What a crash leaves of which `kept` batches were on the disk. Pages are on the disk once they are written.
    pub(crate) fn crashed(&self, kept: usize) -> Self {
        let new = Self::default();
        let is_of_pages = |batch: &WriteBatch| batch.writes().any(|(key, _)| key.first() == Some(&PAGE));
        let log = self.log();
        let left = log.batches.iter().enumerate().filter(|(place, batch)| *place < kept || is_of_pages(batch));
        left.for_each(|(_, batch)| new.apply(batch).unwrap());
        let kept = new.log().batches.len();
        new.log().flushed = kept;
        new
    }

    /// As long as it is held, no write gets anywhere.
    pub(crate) fn gate(&self) -> Arc<Mutex<()>> {
        self.gate.clone()
    }

    /// From now on it refuses to write once it has so many batches in all.
    pub(crate) fn refuse_after(&self, most: Option<usize>) {
        self.log().most = most;
    }

    pub(crate) fn refuse(&self, refused: impl Fn(&WriteBatch) -> bool + Send + 'static) {
        *self.refused.lock().unwrap() = Some(Box::new(refused));
    }

    pub(crate) fn refuse_nothing(&self) {
        *self.refused.lock().unwrap() = None;
    }

    /// Once, before the key is read.
    pub(crate) fn at_get(&self, key: Vec<u8>, hook: impl FnMut() + Send + 'static) {
        *self.at_get.lock().unwrap() = Some((key, Box::new(hook)));
    }

    pub(crate) fn at_flush(&self, hook: impl FnMut() + Send + 'static) {
        *self.at_flush.lock().unwrap() = Some(Box::new(hook));
    }

    pub(crate) fn looks(&self) -> usize {
        self.looks.load(Ordering::SeqCst)
    }

    pub(crate) fn edit(&self, change: impl FnOnce(&mut BTreeMap<Vec<u8>, Vec<u8>>)) {
        change(&mut self.log().entries);
    }

    pub(crate) fn keys(&self, letter: u8) -> Vec<Vec<u8>> {
        self.log().entries.keys().filter(|key| key.first() == Some(&letter)).cloned().collect()
    }
}

impl Database for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let hook = self.at_get.lock().unwrap().take_if(|(of, _)| of == key);
        if let Some((_, mut hook)) = hook {
            hook();
        }
        Ok(self.log().entries.get(key).cloned())
    }

    fn contains(&self, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.log().entries.contains_key(key))
    }

    fn scan<'a>(&'a self, prefix: &[u8], from: &[u8]) -> Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a> {
        let start = from.max(prefix).to_vec();
        let log = self.log();
        let found = log.entries.range(start..).take_while(|(key, _)| key.starts_with(prefix));
        let found: Vec<_> = found.map(|(key, value)| Ok((key.clone(), value.clone()))).collect();
        Box::new(found.into_iter())
    }

    fn apply(&self, batch: &WriteBatch) -> Result<(), StoreError> {
        let _open = self.gate.lock().unwrap();
        if self.refused.lock().unwrap().as_ref().is_some_and(|refused| refused(batch)) {
            return Err(StoreError::damaged("disk", "refuses this"));
        }
        let mut log = self.log();
        if log.most.is_some_and(|most| log.batches.len() >= most) {
            return Err(StoreError::damaged("disk", "full"));
        }
        for (key, value) in batch.writes() {
            match value {
                Some(value) => log.entries.insert(key.to_vec(), value.to_vec()),
                None => log.entries.remove(key),
            };
        }
        log.batches.push(batch.clone());
        Ok(())
    }

    fn write_back(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        if let Some(hook) = self.at_flush.lock().unwrap().as_mut() {
            hook();
        }
        let mut log = self.log();
        log.flushed = log.batches.len();
        Ok(())
    }
}

const PAGE: u8 = b'a';

fn page_key(number: u64) -> Vec<u8> {
    [&[PAGE][..], &number.to_be_bytes()].concat()
}

/// The serial of the epoch that wrote the page under a key.
pub(crate) fn serial_of(key: &[u8]) -> u64 {
    let number = u64::from_be_bytes(key[1..].try_into().unwrap());
    let serial = number >> numbers_of(1).0.trailing_zeros();
    assert!((numbers_of(serial).0..=numbers_of(serial).1).contains(&number));
    serial
}

impl Pages for Memory {
    fn page(&self, id: PageId) -> Result<Option<Page>, StoreError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        Ok(self.log().entries.get(&page_key(id.get())).map(|page| Page::from(page.as_slice())))
    }

    fn add(&self, pages: NumberedPages) -> Result<(), StoreError> {
        assert!(pages.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let mut batch = WriteBatch::default();
        pages.into_iter().for_each(|(id, page)| batch.put(page_key(id.get()), page.to_vec()));
        if batch.is_empty() { Ok(()) } else { self.apply(&batch) }
    }

    fn remove(&self, ids: &[PageId]) -> Result<(), StoreError> {
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        let mut batch = WriteBatch::default();
        ids.iter().for_each(|id| batch.remove(page_key(id.get())));
        if batch.is_empty() { Ok(()) } else { self.apply(&batch) }
    }

    fn numbers(&self, from: u64, to: u64) -> Result<Vec<PageId>, StoreError> {
        let log = self.log();
        let keys = log.entries.range(page_key(from)..=page_key(to)).map(|(key, _)| u64::from_be_bytes(key[1..].try_into().unwrap()));
        Ok(keys.filter_map(PageId::new).collect())
    }
}

/// One thing that a block does to an account, which is made if it is not there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Balance(u8, u64),
    Slot(u8, u8, u64),
    Delete(u8),
}

const ADDRESSES: u8 = 40;
const SLOTS: u8 = 24;

pub(crate) fn any_changes() -> impl Strategy<Value = Vec<Act>> {
    let balance = (0..ADDRESSES, any::<u64>()).prop_map(|(account, value)| Act::Balance(account, value));
    let slot = (0..ADDRESSES / 8, 0..SLOTS, 0..4u64).prop_map(|(account, slot, value)| Act::Slot(account, slot, value));
    let delete = (0..ADDRESSES / 4).prop_map(Act::Delete);
    prop::collection::vec(prop_oneof![6 => balance, 8 => slot, 1 => delete], 0..14)
}

/// Accounts and slots after a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flat {
    accounts: BTreeMap<Address, Account>,
    slots: BTreeMap<(Address, U256), U256>,
}

/// The state after each block, the first of which is the empty one.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    states: Vec<Flat>,
}

impl Default for Model {
    fn default() -> Self {
        Self { states: vec![Flat::default()] }
    }
}

fn address(account: u8) -> Address {
    Address::from_word(keccak256([account]))
}

fn slot_of(slot: u8) -> U256 {
    U256::from(slot) << (8 * (slot % 5))
}

impl Flat {
    pub(crate) fn account(&self, address: &Address) -> Option<Account> {
        self.accounts.get(address).copied()
    }

    pub(crate) fn slot(&self, address: &Address, slot: &U256) -> U256 {
        self.slots.get(&(*address, *slot)).copied().unwrap_or_default()
    }

    fn act(&mut self, act: Act, number: u64) {
        let (Act::Balance(account, _) | Act::Slot(account, _, _) | Act::Delete(account)) = act;
        let address = address(account);
        if let Act::Delete(_) = act {
            self.accounts.remove(&address);
            self.slots.retain(|(of, _), _| *of != address);
            return;
        }
        let code_hash = if account.is_multiple_of(3) { B256::repeat_byte(account) } else { KECCAK256_EMPTY };
        let entry = self.accounts.entry(address).or_insert(Account { nonce: 0, balance: U256::ZERO, code_hash });
        entry.nonce += number;
        match act {
            Act::Balance(_, balance) => entry.balance = U256::from(balance),
            Act::Slot(_, slot, value) => drop(self.slots.insert((address, slot_of(slot)), U256::from(value))),
            Act::Delete(_) => {}
        }
        self.slots.retain(|_, value| !value.is_zero());
    }

    fn changes_to(&self, after: &Self) -> StateChanges {
        let mut changes = StateChanges::default();
        let slots = |address: Address, after: &Self| {
            let keys = self.slots.keys().chain(after.slots.keys()).filter(move |(of, _)| *of == address).map(|(_, slot)| *slot);
            keys.collect::<std::collections::BTreeSet<_>>()
        };
        for address in self.accounts.keys().chain(after.accounts.keys()) {
            let (old, new) = (self.account(address), after.account(address));
            let changed = slots(*address, after).into_iter().map(|slot| (slot, (self.slot(address, &slot), after.slot(address, &slot))));
            // A deleted account's slots go with it, and are not listed.
            let storage: BTreeMap<_, _> = changed.filter(|(_, (old, new))| old != new && after.accounts.contains_key(address)).collect();
            if old != new || !storage.is_empty() {
                changes.accounts.insert(*address, AccountChange { before: old, after: new, storage });
            }
        }
        changes
    }
}

impl Model {
    pub(crate) fn addresses() -> impl Iterator<Item = Address> {
        (0..ADDRESSES).map(address)
    }

    pub(crate) fn slots() -> impl Iterator<Item = U256> {
        (0..SLOTS).map(slot_of)
    }

    /// A block more; what it changes.
    pub(crate) fn push(&mut self, acts: &[Act]) -> StateChanges {
        let number = self.states.len() as u64;
        let mut after = self.latest().clone();
        acts.iter().for_each(|act| after.act(*act, number));
        let changes = self.latest().changes_to(&after);
        self.states.push(after);
        changes
    }

    /// A block that makes so many accounts.
    pub(crate) fn transfers(&mut self, number: u64, count: u64) -> StateChanges {
        let mut after = self.latest().clone();
        for index in 0..count {
            let to = Address::from_word(keccak256((number, index).0.to_be_bytes().map(|byte| byte ^ index as u8)));
            after.accounts.insert(to, Account { nonce: number, ..Account::default() });
        }
        let changes = self.latest().changes_to(&after);
        self.states.push(after);
        changes
    }

    /// Changes made elsewhere, on top of the last state.
    pub(crate) fn apply(&mut self, changes: &StateChanges) {
        let mut after = self.latest().clone();
        for (address, change) in &changes.accounts {
            match change.after {
                Some(account) => drop(after.accounts.insert(*address, account)),
                None => {
                    after.accounts.remove(address);
                    after.slots.retain(|(of, _), _| of != address);
                }
            }
            after.slots.extend(change.storage.iter().map(|(slot, (_, value))| ((*address, *slot), *value)));
            after.slots.retain(|_, value| !value.is_zero());
        }
        self.states.push(after);
    }

    pub(crate) fn latest(&self) -> &Flat {
        self.states.last().unwrap()
    }

    pub(crate) fn at(&self, number: u64) -> &Flat {
        &self.states[number as usize]
    }

    pub(crate) fn account(&self, address: &Address) -> Option<Account> {
        self.latest().account(address)
    }

    pub(crate) fn slot(&self, address: &Address, slot: &U256) -> U256 {
        self.latest().slot(address, slot)
    }
}
