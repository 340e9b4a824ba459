//! The machine's address space above the program.

/// The heap ends here; it begins where the program ends.
pub(crate) const HEAP_END: usize = 0xc000_0000;
/// The stack grows down from here. It has nearly 1 GiB before it would reach the heap, and the last page stays empty, so that no address
/// near it reaches beyond 2^32.
pub(crate) const STACK_TOP: usize = 0xffff_f000;
