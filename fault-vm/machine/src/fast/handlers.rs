//! The handlers: sequences of parts, each with the way to the next handler at its end.

use super::{
    code::checkpoint_of,
    operation::{Context, Handler, Operation, SIZE, Scratch},
    parts::{Jump, Straight, Target},
};
use std::marker::PhantomData;

/// Operations that one handler does, one behind the other.
pub(super) trait Sequence {
    /// Does them and goes on.
    ///
    /// # Safety
    /// As for the [`Handler`] of the operation `at`; it and those behind it are of the kinds that this sequence is made of.
    unsafe fn run(registers: *mut u64, at: *const Operation, memory: *mut u8, limit: isize, context: *mut Context);
}

/// A straight part and the rest.
pub(super) struct Then<A, Rest>(PhantomData<(A, Rest)>);
/// A jump, which ends a sequence.
pub(super) struct End<J>(PhantomData<J>);
/// Nothing more: goes on in the handler of the next operation.
pub(super) struct Proceed;

/// The handler that does a sequence.
///
/// # Safety
/// As for [`Sequence::run`].
pub(super) unsafe extern "C" fn handler<S: Sequence>(
    registers: *mut u64,
    at: *const Operation,
    memory: *mut u8,
    _: Scratch,
    limit: isize,
    context: *mut Context,
) {
    // SAFETY: the caller vouches for it.
    unsafe { S::run(registers, at, memory, limit, context) }
}

/// Goes back to the runner, which has to look at the operation `at`.
///
/// # Safety
/// As for every [`Handler`].
#[cold]
#[inline(never)]
pub(super) unsafe extern "C" fn leave(_: *mut u64, at: *const Operation, _: *mut u8, _: Scratch, limit: isize, context: *mut Context) {
    // SAFETY: the caller vouches for the context.
    unsafe {
        (*context).left_at = at;
        (*context).left_limit = limit;
    }
}

/// Leaves if the steps are used up, else does what stands behind the checkpoint.
///
/// # Safety
/// As for every [`Handler`], of an operation with a checkpoint.
pub(super) unsafe extern "C" fn checkpoint(
    registers: *mut u64,
    at: *const Operation,
    memory: *mut u8,
    scratch: Scratch,
    limit: isize,
    context: *mut Context,
) {
    // SAFETY: the operation has a checkpoint, so there is a handler behind it.
    unsafe {
        if at.addr() as isize > limit {
            return leave(registers, at, memory, scratch, limit, context);
        }
        let place = checkpoint_of(at.offset_from((*context).code) as usize);
        let behind: Handler = (*context).behind.add(place).read();
        behind(registers, at, memory, scratch, limit, context)
    }
}

impl Sequence for Proceed {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, memory: *mut u8, limit: isize, context: *mut Context) {
        // SAFETY: the code ends in an operation that leaves, so there is one at `at`.
        unsafe { ((*at).handler)(registers, at, memory, Scratch::uninit(), limit, context) }
    }
}

impl<A: Straight, Rest: Sequence> Sequence for Then<A, Rest> {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, memory: *mut u8, limit: isize, context: *mut Context) {
        // SAFETY: the pointers are the caller's.
        unsafe {
            if !A::run(registers, at, memory) {
                return leave(registers, at, memory, Scratch::uninit(), limit, context);
            }
            Rest::run(registers, at.add(1), memory, limit, context)
        }
    }
}

impl<J: Jump> Sequence for End<J> {
    #[inline(always)]
    unsafe fn run(registers: *mut u64, at: *const Operation, memory: *mut u8, limit: isize, context: *mut Context) {
        // SAFETY: the pointers are the caller's; a jump's target is an operation of the code.
        unsafe {
            match J::run(registers, at, context) {
                Target::Next => Proceed::run(registers, at.add(1), memory, limit, context),
                Target::Away(way) => {
                    let (target, moved) = (at.byte_offset(way), limit.wrapping_add(way).wrapping_sub(SIZE));
                    if at.addr() as isize + SIZE > limit {
                        return leave(registers, target, memory, Scratch::uninit(), moved, context);
                    }
                    Proceed::run(registers, target, memory, moved, context)
                }
                Target::Outside => leave(registers, at, memory, Scratch::uninit(), limit, context),
            }
        }
    }
}
