//! Random programs: mostly valid instructions over few registers, with loops, jumps anywhere, stores into the text, and traps.

use super::{
    TEXT,
    assembly::{ECALL, addi, b, i, jal, r, s, u},
};
use gainsay_types::testing::Dice;

/// Registers that hold an address of data, and one of text.
pub(super) const DATA_REGISTER: u32 = 8;
pub(super) const TEXT_REGISTER: u32 = 9;
/// Where the data is.
pub(super) const DATA: u64 = 0x4_0000;

/// A source of instructions.
pub(super) struct Soup {
    pub(super) dice: Dice,
}

impl Soup {
    pub(super) const fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed) }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.dice.below(from.len() as u64) as usize]
    }

    /// A register's value, often a special one.
    pub(super) fn value(&mut self) -> u64 {
        let any = self.dice.bits();
        self.pick(&[0, 1, u64::MAX, 1 << 63, 1 << 31, 0xffff_ffff, 0xffff_fff8, 1 << 32, DATA, TEXT, any, any >> 32, any >> 58])
    }

    /// Registers that results go to, never those that hold addresses.
    fn result(&mut self) -> u32 {
        self.pick(&[0, 5, 6, 7, 10, 11, 12])
    }

    fn operand(&mut self) -> u32 {
        self.pick(&[0, 5, 6, 7, 10, 11, 12, DATA_REGISTER, TEXT_REGISTER])
    }

    fn immediate(&mut self) -> i32 {
        self.dice.below(4096) as i32 - 2048
    }

    /// A way of whole instructions, seldom one that is not, or that leads far.
    fn way(&mut self, range: u64) -> i32 {
        match self.dice.below(60) {
            0 => self.dice.below(range) as i32 * 2,
            1 => 4092,
            _ => (self.dice.below(2 * range) as i32 - range as i32 / 2) * 4,
        }
    }

    /// One instruction, mostly one that is listed.
    pub(super) fn instruction(&mut self) -> u32 {
        match self.dice.below(100) {
            0..30 => self.of_registers(),
            30..58 => self.of_immediate(),
            58..70 => self.load(),
            70..80 => self.store(),
            80..90 => b(self.pick(&[0, 1, 4, 5, 6, 7]), self.operand(), self.operand(), self.way(12)),
            90..93 => jal(self.result(), self.way(40)),
            93..96 => i(0x67, 0, self.result(), TEXT_REGISTER, self.way(200) / 2 * 2),
            96 => u(self.pick(&[0x37, 0x17]), self.result(), self.dice.bits() as u32 & 0xf_ffff),
            97 => self.syscall(),
            98 => 0x0f,
            _ if self.dice.below(6) == 0 => self.dice.bits() as u32,
            _ => addi(0, 0, 0),
        }
    }

    fn of_registers(&mut self) -> u32 {
        let (opcode, funct3, funct7) = match self.dice.below(3) {
            0 => (0x33, self.dice.below(8) as u32, self.pick(&[0, 1])),
            1 => self.pick(&[(0x33, 0, 0x20), (0x33, 5, 0x20), (0x33, 4, 0), (0x33, 6, 0), (0x33, 0, 0)]),
            _ => self.pick(&[
                (0x3b, 0, 0),
                (0x3b, 1, 0),
                (0x3b, 5, 0),
                (0x3b, 0, 0x20),
                (0x3b, 5, 0x20),
                (0x3b, 0, 1),
                (0x3b, 4, 1),
                (0x3b, 5, 1),
                (0x3b, 6, 1),
                (0x3b, 7, 1),
            ]),
        };
        r(opcode, funct3, funct7, self.result(), self.operand(), self.operand())
    }

    fn of_immediate(&mut self) -> u32 {
        let (result, operand) = (self.result(), self.operand());
        match self.dice.below(10) {
            0..4 => i(0x13, self.pick(&[0, 2, 3, 4, 6, 7]), result, operand, self.immediate()),
            4..7 => {
                let (funct3, kind) = self.pick(&[(1, 0), (5, 0), (5, 0x400)]);
                i(0x13, funct3, result, operand, kind | self.dice.below(64) as i32)
            }
            7 => i(0x1b, 0, result, operand, self.immediate()),
            _ => {
                let (funct3, kind) = self.pick(&[(1, 0), (5, 0), (5, 0x400)]);
                i(0x1b, funct3, result, operand, kind | self.dice.below(32) as i32)
            }
        }
    }

    fn load(&mut self) -> u32 {
        let width = self.dice.below(7) as u32;
        let base = if self.dice.below(40) == 0 { self.operand() } else { self.pick(&[DATA_REGISTER, DATA_REGISTER, TEXT_REGISTER]) };
        i(0x03, width, self.result(), base, self.offset(width & 3))
    }

    fn store(&mut self) -> u32 {
        let width = self.dice.below(4) as u32;
        let base = if self.dice.below(40) == 0 { self.operand() } else { self.pick(&[DATA_REGISTER, DATA_REGISTER, TEXT_REGISTER]) };
        // What is stored into the text is often an instruction: register 13 holds two, and no instruction writes it.
        let value = if base == TEXT_REGISTER { 13 } else { self.operand() };
        s(width, base, value, self.offset(width))
    }

    /// Mostly aligned.
    fn offset(&mut self, width: u32) -> i32 {
        let offset = self.immediate();
        if self.dice.below(30) == 0 { offset } else { offset >> width << width }
    }

    /// Register 17 holds the number; register 10 is the address.
    fn syscall(&mut self) -> u32 {
        if self.dice.below(3) == 0 { ECALL } else { addi(17, 0, self.pick(&[1, 2, 3, 4, 4, 5, 5, 2, 3, 6])) }
    }
}
