//! Changes of the state that no transaction makes: they are seen at once, and become part of the next block.

use crate::DevError;
use alloy::primitives::{Address, Bytes, KECCAK256_EMPTY, U256, keccak256};
use gainsay_execute::{Account, AccountChange, StateChanges};
use gainsay_store::StateReader;
use std::collections::btree_map::Entry;

/// What was changed since the latest block, from its own state to what readers see.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits(StateChanges);

impl Edits {
    pub(crate) const fn changes(&self) -> &StateChanges {
        &self.0
    }

    /// Changes an account. `state` is what readers see.
    pub(crate) fn account(&mut self, state: &StateReader, address: Address, change: impl FnOnce(&mut Account)) -> Result<(), DevError> {
        let entry = self.entry(state, address)?;
        let mut account = entry.after.unwrap_or_default();
        change(&mut account);
        entry.after = Some(account);
        self.settle(address);
        Ok(())
    }

    /// Gives an account code, or takes it away.
    pub(crate) fn code(&mut self, state: &StateReader, address: Address, code: Bytes) -> Result<(), DevError> {
        let hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(&code) };
        if !code.is_empty() {
            self.0.codes.insert(hash, code);
        }
        self.account(state, address, |account| account.code_hash = hash)
    }

    /// Sets a slot.
    pub(crate) fn slot(&mut self, state: &StateReader, address: Address, slot: U256, value: U256) -> Result<(), DevError> {
        let seen = state.storage(address, slot)?;
        let entry = self.entry(state, address)?;
        entry.after = Some(entry.after.unwrap_or_default());
        entry.storage.entry(slot).or_insert((seen, seen)).1 = value;
        self.settle(address);
        Ok(())
    }

    /// What is seen of an account that was not changed yet is what the block left.
    fn entry(&mut self, state: &StateReader, address: Address) -> Result<&mut AccountChange, DevError> {
        match self.0.accounts.entry(address) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(place) => {
                let account = state.account(address)?;
                Ok(place.insert(AccountChange { before: account, after: account, storage: [].into() }))
            }
        }
    }

    /// Leaves out what is as it was: no account comes to be by being given nothing.
    fn settle(&mut self, address: Address) {
        if let Entry::Occupied(mut entry) = self.0.accounts.entry(address) {
            let change = entry.get_mut();
            change.storage.retain(|_, (before, after)| before != after);
            if change.before.is_none() && change.storage.is_empty() && change.after.is_some_and(|account| account.is_empty()) {
                change.after = None;
            }
            if change.before == change.after && change.storage.is_empty() {
                entry.remove();
            }
        }
    }

    /// These changes, and then those of a block that was executed on them, as one: from the state of the latest block to that after the new one.
    pub(crate) fn followed_by(&self, block: StateChanges) -> StateChanges {
        let mut all = self.clone();
        for (address, later) in block.accounts {
            match all.0.accounts.entry(address) {
                Entry::Vacant(place) => {
                    place.insert(later);
                }
                Entry::Occupied(mut entry) => {
                    let change = entry.get_mut();
                    change.after = later.after;
                    if later.after.is_none() {
                        change.storage.clear();
                    }
                    for (slot, (before, after)) in later.storage {
                        change.storage.entry(slot).or_insert((before, after)).1 = after;
                    }
                }
            }
            all.settle(address);
        }
        all.0.codes.extend(block.codes);
        all.0
    }
}
