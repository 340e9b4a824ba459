//! When a branch is taken, and where control goes.

use crate::alu::{add, immediate};

/// The instruction behind this one.
#[inline(always)]
#[must_use]
pub const fn following(pc: u64) -> u64 {
    pc.wrapping_add(4)
}

/// The target of a branch and of JAL.
#[inline(always)]
#[must_use]
pub const fn relative(pc: u64, offset: i32) -> u64 {
    add(pc, immediate(offset))
}

/// The target of JALR: its lowest bit is cleared.
#[inline(always)]
#[must_use]
pub const fn indirect(base: u64, offset: i32) -> u64 {
    add(base, immediate(offset)) & !1
}

/// BEQ.
#[inline(always)]
#[must_use]
pub const fn eq(a: u64, b: u64) -> bool {
    a == b
}

/// BNE.
#[inline(always)]
#[must_use]
pub const fn ne(a: u64, b: u64) -> bool {
    a != b
}

/// BLT: as signed numbers.
#[inline(always)]
#[must_use]
pub const fn lt(a: u64, b: u64) -> bool {
    (a as i64) < b as i64
}

/// BGE: as signed numbers.
#[inline(always)]
#[must_use]
pub const fn ge(a: u64, b: u64) -> bool {
    a as i64 >= b as i64
}

/// BLTU: as unsigned numbers.
#[inline(always)]
#[must_use]
pub const fn ltu(a: u64, b: u64) -> bool {
    a < b
}

/// BGEU: as unsigned numbers.
#[inline(always)]
#[must_use]
pub const fn geu(a: u64, b: u64) -> bool {
    a >= b
}
