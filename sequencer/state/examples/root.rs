//! What a block's root costs: `cargo run -p gainsay-state --example root [ACCOUNTS] [CHANGES]`, milliseconds.

#![allow(clippy::print_stdout)]

use alloy_primitives::{B256, Bytes, keccak256};
use gainsay_state::{Pages, Prefix, Trie};
use std::{convert::Infallible, env, time::Instant};

struct Nothing;

impl Pages for Nothing {
    type Error = Infallible;

    fn page(&self, _: &Prefix) -> Result<Option<Bytes>, Infallible> {
        Ok(None)
    }
}

fn main() {
    let mut arguments = env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (accounts, changes) = (arguments.next().unwrap_or(1_000_000), arguments.next().unwrap_or(1_000));
    let mut trie = Trie::default();
    let key = |number: u64| keccak256(number.to_be_bytes());
    let value = |number: u64| Bytes::from([[0xf8; 8].as_slice(), &[number as u8; 62]].concat());
    for number in 0..accounts {
        trie.set(key(number), Some(value(0)), &Nothing).unwrap_or_default();
    }
    let start = Instant::now();
    let root = trie.root(&Nothing).unwrap_or_default();
    println!("{accounts} accounts: root {root} in {:?}", start.elapsed());
    for round in 1..=5u64 {
        let keys: Vec<B256> = (0..changes)
            .map(|number| key(u64::from_be_bytes(key(number + 7 * round).0[..8].try_into().unwrap_or_default()) % accounts))
            .collect();
        let start = Instant::now();
        for key in keys {
            trie.set(key, Some(value(round)), &Nothing).unwrap_or_default();
        }
        let set = start.elapsed();
        let root = trie.root(&Nothing).unwrap_or_default();
        println!("{changes} changes: set in {set:?}, with root {root} {:?}", start.elapsed());
        println!("{} pages", trie.take_dirty().len());
    }
}
