//! Small programs, put together by hand.

#![allow(unreachable_pub)]

use gainsay_machine::Program;

pub const ZERO: u32 = 0;
pub const T0: u32 = 5;
pub const S0: u32 = 8;
pub const A0: u32 = 10;
pub const A1: u32 = 11;
pub const A7: u32 = 17;
pub const ECALL: u32 = 0x73;

pub fn addi(rd: u32, rs1: u32, imm: i32) -> u32 {
    (imm as u32) << 20 | rs1 << 15 | rd << 7 | 0x13
}

/// `rd = page << 12`.
pub fn lui(rd: u32, page: u32) -> u32 {
    page << 12 | rd << 7 | 0x37
}

/// Stores 8 bytes at `rs1`.
pub fn sd(rs2: u32, rs1: u32) -> u32 {
    rs2 << 20 | rs1 << 15 | 3 << 12 | 0x23
}

/// Jumps back by so many instructions unless `rs1` is zero.
pub fn bnez_back(rs1: u32, instructions: u32) -> u32 {
    let offset = (instructions * 4).wrapping_neg();
    let (sign, eleventh) = (offset >> 12 & 1, offset >> 11 & 1);
    sign << 31 | (offset >> 5 & 0x3f) << 25 | rs1 << 15 | 1 << 12 | (offset >> 1 & 0xf) << 8 | eleventh << 7 | 0x63
}

/// An ELF file with this code at 0x10000.
pub fn program(code: &[u32]) -> Program {
    let code: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
    let start = 64 + 56u64;
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
    file.resize(16, 0);
    for half in [2u16, 243] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    file.extend_from_slice(&1u32.to_le_bytes());
    for word in [0x10000u64, 64, 0] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend_from_slice(&0u32.to_le_bytes());
    for half in [64u16, 56, 1, 0, 0, 0] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    for word in [1u32, 5] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    let length = code.len() as u64;
    for word in [start, 0x10000, 0x10000, length, length, 4096] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend_from_slice(&code);
    Program::from_elf(&file).expect("a good file")
}

/// Writes a countdown over ten pages, and halts: 4 steps a round.
pub fn countdown(rounds: i32) -> Program {
    program(&[
        lui(S0, 0x20),
        addi(T0, ZERO, rounds),
        addi(T0, T0, -1),
        sd(T0, S0),
        addi(S0, S0, 32),
        bnez_back(T0, 3),
        lui(A0, 0x20),
        addi(A1, ZERO, 0),
        addi(A7, ZERO, 1),
        ECALL,
    ])
}

/// Never ends.
pub fn forever() -> Program {
    program(&[addi(T0, ZERO, 1), addi(S0, S0, 1), bnez_back(T0, 1)])
}
