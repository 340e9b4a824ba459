//! The program of the model: a few dozen instructions in place of the guest, with the same shape of a run.
//!
//! It reads its input and the three words behind it (`batchAcc ‖ stateHash ‖ configHash`). With nothing left to read (`batchAcc = 0`) it halts well and says the
//! state that it began with, as the guest does. Else it works a little and then fails in one of the ways a run can fail, or never ends. So every block step
//! moves the cursor to the next batch, up to the target, and the chain stays there.

use gainsay_machine::{ENTRY, Program, ProgramError};

/// Where it keeps its data.
const DATA: u32 = 0x20;

const ZERO: u32 = 0;
const T0: u32 = 5;
const T1: u32 = 6;
const S0: u32 = 8;
const A0: u32 = 10;
const A1: u32 = 11;
const A7: u32 = 17;
const ECALL: u32 = 0x73;

const HALT: i32 = 1;
const INPUT: i32 = 2;
const KEY: i32 = 3;
const PREIMAGE: i32 = 4;
const NO_SYSCALL: i32 = 9;

const ADD: u32 = 0;
const LBU: u32 = 4;
const LD: u32 = 3;
const SD: u32 = 3;
const BEQ: u32 = 0;
const BNE: u32 = 1;

/// The program, ready to run.
///
/// # Errors
/// Never, unless the loader takes no more what it is specified to take.
pub fn program() -> Result<Program, ProgramError> {
    Program::from_elf(&elf(&code()))
}

fn code() -> Vec<u32> {
    [read_input(), halt_if_nothing_is_left(), work(), fail()].concat()
}

/// The input's preimage: its length, the batch, the state. The key is the input with its type in the first byte.
fn read_input() -> Vec<u32> {
    let mut code = vec![lui(S0, DATA), addi(A0, S0, 0), addi(A7, ZERO, INPUT), ECALL];
    code.extend([addi(T0, ZERO, 1), store(0, T0, S0, 0), addi(A7, ZERO, KEY), ECALL, addi(A7, ZERO, PREIMAGE)]);
    for (part, place) in [(0, 32), (1, 64), (2, 96)] {
        code.extend([addi(A0, S0, place), addi(A1, ZERO, part), ECALL]);
    }
    code
}

fn halt_if_nothing_is_left() -> Vec<u32> {
    let mut code = vec![load(LD, T1, S0, 64)];
    for place in [72, 80, 88] {
        code.extend([load(LD, T0, S0, place), register(6, T1, T1, T0)]);
    }
    let halt = [addi(A0, S0, 96), addi(A1, ZERO, 0), addi(A7, ZERO, HALT), ECALL];
    code.push(branch(BNE, T1, ZERO, jump_over(&halt)));
    code.extend(halt);
    code
}

/// Multiplies and stores, 1 to 16 rounds, by the batch.
fn work() -> Vec<u32> {
    let mut code = vec![load(LBU, T1, S0, 95), immediate(7, T1, T1, 15), addi(T1, T1, 1), load(LD, T0, S0, 64)];
    let round = [mul(T0, T0, T0), addi(T0, T0, 3), store(SD, T0, S0, 128), addi(T1, T1, -1)];
    code.extend(round);
    code.push(branch(BNE, T1, ZERO, -4 * round.len() as i32));
    code
}

/// In one of eight ways, by another byte of the batch.
fn fail() -> Vec<u32> {
    let halt = vec![addi(A0, S0, 64), addi(A1, ZERO, 7), addi(A7, ZERO, HALT), ECALL];
    let ways: [Vec<u32>; 7] = [
        halt,
        // Illegal instruction.
        vec![0],
        // Unknown syscall.
        vec![addi(A7, ZERO, NO_SYSCALL), ECALL],
        // Misaligned.
        vec![load(LD, T0, S0, 3)],
        // Out of range.
        vec![load(LD, T0, ZERO, -8)],
        // The trap comes at the step after the jump.
        vec![addi(T0, ZERO, 2), immediate_of(0x67, 0, ZERO, T0, 0)],
        // Runs on in one place.
        vec![branch(BEQ, ZERO, ZERO, 0)],
    ];
    let mut code = vec![load(LBU, T0, S0, 94), immediate(7, T0, T0, 7)];
    for way in ways {
        code.push(branch(BNE, T0, ZERO, jump_over(&way)));
        code.extend(way);
        code.push(addi(T0, T0, -1));
    }
    code.push(0);
    code
}

/// From a branch over what follows it.
fn jump_over(code: &[u32]) -> i32 {
    4 * (code.len() as i32 + 1)
}

fn immediate_of(opcode: u32, funct3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    opcode | rd << 7 | funct3 << 12 | rs1 << 15 | (imm as u32) << 20
}

fn immediate(funct3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    immediate_of(0x13, funct3, rd, rs1, imm)
}

fn addi(rd: u32, rs1: u32, imm: i32) -> u32 {
    immediate(ADD, rd, rs1, imm)
}

fn load(width: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    immediate_of(0x03, width, rd, rs1, imm)
}

/// `width` 0 stores a byte, 3 eight of them.
fn store(width: u32, rs2: u32, rs1: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    0x23 | (imm & 31) << 7 | width << 12 | rs1 << 15 | rs2 << 20 | (imm >> 5 & 0x7f) << 25
}

fn register(funct3: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    0x33 | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20
}

fn mul(rd: u32, rs1: u32, rs2: u32) -> u32 {
    register(0, rd, rs1, rs2) | 1 << 25
}

/// `rd = page << 12`.
fn lui(rd: u32, page: u32) -> u32 {
    0x37 | rd << 7 | page << 12
}

/// Goes `way` bytes on, or back.
fn branch(funct3: u32, rs1: u32, rs2: u32, way: i32) -> u32 {
    let way = way as u32;
    let low = (way >> 11 & 1) << 7 | (way >> 1 & 15) << 8;
    0x63 | low | funct3 << 12 | rs1 << 15 | rs2 << 20 | (way >> 5 & 63) << 25 | (way >> 12 & 1) << 31
}

/// An ELF file with this code at the machine's entry: a header, one loadable segment, the code.
fn elf(code: &[u32]) -> Vec<u8> {
    const HEADER: u64 = 64;
    const SEGMENT: u64 = 56;
    let length = code.len() as u64 * 4;
    let mut file = Vec::new();
    // 64 bits, little-endian, version 1.
    file.extend_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // Executable, RISC-V, version 1; entry, program headers, no sections.
    put(&mut file, &[(2, 2), (243, 2), (1, 4), (ENTRY, 8), (HEADER, 8), (0, 8), (0, 4)]);
    put(&mut file, &[(HEADER, 2), (SEGMENT, 2), (1, 2), (0, 2), (0, 2), (0, 2)]);
    // Load, readable and executable; offset, addresses, sizes, alignment.
    put(&mut file, &[(1, 4), (5, 4), (HEADER + SEGMENT, 8), (ENTRY, 8), (ENTRY, 8), (length, 8), (length, 8), (4, 8)]);
    file.extend(code.iter().flat_map(|word| word.to_le_bytes()));
    file
}

/// Numbers with their widths in bytes.
fn put(file: &mut Vec<u8>, fields: &[(u64, usize)]) {
    for (value, width) in fields {
        file.extend_from_slice(&value.to_le_bytes()[..*width]);
    }
}
