//! The form that the runner executes: one operation for each instruction word of the text.

use std::mem::MaybeUninit;

/// The fourth argument travels in the register that x86 counts shifts with. No handler reads it, so each may use it freely.
pub(super) type Scratch = MaybeUninit<u64>;

/// Executes the operation at `at`, perhaps those behind it too, and goes on in the handler of the next. All handlers have the same
/// arguments and nothing to clean up afterwards, so calling the next one is a jump and needs no stack.
///
/// Steps are not counted one by one: `limit` moves along with every jump, so that `limit - at` is always what is left, in bytes of
/// operations.
///
/// # Safety
/// `registers` points to the 32 registers, `at` to an operation of the code that `context` describes, `memory` is a
/// [`FlatMemory`](super::memory::FlatMemory)'s; nobody else uses them during the call.
pub(super) type Handler =
    unsafe extern "C" fn(registers: *mut u64, at: *const Operation, memory: *mut u8, scratch: Scratch, limit: isize, context: *mut Context);

/// One instruction, decoded. Its fields are its own even if its handler also does what stands behind it.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub(super) struct Operation {
    pub(super) handler: Handler,
    /// The immediate; for branches and JAL the way to the target, in bytes of operations.
    pub(super) immediate: i32,
    /// The registers are below 32. No operation writes another value than 0 to x0.
    pub(super) rd: u8,
    pub(super) rs1: u8,
    pub(super) rs2: u8,
}

/// Bytes of an operation: four times those of the instruction.
pub(super) const SIZE: isize = size_of::<Operation>() as isize;

/// What handlers need rarely, and where they leave.
#[repr(C)]
pub(super) struct Context {
    /// The first operation.
    pub(super) code: *const Operation,
    /// Its address in the machine.
    pub(super) start: u64,
    /// Number of operations that stand for instructions.
    pub(super) length: u64,
    /// What the operations with a checkpoint do behind it, in their order.
    pub(super) behind: *const Handler,
    /// The operation that was left at: neither it nor any behind it was executed.
    pub(super) left_at: *const Operation,
    /// The limit there.
    pub(super) left_limit: isize,
}
