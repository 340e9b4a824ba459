//! Which trie, and where its pages come from.

use crate::{Depths, Prefix, value::Kind};
use alloy_primitives::{Address, B256, Bytes, keccak256};
use std::convert::Infallible;

/// One of the tries that make up a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrieId {
    /// Accounts by the Keccak of their address.
    Accounts,
    /// Slots of one contract; the Keccak of its address.
    Storage(B256),
}

impl TrieId {
    /// The storage trie of an account.
    #[must_use]
    pub fn storage(address: &Address) -> Self {
        Self::Storage(keccak256(address))
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Accounts => Kind::Accounts,
            Self::Storage(_) => Kind::Words,
        }
    }
}

/// Where pages come from that are not in memory.
pub trait PageSource {
    /// Why a page cannot be read.
    type Error;

    /// The page at a prefix; none if there is none.
    ///
    /// # Errors
    /// When the source fails.
    fn page(&self, trie: &TrieId, prefix: &Prefix) -> Result<Option<Bytes>, Self::Error>;

    /// Where keys were found lately, if the source remembers it: without, [`read_account`](crate::read_account) and
    /// [`read_slot`](crate::read_slot) go down from the root page by page.
    fn depths(&self) -> Option<&Depths> {
        None
    }
}

impl<P: PageSource + ?Sized> PageSource for &P {
    type Error = P::Error;

    fn page(&self, trie: &TrieId, prefix: &Prefix) -> Result<Option<Bytes>, P::Error> {
        (**self).page(trie, prefix)
    }

    fn depths(&self) -> Option<&Depths> {
        (**self).depths()
    }
}

/// A source without pages: for a state that is in memory as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoPages;

impl PageSource for NoPages {
    type Error = Infallible;

    fn page(&self, _: &TrieId, _: &Prefix) -> Result<Option<Bytes>, Infallible> {
        Ok(None)
    }
}

/// A page that has to be written, or, without bytes, to be removed.
pub type DirtyPage = (TrieId, Prefix, Option<Vec<u8>>);

/// A state that cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PagedStateError<E> {
    /// A page is damaged, or is not the one that the page above it refers to.
    #[error(
        "a page of the state at depth {depth} of {trie:?} is damaged; remove the data directory and let the node derive the chain again"
    )]
    Damaged {
        /// Its trie.
        trie: TrieId,
        /// Its depth.
        depth: u8,
    },
    /// A page that another refers to is missing.
    #[error(
        "a page of the state at depth {depth} of {trie:?} is missing; remove the data directory and let the node derive the chain again"
    )]
    Missing {
        /// Its trie.
        trie: TrieId,
        /// Its depth.
        depth: u8,
    },
    /// The state is not the one that was asked for.
    #[error("the pages and changes make a state with the root {found}, not {expected}")]
    Root {
        /// The root asked for.
        expected: B256,
        /// What came out.
        found: B256,
    },
    /// An earlier call failed half-way.
    #[error("the tries are not whole since an earlier error; make them anew from the pages")]
    Broken,
    /// The source failed.
    #[error("pages of the state cannot be read")]
    Source(#[source] E),
}
