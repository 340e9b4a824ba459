//! The heap: dlmalloc over the memory between program and stack.
//!
//! It frees and merges, so a program's memory is bounded by what it holds at a time and not by what it ever allocated, and each
//! operation takes a bounded number of steps whatever was allocated before: its bins are lists and bitwise tries.
#![allow(unsafe_code)]

use crate::memory::HEAP_END;
use core::{
    alloc::{GlobalAlloc, Layout},
    cell::{Cell, UnsafeCell},
    ptr,
};
use dlmalloc::Dlmalloc;

/// dlmalloc asks for memory in multiples of this, bytes.
const PAGE: usize = 64 << 10;

unsafe extern "C" {
    /// End of the program's memory; the linker script sets it.
    static __heap_start: u8;
}

/// All memory above the program that was not handed out yet: one contiguous range, which dlmalloc therefore keeps as one segment.
struct Rest {
    /// Its first address; 0 before the first call.
    start: Cell<usize>,
}

// SAFETY: the memory handed out is the program's alone, lies within the machine's address space, and is handed out once. Memory that
// was never written is zero in this machine.
unsafe impl dlmalloc::Allocator for Rest {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let start = match self.start.get() {
            0 => (&raw const __heap_start).addr().next_multiple_of(PAGE),
            start => start,
        };
        let Some(size) = size.checked_next_multiple_of(PAGE) else { return (ptr::null_mut(), 0, 0) };
        match start.checked_add(size).filter(|end| *end <= HEAP_END) {
            Some(end) => {
                self.start.set(end);
                (ptr::with_exposed_provenance_mut(start), size, 0)
            }
            None => (ptr::null_mut(), 0, 0),
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

/// The allocator of every guest. Memory that runs out ends the guest as a panic does.
struct Heap(UnsafeCell<Dlmalloc<Rest>>);

// SAFETY: the machine has one thread and no interrupts.
unsafe impl Sync for Heap {}

impl Heap {
    /// The allocator. Nothing in it calls back into the heap, so there is never a second reference.
    #[allow(clippy::mut_from_ref)]
    fn get(&self) -> &mut Dlmalloc<Rest> {
        // SAFETY: one thread, and no call into the heap from within.
        unsafe { &mut *self.0.get() }
    }
}

// SAFETY: dlmalloc keeps the contract of GlobalAlloc.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { self.get().malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { self.get().calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { self.get().free(address, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { self.get().realloc(address, layout.size(), layout.align(), size) }
    }
}

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(Dlmalloc::new_with_allocator(Rest { start: Cell::new(0) })));
