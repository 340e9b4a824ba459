use super::*;
use crate::memory::MemoryState;
use alloy_primitives::{U256, keccak256};
use alloy_trie::{HashBuilder, Nibbles};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Map = BTreeMap<B256, Vec<u8>>;

/// The root that another implementation gives.
fn reference_root(map: &Map) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in map {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

/// A trie with all of its nodes in a store.
fn stored(map: &Map) -> (B256, MemoryState) {
    let mut trie = SparseTrie::default();
    let mut state = MemoryState::default();
    for (key, value) in map {
        trie.insert(key.as_slice(), value.clone(), &state).unwrap();
    }
    let (root, nodes) = trie.commit();
    state.nodes.extend(nodes);
    (root, state)
}

fn apply<N: NodeSource>(root: B256, steps: &[(B256, Option<Vec<u8>>)], nodes: &N) -> Result<(B256, TrieNodes), TrieError<N::Error>> {
    let mut trie = SparseTrie::new(root);
    for (key, value) in steps {
        match value {
            Some(value) => trie.insert(key.as_slice(), value.clone(), nodes)?,
            None => trie.remove(key.as_slice(), nodes)?,
        }
    }
    Ok(trie.commit())
}

fn apply_to_map(map: &mut Map, steps: &[(B256, Option<Vec<u8>>)]) {
    for (key, value) in steps {
        match value {
            Some(value) => map.insert(*key, value.clone()),
            None => map.remove(key),
        };
    }
}

/// Remembers which nodes were read.
struct Recorder<'a> {
    state: &'a MemoryState,
    read: core::cell::RefCell<BTreeSet<B256>>,
}

impl NodeSource for Recorder<'_> {
    type Error = core::convert::Infallible;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, Self::Error> {
        self.read.borrow_mut().insert(*hash);
        self.state.node(hash)
    }
}

/// Keys that share long prefixes, so that extensions, splits and collapses are frequent.
fn key() -> impl Strategy<Value = B256> {
    (0u8..4, 0u8..4, 0u8..3, 0u8..20).prop_map(|(first, second, depth, last)| {
        let mut key = B256::ZERO;
        key[0] = first << 4;
        key[usize::from(depth) * 10 + 1] = second;
        key[31] = last;
        key
    })
}

/// Short values end up inside their parents, long ones outside.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(1u8.., 1..3), prop::collection::vec(1u8.., 30..40)]
}

fn map() -> impl Strategy<Value = Map> {
    prop::collection::btree_map(key(), value(), 0..40)
}

fn steps() -> impl Strategy<Value = Vec<(B256, Option<Vec<u8>>)>> {
    prop::collection::vec((key(), prop::option::of(value())), 0..30)
}

proptest! {
    #[test]
    fn roots_agree_with_another_implementation(mut before in map(), steps in steps()) {
        let (root, state) = stored(&before);
        prop_assert_eq!(root, reference_root(&before));
        let (after, _) = apply(root, &steps, &state).unwrap();
        apply_to_map(&mut before, &steps);
        prop_assert_eq!(after, reference_root(&before));
    }

    #[test]
    fn new_nodes_make_the_new_trie_complete(mut before in map(), steps in steps()) {
        let (root, mut state) = stored(&before);
        let (after, nodes) = apply(root, &steps, &state).unwrap();
        for (hash, bytes) in &nodes {
            prop_assert_eq!(keccak256(bytes), *hash);
        }
        state.nodes.extend(nodes);
        apply_to_map(&mut before, &steps);
        for (key, value) in &before {
            prop_assert_eq!(lookup(after, key.as_slice(), &state).unwrap(), Some(value.clone()));
        }
    }

    #[test]
    fn the_nodes_read_are_a_sufficient_witness(before in map(), steps in steps()) {
        let (root, state) = stored(&before);
        let recorder = Recorder { state: &state, read: Default::default() };
        let expected = apply(root, &steps, &recorder).unwrap();
        let read = recorder.read.into_inner();
        let witness = MemoryState { nodes: state.nodes.into_iter().filter(|(hash, _)| read.contains(hash)).collect(), ..MemoryState::default() };
        prop_assert_eq!(apply(root, &steps, &witness).unwrap(), expected);
    }

    #[test]
    fn a_missing_node_is_an_error_and_never_a_wrong_root(before in map(), steps in steps(), choice: prop::sample::Index) {
        let (root, mut state) = stored(&before);
        let expected = apply(root, &steps, &state).unwrap().0;
        prop_assume!(!state.nodes.is_empty());
        let hash = *state.nodes.keys().nth(choice.index(state.nodes.len())).unwrap();
        state.nodes.remove(&hash);
        match apply(root, &steps, &state) {
            Ok((found, _)) => prop_assert_eq!(found, expected),
            Err(error) => prop_assert_eq!(error, TrieError::Missing { hash }),
        }
    }

    #[test]
    fn an_operation_that_fails_changes_nothing(before in map(), steps in steps(), choice: prop::sample::Index) {
        let (root, state) = stored(&before);
        prop_assume!(!state.nodes.is_empty());
        let mut lacking = state.clone();
        lacking.nodes.remove(state.nodes.keys().nth(choice.index(state.nodes.len())).unwrap());
        let mut trie = SparseTrie::new(root);
        let mut expected = before;
        for step in &steps {
            let done = match &step.1 {
                Some(value) => trie.insert(step.0.as_slice(), value.clone(), &lacking),
                None => trie.remove(step.0.as_slice(), &lacking),
            };
            if done.is_ok() {
                apply_to_map(&mut expected, core::slice::from_ref(step));
            }
        }
        prop_assert_eq!(trie.commit().0, reference_root(&expected));
    }

    #[test]
    fn proofs_verify_with_another_implementation(before in map(), absent in key()) {
        let (root, state) = stored(&before);
        for key in before.keys().chain([&absent]) {
            let Proof { value, nodes: proof } = prove(root, key.as_slice(), &state).unwrap();
            prop_assert_eq!(value.as_ref(), before.get(key));
            prop_assert!(alloy_trie::proof::verify_proof(root, Nibbles::unpack(key), value, &proof).is_ok());
        }
    }

    #[test]
    fn random_bytes_are_a_malformed_node_or_a_node_but_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut state = MemoryState::default();
        let hash = keccak256(&bytes);
        state.nodes.insert(hash, bytes.into());
        let _ = lookup(hash, B256::ZERO.as_slice(), &state);
    }
}

#[test]
fn setting_a_value_to_itself_makes_no_new_node() {
    let before: Map = (0u8..50).map(|byte| (keccak256([byte]), vec![byte, 1])).collect();
    let (root, state) = stored(&before);
    let steps: Vec<_> = before.into_iter().map(|(key, value)| (key, Some(value))).collect();
    assert_eq!(apply(root, &steps, &state).unwrap(), (root, Vec::new()));
}

#[test]
fn the_empty_trie_has_the_well_known_root() {
    let mut trie = SparseTrie::default();
    assert_eq!(trie.commit(), (EMPTY_ROOT_HASH, Vec::new()));
    let state = MemoryState::default();
    trie.insert(&[1; 32], vec![1], &state).unwrap();
    trie.remove(&[1; 32], &state).unwrap();
    assert_eq!(trie.commit().0, EMPTY_ROOT_HASH);
}

#[test]
fn a_key_beyond_32_bytes_is_refused() {
    let state = MemoryState::default();
    assert_eq!(SparseTrie::default().insert(&[1; 33], vec![1], &state), Err(TrieError::Key));
}

#[test]
fn an_account_without_storage_proves_every_slot_empty() {
    let state = MemoryState::default();
    let proof = account_proof(EMPTY_ROOT_HASH, Default::default(), &[U256::from(1)], &state).unwrap();
    assert_eq!(proof.account, None);
    assert_eq!(proof.storage[0].value, U256::ZERO);
    assert!(proof.proof.is_empty() && proof.storage[0].proof.is_empty());
}
