//! What single instructions do, as the parts that handlers are put together from. A part only fetches operands and puts the result away;
//! what an instruction means is the function or condition it is given.

use super::{
    memory::{FLAGS, OPEN, PAGE_BITS},
    operation::{Context, Operation},
};
use crate::{alu, branch};
use std::marker::PhantomData;

/// An instruction that is followed by the one behind it.
pub(super) trait Straight {
    /// Does it; or changes nothing and returns false if the step function has to do it.
    ///
    /// # Safety
    /// As for the handler of the operation `at`.
    unsafe fn run(registers: *mut u64, at: *const Operation, memory: *mut u8) -> bool;
}

/// An instruction that may be followed by another one.
pub(super) trait Jump {
    /// Does it and says where to.
    ///
    /// # Safety
    /// As for the handler of the operation `at`.
    unsafe fn run(registers: *mut u64, at: *const Operation, context: *const Context) -> Target;
}

/// Where a jump leads.
pub(super) enum Target {
    /// To the operation behind it.
    Next,
    /// So many bytes of operations away.
    Away(isize),
    /// Out of the text: nothing was changed, the step function has to do it.
    Outside,
}

/// A function of two operands.
pub(super) trait Function {
    /// Its value.
    fn of(a: u64, b: u64) -> u64;
}

/// A condition on two operands.
pub(super) trait Condition {
    /// Whether it holds.
    fn holds(a: u64, b: u64) -> bool;
}

/// What loaded bytes mean.
pub(super) trait Loaded {
    /// An array of bytes.
    type Bytes: Copy;
    /// As a register's value.
    fn of(bytes: Self::Bytes) -> u64;
}

/// The bytes that are stored.
pub(super) trait Stored {
    /// An array of bytes.
    type Bytes: Copy;
    /// Of a register's value.
    fn of(value: u64) -> Self::Bytes;
}

/// `rd = f(rs1, rs2)`
pub(super) struct OfRegisters<F>(PhantomData<F>);
/// `rd = f(rs1, immediate)`
pub(super) struct OfImmediate<F>(PhantomData<F>);
/// `rd = immediate`
pub(super) struct Immediate;
/// `rd = memory[rs1 + immediate]`
pub(super) struct Load<F>(PhantomData<F>);
/// `memory[rs1 + immediate] = rs2`
pub(super) struct Store<F>(PhantomData<F>);
/// Goes on behind it, or by the immediate if the condition on rs1 and rs2 holds.
pub(super) struct Branch<C>(PhantomData<C>);
/// JAL for x0.
pub(super) struct Goto;
/// JAL.
pub(super) struct Call;
/// JALR for x0.
pub(super) struct GotoRegister;
/// JALR.
pub(super) struct CallRegister;

/// A register's value.
#[inline(always)]
unsafe fn get(registers: *mut u64, index: u8) -> u64 {
    // SAFETY: the caller's index is one of an operation, below 32.
    unsafe { registers.add(usize::from(index)).read() }
}

/// Sets a register.
#[inline(always)]
unsafe fn set(registers: *mut u64, index: u8, value: u64) {
    // SAFETY: as in `get`.
    unsafe { registers.add(usize::from(index)).write(value) }
}

/// The immediate as an operand.
#[inline(always)]
unsafe fn immediate(at: *const Operation) -> u64 {
    // SAFETY: the caller vouches for `at`.
    unsafe { alu::immediate((*at).immediate) }
}

/// The address that a load or store is for, if it is neither out of range nor misaligned.
#[inline(always)]
unsafe fn address<B>(registers: *mut u64, at: *const Operation) -> Option<usize> {
    const { assert!(size_of::<usize>() == 8) };
    // SAFETY: as in `get`.
    let address = unsafe { get(registers, (*at).rs1).wrapping_add(immediate(at)) };
    // What no valid address has: the upper half, and the low bits that count within a word.
    let invalid = !0xffff_ffff | (size_of::<B>() as u64).wrapping_sub(1);
    (address & invalid == 0).then_some(address as usize)
}

/// The address of the instruction behind.
#[inline(always)]
unsafe fn link(at: *const Operation, context: *const Context) -> u64 {
    // SAFETY: the caller vouches for both.
    unsafe { ((at.addr().wrapping_sub((*context).code.addr())) as u64 >> 2).wrapping_add((*context).start).wrapping_add(4) }
}

impl<F: Function> Straight for OfRegisters<F> {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, _: *mut u8) -> bool {
        // SAFETY: the caller vouches for both pointers.
        unsafe { set(registers, (*at).rd, F::of(get(registers, (*at).rs1), get(registers, (*at).rs2))) };
        true
    }
}

impl<F: Function> Straight for OfImmediate<F> {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, _: *mut u8) -> bool {
        // SAFETY: the caller vouches for both pointers.
        unsafe { set(registers, (*at).rd, F::of(get(registers, (*at).rs1), immediate(at))) };
        true
    }
}

impl Straight for Immediate {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, _: *mut u8) -> bool {
        // SAFETY: the caller vouches for both pointers.
        unsafe { set(registers, (*at).rd, immediate(at)) };
        true
    }
}

impl<F: Loaded> Straight for Load<F> {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, memory: *mut u8) -> bool {
        // SAFETY: the address and the bytes behind it are below 2^32.
        unsafe {
            let Some(address) = address::<F::Bytes>(registers, at) else { return false };
            set(registers, (*at).rd, F::of(memory.add(address).cast::<F::Bytes>().read()));
        }
        true
    }
}

impl<F: Stored> Straight for Store<F> {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, memory: *mut u8) -> bool {
        // SAFETY: as for a load; the flags of the pages stand before the memory.
        unsafe {
            let Some(address) = address::<F::Bytes>(registers, at) else { return false };
            if memory.sub(FLAGS).add(address >> PAGE_BITS).read() != OPEN {
                return false;
            }
            memory.add(address).cast::<F::Bytes>().write(F::of(get(registers, (*at).rs2)));
        }
        true
    }
}

impl<C: Condition> Jump for Branch<C> {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, _: *const Context) -> Target {
        // SAFETY: the caller vouches for both pointers.
        unsafe {
            if C::holds(get(registers, (*at).rs1), get(registers, (*at).rs2)) {
                Target::Away((*at).immediate as isize)
            } else {
                Target::Next
            }
        }
    }
}

impl Jump for Goto {
    #[inline(always)]
    unsafe fn run(_: *mut u64, at: *const Operation, _: *const Context) -> Target {
        // SAFETY: the caller vouches for the pointer.
        unsafe { Target::Away((*at).immediate as isize) }
    }
}

impl Jump for Call {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, context: *const Context) -> Target {
        // SAFETY: the caller vouches for all pointers.
        unsafe { set(registers, (*at).rd, link(at, context)) };
        // SAFETY: as before.
        unsafe { Goto::run(registers, at, context) }
    }
}

impl Jump for GotoRegister {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, context: *const Context) -> Target {
        // SAFETY: the caller vouches for all pointers; the index is one of the code.
        unsafe {
            let target = branch::indirect(get(registers, (*at).rs1), (*at).immediate);
            // Turned, so that a misaligned target is a large number as well.
            let index = target.wrapping_sub((*context).start).rotate_right(2);
            if index >= (*context).length {
                return Target::Outside;
            }
            Target::Away((*context).code.add(index as usize).addr().wrapping_sub(at.addr()) as isize)
        }
    }
}

impl Jump for CallRegister {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, context: *const Context) -> Target {
        // SAFETY: the caller vouches for all pointers. The target is read before the link is written: it may be the same register.
        unsafe {
            let target = GotoRegister::run(registers, at, context);
            if !matches!(target, Target::Outside) {
                set(registers, (*at).rd, link(at, context));
            }
            target
        }
    }
}
