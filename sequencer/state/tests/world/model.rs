//! A state in memory that the guest's trie keeps, pages in a map, and random changes.

use alloy_primitives::{Address, B256, U256, keccak256};
use gainsay_execute::{Account, AccountChange, StateChanges, StateRoots, memory::MemoryState, trie::update_state_root};
use gainsay_state::{Page, PageId, PageSource, World};
use gainsay_types::predeploys::MESSAGE_PASSER;
use proptest::{collection::vec, prelude::*};
use std::{collections::BTreeMap, convert::Infallible};

/// Pages in a map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) pages: BTreeMap<PageId, Page>,
    pub(crate) root: Option<PageId>,
    written: u64,
}

impl PageSource for Memory {
    type Error = Infallible;

    fn root(&self) -> Option<PageId> {
        self.root
    }

    fn page(&self, id: PageId) -> Result<Option<Page>, Infallible> {
        Ok(self.pages.get(&id).cloned())
    }
}

impl Memory {
    /// Takes over what differs, and removes what nothing refers to any more; how many pages are new.
    pub(crate) fn write(&mut self, world: &mut World) -> usize {
        let dirty = world.take_dirty(PageId::new(self.written + 1).unwrap());
        for id in dirty.superseded {
            assert!(self.pages.remove(&id).is_some(), "superseded twice");
        }
        let count = dirty.pages.len();
        for (id, page) in dirty.pages {
            self.written += 1;
            assert_eq!(id.get(), self.written);
            self.pages.insert(id, page);
        }
        self.root = dirty.root;
        count
    }
}

/// The state as the guest's trie has it.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) flat: MemoryState,
    pub(crate) roots: StateRoots,
}

impl Default for Model {
    fn default() -> Self {
        let empty = gainsay_execute::trie::EMPTY_ROOT_HASH;
        Self { flat: MemoryState::default(), roots: StateRoots { state_root: empty, message_passer_root: empty } }
    }
}

impl Model {
    /// The changes that some wishes are, on this state.
    pub(crate) fn changes(&self, wishes: &[Wish]) -> StateChanges {
        let mut changes = StateChanges::default();
        for wish in wishes {
            let before = self.flat.accounts.get(&wish.address).copied();
            let change = changes.accounts.entry(wish.address).or_insert(AccountChange { before, after: before, storage: BTreeMap::new() });
            change.after = wish.account;
            let own = self.flat.storage.range((wish.address, U256::ZERO)..=(wish.address, U256::MAX));
            match wish.account {
                // What is gone has no storage.
                None => change.storage = own.map(|((_, slot), value)| (*slot, (*value, U256::ZERO))).collect(),
                Some(_) => {
                    for (slot, value) in &wish.slots {
                        let before = self.flat.storage.get(&(wish.address, *slot)).copied().unwrap_or_default();
                        change.storage.insert(*slot, (before, *value));
                    }
                }
            }
            change.storage.retain(|_, (before, after)| before != after);
        }
        changes
    }

    /// Takes over changes by the guest's trie.
    pub(crate) fn apply(&mut self, changes: &StateChanges) {
        let update = update_state_root(self.roots.state_root, changes, &self.flat).unwrap();
        self.flat.apply(changes, update.nodes);
        self.roots = update.roots;
    }
}

/// What an account shall be.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) address: Address,
    pub(crate) account: Option<Account>,
    pub(crate) slots: Vec<(U256, U256)>,
}

pub(crate) fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        1 => Just(MESSAGE_PASSER),
        6 => (0u8..40).prop_map(Address::repeat_byte),
        12 => (0u16..400).prop_map(|seed| Address::from_slice(&keccak256(seed.to_be_bytes())[..20])),
    ]
}

pub(crate) fn slot() -> impl Strategy<Value = U256> {
    (0u64..70).prop_map(|slot| if slot < 40 { U256::from(slot) } else { keccak256(slot.to_be_bytes()).into() })
}

fn account() -> impl Strategy<Value = Option<Account>> {
    let some = (0u64..3, 0u64..1000, any::<bool>()).prop_map(|(nonce, balance, code)| {
        let code_hash = if code { keccak256([nonce as u8]) } else { Account::default().code_hash };
        Some(Account { nonce, balance: U256::from(balance), code_hash })
    });
    prop_oneof![
        1 => Just(Some(Account::default())),
        6 => some,
        3 => Just(None),
    ]
}

pub(crate) fn wishes(most: usize) -> impl Strategy<Value = Vec<Wish>> {
    let value =
        prop_oneof![3 => Just(U256::ZERO), 4 => (1u64..300).prop_map(U256::from), 1 => any::<[u8; 32]>().prop_map(U256::from_be_bytes)];
    let slots = prop_oneof![3 => Just(Vec::new()).boxed(), 3 => vec((slot(), value), 0..40).boxed()];
    let wish = (address(), account(), slots).prop_map(|(address, account, slots)| Wish { address, account, slots });
    vec(wish, 0..most)
}

/// The storage root of an account as the guest's trie has it.
pub(crate) fn storage_root(model: &Model, address: Address) -> Option<B256> {
    let proof = gainsay_execute::trie::account_proof(model.roots.state_root, address, &[], &model.flat).unwrap();
    proof.account.map(|account| account.storage_root)
}
