//! A sparse Merkle-Patricia trie: it loads nodes only where it walks, from a store or from a witness.

mod node;
mod proof;
mod sparse;
mod state;
mod update;

pub use proof::{AccountProof, Proof, StorageProof, account_proof, prove};
pub use sparse::{SparseTrie, lookup};
pub use state::{StateError, StateSource, TrieState, bytecode};
pub use update::{TrieUpdate, update_state_root};

use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

pub use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};

#[cfg(test)]
mod tests;

/// New trie nodes by their Keccak, each after the nodes that it points to.
pub type TrieNodes = Vec<(B256, Bytes)>;

/// Where trie nodes come from.
pub trait NodeSource {
    /// Why a node cannot be read.
    type Error;

    /// The RLP of the node whose Keccak is `hash`; none if it is not there. The answer must be the preimage of `hash`: it is not hashed
    /// again.
    ///
    /// # Errors
    /// When the source fails.
    fn node(&self, hash: &B256) -> Result<Option<Bytes>, Self::Error>;
}

impl<N: NodeSource + ?Sized> NodeSource for &N {
    type Error = N::Error;

    fn node(&self, hash: &B256) -> Result<Option<Bytes>, Self::Error> {
        (**self).node(hash)
    }
}

/// Why the trie has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrieError<E> {
    /// The source does not have a node.
    #[error("trie node {hash} is missing")]
    Missing {
        /// Keccak of the node.
        hash: B256,
    },
    /// The source gave bytes that are no trie node.
    #[error("trie node {hash} is malformed")]
    Malformed {
        /// Keccak of the node; zero for one inside another.
        hash: B256,
    },
    /// A value in the trie is no account or no storage word.
    #[error("the trie's value at {key} is malformed")]
    Value {
        /// The hashed key.
        key: B256,
    },
    /// A key is longer than 32 bytes, or one key is where another runs through.
    #[error("a key does not fit this trie")]
    Key,
    /// The source failed.
    #[error("trie nodes cannot be read")]
    Source(#[source] E),
}
