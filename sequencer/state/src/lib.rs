#![doc = include_str!("../README.md")]

mod bucket;
mod key;
mod node;
mod nodes;
mod page;
mod read;
mod reference;
mod source;
mod trie;
mod update;
mod value;
mod world;

pub use key::Prefix;
pub use nodes::NodesAt;
pub use read::{StorageAt, read_account, read_slot, read_storage};
pub use source::{DirtyPages, NoPages, Page, PageId, PageSource, PagedStateError, TrieId};
pub use world::World;
