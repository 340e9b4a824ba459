#![doc = include_str!("../README.md")]

mod bucket;
mod key;
mod page;
mod reference;
mod shape;
mod trie;

pub use key::Prefix;
pub use page::PageError;
pub use trie::{Pages, Trie, TrieError};
