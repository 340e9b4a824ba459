//! Instruction words by their operands.

/// Register-register: opcode 0x33 or 0x3b.
pub(super) fn r(opcode: u32, funct3: u32, funct7: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25
}

/// Register-immediate, loads, JALR.
pub(super) fn i(opcode: u32, funct3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    opcode | rd << 7 | funct3 << 12 | rs1 << 15 | (imm as u32) << 20
}

/// Stores.
pub(super) fn s(funct3: u32, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    0x23 | (imm & 31) << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | imm >> 5 << 25
}

/// Branches.
pub(super) fn b(funct3: u32, rs1: u32, rs2: u32, way: i32) -> u32 {
    let way = way as u32;
    0x63 | (way >> 11 & 1) << 7
        | (way >> 1 & 15) << 8
        | funct3 << 12
        | rs1 << 15
        | rs2 << 20
        | (way >> 5 & 63) << 25
        | (way >> 12 & 1) << 31
}

/// LUI and AUIPC.
pub(super) fn u(opcode: u32, rd: u32, imm: u32) -> u32 {
    opcode | rd << 7 | imm << 12
}

/// JAL.
pub(super) fn jal(rd: u32, way: i32) -> u32 {
    let way = way as u32;
    0x6f | rd << 7 | (way >> 12 & 0xff) << 12 | (way >> 11 & 1) << 20 | (way >> 1 & 0x3ff) << 21 | (way >> 20 & 1) << 31
}

/// ADDI.
pub(super) fn addi(rd: u32, rs1: u32, imm: i32) -> u32 {
    i(0x13, 0, rd, rs1, imm)
}

pub(super) const ECALL: u32 = 0x73;
