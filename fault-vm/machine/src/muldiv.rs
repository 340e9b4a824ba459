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

/// DIV: signed, towards zero.
#[inline(always)]
#[must_use]
pub const fn div(a: u64, b: u64) -> u64 {
    match (a as i64).checked_div(b as i64) {
        Some(quotient) => quotient as u64,
        None if b == 0 => u64::MAX,
        None => a,
    }
}

/// DIVU.
#[inline(always)]
#[must_use]
pub const fn divu(a: u64, b: u64) -> u64 {
    match a.checked_div(b) {
        Some(quotient) => quotient,
        None => u64::MAX,
    }
}

/// REM: has the sign of the dividend.
#[inline(always)]
#[must_use]
pub const fn rem(a: u64, b: u64) -> u64 {
    match (a as i64).checked_rem(b as i64) {
        Some(remainder) => remainder as u64,
        None if b == 0 => a,
        None => 0,
    }
}

/// REMU.
#[inline(always)]
#[must_use]
pub const fn remu(a: u64, b: u64) -> u64 {
    match a.checked_rem(b) {
        Some(remainder) => remainder,
        None => a,
    }
}

/// MULW.
#[inline(always)]
#[must_use]
pub const fn mulw(a: u64, b: u64) -> u64 {
    extend((a as u32).wrapping_mul(b as u32))
}

/// DIVW: signed, of the low 32 bits.
#[inline(always)]
#[must_use]
pub const fn divw(a: u64, b: u64) -> u64 {
    match (a as i32).checked_div(b as i32) {
        Some(quotient) => extend(quotient as u32),
        None if b as u32 == 0 => u64::MAX,
        None => extend(a as u32),
    }
}

/// DIVUW: unsigned, of the low 32 bits; the result is sign-extended all the same.
#[inline(always)]
#[must_use]
pub const fn divuw(a: u64, b: u64) -> u64 {
    match (a as u32).checked_div(b as u32) {
        Some(quotient) => extend(quotient),
        None => u64::MAX,
    }
}

/// REMW: signed, of the low 32 bits; by zero it gives them sign-extended.
#[inline(always)]
#[must_use]
pub const fn remw(a: u64, b: u64) -> u64 {
    match (a as i32).checked_rem(b as i32) {
        Some(remainder) => extend(remainder as u32),
        None if b as u32 == 0 => extend(a as u32),
        None => 0,
    }
}

/// REMUW: unsigned, of the low 32 bits; the result is sign-extended all the same.
#[inline(always)]
#[must_use]
pub const fn remuw(a: u64, b: u64) -> u64 {
    match (a as u32).checked_rem(b as u32) {
        Some(remainder) => extend(remainder),
        None => extend(a as u32),
    }
}
