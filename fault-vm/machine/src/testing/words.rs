//! Instruction words: an assembler for tests, written apart from the decoder and in the manual's other form: which bits are fixed, and to what.

use crate::Op;
use gainsay_types::testing::Dice;

/// An instruction's fixed bits, and which bits these are.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// The instruction.
    pub op: Op,
    /// The fixed bits, others 0.
    pub bits: u32,
    /// Which bits are fixed.
    pub mask: u32,
}

/// opcode and funct3 are fixed.
const MASK_I: u32 = 0x0000_707f;
/// As I, and the upper six bits.
const MASK_SHIFT: u32 = 0xfc00_707f;
/// As I, and the upper seven bits.
const MASK_R: u32 = 0xfe00_707f;
/// The opcode is fixed.
const MASK_U: u32 = 0x0000_007f;

/// Every instruction of the machine.
#[rustfmt::skip]
pub const PATTERNS: [Pattern; 64] = [
    pattern(Op::Lui,    0x0000_0037, MASK_U), pattern(Op::Auipc,  0x0000_0017, MASK_U),
    pattern(Op::Jal,    0x0000_006f, MASK_U), pattern(Op::Jalr,   0x0000_0067, MASK_I),
    pattern(Op::Beq,    0x0000_0063, MASK_I), pattern(Op::Bne,    0x0000_1063, MASK_I),
    pattern(Op::Blt,    0x0000_4063, MASK_I), pattern(Op::Bge,    0x0000_5063, MASK_I),
    pattern(Op::Bltu,   0x0000_6063, MASK_I), pattern(Op::Bgeu,   0x0000_7063, MASK_I),
    pattern(Op::Lb,     0x0000_0003, MASK_I), pattern(Op::Lh,     0x0000_1003, MASK_I),
    pattern(Op::Lw,     0x0000_2003, MASK_I), pattern(Op::Ld,     0x0000_3003, MASK_I),
    pattern(Op::Lbu,    0x0000_4003, MASK_I), pattern(Op::Lhu,    0x0000_5003, MASK_I),
    pattern(Op::Lwu,    0x0000_6003, MASK_I),
    pattern(Op::Sb,     0x0000_0023, MASK_I), pattern(Op::Sh,     0x0000_1023, MASK_I),
    pattern(Op::Sw,     0x0000_2023, MASK_I), pattern(Op::Sd,     0x0000_3023, MASK_I),
    pattern(Op::Addi,   0x0000_0013, MASK_I), pattern(Op::Slti,   0x0000_2013, MASK_I),
    pattern(Op::Sltiu,  0x0000_3013, MASK_I), pattern(Op::Xori,   0x0000_4013, MASK_I),
    pattern(Op::Ori,    0x0000_6013, MASK_I), pattern(Op::Andi,   0x0000_7013, MASK_I),
    pattern(Op::Slli,   0x0000_1013, MASK_SHIFT),
    pattern(Op::Srli,   0x0000_5013, MASK_SHIFT), pattern(Op::Srai, 0x4000_5013, MASK_SHIFT),
    pattern(Op::Add,    0x0000_0033, MASK_R), pattern(Op::Sub,    0x4000_0033, MASK_R),
    pattern(Op::Sll,    0x0000_1033, MASK_R), pattern(Op::Slt,    0x0000_2033, MASK_R),
    pattern(Op::Sltu,   0x0000_3033, MASK_R), pattern(Op::Xor,    0x0000_4033, MASK_R),
    pattern(Op::Srl,    0x0000_5033, MASK_R), pattern(Op::Sra,    0x4000_5033, MASK_R),
    pattern(Op::Or,     0x0000_6033, MASK_R), pattern(Op::And,    0x0000_7033, MASK_R),
    pattern(Op::Mul,    0x0200_0033, MASK_R), pattern(Op::Mulh,   0x0200_1033, MASK_R),
    pattern(Op::Mulhsu, 0x0200_2033, MASK_R), pattern(Op::Mulhu,  0x0200_3033, MASK_R),
    pattern(Op::Div,    0x0200_4033, MASK_R), pattern(Op::Divu,   0x0200_5033, MASK_R),
    pattern(Op::Rem,    0x0200_6033, MASK_R), pattern(Op::Remu,   0x0200_7033, MASK_R),
    pattern(Op::Addiw,  0x0000_001b, MASK_I), pattern(Op::Slliw,  0x0000_101b, MASK_R),
    pattern(Op::Srliw,  0x0000_501b, MASK_R), pattern(Op::Sraiw,  0x4000_501b, MASK_R),
    pattern(Op::Addw,   0x0000_003b, MASK_R), pattern(Op::Subw,   0x4000_003b, MASK_R),
    pattern(Op::Sllw,   0x0000_103b, MASK_R), pattern(Op::Srlw,   0x0000_503b, MASK_R),
    pattern(Op::Sraw,   0x4000_503b, MASK_R),
    pattern(Op::Mulw,   0x0200_003b, MASK_R), pattern(Op::Divw,   0x0200_403b, MASK_R),
    pattern(Op::Divuw,  0x0200_503b, MASK_R), pattern(Op::Remw,   0x0200_603b, MASK_R),
    pattern(Op::Remuw,  0x0200_703b, MASK_R),
    pattern(Op::Fence,  0x0000_000f, MASK_I), pattern(Op::Ecall,  0x0000_0073, u32::MAX),
];

/// The word of ECALL.
pub const ECALL: u32 = 0x73;

const fn pattern(op: Op, bits: u32, mask: u32) -> Pattern {
    Pattern { op, bits, mask }
}

/// The fixed bits of an instruction.
///
/// # Panics
/// Never: every instruction is in the table.
#[must_use]
pub fn bits_of(op: Op) -> u32 {
    PATTERNS.iter().find(|pattern| pattern.op == op).unwrap_or_else(|| unreachable!("{op:?} is in the table")).bits
}

/// An instruction with three registers.
#[must_use]
pub fn r(op: Op, rd: u32, rs1: u32, rs2: u32) -> u32 {
    bits_of(op) | rd << 7 | rs1 << 15 | rs2 << 20
}

/// An instruction with two registers and 12 bits, shifts and JALR among them.
#[must_use]
pub fn i(op: Op, rd: u32, rs1: u32, imm: i32) -> u32 {
    bits_of(op) | rd << 7 | rs1 << 15 | (imm as u32) << 20
}

/// A store of rs2.
#[must_use]
pub fn s(op: Op, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    bits_of(op) | (imm & 0x1f) << 7 | rs1 << 15 | rs2 << 20 | (imm >> 5) << 25
}

/// A branch.
#[must_use]
pub fn b(op: Op, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    let low = (imm >> 11 & 1) << 7 | (imm >> 1 & 0xf) << 8;
    bits_of(op) | low | rs1 << 15 | rs2 << 20 | (imm >> 5 & 0x3f) << 25 | (imm >> 12 & 1) << 31
}

/// LUI or AUIPC with the 20 bits of `upper`.
#[must_use]
pub fn u(op: Op, rd: u32, upper: u32) -> u32 {
    bits_of(op) | rd << 7 | upper << 12
}

/// JAL.
#[must_use]
pub fn jal(rd: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    bits_of(Op::Jal) | rd << 7 | (imm >> 12 & 0xff) << 12 | (imm >> 11 & 1) << 20 | (imm >> 1 & 0x3ff) << 21 | (imm >> 20 & 1) << 31
}

/// A word of a listed instruction, everything else in it random.
pub fn valid(dice: &mut Dice) -> u32 {
    let pattern = PATTERNS[dice.below(PATTERNS.len() as u64) as usize];
    pattern.bits | dice.bits() as u32 & !pattern.mask
}

/// A word: mostly valid, often nearly so, sometimes anything.
pub fn arbitrary(dice: &mut Dice) -> u32 {
    match dice.below(16) {
        0..=10 => valid(dice),
        11..=12 => ECALL,
        13..=14 => valid(dice) ^ 1 << dice.below(32),
        _ => dice.bits() as u32,
    }
}
