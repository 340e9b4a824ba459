//! State in memory: what blocks changed, newest value by key.

use alloy_primitives::{
    Address, U256,
    map::{AddressMap, AddressSet, HashMap},
};
use gainsay_execute::{Account, AccountChange, StateChanges};
use std::sync::Arc;

/// What the blocks `first..=last` changed. Once made it never changes: readers share it with the writer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Every account with a change in itself or in its storage; none if it does not exist any more.
    pub(crate) accounts: AddressMap<Option<Account>>,
    /// Slots that changed, zero for none.
    pub(crate) slots: HashMap<(Address, U256), U256>,
    /// Accounts that ceased to exist in one of these blocks: of older layers and pages, none of their slots counts.
    pub(crate) wiped: AddressSet,
}

/// Layers of consecutive blocks, oldest first.
pub(crate) type Layers = Arc<[Arc<Layer>]>;

impl Layer {
    /// In place of a number: of no block, but laid over the state after one.
    pub(crate) const EDIT: u64 = u64::MAX;

    /// Of one block.
    pub(crate) fn of(number: u64, changes: &StateChanges) -> Self {
        let mut layer = Self { first: number, last: number, ..Self::default() };
        layer.accounts.reserve(changes.accounts.len());
        for (address, change) in &changes.accounts {
            layer.put_account(*address, change.after);
            for (slot, (_, value)) in change.storage.iter().filter(|_| change.after.is_some()) {
                layer.slots.insert((*address, *slot), *value);
            }
        }
        layer
    }

    pub(crate) fn put_account(&mut self, address: Address, account: Option<Account>) {
        if account.is_none() {
            self.wiped.insert(address);
        }
        self.accounts.insert(address, account);
    }

    /// The account if these blocks changed it: none within if it does not exist.
    pub(crate) fn account(&self, address: &Address) -> Option<Option<Account>> {
        self.accounts.get(address).copied()
    }

    /// The slot's value if these blocks changed it.
    pub(crate) fn slot(&self, address: &Address, slot: &U256) -> Option<U256> {
        match self.slots.get(&(*address, *slot)) {
            Some(value) => Some(*value),
            None => self.wiped.contains(address).then_some(U256::ZERO),
        }
    }

    /// Accounts and slots.
    pub(crate) fn size(&self) -> usize {
        self.accounts.len() + self.slots.len()
    }

    /// Memory, bytes, roughly.
    pub(crate) fn bytes(&self) -> usize {
        // A byte of the table for each place.
        let (account, slot) = (1 + size_of::<(Address, Option<Account>)>(), 1 + size_of::<((Address, U256), U256)>());
        self.accounts.capacity() * account + self.slots.capacity() * slot + self.wiped.capacity() * (1 + size_of::<Address>())
    }

    /// The changes of both, this one being the newer.
    pub(crate) fn over(&self, mut older: Self) -> Self {
        older.last = self.last;
        if !self.wiped.is_empty() {
            older.slots.retain(|(address, _), _| !self.wiped.contains(address));
            older.wiped.extend(&self.wiped);
        }
        older.accounts.extend(&self.accounts);
        older.slots.extend(&self.slots);
        older
    }

    /// What brings a trie from before these blocks to after them, applied in order: first accounts go whose storage goes with them, then everything
    /// gets its newest value. Values before the blocks are not in it.
    pub(crate) fn changes(&self) -> [StateChanges; 2] {
        let gone = AccountChange { before: None, after: None, storage: [].into() };
        let mut changes = [StateChanges::default(), StateChanges::default()];
        changes[0].accounts.extend(self.wiped.iter().map(|address| (*address, gone.clone())));
        let changed = self.accounts.iter().filter(|(address, account)| account.is_some() || !self.wiped.contains(*address));
        changes[1].accounts.extend(changed.map(|(address, account)| (*address, AccountChange { after: *account, ..gone.clone() })));
        for ((address, slot), value) in &self.slots {
            if let Some(change) = changes[1].accounts.get_mut(address) {
                change.storage.insert(*slot, (U256::ZERO, *value));
            }
        }
        changes
    }
}

/// `layers` with one more on top. Neighbours of like size above block `boundary` are merged, as a binary counter carries: so a look-up asks few, and each
/// change is copied a few times in all.
pub(crate) fn push(layers: &[Arc<Layer>], mut top: Arc<Layer>, boundary: u64) -> Layers {
    let mut rest = layers;
    while let Some((older, others)) = rest.split_last() {
        if older.first <= boundary || older.size() > 2 * top.size() {
            break;
        }
        top = Arc::new(top.over(older.as_ref().clone()));
        rest = others;
    }
    rest.iter().cloned().chain([top]).collect()
}

/// All of them as one; none if there are none.
pub(crate) fn merged(layers: &[Arc<Layer>]) -> Option<Arc<Layer>> {
    let (first, rest) = layers.split_first()?;
    if rest.is_empty() {
        return Some(first.clone());
    }
    Some(Arc::new(rest.iter().fold(first.as_ref().clone(), |all, layer| layer.over(all))))
}

/// The newest layer's word on an account.
pub(crate) fn account(layers: &[Arc<Layer>], address: &Address) -> Option<Option<Account>> {
    layers.iter().rev().find_map(|layer| layer.account(address))
}

/// The newest layer's word on a slot.
pub(crate) fn slot(layers: &[Arc<Layer>], address: &Address, slot: &U256) -> Option<U256> {
    layers.iter().rev().find_map(|layer| layer.slot(address, slot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Model, any_changes};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn layers_however_merged_answer_as_the_changes_one_by_one(blocks in prop::collection::vec(any_changes(), 1..40), boundary in 0u64..40) {
            let mut model = Model::default();
            let mut layers: Layers = Arc::new([]);
            for (number, block) in (1..).zip(&blocks) {
                let changes = model.push(block);
                layers = push(&layers, Arc::new(Layer::of(number, &changes)), if number > boundary { boundary } else { 0 });
                prop_assert!(layers.windows(2).all(|pair| pair[0].last + 1 == pair[1].first));
                prop_assert!(layers.iter().all(|layer| layer.first > boundary || layer.last <= boundary));
            }
            prop_assert!(layers.len() <= 24, "{} layers", layers.len());
            let whole = merged(&layers).unwrap();
            let mut replayed = Model::default();
            whole.changes().iter().for_each(|changes| replayed.apply(changes));
            prop_assert_eq!(replayed.latest(), model.latest());
            for address in Model::addresses() {
                let expected = model.account(&address);
                prop_assert_eq!(account(&layers, &address).flatten(), expected);
                prop_assert_eq!(whole.account(&address).flatten(), expected);
                for place in Model::slots() {
                    let expected = model.slot(&address, &place);
                    prop_assert_eq!(slot(&layers, &address, &place).unwrap_or_default(), expected);
                    prop_assert_eq!(whole.slot(&address, &place).unwrap_or_default(), expected);
                }
            }
        }
    }

    #[test]
    fn many_blocks_of_one_size_are_few_layers() {
        let mut model = Model::default();
        let mut layers: Layers = Arc::new([]);
        for number in 1..=1_000u64 {
            let changes = model.transfers(number, 4);
            layers = push(&layers, Arc::new(Layer::of(number, &changes)), 0);
            assert!(layers.len() <= 12, "{} layers after {number} blocks", layers.len());
        }
    }
}
