//! From a word to an instruction.

/// What an instruction does. The names are the specification's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)]
#[rustfmt::skip]
pub enum Op {
    Lui, Auipc, Jal, Jalr,
    Beq, Bne, Blt, Bge, Bltu, Bgeu,
    Lb, Lh, Lw, Ld, Lbu, Lhu, Lwu,
    Sb, Sh, Sw, Sd,
    Addi, Slti, Sltiu, Xori, Ori, Andi, Slli, Srli, Srai,
    Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And,
    Mul, Mulh, Mulhsu, Mulhu, Div, Divu, Rem, Remu,
    Addiw, Slliw, Srliw, Sraiw,
    Addw, Subw, Sllw, Srlw, Sraw,
    Mulw, Divw, Divuw, Remw, Remuw,
    Fence, Ecall,
}

/// A decoded instruction. Fields that it does not have are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// What it does.
    pub op: Op,
    /// Register that it writes, below 32.
    pub rd: u8,
    /// First register that it reads, below 32.
    pub rs1: u8,
    /// Second register that it reads, below 32.
    pub rs2: u8,
    /// Immediate, to be sign-extended; of immediate shifts, the number of bits.
    pub imm: i32,
}

impl Instruction {
    /// Decodes a word; none for what the specification does not list: it traps *illegal instruction*.
    #[must_use]
    pub const fn decode(word: u32) -> Option<Self> {
        let f = Fields(word);
        match word & 0x7f {
            0x37 => Some(f.upper(Op::Lui)),
            0x17 => Some(f.upper(Op::Auipc)),
            0x6f => Some(Instruction { op: Op::Jal, rd: f.rd(), rs1: 0, rs2: 0, imm: f.imm_j() }),
            0x67 => f.immediate(match f.funct3() {
                0 => Op::Jalr,
                _ => return None,
            }),
            0x63 => f.branch(match f.funct3() {
                0 => Op::Beq,
                1 => Op::Bne,
                4 => Op::Blt,
                5 => Op::Bge,
                6 => Op::Bltu,
                7 => Op::Bgeu,
                _ => return None,
            }),
            0x03 => f.immediate(match f.funct3() {
                0 => Op::Lb,
                1 => Op::Lh,
                2 => Op::Lw,
                3 => Op::Ld,
                4 => Op::Lbu,
                5 => Op::Lhu,
                6 => Op::Lwu,
                _ => return None,
            }),
            0x23 => f.store(match f.funct3() {
                0 => Op::Sb,
                1 => Op::Sh,
                2 => Op::Sw,
                3 => Op::Sd,
                _ => return None,
            }),
            0x13 => f.compute_immediate(),
            0x1b => f.compute_immediate_32(),
            0x33 => f.compute(),
            0x3b => f.compute_32(),
            0x0f if f.funct3() == 0 => Some(plain(Op::Fence)),
            _ if word == 0x0000_0073 => Some(plain(Op::Ecall)),
            _ => None,
        }
    }
}

const fn plain(op: Op) -> Instruction {
    Instruction { op, rd: 0, rs1: 0, rs2: 0, imm: 0 }
}

/// The fields of a word.
#[derive(Clone, Copy)]
struct Fields(u32);

impl Fields {
    const fn rd(self) -> u8 {
        (self.0 >> 7 & 31) as u8
    }

    const fn rs1(self) -> u8 {
        (self.0 >> 15 & 31) as u8
    }

    const fn rs2(self) -> u8 {
        (self.0 >> 20 & 31) as u8
    }

    const fn funct3(self) -> u32 {
        self.0 >> 12 & 7
    }

    const fn funct7(self) -> u32 {
        self.0 >> 25
    }

    /// Bits 31..20.
    const fn imm_i(self) -> i32 {
        self.0 as i32 >> 20
    }

    /// Bits 31..25 ‖ 11..7.
    const fn imm_s(self) -> i32 {
        self.0 as i32 >> 25 << 5 | (self.0 >> 7 & 0x1f) as i32
    }

    /// Bits 31 ‖ 7 ‖ 30..25 ‖ 11..8, and a zero.
    const fn imm_b(self) -> i32 {
        let low = self.0 << 4 & 0x800 | self.0 >> 20 & 0x7e0 | self.0 >> 7 & 0x1e;
        self.0 as i32 >> 31 << 12 | low as i32
    }

    /// Bits 31 ‖ 19..12 ‖ 20 ‖ 30..21, and a zero.
    const fn imm_j(self) -> i32 {
        let low = self.0 & 0xf_f000 | self.0 >> 9 & 0x800 | self.0 >> 20 & 0x7fe;
        self.0 as i32 >> 31 << 20 | low as i32
    }

    /// Bits 31..12, and twelve zeroes.
    const fn upper(self, op: Op) -> Instruction {
        Instruction { op, rd: self.rd(), rs1: 0, rs2: 0, imm: (self.0 & 0xffff_f000) as i32 }
    }

    const fn immediate(self, op: Op) -> Option<Instruction> {
        Some(Instruction { op, rd: self.rd(), rs1: self.rs1(), rs2: 0, imm: self.imm_i() })
    }

    const fn shift(self, op: Op, mask: i32) -> Option<Instruction> {
        Some(Instruction { op, rd: self.rd(), rs1: self.rs1(), rs2: 0, imm: self.imm_i() & mask })
    }

    const fn branch(self, op: Op) -> Option<Instruction> {
        Some(Instruction { op, rd: 0, rs1: self.rs1(), rs2: self.rs2(), imm: self.imm_b() })
    }

    const fn store(self, op: Op) -> Option<Instruction> {
        Some(Instruction { op, rd: 0, rs1: self.rs1(), rs2: self.rs2(), imm: self.imm_s() })
    }

    const fn registers(self, op: Op) -> Option<Instruction> {
        Some(Instruction { op, rd: self.rd(), rs1: self.rs1(), rs2: self.rs2(), imm: 0 })
    }

    const fn compute_immediate(self) -> Option<Instruction> {
        match (self.funct3(), self.0 >> 26) {
            (0, _) => self.immediate(Op::Addi),
            (1, 0) => self.shift(Op::Slli, 0x3f),
            (2, _) => self.immediate(Op::Slti),
            (3, _) => self.immediate(Op::Sltiu),
            (4, _) => self.immediate(Op::Xori),
            (5, 0) => self.shift(Op::Srli, 0x3f),
            (5, 0x10) => self.shift(Op::Srai, 0x3f),
            (6, _) => self.immediate(Op::Ori),
            (7, _) => self.immediate(Op::Andi),
            _ => None,
        }
    }

    const fn compute_immediate_32(self) -> Option<Instruction> {
        match (self.funct3(), self.funct7()) {
            (0, _) => self.immediate(Op::Addiw),
            (1, 0) => self.shift(Op::Slliw, 0x1f),
            (5, 0) => self.shift(Op::Srliw, 0x1f),
            (5, 0x20) => self.shift(Op::Sraiw, 0x1f),
            _ => None,
        }
    }

    const fn compute(self) -> Option<Instruction> {
        self.registers(match (self.funct7(), self.funct3()) {
            (0, 0) => Op::Add,
            (0, 1) => Op::Sll,
            (0, 2) => Op::Slt,
            (0, 3) => Op::Sltu,
            (0, 4) => Op::Xor,
            (0, 5) => Op::Srl,
            (0, 6) => Op::Or,
            (0, 7) => Op::And,
            (0x20, 0) => Op::Sub,
            (0x20, 5) => Op::Sra,
            (1, 0) => Op::Mul,
            (1, 1) => Op::Mulh,
            (1, 2) => Op::Mulhsu,
            (1, 3) => Op::Mulhu,
            (1, 4) => Op::Div,
            (1, 5) => Op::Divu,
            (1, 6) => Op::Rem,
            (1, 7) => Op::Remu,
            _ => return None,
        })
    }

    const fn compute_32(self) -> Option<Instruction> {
        self.registers(match (self.funct7(), self.funct3()) {
            (0, 0) => Op::Addw,
            (0, 1) => Op::Sllw,
            (0, 5) => Op::Srlw,
            (0x20, 0) => Op::Subw,
            (0x20, 5) => Op::Sraw,
            (1, 0) => Op::Mulw,
            (1, 4) => Op::Divw,
            (1, 5) => Op::Divuw,
            (1, 6) => Op::Remw,
            (1, 7) => Op::Remuw,
            _ => return None,
        })
    }
}
