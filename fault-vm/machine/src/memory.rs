//! The memory: 2^25 leaves of 128 bytes under a Merkle root.
//!
//! It is held in pages of 4 KiB that copies share until one of them writes. Every page and every table above it keeps its hash until
//! something below it changes, and what was never written is not there at all.

mod proof;
mod tree;

pub use proof::{LEAF_PROOF, LeafProof};
pub use tree::Page;

use crate::state::Trap;
use alloy_primitives::{B256, keccak256};
use std::sync::{Arc, LazyLock};
use tree::{Subtree, Table};

/// Bytes of a leaf.
pub const LEAF: usize = 128;
/// Levels from the leaves to the root.
pub const HEIGHT: usize = 25;
/// Bytes of a page: what copies of a memory share or not.
pub const PAGE: usize = 4096;
/// Number of pages.
pub const PAGES: u32 = 1 << 20;
/// Bytes of the address space.
pub const SPACE: u64 = 1 << 32;
/// Bits of an address below the number of its leaf, and of its page.
const LEAF_BITS: u32 = LEAF.trailing_zeros();
const PAGE_BITS: u32 = PAGE.trailing_zeros();
/// Bits of the number of a leaf below the number of its page.
const LEAF_IN_PAGE_BITS: u32 = (PAGE / LEAF).trailing_zeros();

/// Hash of two children.
#[inline]
fn hash_node(left: &B256, right: &B256) -> B256 {
    let mut both = [0; 64];
    let (low, high) = both.split_at_mut(32);
    low.copy_from_slice(left.as_slice());
    high.copy_from_slice(right.as_slice());
    keccak256(both)
}

/// Root of zeroes of that many levels, at most [`HEIGHT`].
fn zero_root(height: usize) -> B256 {
    static ROOTS: LazyLock<Vec<B256>> = LazyLock::new(|| {
        let leaf = keccak256([0; LEAF]);
        std::iter::successors(Some(leaf), |child| Some(hash_node(child, child))).take(HEIGHT.saturating_add(1)).collect()
    });
    ROOTS.get(height).copied().unwrap_or_default()
}

/// An address in the address space that is a multiple of N, itself a power of two of at most 128: an access of N bytes neither wraps nor
/// straddles a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aligned<const N: usize>(u32);

impl<const N: usize> Aligned<N> {
    /// Checks an address.
    ///
    /// # Errors
    /// The trap: out of range comes before misaligned.
    #[inline(always)]
    pub const fn new(address: u64) -> Result<Self, Trap> {
        // INVARIANT: no access wraps or straddles a leaf: addresses are below 2^32 and multiples of the width.
        const { assert!(N.is_power_of_two() && N <= LEAF) };
        if address >= SPACE {
            Err(Trap::OutOfRange)
        } else if !address.is_multiple_of(N as u64) {
            Err(Trap::Misaligned)
        } else {
            // Below 2^32.
            Ok(Self(address as u32))
        }
    }

    /// The address.
    #[inline(always)]
    #[must_use]
    pub const fn address(self) -> u32 {
        self.0
    }

    /// Which of the pieces of N bytes it is in a block of `size` bytes, itself not zero.
    #[inline(always)]
    #[allow(clippy::arithmetic_side_effects, reason = "neither the size nor N is zero")]
    const fn piece_of(self, size: usize) -> usize {
        self.0 as usize % size / N
    }

    /// The leaf that holds it, by number.
    #[inline(always)]
    #[must_use]
    pub const fn leaf(self) -> u32 {
        self.0 >> LEAF_BITS
    }
}

/// A range that does not lie in the address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{length} bytes at address {address:#x} do not fit into the address space of 2^32 bytes")]
pub struct OutOfSpace {
    /// Where it begins.
    pub address: u64,
    /// Its bytes.
    pub length: usize,
}

/// A memory. Copying it takes no time: both share their pages until one is written.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Table<Table<Table<Table<Page>>>>>);

impl Memory {
    /// All zeroes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The Merkle root. Hashes only what has changed since it was last asked for, in this memory or the one that it was copied from.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.0.root()
    }

    /// Reads N bytes.
    #[inline]
    #[must_use]
    pub fn read<const N: usize>(&self, at: Aligned<N>) -> [u8; N] {
        self.0.page(at.leaf()).map_or([0; N], |page| page.read(at))
    }

    /// Writes N bytes.
    #[inline]
    pub fn write<const N: usize>(&mut self, at: Aligned<N>, bytes: [u8; N]) {
        Arc::make_mut(&mut self.0).page_mut(at.leaf()).write(at, bytes);
    }

    /// Leaf `index`, of which the low 25 bits count.
    #[must_use]
    pub fn leaf(&self, index: u32) -> [u8; LEAF] {
        self.0.page(index).map_or([0; LEAF], |page| page.leaf(index))
    }

    /// Leaf `index`, of which the low 25 bits count, and what proves it.
    #[must_use]
    pub fn proof(&self, index: u32) -> LeafProof {
        let mut siblings = Vec::with_capacity(HEIGHT);
        self.0.siblings(index, &mut siblings);
        let mut proof = LeafProof { leaf: self.leaf(index).into(), siblings: [B256::ZERO; HEIGHT] };
        for (to, from) in proof.siblings.iter_mut().zip(siblings) {
            *to = from;
        }
        proof
    }

    /// Page `index`, of which the low 20 bits count; nothing if it was never written.
    #[must_use]
    pub fn page(&self, index: u32) -> Option<&[u8; PAGE]> {
        self.0.page(first_leaf(index)).map(Page::bytes)
    }

    /// Replaces page `index`, of which the low 20 bits count.
    pub fn set_page(&mut self, index: u32, bytes: &[u8; PAGE]) {
        *Arc::make_mut(&mut self.0).page_mut(first_leaf(index)) = Page::new(bytes);
    }

    /// The pages that were written, with their numbers, upwards.
    #[must_use]
    pub fn pages(&self) -> Vec<(u32, &[u8; PAGE])> {
        let mut pages = Vec::new();
        self.0.each_page(0, &mut |leaf, page| pages.push((page_of(leaf), page.bytes())));
        pages
    }

    /// The numbers of the pages that are not shared with `other`, upwards: only they can differ. Takes time by what is not shared.
    #[must_use]
    pub fn unshared(&self, other: &Self) -> Vec<u32> {
        let mut pages = Vec::new();
        tree::unshared(Some(&self.0), Some(&other.0), 0, &mut |leaf| pages.push(page_of(leaf)));
        pages
    }

    /// Copies bytes into the memory.
    ///
    /// # Errors
    /// If they do not fit. Nothing is written then.
    pub fn write_bytes(&mut self, address: u64, bytes: &[u8]) -> Result<(), OutOfSpace> {
        check_space(address, bytes.len())?;
        let mut at = address;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (index, offset) = place(at);
            let (now, later) = rest.split_at(rest.len().min(PAGE.saturating_sub(offset)));
            Arc::make_mut(&mut self.0).page_mut(first_leaf(index)).copy_from(offset, now);
            at = at.saturating_add(now.len() as u64);
            rest = later;
        }
        Ok(())
    }

    /// Bytes of the memory.
    ///
    /// # Errors
    /// If the range does not lie in the address space.
    pub fn read_bytes(&self, address: u64, length: usize) -> Result<Vec<u8>, OutOfSpace> {
        check_space(address, length)?;
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let (index, offset) = place(address.saturating_add(bytes.len() as u64));
            let page = self.page(index).unwrap_or(&[0; PAGE]);
            let missing = length.saturating_sub(bytes.len());
            bytes.extend(page.iter().skip(offset).take(missing));
        }
        Ok(bytes)
    }
}

impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.root() == other.root()
    }
}

impl Eq for Memory {}

const fn check_space(address: u64, length: usize) -> Result<(), OutOfSpace> {
    match address.checked_add(length as u64) {
        Some(end) if end <= SPACE => Ok(()),
        _ => Err(OutOfSpace { address, length }),
    }
}

/// The page of an address below 2^32, and the offset in it.
const fn place(address: u64) -> (u32, usize) {
    ((address >> PAGE_BITS) as u32, address as usize % PAGE)
}

const fn first_leaf(page: u32) -> u32 {
    page << LEAF_IN_PAGE_BITS
}

const fn page_of(leaf: u32) -> u32 {
    leaf >> LEAF_IN_PAGE_BITS
}
