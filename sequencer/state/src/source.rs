//! Which trie, and where its pages come from.

use crate::value::Kind;
use alloy_primitives::{Address, B256, keccak256};
use std::{convert::Infallible, num::NonZeroU64, sync::Arc};

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

/// Which page: a page is written once, and the page above it says where it is. A changed one is another page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(NonZeroU64);

impl PageId {
    /// The page of a number; none for 0.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Its number.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// As pages hold it: 8 bytes, 0 for none.
    #[inline]
    pub(crate) fn encode(id: Option<Self>) -> [u8; 8] {
        id.map_or(0, Self::get).to_be_bytes()
    }

    #[inline]
    pub(crate) const fn decode(bytes: [u8; 8]) -> Option<Self> {
        Self::new(u64::from_be_bytes(bytes))
    }
}

/// A page's bytes, shared by all who have it: live tries, whoever caches pages, and whoever writes them.
pub type Page = Arc<[u8]>;

/// Where pages come from that are not in memory.
pub trait PageSource {
    /// Why a page cannot be read.
    type Error;

    /// The page of the accounts' root; none for the empty state.
    fn root(&self) -> Option<PageId>;

    /// A page; none if it is not there.
    ///
    /// # Errors
    /// When the source fails.
    fn page(&self, id: PageId) -> Result<Option<Page>, Self::Error>;
}

impl<P: PageSource + ?Sized> PageSource for &P {
    type Error = P::Error;

    fn root(&self) -> Option<PageId> {
        (**self).root()
    }

    fn page(&self, id: PageId) -> Result<Option<Page>, P::Error> {
        (**self).page(id)
    }
}

/// A source without pages: for a state that is in memory as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoPages;

impl PageSource for NoPages {
    type Error = Infallible;

    fn root(&self) -> Option<PageId> {
        None
    }

    fn page(&self, _: PageId) -> Result<Option<Page>, Infallible> {
        Ok(None)
    }
}

/// What a source has to take over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirtyPages {
    /// Pages to write, in the order of their numbers, which follow each other.
    pub pages: Vec<(PageId, Page)>,
    /// Pages that the source has, and to which this state does not refer any more.
    pub superseded: Vec<PageId>,
    /// The page of the accounts' root from now on; none if there are no accounts.
    pub root: Option<PageId>,
    next: u64,
}

impl DirtyPages {
    /// None yet; the first gets the number `first`.
    pub(crate) fn from(first: PageId) -> Self {
        Self { next: first.get(), ..Self::default() }
    }

    /// Adds the page that is written for the next number; none if there is nothing to write.
    pub(crate) fn push(&mut self, write: impl FnOnce(PageId) -> Option<Page>) -> Option<PageId> {
        let id = PageId::new(self.next)?;
        self.pages.push((id, write(id)?));
        self.next = self.next.wrapping_add(1);
        Some(id)
    }
}

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
