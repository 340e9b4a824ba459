#![doc = include_str!("../README.md")]

mod bucket;
mod key;
mod page;
mod read;
mod reference;
mod shape;
mod source;
mod trie;
mod world;

pub use key::Prefix;
pub use page::PageError;
pub use read::{read_account, read_slot};
pub use source::{DirtyPage, NoPages, PageSource, PagedStateError, TrieId};
pub use trie::{Pages, Trie, TrieError};
pub use world::World;
