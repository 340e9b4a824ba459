//! The machine once more, written from the specification alone and as differently as can be: bytes in a map, numbers as mathematical
//! integers that are brought back into their range, fields cut from the word where they are needed.

use alloy_primitives::B256;
use gainsay_machine::{Machine, Oracle};
use std::collections::BTreeMap;

const TWO_32: i128 = 1 << 32;
const TWO_64: i128 = 1 << 64;

/// What is compared; memory only where it is not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) memory: BTreeMap<u64, u8>,
    pub(crate) input: B256,
    pub(crate) output: B256,
    pub(crate) preimage_key: B256,
    pub(crate) registers: [u64; 32],
    pub(crate) pc: u64,
    pub(crate) step: u64,
    pub(crate) status: u8,
}

impl Model {
    pub(crate) fn of(machine: &Machine) -> Self {
        let bytes = machine.memory.pages().into_iter().flat_map(|(index, page)| (u64::from(index) * 4096..).zip(page.iter().copied()));
        let hart = machine.hart.clone();
        Self {
            memory: bytes.filter(|(_, byte)| *byte != 0).collect(),
            input: hart.input,
            output: hart.output,
            preimage_key: hart.preimage_key,
            registers: hart.registers,
            pc: hart.pc,
            step: hart.step,
            status: hart.status.0,
        }
    }

    pub(crate) fn step<O: Oracle>(&mut self, oracle: &mut O) -> Result<(), O::Error> {
        if self.status != 0 {
            return Ok(());
        }
        let before = self.clone();
        if let Some(trap) = self.advance(oracle)? {
            *self = before;
            self.status = trap;
        }
        self.step = wrap(unsigned(self.step) + 1);
        Ok(())
    }

    fn get(&self, address: u64, length: u64) -> Vec<u8> {
        (address..address + length).map(|at| self.memory.get(&at).copied().unwrap_or(0)).collect()
    }

    fn set(&mut self, address: u64, bytes: &[u8]) {
        for (at, byte) in (address..).zip(bytes) {
            self.memory.remove(&at);
            if *byte != 0 {
                self.memory.insert(at, *byte);
            }
        }
    }

    fn write(&mut self, register: usize, value: i128) {
        if register > 0 {
            self.registers[register] = wrap(value);
        }
    }

    /// Executes one instruction, or gives the trap.
    fn advance<O: Oracle>(&mut self, oracle: &mut O) -> Result<Option<u8>, O::Error> {
        if let Some(trap) = bad(self.pc, 4) {
            return Ok(Some(trap));
        }
        let bytes = self.get(self.pc, 4);
        let word = (0..4).map(|k| u64::from(bytes[k]) << (8 * k)).sum::<u64>();
        let cut = |from: u32, bits: u32| word >> from & ((1 << bits) - 1);
        let (opcode, funct3, funct7) = (cut(0, 7), cut(12, 3), cut(25, 7));
        let (rd, rs1, rs2) = (cut(7, 5) as usize, cut(15, 5) as usize, cut(20, 5) as usize);
        let (a, b) = (self.registers[rs1], self.registers[rs2]);
        let imm_i = extend(i128::from(cut(20, 12)), 12);
        let imm_s = extend(i128::from(funct7 * 32 + cut(7, 5)), 12);
        let imm_u = extend(i128::from(cut(12, 20)) * 4096, 32);
        let imm_b = extend(i128::from(cut(31, 1) * 4096 + cut(7, 1) * 2048 + cut(25, 6) * 32 + cut(8, 4) * 2), 13);
        let imm_j = extend(i128::from(cut(31, 1) * 1_048_576 + cut(12, 8) * 4096 + cut(20, 1) * 2048 + cut(21, 10) * 2), 21);
        let pc = unsigned(self.pc);
        let mut next = pc + 4;
        match opcode {
            0x37 => self.write(rd, imm_u),
            0x17 => self.write(rd, pc + imm_u),
            0x6f => {
                self.write(rd, pc + 4);
                next = pc + imm_j;
            }
            0x67 if funct3 == 0 => {
                next = unsigned(wrap(unsigned(a) + imm_i)) / 2 * 2;
                self.write(rd, pc + 4);
            }
            0x63 => match compare(funct3, a, b) {
                Some(true) => next = pc + imm_b,
                Some(false) => {}
                None => return Ok(Some(3)),
            },
            0x03 if funct3 < 7 => {
                let (address, width) = (wrap(unsigned(a) + imm_i), 1 << (funct3 % 4));
                if let Some(trap) = bad(address, width) {
                    return Ok(Some(trap));
                }
                let number: i128 = self.get(address, width).iter().rev().fold(0, |number, byte| number * 256 + i128::from(*byte));
                self.write(rd, if funct3 < 4 { extend(number, 8 * width as u32) } else { number });
            }
            0x23 if funct3 < 4 => {
                let (address, width) = (wrap(unsigned(a) + imm_s), 1 << funct3);
                if let Some(trap) = bad(address, width) {
                    return Ok(Some(trap));
                }
                let bytes: Vec<u8> = (0..width).map(|k| (unsigned(b) / (1 << (8 * k)) % 256) as u8).collect();
                self.set(address, &bytes);
            }
            0x13 | 0x1b | 0x33 | 0x3b => {
                let second = if opcode & 0x20 == 0 { Second::Immediate(imm_i) } else { Second::Register(b) };
                match compute(opcode & 8 != 0, funct3, funct7, a, second) {
                    Some(result) => self.write(rd, result),
                    None => return Ok(Some(3)),
                }
            }
            0x0f if funct3 == 0 => {}
            0x73 if word == 0x73 => {
                if let Some(trap) = self.syscall(oracle)? {
                    return Ok(Some(trap));
                }
            }
            _ => return Ok(Some(3)),
        }
        self.pc = wrap(next);
        Ok(None)
    }

    fn syscall<O: Oracle>(&mut self, oracle: &mut O) -> Result<Option<u8>, O::Error> {
        let (number, a0, a1) = (self.registers[17], self.registers[10], self.registers[11]);
        if number == 5 {
            return Ok(None);
        }
        if !(1..=4).contains(&number) {
            return Ok(Some(6));
        }
        if let Some(trap) = bad(a0, 32) {
            return Ok(Some(trap));
        }
        match number {
            1 => {
                self.output = B256::from_slice(&self.get(a0, 32));
                self.status = if a1 == 0 { 1 } else { 2 };
            }
            2 => {
                let input = self.input;
                self.set(a0, input.as_ref());
            }
            3 => self.preimage_key = B256::from_slice(&self.get(a0, 32)),
            _ if [1, 2, 3].contains(&self.preimage_key[0]) => {
                let part = oracle.part(&self.preimage_key, a1)?;
                self.set(a0, &part);
            }
            _ => self.set(a0, &[0; 32]),
        }
        Ok(None)
    }
}

/// The other operand of a computation.
#[derive(Clone, Copy)]
enum Second {
    Immediate(i128),
    Register(u64),
}

fn bad(address: u64, multiple: u64) -> Option<u8> {
    match address {
        0x1_0000_0000.. => Some(5),
        _ if !address.is_multiple_of(multiple) => Some(4),
        _ => None,
    }
}

fn unsigned(a: u64) -> i128 {
    i128::from(a)
}

/// A number modulo 2^64.
fn wrap(a: i128) -> u64 {
    a.rem_euclid(TWO_64) as u64
}

/// The low bits of a number as a signed number.
fn extend(a: i128, bits: u32) -> i128 {
    let size = 1_i128 << bits;
    let low = a.rem_euclid(size);
    if low >= size / 2 { low - size } else { low }
}

/// The upper half of the product of two numbers below 2^64, by quarters.
fn high(a: u64, b: u64) -> i128 {
    let (a1, a0, b1, b0) = (unsigned(a) / TWO_32, unsigned(a) % TWO_32, unsigned(b) / TWO_32, unsigned(b) % TWO_32);
    let middle = a1 * b0 + a0 * b0 / TWO_32;
    a1 * b1 + middle / TWO_32 + (a0 * b1 + middle % TWO_32) / TWO_32
}

fn compare(funct3: u64, a: u64, b: u64) -> Option<bool> {
    let below = unsigned(a) < unsigned(b);
    let less = extend(unsigned(a), 64) < extend(unsigned(b), 64);
    [Some(a == b), Some(a != b), None, None, Some(less), Some(!less), Some(below), Some(!below)][funct3 as usize]
}

/// The result of a computation of 64 or, as `word`, of 32 bits; nothing if there is none of these codes.
fn compute(word: bool, funct3: u64, funct7: u64, a: u64, second: Second) -> Option<i128> {
    let bits: u32 = if word { 32 } else { 64 };
    let (y, register) = match second {
        Second::Immediate(imm) => (imm, false),
        Second::Register(b) => (unsigned(b), true),
    };
    let size = 1_i128 << bits;
    let (ua, ub) = (unsigned(a).rem_euclid(size), y.rem_euclid(size));
    let (sa, sb) = (extend(ua, bits), extend(ub, bits));
    let result = if register && funct7 == 1 {
        multiply_divide(word, funct3, (ua, ub), (sa, sb))?
    } else {
        let shift = 1_i128 << (ub % i128::from(bits));
        // The highest bits of the distance of a shift by a constant belong to the code: six bits of it may be set in the 64-bit forms.
        let code = if register || word { funct7 } else { funct7 & 0x7e };
        match (funct3, code) {
            (0, 0) => sa + sb,
            (0, 0x20) if register => sa - sb,
            (0, _) if !register => sa + sb,
            (1, 0) => ua.wrapping_mul(shift),
            (5, 0) => ua / shift,
            (5, 0x20) => sa.div_euclid(shift),
            (2 | 3 | 4 | 6 | 7, _) if word || register && code != 0 => return None,
            (2, _) => i128::from(sa < sb),
            (3, _) => i128::from(ua < ub),
            (4, _) => (0..64).map(|k| (1 << k) * (((ua >> k & 1) + (ub >> k & 1)) & 1)).sum(),
            (6, _) => (0..64).map(|k| (1 << k) * (ua >> k & 1).max(ub >> k & 1)).sum(),
            (7, _) => (0..64).map(|k| (1 << k) * (ua >> k & 1).min(ub >> k & 1)).sum(),
            _ => return None,
        }
    };
    Some(extend(result, bits))
}

fn multiply_divide(word: bool, funct3: u64, (ua, ub): (i128, i128), (sa, sb): (i128, i128)) -> Option<i128> {
    // A negative factor −x stands for 2^64 − x: each takes the other factor away from the upper half once.
    let upper = high(wrap(ua), wrap(ub));
    let (if_a, if_b) = (if sa < 0 { ub } else { 0 }, if sb < 0 { ua } else { 0 });
    Some(match funct3 {
        0 => sa.wrapping_mul(sb),
        1..=3 if word => return None,
        1 => upper - if_a - if_b,
        2 => upper - if_a,
        3 => upper,
        4 if sb == 0 => -1,
        4 => sa / sb,
        5 if ub == 0 => -1,
        5 => ua / ub,
        6 if sb == 0 => sa,
        6 => sa % sb,
        _ if ub == 0 => ua,
        _ => ua % ub,
    })
}
