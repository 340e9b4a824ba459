//! One machine step in words: the instruction, what it reads, what it changes.

use crate::words::{grouped, short};
use alloy::primitives::{B256, hex};
use gainsay_machine::{
    Instruction, MachineState, Op, ProofError, StepProof,
    memory::{Aligned, LEAF},
    syscall,
};

/// Names of the registers in the calling convention.
const NAMES: [&str; 32] = [
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5",
    "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
];
const A0: u8 = 10;
const A1: u8 = 11;
const A7: u8 = 17;

fn name(register: u8) -> &'static str {
    NAMES[usize::from(register & 31)]
}

/// A step that L1 computed: from what it was given in the transaction.
#[derive(Clone, Debug)]
pub(crate) struct Computed {
    pub(crate) proof: StepProof,
    pub(crate) next: MachineState,
}

impl Computed {
    /// # Errors
    /// If the proof is none.
    pub(crate) fn of(proof: StepProof) -> Result<Self, ProofError> {
        let next = proof.next()?;
        Ok(Self { proof, next })
    }

    /// One line each.
    pub(crate) fn words(&self) -> Vec<String> {
        let hart = &self.proof.state.hart;
        let mut lines = vec![format!("step {}   pc {:#x}   the machine is {}", grouped(hart.step), hart.pc, hart.status)];
        match self.instruction() {
            Some(instruction) => {
                lines.push(format!("instruction   {}", assembler(&instruction, hart.pc)));
                let read = self.reads(&instruction);
                if !read.is_empty() {
                    lines.push(format!("reads         {}", read.join("   ")));
                }
                lines.extend(self.syscall(&instruction));
            }
            None if hart.is_running() => lines.push("instruction   none: what stands there is not an instruction".to_owned()),
            None => lines.push("instruction   none: the run is over, and a machine that has stopped stays as it is".to_owned()),
        }
        lines.extend(self.changes().into_iter().map(|change| format!("L1 computes   {change}")));
        lines
    }

    /// The instruction, from the first leaf of the proof: it is where `pc` points.
    fn instruction(&self) -> Option<Instruction> {
        let hart = &self.proof.state.hart;
        let at: Aligned<4> = Aligned::new(hart.pc).ok().filter(|_| hart.is_running())?;
        let word = bytes(self.proof.memory.first()?.leaf.as_slice(), at.address())?;
        Instruction::decode(u32::from_le_bytes(word))
    }

    /// Registers that it reads, with what they hold, and where in memory.
    fn reads(&self, instruction: &Instruction) -> Vec<String> {
        let hart = &self.proof.state.hart;
        let mut registers = match shape(instruction.op) {
            Shape::Upper | Shape::Jump | Shape::Fence => Vec::new(),
            Shape::Indirect | Shape::Load | Shape::Immediate => vec![instruction.rs1],
            Shape::Branch | Shape::Store | Shape::Registers => vec![instruction.rs1, instruction.rs2],
            Shape::Call => vec![A7, A0, A1],
        };
        registers.dedup();
        let mut read: Vec<_> =
            registers.into_iter().map(|register| format!("{} = {:#x}", name(register), hart.register(register))).collect();
        if shape(instruction.op) == Shape::Load {
            let address = hart.register(instruction.rs1).wrapping_add_signed(i64::from(instruction.imm));
            read.push(format!("memory at {address:#x}"));
        }
        read
    }

    /// What an ECALL asks for.
    fn syscall(&self, instruction: &Instruction) -> Option<String> {
        let hart = &self.proof.state.hart;
        let (at, more) = (hart.register(A0), hart.register(A1));
        (instruction.op == Op::Ecall).then(|| match hart.register(A7) {
            syscall::HALT => format!("syscall       HALT: end the run with code {more} and the 32 bytes at {at:#x} as its output"),
            syscall::INPUT => format!("syscall       INPUT: write what the run is about to {at:#x}"),
            syscall::KEY => format!("syscall       KEY: the 32 bytes at {at:#x} name the data to be read next"),
            syscall::PREIMAGE => {
                let part = if more == 0 { "the length".to_owned() } else { format!("part {more}") };
                format!("syscall       PREIMAGE: write {part} of the data with the key {} to {at:#x}", short(&hart.preimage_key))
            }
            syscall::LOG => "syscall       LOG: show some bytes to whoever runs it".to_owned(),
            number => format!("syscall       {number}: there is none with this number"),
        })
    }

    /// What is different afterwards, the step counter aside.
    fn changes(&self) -> Vec<String> {
        let (before, after) = (&self.proof.state.hart, &self.next.hart);
        let mut lines = Vec::new();
        for register in 0..32 {
            let (old, new) = (before.register(register), after.register(register));
            if old != new {
                lines.push(format!("{} = {new:#x}   (was {old:#x})", name(register)));
            }
        }
        lines.extend(self.written());
        if before.preimage_key != after.preimage_key {
            lines.push(format!("the key of the data to be read: {}", after.preimage_key));
        }
        if before.output != after.output {
            lines.push(format!("the run's output: {}", after.output));
        }
        if before.status != after.status {
            lines.push(format!("the machine is {} from now on", after.status));
        }
        if before.pc.wrapping_add(4) != after.pc && before.pc != after.pc {
            lines.push(format!("the program goes on at {:#x}", after.pc));
        }
        if lines.is_empty() {
            let rest = if before.is_running() { " but the step counter and pc" } else { "" };
            lines.push(format!("nothing changes{rest}"));
        }
        lines
    }

    /// What was written to memory, if that changed it.
    fn written(&self) -> Option<String> {
        let state = &self.proof.state;
        if state.memory_root == self.next.memory_root {
            return None;
        }
        let (address, new) = self.write()?;
        let leaf = self.proof.memory.last()?.leaf;
        let from = usize::try_from(address % LEAF as u64).ok()?;
        let old = leaf.get(from..from + new.len())?;
        let old = if old.iter().all(|byte| *byte == 0) { "zero".to_owned() } else { hex::encode(old) };
        Some(format!("memory at {address:#x}: {}   (was {old})", hex::encode(&new)))
    }

    /// Address and bytes of a write.
    fn write(&self) -> Option<(u64, Vec<u8>)> {
        let hart = &self.proof.state.hart;
        let Instruction { op, rs1, rs2, imm, .. } = self.instruction()?;
        let to = |width: usize| {
            let address = hart.register(rs1).wrapping_add_signed(i64::from(imm));
            Some((address, hart.register(rs2).to_le_bytes()[..width].to_vec()))
        };
        match op {
            Op::Sb => to(1),
            Op::Sh => to(2),
            Op::Sw => to(4),
            Op::Sd => to(8),
            Op::Ecall if hart.register(A7) == syscall::INPUT => Some((hart.register(A0), hart.input.to_vec())),
            // A key of an unknown type has only zero parts, for which there is no proof.
            Op::Ecall => Some((hart.register(A0), self.proof.part.map_or_else(|| B256::ZERO.to_vec(), |part| part.to_vec()))),
            _ => None,
        }
    }
}

fn bytes<const N: usize>(leaf: &[u8], address: u32) -> Option<[u8; N]> {
    let from = usize::try_from(address).ok()? % LEAF;
    leaf.get(from..from + N)?.try_into().ok()
}

/// How the operands of an instruction are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Upper,
    Jump,
    Indirect,
    Branch,
    Load,
    Store,
    Immediate,
    Registers,
    Fence,
    Call,
}

#[rustfmt::skip]
const fn shape(op: Op) -> Shape {
    match op {
        Op::Lui | Op::Auipc => Shape::Upper,
        Op::Jal => Shape::Jump,
        Op::Jalr => Shape::Indirect,
        Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => Shape::Branch,
        Op::Lb | Op::Lh | Op::Lw | Op::Ld | Op::Lbu | Op::Lhu | Op::Lwu => Shape::Load,
        Op::Sb | Op::Sh | Op::Sw | Op::Sd => Shape::Store,
        Op::Addi | Op::Slti | Op::Sltiu | Op::Xori | Op::Ori | Op::Andi | Op::Slli | Op::Srli | Op::Srai
        | Op::Addiw | Op::Slliw | Op::Srliw | Op::Sraiw => Shape::Immediate,
        Op::Add | Op::Sub | Op::Sll | Op::Slt | Op::Sltu | Op::Xor | Op::Srl | Op::Sra | Op::Or | Op::And
        | Op::Mul | Op::Mulh | Op::Mulhsu | Op::Mulhu | Op::Div | Op::Divu | Op::Rem | Op::Remu
        | Op::Addw | Op::Subw | Op::Sllw | Op::Srlw | Op::Sraw
        | Op::Mulw | Op::Divw | Op::Divuw | Op::Remw | Op::Remuw => Shape::Registers,
        Op::Fence => Shape::Fence,
        Op::Ecall => Shape::Call,
    }
}

/// As an assembler writes it; targets of jumps as addresses.
fn assembler(instruction: &Instruction, pc: u64) -> String {
    let Instruction { op, rd, rs1, rs2, imm } = *instruction;
    let (word, rd, rs1, rs2) = (format!("{op:?}").to_lowercase(), name(rd), name(rs1), name(rs2));
    let target = pc.wrapping_add_signed(i64::from(imm));
    match shape(op) {
        Shape::Upper => format!("{word} {rd}, {:#x}", imm.cast_unsigned() >> 12),
        Shape::Jump => format!("{word} {rd}, {target:#x}"),
        Shape::Indirect | Shape::Load => format!("{word} {rd}, {imm}({rs1})"),
        Shape::Branch => format!("{word} {rs1}, {rs2}, {target:#x}"),
        Shape::Store => format!("{word} {rs2}, {imm}({rs1})"),
        Shape::Immediate => format!("{word} {rd}, {rs1}, {imm}"),
        Shape::Registers => format!("{word} {rd}, {rs1}, {rs2}"),
        Shape::Fence | Shape::Call => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_machine::{Hart, Machine, Memory, Oracle, Status, prove};
    use std::convert::Infallible;

    struct Silent;

    impl Oracle for Silent {
        type Error = Infallible;

        fn part(&mut self, _: &B256, _: u64) -> Result<[u8; 32], Infallible> {
            Ok([7; 32])
        }
    }

    fn step(word: u32, set: &[(u8, u64)]) -> Computed {
        let mut machine = Machine { memory: Memory::new(), hart: Hart::new(B256::repeat_byte(9)) };
        machine.memory.write_bytes(machine.hart.pc, &word.to_le_bytes()).unwrap();
        for (register, value) in set {
            machine.hart.set_register(*register, *value);
        }
        Computed::of(prove(&machine, &mut Silent).unwrap()).unwrap()
    }

    #[test]
    fn instructions_are_written_as_an_assembler_writes_them() {
        let words = [
            (0x0000_0073, "ecall"),
            (0x0000_000f, "fence"),
            (0x0081_3503, "ld a0, 8(sp)"),
            (0xfea1_3c23, "sd a0, -8(sp)"),
            (0x00c5_8533, "add a0, a1, a2"),
            (0xfff5_8513, "addi a0, a1, -1"),
            (0x00c5_8463, "beq a1, a2, 0x10008"),
            (0x0080_00ef, "jal ra, 0x10008"),
            (0x0000_8067, "jalr zero, 0(ra)"),
            (0x0001_2537, "lui a0, 0x12"),
        ];
        for (word, wanted) in words {
            let instruction = Instruction::decode(word).unwrap();
            assert_eq!(assembler(&instruction, 0x10000), wanted);
        }
    }

    #[test]
    fn an_addition_tells_what_it_reads_and_what_comes_out() {
        let told = step(0x00c5_8533, &[(11, 40), (12, 2)]).words().join("\n");
        for part in ["add a0, a1, a2", "a1 = 0x28   a2 = 0x2", "L1 computes   a0 = 0x2a   (was 0x0)", "pc 0x10000"] {
            assert!(told.contains(part), "{part} is not in\n{told}");
        }
    }

    #[test]
    fn a_load_tells_where_it_reads() {
        let told = step(0x0081_3503, &[(2, 0x2_0000)]).words().join("\n");
        assert!(told.contains("reads         sp = 0x20000   memory at 0x20008"), "{told}");
    }

    #[test]
    fn a_store_tells_the_memory_before_and_after() {
        let told = step(0xfea1_3c23, &[(2, 0x20_008), (10, 0x0102)]).words().join("\n");
        assert!(told.contains("memory at 0x20000: 0201000000000000   (was zero)"), "{told}");
    }

    #[test]
    fn syscalls_are_told_by_name() {
        let told = |number, a1| step(0x0000_0073, &[(A7, number), (A0, 0x2_0000), (A1, a1)]).words().join("\n");
        let halt = told(syscall::HALT, 0);
        assert!(halt.contains("HALT: end the run with code 0") && halt.contains("the machine is halted from now on"), "{halt}");
        assert!(told(syscall::INPUT, 0).contains("memory at 0x20000: 0909"));
        assert!(told(syscall::PREIMAGE, 3).contains("part 3 of the data") && told(syscall::PREIMAGE, 0).contains("the length of the data"));
        let unknown = told(99, 0);
        assert!(unknown.contains("there is none") && unknown.contains("the machine is unknown syscall"), "{unknown}");
    }

    #[test]
    fn what_is_no_instruction_and_a_machine_that_has_stopped_are_told_too() {
        assert!(step(0xffff_ffff, &[]).words().join("\n").contains("is not an instruction"));
        let mut machine = Machine { memory: Memory::new(), hart: Hart::new(B256::ZERO) };
        machine.hart.status = Status::HALTED;
        let told = Computed::of(prove(&machine, &mut Silent).unwrap()).unwrap().words().join("\n");
        assert!(told.contains("stays as it is") && told.ends_with("nothing changes"), "{told}");
    }
}
