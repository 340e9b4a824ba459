//! The runner that the fast one is measured against: a loop over decoded instructions with one `match`, which counts every step. What one
//! writes first; it is kept so that both are measured in the same run.

use gainsay_machine::{Hart, Instruction, Machine, Op, Oracle, Status, alu, branch, load_store, muldiv, syscall};
use std::ops::Range;

/// Stands for words that are no instruction: a syscall that there is not, since programs that are measured execute none of them.
const NONE: Instruction = Instruction { op: Op::Ecall, rd: 0, rs1: 0, rs2: 0, imm: 0 };

/// Sends results for x0 to a register that nothing reads.
const fn for_x0(mut instruction: Instruction) -> Instruction {
    if instruction.rd == 0 {
        instruction.rd = 63;
    }
    instruction
}

/// A machine whose memory lies flat and whose text is decoded once.
pub(crate) struct Peer {
    hart: Hart,
    memory: Vec<u8>,
    start: u64,
    text: Vec<Instruction>,
}

/// It cannot go on: where the fast runner would trap, this one gives up.
#[derive(Debug)]
pub(crate) struct Stuck;

impl Peer {
    pub(crate) fn new(machine: &Machine, text: Range<u64>) -> Self {
        let mut memory = vec![0; 1 << 32];
        for (index, page) in machine.memory.pages() {
            memory[index as usize * page.len()..][..page.len()].copy_from_slice(page);
        }
        let words = memory[text.start as usize..text.end as usize].as_chunks().0.iter();
        let decoded = words.map(|word| for_x0(Instruction::decode(u32::from_le_bytes(*word)).unwrap_or(NONE))).collect();
        Self { hart: machine.hart.clone(), memory, start: text.start, text: decoded }
    }

    pub(crate) fn hart(&self) -> &Hart {
        &self.hart
    }

    fn load<const N: usize>(&self, address: u64) -> Result<[u8; N], Stuck> {
        let bytes = self.memory.get(address as usize..).and_then(<[u8]>::first_chunk).ok_or(Stuck)?;
        if address.is_multiple_of(N as u64) { Ok(*bytes) } else { Err(Stuck) }
    }

    fn store<const N: usize>(&mut self, address: u64, value: [u8; N]) -> Result<(), Stuck> {
        let bytes = self.memory.get_mut(address as usize..).and_then(<[u8]>::first_chunk_mut).ok_or(Stuck)?;
        if !address.is_multiple_of(N as u64) {
            return Err(Stuck);
        }
        *bytes = value;
        Ok(())
    }

    fn syscall<O: Oracle>(&mut self, oracle: &mut O) -> Result<(), Stuck> {
        let (number, a0, a1) = (self.hart.register(17), self.hart.register(10), self.hart.register(11));
        match number {
            syscall::HALT => {
                self.hart.output = self.load(a0)?.into();
                self.hart.status = if a1 == 0 { Status::HALTED } else { Status::FAILED };
                Ok(())
            }
            syscall::INPUT => self.store(a0, self.hart.input.0),
            syscall::KEY => self.load(a0).map(|key: [u8; 32]| self.hart.preimage_key = key.into()),
            syscall::PREIMAGE => {
                let part = oracle.part(&self.hart.preimage_key, a1).map_err(|_| Stuck)?;
                self.store(a0, part)
            }
            syscall::LOG => {
                oracle.log(self.memory.get(a0 as usize..a0.saturating_add(a1) as usize).unwrap_or_default());
                Ok(())
            }
            _ => Err(Stuck),
        }
    }

    /// Runs until the machine halts or so many steps are done.
    #[rustfmt::skip]
    pub(crate) fn run_to<O: Oracle>(&mut self, end: u64, oracle: &mut O) -> Result<(), Stuck> {
        // Held here, so that they can be in registers; the last one takes what is for x0.
        let (mut pc, mut step, mut registers) = (self.hart.pc, self.hart.step, [0; 64]);
        registers[..32].copy_from_slice(&self.hart.registers);
        while step < end {
            let index = (pc.wrapping_sub(self.start) / 4) as usize;
            let Instruction { op, rd, rs1, rs2, imm } = *self.text.get(index).ok_or(Stuck)?;
            let (a, b, value) = (registers[usize::from(rs1 & 63)], registers[usize::from(rs2 & 63)], alu::immediate(imm));
            let mut next = branch::following(pc);
            let branch_if = |holds| if holds { branch::relative(pc, imm) } else { branch::following(pc) };
            let address = alu::add(a, value);
            let result = &mut registers[usize::from(rd & 63)];
            match op {
                Op::Lui => *result = value,
                Op::Auipc => *result = alu::add(pc, value),
                Op::Jal => { next = branch::relative(pc, imm); *result = branch::following(pc); }
                Op::Jalr => { next = branch::indirect(a, imm); *result = branch::following(pc); }
                Op::Beq => { next = branch_if(branch::eq(a, b)); }
                Op::Bne => { next = branch_if(branch::ne(a, b)); }
                Op::Blt => { next = branch_if(branch::lt(a, b)); }
                Op::Bge => { next = branch_if(branch::ge(a, b)); }
                Op::Bltu => { next = branch_if(branch::ltu(a, b)); }
                Op::Bgeu => { next = branch_if(branch::geu(a, b)); }
                Op::Lb => *result = load_store::lb(self.load(address)?),
                Op::Lh => *result = load_store::lh(self.load(address)?),
                Op::Lw => *result = load_store::lw(self.load(address)?),
                Op::Ld => *result = load_store::ld(self.load(address)?),
                Op::Lbu => *result = load_store::lbu(self.load(address)?),
                Op::Lhu => *result = load_store::lhu(self.load(address)?),
                Op::Lwu => *result = load_store::lwu(self.load(address)?),
                Op::Sb => { self.store(address, load_store::sb(b))?; }
                Op::Sh => { self.store(address, load_store::sh(b))?; }
                Op::Sw => { self.store(address, load_store::sw(b))?; }
                Op::Sd => { self.store(address, load_store::sd(b))?; }
                Op::Addi => *result = alu::add(a, value),
                Op::Slti => *result = alu::slt(a, value),
                Op::Sltiu => *result = alu::sltu(a, value),
                Op::Xori => *result = alu::xor(a, value),
                Op::Ori => *result = alu::or(a, value),
                Op::Andi => *result = alu::and(a, value),
                Op::Slli => *result = alu::sll(a, value),
                Op::Srli => *result = alu::srl(a, value),
                Op::Srai => *result = alu::sra(a, value),
                Op::Add => *result = alu::add(a, b),
                Op::Sub => *result = alu::sub(a, b),
                Op::Sll => *result = alu::sll(a, b),
                Op::Slt => *result = alu::slt(a, b),
                Op::Sltu => *result = alu::sltu(a, b),
                Op::Xor => *result = alu::xor(a, b),
                Op::Srl => *result = alu::srl(a, b),
                Op::Sra => *result = alu::sra(a, b),
                Op::Or => *result = alu::or(a, b),
                Op::And => *result = alu::and(a, b),
                Op::Mul => *result = muldiv::mul(a, b),
                Op::Mulh => *result = muldiv::mulh(a, b),
                Op::Mulhsu => *result = muldiv::mulhsu(a, b),
                Op::Mulhu => *result = muldiv::mulhu(a, b),
                Op::Div => *result = muldiv::div(a, b),
                Op::Divu => *result = muldiv::divu(a, b),
                Op::Rem => *result = muldiv::rem(a, b),
                Op::Remu => *result = muldiv::remu(a, b),
                Op::Addiw => *result = alu::addw(a, value),
                Op::Slliw => *result = alu::sllw(a, value),
                Op::Srliw => *result = alu::srlw(a, value),
                Op::Sraiw => *result = alu::sraw(a, value),
                Op::Addw => *result = alu::addw(a, b),
                Op::Subw => *result = alu::subw(a, b),
                Op::Sllw => *result = alu::sllw(a, b),
                Op::Srlw => *result = alu::srlw(a, b),
                Op::Sraw => *result = alu::sraw(a, b),
                Op::Mulw => *result = muldiv::mulw(a, b),
                Op::Divw => *result = muldiv::divw(a, b),
                Op::Divuw => *result = muldiv::divuw(a, b),
                Op::Remw => *result = muldiv::remw(a, b),
                Op::Remuw => *result = muldiv::remuw(a, b),
                Op::Fence => {}
                Op::Ecall => {
                    self.hart.registers.copy_from_slice(&registers[..32]);
                    self.syscall(oracle)?;
                    if !self.hart.is_running() {
                        self.hart.step = step + 1;
                        return Ok(());
                    }
                }
            }
            (pc, step) = (next, step + 1);
        }
        self.hart.registers.copy_from_slice(&registers[..32]);
        (self.hart.pc, self.hart.step) = (pc, step);
        Ok(())
    }
}
