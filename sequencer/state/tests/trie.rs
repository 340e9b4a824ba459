//! The trie against one that is built anew from all its entries, with pages coming and going.

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::{HashBuilder, Nibbles};
use gainsay_state::{Pages, Prefix, Trie};
use proptest::{collection::vec, prelude::*};
use std::{collections::BTreeMap, convert::Infallible};

#[derive(Default)]
struct Memory(BTreeMap<Prefix, Bytes>);

impl Pages for Memory {
    type Error = Infallible;

    fn page(&self, prefix: &Prefix) -> Result<Option<Bytes>, Infallible> {
        Ok(self.0.get(prefix).cloned())
    }
}

impl Memory {
    fn write(&mut self, trie: &mut Trie) {
        for (prefix, page) in trie.take_dirty() {
            match page {
                Some(page) => self.0.insert(prefix, page.into()),
                None => self.0.remove(&prefix),
            };
        }
    }
}

fn rebuilt(entries: &BTreeMap<B256, Bytes>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in entries {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

#[derive(Clone, Debug)]
enum Act {
    Set(B256, Bytes),
    Remove(usize),
    Write,
    Forget,
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

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (key(), vec(any::<u8>(), 1..80)).prop_map(|(key, value)| Act::Set(key, value.into())),
        4 => any::<usize>().prop_map(Act::Remove),
        1 => Just(Act::Write),
        1 => Just(Act::Forget),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_root_is_that_of_the_entries_whatever_came_before(acts in vec(act(), 1..400), every in 1usize..40) {
        let (mut pages, mut trie, mut entries) = (Memory::default(), Trie::default(), BTreeMap::new());
        for (number, act) in acts.into_iter().enumerate() {
            match act {
                Act::Set(key, value) => {
                    trie.set(key, Some(value.clone()), &pages).unwrap();
                    entries.insert(key, value);
                }
                Act::Remove(place) => {
                    let Some(key) = entries.keys().nth(place % entries.len().max(1)).copied() else { continue };
                    trie.set(key, None, &pages).unwrap();
                    entries.remove(&key);
                }
                Act::Write | Act::Forget => {
                    trie.root(&pages).unwrap();
                    pages.write(&mut trie);
                    if matches!(act, Act::Forget) && pages.0.contains_key(&Prefix::ROOT) {
                        trie = Trie::stored();
                    }
                }
            }
            if number % every == 0 {
                prop_assert_eq!(trie.root(&pages).unwrap(), rebuilt(&entries));
            }
        }
        prop_assert_eq!(trie.root(&pages).unwrap(), rebuilt(&entries));
        for (key, value) in &entries {
            prop_assert_eq!(trie.get(key, &pages).unwrap(), Some(value.clone()));
        }
    }
}
