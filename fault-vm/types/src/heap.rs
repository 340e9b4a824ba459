//! The global allocator behind the decoder's allocator traits. The one that the decoder ships needs `std`.

use alloc::{boxed::Box, vec};
use brotli_decompressor::{Allocator, SliceWrapper, SliceWrapperMut};
use core::marker::PhantomData;

/// Allocates from the heap.
pub(crate) struct Heap<T>(PhantomData<T>);

/// Memory from [`Heap`].
pub(crate) struct Cells<T>(Box<[T]>);

impl<T> Default for Heap<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for Cells<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> SliceWrapper<T> for Cells<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> SliceWrapperMut<T> for Cells<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Clone + Default> Allocator<T> for Heap<T> {
    type AllocatedMemory = Cells<T>;

    fn alloc_cell(&mut self, length: usize) -> Cells<T> {
        Cells(vec![T::default(); length].into_boxed_slice())
    }

    fn free_cell(&mut self, _cells: Cells<T>) {}
}
