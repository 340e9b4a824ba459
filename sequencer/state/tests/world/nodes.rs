//! Nodes by hash: proofs and the guest's trie over them.

use crate::model::{Memory, Model, address, slot, wishes};
use alloy_primitives::{Address, B256, U256, keccak256};
use gainsay_execute::trie::{EMPTY_ROOT_HASH, NodeSource, account_proof, prove, update_state_root};
use gainsay_state::{NodesAt, PageSource, PagedStateError, World};
use proptest::{collection::vec, prelude::*};
use std::fmt::Debug;

impl Model {
    /// Every account and slot has the same proof from both, and so have some that are not there.
    pub(crate) fn assert_same_nodes<P: PageSource<Error: Debug>>(&self, nodes: &NodesAt<P>) {
        let slots: Vec<U256> = (0..5).map(U256::from).chain(self.flat.storage.keys().map(|(_, slot)| *slot).take(5)).collect();
        for address in (0..40).map(Address::repeat_byte).chain(self.flat.accounts.keys().copied()) {
            let expected = account_proof(self.roots.state_root, address, &slots, &self.flat).unwrap();
            assert_eq!(account_proof(self.roots.state_root, address, &slots, nodes).unwrap(), expected);
        }
    }
}

fn written(model: &mut Model, wishes: &[crate::model::Wish]) -> Memory {
    let (mut pages, mut world) = (Memory::default(), World::empty());
    let changes = model.changes(wishes);
    model.apply(&changes);
    world.apply(&changes, &pages).unwrap();
    pages.write(&mut world);
    pages
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_guests_trie_goes_on_from_nodes_of_pages(
        first in wishes(200),
        second in wishes(30),
        third in wishes(60),
        reads in vec((address(), slot()), 0..20),
    ) {
        let mut model = Model::default();
        let pages = written(&mut model, &first);
        let second = model.changes(&second);
        model.apply(&second);
        let nodes = NodesAt::new(&pages, model.roots.state_root, [&second]).unwrap();
        for (address, slot) in reads {
            let expected = account_proof(model.roots.state_root, address, &[slot], &model.flat).unwrap();
            prop_assert_eq!(account_proof(model.roots.state_root, address, &[slot], &nodes).unwrap(), expected);
        }
        let third = model.changes(&third);
        let update = update_state_root(model.roots.state_root, &third, &nodes).unwrap();
        let before = model.roots.state_root;
        model.apply(&third);
        prop_assert_eq!(update.roots, model.roots);
        // Again from a source that is asked for nothing else, as a witness is recorded.
        let alone = NodesAt::new(&pages, before, [&second]).unwrap();
        prop_assert_eq!(update_state_root(before, &third, &alone).unwrap(), update);
    }
}

#[test]
fn a_state_with_another_root_than_asked_for_is_refused() {
    let pages = Memory::default();
    let expected = B256::repeat_byte(1);
    let refused = NodesAt::new(&pages, expected, []).unwrap_err();
    assert_eq!(refused, PagedStateError::Root { expected, found: EMPTY_ROOT_HASH });
    let empty = NodesAt::new(&pages, EMPTY_ROOT_HASH, []).unwrap();
    assert_eq!(empty.node(&expected), Ok(None), "a hash that nothing refers to");
    assert_eq!(prove(EMPTY_ROOT_HASH, keccak256([1]).as_slice(), &empty).unwrap().value, None);
}
