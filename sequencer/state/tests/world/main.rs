//! The paged state against the guest's trie.
#![allow(missing_docs)]

mod damage;
mod model;
mod nodes;
mod random;
