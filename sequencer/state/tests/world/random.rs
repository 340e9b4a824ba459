//! Random changes that come and go, over pages that come and go.

use crate::model::{Memory, Model, Wish, storage_root, wishes};
use alloy_primitives::{Address, U256};
use gainsay_execute::{Account, AccountChange, StateChanges};
use gainsay_state::{NoPages, NodesAt, PagedStateError, World, read_account, read_slot};
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Act {
    Change(Vec<Wish>),
    Revert,
    Write,
    Forget,
    Reopen,
    Nodes,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => wishes(30).prop_map(Act::Change),
        1 => wishes(300).prop_map(Act::Change),
        3 => Just(Act::Revert),
        2 => Just(Act::Write),
        2 => Just(Act::Forget),
        1 => Just(Act::Reopen),
        1 => Just(Act::Nodes),
    ]
}

/// A state twice, and what was changed in it.
#[derive(Default)]
struct Both {
    pages: Memory,
    model: Model,
    /// What was changed, with the state before it.
    history: Vec<(Model, StateChanges)>,
    /// How many of the changes the pages have; none if they have some that were taken back.
    written: Option<usize>,
}

impl Both {
    fn write(&mut self, world: &mut World) {
        let most = world.dirty();
        assert!(self.pages.write(world) <= most && world.dirty() == 0);
        self.written = Some(self.history.len());
        self.assert_pages_have_the_state();
    }

    fn assert_pages_have_the_state(&self) {
        for address in (0..40).map(Address::repeat_byte).chain(self.model.flat.accounts.keys().copied()) {
            let expected = self.model.flat.accounts.get(&address).copied().zip(storage_root(&self.model, address));
            assert_eq!(read_account(&self.pages, &address).unwrap(), expected);
        }
        for ((address, slot), value) in &self.model.flat.storage {
            assert_eq!(read_slot(&self.pages, address, slot).unwrap(), *value);
        }
        assert_eq!(read_slot(&self.pages, &Address::repeat_byte(0xee), &U256::ZERO).unwrap(), U256::ZERO);
    }

    fn assert_nodes_have_the_state(&self, world: &World) {
        let root = self.model.roots.state_root;
        let live = NodesAt::over(world.clone(), &self.pages, root).unwrap();
        self.model.assert_same_nodes(&live);
        if let Some(written) = self.written {
            let since = self.history[written..].iter().map(|(_, changes)| changes);
            self.model.assert_same_nodes(&NodesAt::new(&self.pages, root, since).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn roots_are_those_of_the_guests_trie_whatever_comes_and_goes(acts in vec(act(), 1..40)) {
        let (mut world, mut both) = (World::empty(), Both { written: Some(0), ..Both::default() });
        for act in acts {
            match act {
                Act::Change(wishes) => {
                    let changes = both.model.changes(&wishes);
                    let before = both.model.clone();
                    both.model.apply(&changes);
                    prop_assert_eq!(world.apply(&changes, &both.pages).unwrap(), both.model.roots);
                    both.history.push((before, changes));
                }
                Act::Revert => {
                    let Some((before, changes)) = both.history.pop() else { continue };
                    both.model = before;
                    both.written = both.written.filter(|written| *written <= both.history.len());
                    prop_assert_eq!(world.revert(&changes, &both.pages).unwrap(), both.model.roots);
                }
                Act::Write => both.write(&mut world),
                Act::Forget => {
                    both.write(&mut world);
                    world.forget();
                }
                Act::Reopen => {
                    both.write(&mut world);
                    world = World::stored();
                }
                Act::Nodes => both.assert_nodes_have_the_state(&world),
            }
            prop_assert_eq!(world.roots(&both.pages).unwrap(), both.model.roots);
        }
        both.assert_nodes_have_the_state(&world);
        both.write(&mut world);
        let gone: Vec<_> = both.model.flat.accounts.keys().map(|address| Wish { address: *address, account: None, slots: Vec::new() }).collect();
        let changes = both.model.changes(&gone);
        prop_assert_eq!(world.apply(&changes, &both.pages).unwrap(), Model::default().roots);
        both.pages.write(&mut world);
        prop_assert!(both.pages.pages.is_empty(), "pages are left behind");
    }
}

#[test]
fn what_a_deleted_account_had_does_not_come_back_with_it() {
    let address = Address::repeat_byte(1);
    let account = Some(Account { nonce: 1, ..Account::default() });
    let change = |before, after, storage| StateChanges {
        accounts: [(address, AccountChange { before, after, storage })].into(),
        codes: BTreeMap::new(),
    };
    let mut pages = Memory::default();
    let mut world = World::empty();
    let slots = (0..100).map(|slot| (U256::from(slot), (U256::ZERO, U256::from(7)))).collect();
    world.apply(&change(None, account, slots), &pages).unwrap();
    pages.write(&mut world);
    let mut world = World::stored();
    // Its slots are not named.
    world.apply(&change(account, None, BTreeMap::new()), &pages).unwrap();
    let fresh = change(None, account, BTreeMap::new());
    let expected = World::empty().apply(&fresh, &NoPages).unwrap();
    assert_eq!(world.apply(&fresh, &pages).unwrap(), expected);
    pages.write(&mut world);
    assert_eq!(read_slot(&pages, &address, &U256::from(3)).unwrap(), U256::ZERO);
    assert_eq!(pages.pages.len(), 1, "the account's page alone");
}

#[test]
fn tries_that_an_error_left_half_changed_refuse_to_go_on() {
    let changes = Model::default().changes(
        &(0..100)
            .map(|seed| Wish {
                address: Address::repeat_byte(seed),
                account: Some(Account { nonce: 1, ..Account::default() }),
                slots: Vec::new(),
            })
            .collect::<Vec<_>>(),
    );
    let mut pages = Memory::default();
    let mut world = World::empty();
    let roots = world.apply(&changes, &pages).unwrap();
    pages.write(&mut world);
    let mut world = World::stored();
    let (key, page) = pages.pages.iter().nth(5).map(|(key, page)| (*key, page.clone())).unwrap();
    pages.pages.remove(&key);
    assert!(matches!(world.revert(&changes, &pages), Err(PagedStateError::Missing { .. })));
    pages.pages.insert(key, page);
    assert_eq!(world.roots(&pages), Err(PagedStateError::Broken));
    assert_eq!(world.apply(&changes, &pages), Err(PagedStateError::Broken));
    assert_eq!(World::stored().roots(&pages), Ok(roots));
}

#[test]
fn memory_is_given_back_once_pages_have_what_is_in_it() {
    let wish = |seed: u64| Wish {
        address: Address::from_slice(&alloy_primitives::keccak256(seed.to_be_bytes())[..20]),
        account: Some(Account { nonce: 1, ..Account::default() }),
        slots: (0..20).map(|slot| (U256::from(slot), U256::from(seed + 1))).collect(),
    };
    let (mut pages, mut world, mut model) = (Memory::default(), World::empty(), Model::default());
    let changes = model.changes(&(0..500).map(wish).collect::<Vec<_>>());
    model.apply(&changes);
    world.apply(&changes, &pages).unwrap();
    let full = world.held();
    pages.write(&mut world);
    world.forget();
    assert!(world.held() >= full / 2, "what was used lately stays");
    world.forget();
    assert!(world.held() < full / 4, "{} of {full} bytes", world.held());
    assert_eq!(world.roots(&pages).unwrap(), model.roots);
}

#[test]
fn large_blocks_have_the_roots_of_the_guests_trie_and_can_be_taken_back() {
    let wish = |seed: u64, slots: u64, value: u64| Wish {
        address: Address::from_slice(&alloy_primitives::keccak256(seed.to_be_bytes())[..20]),
        account: (seed % 7 != value % 7).then(|| Account { nonce: value, ..Account::default() }),
        slots: (0..slots).map(|slot| (U256::from(slot), U256::from(if (slot + value).is_multiple_of(5) { 0 } else { value }))).collect(),
    };
    let (mut pages, mut world, mut model) = (Memory::default(), World::empty(), Model::default());
    for value in 1..5 {
        // Many contracts with few slots, and two with many; each block deletes some.
        let wishes: Vec<_> = (0..900).map(|seed| wish(seed, if seed < 2 { 4_500 } else { seed % 10 }, value)).collect();
        let changes = model.changes(&wishes);
        let before = model.roots;
        model.apply(&changes);
        assert_eq!(world.apply(&changes, &pages).unwrap(), model.roots);
        assert_eq!(world.revert(&changes, &pages).unwrap(), before);
        assert_eq!(world.apply(&changes, &pages).unwrap(), model.roots);
        let most = world.dirty();
        assert!(pages.write(&mut world) <= most && world.dirty() == 0);
        world = World::stored();
    }
}
