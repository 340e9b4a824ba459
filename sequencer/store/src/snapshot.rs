//! The state after one block: pages of an epoch, and layers above them.

use crate::{
    Store, StoreError,
    epoch::Epoch,
    layer::{self, Layer, Layers},
    pages::PagesAt,
};
use alloy_primitives::{Address, U256};
use gainsay_execute::{Account, StateChanges, StateRoots};
use gainsay_state::World;
use std::sync::Arc;

/// The newest epoch that is not newer than a block, and what the blocks after it, up to that block, changed.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) base: Arc<Epoch>,
    pub(crate) layers: Layers,
}

impl Snapshot {
    pub(crate) fn pages(&self, store: &Store) -> PagesAt {
        PagesAt { store: store.clone(), epoch: self.base.clone() }
    }

    pub(crate) fn account(&self, store: &Store, address: &Address) -> Result<Option<Account>, StoreError> {
        if let Some(account) = layer::account(&self.layers, address) {
            return Ok(account);
        }
        let found = gainsay_state::read_account(&self.pages(store), address).map_err(StoreError::of_state)?;
        Ok(found.map(|(account, _)| account))
    }

    pub(crate) fn slot(&self, store: &Store, address: &Address, slot: &U256) -> Result<U256, StoreError> {
        match layer::slot(&self.layers, address, slot) {
            Some(value) => Ok(value),
            None => self.paged_slot(store, address, slot),
        }
    }

    /// As the pages have it.
    fn paged_slot(&self, store: &Store, address: &Address, slot: &U256) -> Result<U256, StoreError> {
        let (pages, storages) = (self.pages(store), store.storages());
        let Some(root) = self.base.root else { return Ok(U256::ZERO) };
        let found = match storages.get(root, *address) {
            Some(found) => {
                self.base.check()?;
                found
            }
            None => {
                let found = gainsay_state::read_storage(&pages, address).map_err(StoreError::of_state)?;
                storages.put(root, *address, found);
                found
            }
        };
        found.slot(&pages, slot).map_err(StoreError::of_state)
    }

    /// What brings the tries from the pages to the state that the block's header names, in order: edits are in no trie.
    pub(crate) fn changes(&self) -> Vec<StateChanges> {
        let layers = match self.layers.split_last() {
            Some((top, blocks)) if top.first == Layer::EDIT => blocks,
            _ => &self.layers,
        };
        layer::merged(layers).map(|layer| layer.changes().to_vec()).unwrap_or_default()
    }

    /// Accounts and slots that the blocks above `number` changed.
    pub(crate) fn changes_above(&self, number: u64) -> usize {
        self.layers.iter().filter(|layer| layer.first > number).map(|layer| layer.size()).sum()
    }

    /// Its tries and their roots.
    pub(crate) fn world(&self, store: &Store) -> Result<(World, StateRoots), StoreError> {
        let (mut world, pages) = (World::stored(), self.pages(store));
        let mut roots = world.apply(&StateChanges::default(), &pages).map_err(StoreError::of_state)?;
        for changes in self.changes() {
            roots = world.apply(&changes, &pages).map_err(StoreError::of_state)?;
        }
        Ok((world, roots))
    }
}
