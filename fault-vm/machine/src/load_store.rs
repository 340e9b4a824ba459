//! Loads and stores: what bytes mean as a register, and a register as bytes.

use crate::{access::Access, memory::Aligned, step::Stop};

/// LB.
#[inline(always)]
#[must_use]
pub const fn lb(bytes: [u8; 1]) -> u64 {
    i8::from_le_bytes(bytes) as u64
}

/// LH.
#[inline(always)]
#[must_use]
pub const fn lh(bytes: [u8; 2]) -> u64 {
    i16::from_le_bytes(bytes) as u64
}

/// LW.
#[inline(always)]
#[must_use]
pub const fn lw(bytes: [u8; 4]) -> u64 {
    i32::from_le_bytes(bytes) as u64
}

/// LD.
#[inline(always)]
#[must_use]
pub const fn ld(bytes: [u8; 8]) -> u64 {
    u64::from_le_bytes(bytes)
}

/// LBU.
#[inline(always)]
#[must_use]
pub const fn lbu(bytes: [u8; 1]) -> u64 {
    u8::from_le_bytes(bytes) as u64
}

/// LHU.
#[inline(always)]
#[must_use]
pub const fn lhu(bytes: [u8; 2]) -> u64 {
    u16::from_le_bytes(bytes) as u64
}

/// LWU.
#[inline(always)]
#[must_use]
pub const fn lwu(bytes: [u8; 4]) -> u64 {
    u32::from_le_bytes(bytes) as u64
}

/// SB.
#[inline(always)]
#[must_use]
pub const fn sb(value: u64) -> [u8; 1] {
    (value as u8).to_le_bytes()
}

/// SH.
#[inline(always)]
#[must_use]
pub const fn sh(value: u64) -> [u8; 2] {
    (value as u16).to_le_bytes()
}

/// SW.
#[inline(always)]
#[must_use]
pub const fn sw(value: u64) -> [u8; 4] {
    (value as u32).to_le_bytes()
}

/// SD.
#[inline(always)]
#[must_use]
pub const fn sd(value: u64) -> [u8; 8] {
    value.to_le_bytes()
}

/// Loads `N` bytes and turns them into a register's value.
#[inline(always)]
pub(crate) fn load<A: Access, const N: usize>(access: &mut A, address: u64, value: fn([u8; N]) -> u64) -> Result<u64, Stop<A::Error>> {
    let at = Aligned::new(address)?;
    access.read(at).map(value).map_err(Stop::Access)
}

/// Stores `N` bytes.
#[inline(always)]
pub(crate) fn store<A: Access, const N: usize>(access: &mut A, address: u64, bytes: [u8; N]) -> Result<(), Stop<A::Error>> {
    let at = Aligned::new(address)?;
    access.write(at, bytes).map_err(Stop::Access)
}
