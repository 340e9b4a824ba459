//! Arithmetic, logic and shifts, modulo 2^64. The W forms work on the low 32 bits and sign-extend their result.

/// The low 32 bits, sign-extended.
#[inline(always)]
#[must_use]
pub const fn extend(value: u32) -> u64 {
    value as i32 as i64 as u64
}

/// An immediate, sign-extended to 64 bits.
#[inline(always)]
#[must_use]
pub const fn immediate(value: i32) -> u64 {
    value as i64 as u64
}

/// ADD, ADDI.
#[inline(always)]
#[must_use]
pub const fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// SUB.
#[inline(always)]
#[must_use]
pub const fn sub(a: u64, b: u64) -> u64 {
    a.wrapping_sub(b)
}

/// SLL, SLLI: by the low six bits of b.
#[inline(always)]
#[must_use]
pub const fn sll(a: u64, b: u64) -> u64 {
    a.wrapping_shl(b as u32)
}

/// SRL, SRLI: by the low six bits of b.
#[inline(always)]
#[must_use]
pub const fn srl(a: u64, b: u64) -> u64 {
    a.wrapping_shr(b as u32)
}

/// SRA, SRAI: by the low six bits of b, keeping the sign.
#[inline(always)]
#[must_use]
pub const fn sra(a: u64, b: u64) -> u64 {
    (a as i64).wrapping_shr(b as u32) as u64
}

/// SLT, SLTI: 1 if a is less than b, as signed numbers.
#[inline(always)]
#[must_use]
pub const fn slt(a: u64, b: u64) -> u64 {
    ((a as i64) < b as i64) as u64
}

/// SLTU, SLTIU: 1 if a is less than b, as unsigned numbers.
#[inline(always)]
#[must_use]
pub const fn sltu(a: u64, b: u64) -> u64 {
    (a < b) as u64
}

/// XOR, XORI.
#[inline(always)]
#[must_use]
pub const fn xor(a: u64, b: u64) -> u64 {
    a ^ b
}

/// OR, ORI.
#[inline(always)]
#[must_use]
pub const fn or(a: u64, b: u64) -> u64 {
    a | b
}

/// AND, ANDI.
#[inline(always)]
#[must_use]
pub const fn and(a: u64, b: u64) -> u64 {
    a & b
}

/// ADDW, ADDIW.
#[inline(always)]
#[must_use]
pub const fn addw(a: u64, b: u64) -> u64 {
    extend((a as u32).wrapping_add(b as u32))
}

/// SUBW.
#[inline(always)]
#[must_use]
pub const fn subw(a: u64, b: u64) -> u64 {
    extend((a as u32).wrapping_sub(b as u32))
}

/// SLLW, SLLIW: by the low five bits of b.
#[inline(always)]
#[must_use]
pub const fn sllw(a: u64, b: u64) -> u64 {
    extend((a as u32).wrapping_shl(b as u32))
}

/// SRLW, SRLIW: by the low five bits of b.
#[inline(always)]
#[must_use]
pub const fn srlw(a: u64, b: u64) -> u64 {
    extend((a as u32).wrapping_shr(b as u32))
}

/// SRAW, SRAIW: by the low five bits of b, keeping the sign of the 32-bit number.
#[inline(always)]
#[must_use]
pub const fn sraw(a: u64, b: u64) -> u64 {
    extend((a as i32).wrapping_shr(b as u32) as u32)
}
