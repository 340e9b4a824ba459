//! Multiplication and division. Nothing traps: division by zero gives all bits set and the dividend as remainder, the smallest number by −1
//! the smallest number and remainder 0.

use crate::alu::extend;

/// MUL: the low 64 bits.
#[inline(always)]
#[must_use]
pub const fn mul(a: u64, b: u64) -> u64 {
    a.wrapping_mul(b)
}

/// MULH: the high 64 bits, signed by signed.
#[inline(always)]
#[must_use]
pub const fn mulh(a: u64, b: u64) -> u64 {
    ((a as i64 as i128).wrapping_mul(b as i64 as i128) >> 64) as u64
}

/// MULHSU: the high 64 bits, signed by unsigned.
#[inline(always)]
#[must_use]
pub const fn mulhsu(a: u64, b: u64) -> u64 {
    ((a as i64 as i128).wrapping_mul(b as i128) >> 64) as u64
}

/// MULHU: the high 64 bits, unsigned by unsigned.
#[inline(always)]
#[must_use]
pub const fn mulhu(a: u64, b: u64) -> u64 {
    ((a as u128).wrapping_mul(b as u128) >> 64) as u64
}

/// DIV: signed, rounding towards zero.
#[inline(always)]
#[must_use]
pub const fn div(a: u64, b: u64) -> u64 {
    if b == 0 { u64::MAX } else { (a as i64).wrapping_div(b as i64) as u64 }
}

/// DIVU: unsigned.
#[inline(always)]
#[must_use]
pub const fn divu(a: u64, b: u64) -> u64 {
    if b == 0 { u64::MAX } else { a.wrapping_div(b) }
}

/// REM: signed, with the sign of the dividend.
#[inline(always)]
#[must_use]
pub const fn rem(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { (a as i64).wrapping_rem(b as i64) as u64 }
}

/// REMU: unsigned.
#[inline(always)]
#[must_use]
pub const fn remu(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { a.wrapping_rem(b) }
}

/// MULW.
#[inline(always)]
#[must_use]
pub const fn mulw(a: u64, b: u64) -> u64 {
    extend((a as u32).wrapping_mul(b as u32))
}

/// DIVW.
#[inline(always)]
#[must_use]
pub const fn divw(a: u64, b: u64) -> u64 {
    if b as u32 == 0 { u64::MAX } else { extend((a as i32).wrapping_div(b as i32) as u32) }
}

/// DIVUW: unsigned, the result sign-extended.
#[inline(always)]
#[must_use]
pub const fn divuw(a: u64, b: u64) -> u64 {
    if b as u32 == 0 { u64::MAX } else { extend((a as u32).wrapping_div(b as u32)) }
}

/// REMW.
#[inline(always)]
#[must_use]
pub const fn remw(a: u64, b: u64) -> u64 {
    if b as u32 == 0 { extend(a as u32) } else { extend((a as i32).wrapping_rem(b as i32) as u32) }
}

/// REMUW: unsigned, the result sign-extended.
#[inline(always)]
#[must_use]
pub const fn remuw(a: u64, b: u64) -> u64 {
    if b as u32 == 0 { extend(a as u32) } else { extend((a as u32).wrapping_rem(b as u32)) }
}
