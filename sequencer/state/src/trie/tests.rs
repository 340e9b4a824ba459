//! The trie against one that is built anew from all its entries, with pages coming and going.

use super::*;
use crate::Page;
use alloy_primitives::{U256, keccak256};
use alloy_trie::{HashBuilder, Nibbles};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

#[derive(Default)]
struct Memory {
    pages: BTreeMap<PageId, Page>,
    root: Option<PageId>,
    next: u64,
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
    fn write(&mut self, trie: &mut Trie) {
        let expected = trie.dirty();
        let mut dirty = DirtyPages::from(PageId::new(self.next + 1).unwrap());
        self.root = trie.take_dirty(&mut dirty);
        assert!(dirty.pages.len() <= expected, "{} pages of {expected}", dirty.pages.len());
        for id in dirty.superseded {
            assert!(self.pages.remove(&id).is_some(), "superseded twice");
        }
        for (id, page) in dirty.pages {
            self.next += 1;
            assert_eq!(id.get(), self.next);
            self.pages.insert(id, page);
        }
    }
}

fn rebuilt(entries: &BTreeMap<B256, U256>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in entries {
        builder.add_leaf(Nibbles::unpack(key), &alloy_rlp::encode(value));
    }
    builder.root()
}

/// Every page there is, and no other, can be reached from the root.
fn assert_no_page_is_left_behind(trie: &mut Trie, pages: &Memory, entries: &BTreeMap<B256, U256>) {
    let mut reached = BTreeSet::new();
    let mut walk = Walk { id: trie.id, pages, tools: &mut Tools::default(), tally: &mut trie.tally };
    reach(&mut walk, &mut trie.root, Prefix::ROOT, &mut reached);
    assert!(reached.iter().eq(pages.pages.keys()), "of {} entries", entries.len());
    // Every branch has two children at least, so no keys, however they were chosen, make more pages than this.
    assert!(pages.pages.len() <= 2 * entries.len());
}

fn reach(walk: &mut Walk<'_, Memory>, slot: &mut Slot, prefix: Prefix, reached: &mut BTreeSet<PageId>) {
    if slot.reference.is_empty() {
        return;
    }
    walk.load(slot, &prefix).unwrap();
    assert!(reached.insert(slot.page.unwrap()), "one page in two places");
    if let Node::Branch(branch) = &mut slot.node {
        let path = *branch.path();
        for (nibble, child) in (0..).zip(Arc::make_mut(branch).slots_mut()) {
            reach(walk, child, path.child(nibble), reached);
        }
    }
}

#[derive(Clone, Debug)]
enum Act {
    Update(Vec<(B256, U256)>),
    Remove(Vec<usize>),
    Write,
    Reopen,
    Forget(bool),
}

/// Keys that mostly have long beginnings in common, and some that do not.
fn key() -> impl Strategy<Value = B256> {
    prop_oneof![
        any::<u64>().prop_map(|seed| keccak256(seed.to_be_bytes())),
        (0u8..4, 0u8..40, any::<u8>()).prop_map(|(head, place, last)| {
            let mut key = B256::repeat_byte(0x11 * head);
            key.0[usize::from(place % 32)] ^= 0x10;
            key.0[31] = last;
            key
        }),
        any::<u16>().prop_map(|seed| B256::with_last_byte((seed % 200) as u8)),
    ]
}

fn word() -> impl Strategy<Value = U256> {
    prop_oneof![any::<u8>().prop_map(U256::from), any::<[u8; 32]>().prop_map(U256::from_be_bytes)].prop_map(|word| word | U256::from(1))
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => prop::collection::vec((key(), word()), 1..30).prop_map(Act::Update),
        4 => prop::collection::vec(any::<usize>(), 1..40).prop_map(Act::Remove),
        2 => Just(Act::Write),
        1 => Just(Act::Reopen),
        1 => any::<bool>().prop_map(Act::Forget),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_root_is_that_of_the_entries_whatever_came_before(acts in prop::collection::vec(act(), 1..50)) {
        let account = B256::ZERO;
        let (mut pages, mut trie, mut entries, mut tools) = (Memory::default(), Trie::empty(TrieId::Storage(account)), BTreeMap::new(), Tools::default());
        for act in acts {
            match act {
                Act::Update(changes) => {
                    let changes: BTreeMap<_, _> = changes.into_iter().collect();
                    let sorted: Vec<_> = changes.iter().map(|(key, value)| (*key, Change::Word(value))).collect();
                    trie.update(&sorted, &pages, &mut tools).unwrap();
                    entries.extend(changes);
                }
                Act::Remove(places) => {
                    let keys: BTreeMap<B256, ()> =
                        places.iter().filter_map(|place| Some((*entries.keys().nth(place % (entries.len() + 1))?, ()))).collect();
                    let keys: BTreeMap<_, _> = keys.into_iter().chain([(keccak256("absent"), ()), (B256::with_last_byte(201), ())]).collect();
                    let sorted: Vec<_> = keys.keys().map(|key| (*key, Change::Remove)).collect();
                    trie.update(&sorted, &pages, &mut tools).unwrap();
                    entries.retain(|key, _| !keys.contains_key(key));
                }
                Act::Write => {
                    pages.write(&mut trie);
                    assert_no_page_is_left_behind(&mut trie, &pages, &entries);
                }
                Act::Forget(keep) => trie.forget(Some(1), keep),
                Act::Reopen => {
                    pages.write(&mut trie);
                    trie = Trie::of_account::<Infallible>(&account, &StorageRoot { root: trie.root(), page: pages.root }).unwrap();
                }
            }
            prop_assert_eq!(trie.root(), rebuilt(&entries));
        }
        for (key, value) in &entries {
            let found = trie.get(key, &pages, &mut tools).unwrap();
            prop_assert_eq!(found, Some(value.to_be_bytes_trimmed_vec()));
        }
        trie.clear(&pages, &mut tools).unwrap();
        pages.write(&mut trie);
        prop_assert!(pages.pages.is_empty());
        prop_assert_eq!(trie.tally.held, 0);
    }
}
