//! The machine's 2^32 bytes one behind the other, so that an address needs no translation; and what was written since the last snapshot.

use crate::memory::PAGE;
use memmap2::{MmapMut, MmapOptions};
use std::{io, ops::Range};

/// Bits of an offset within a page.
pub(super) const PAGE_BITS: u32 = 12;
const _: () = assert!(PAGE == 1 << PAGE_BITS);
/// Bytes of the flags that stand before the memory: one for each page.
pub(super) const FLAGS: usize = 1 << (32 - PAGE_BITS);
const BYTES: usize = 1 << 32;

/// The page was written since the last snapshot.
const DIRTY: u8 = 1;
/// The page holds decoded text.
const TEXT: u8 = 2;
/// The flags of a page that may be written with nothing more to do.
pub(super) const OPEN: u8 = DIRTY;

/// The memory could not be reserved.
#[derive(Debug, thiserror::Error)]
#[error("cannot reserve the machine's 4 GiB of address space (nothing is used before the program does): check `ulimit -v`")]
pub struct ReserveError {
    #[source]
    source: io::Error,
}

/// Flags and memory in one mapping. Pages that were never touched take no memory of this process.
pub(super) struct FlatMemory {
    map: MmapMut,
    dirty: Vec<u32>,
}

impl FlatMemory {
    /// All zeroes.
    pub(super) fn new() -> Result<Self, ReserveError> {
        const { assert!(size_of::<usize>() == 8, "the fast runner needs 64-bit addresses") };
        let map = MmapOptions::new().len(FLAGS + BYTES).no_reserve_swap().map_anon().map_err(|source| ReserveError { source })?;
        Ok(Self { map, dirty: Vec::new() })
    }

    /// Where the memory begins; its flags stand before it.
    pub(super) fn as_mut_ptr(&mut self) -> *mut u8 {
        self.map[FLAGS..].as_mut_ptr()
    }

    /// Makes every store to the pages of a text one that handlers leave to the runner.
    pub(super) fn watch(&mut self, text: &Range<u64>) {
        if !text.is_empty() {
            let pages = (text.start >> PAGE_BITS) as usize..=((text.end - 1) >> PAGE_BITS) as usize;
            self.map[pages].iter_mut().for_each(|flags| *flags |= TEXT);
        }
    }

    /// Bytes at an address at which so many are left.
    pub(super) fn read<const N: usize>(&self, address: u64) -> [u8; N] {
        self.map[FLAGS + address as usize..].first_chunk().copied().unwrap_or([0; N])
    }

    /// Writes bytes that lie within a page.
    pub(super) fn write(&mut self, address: u64, bytes: &[u8]) {
        self.mark(address as usize >> PAGE_BITS);
        self.map[FLAGS + address as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    /// A page.
    pub(super) fn page(&self, index: u32) -> &[u8; PAGE] {
        self.map[FLAGS + index as usize * PAGE..].first_chunk().unwrap_or(&[0; PAGE])
    }

    /// The bytes from an address on; none if that is beyond the end.
    pub(super) fn bytes(&self, address: u64, length: u64) -> &[u8] {
        self.map[FLAGS..].get(address as usize..address.saturating_add(length) as usize).unwrap_or_default()
    }

    /// Sets a page to what the last snapshot has there.
    pub(super) fn reset(&mut self, index: u32, page: Option<&[u8; PAGE]>) {
        let bytes = &mut self.map[FLAGS + index as usize * PAGE..][..PAGE];
        match page {
            Some(page) => bytes.copy_from_slice(page),
            None => bytes.fill(0),
        }
    }

    /// The pages written since this was last called.
    pub(super) fn take_dirty(&mut self) -> Vec<u32> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty.iter().for_each(|page| self.map[*page as usize] &= !DIRTY);
        dirty
    }

    fn mark(&mut self, page: usize) {
        let flags = &mut self.map[page];
        if *flags & DIRTY == 0 {
            *flags |= DIRTY;
            self.dirty.push(page as u32);
        }
    }
}
