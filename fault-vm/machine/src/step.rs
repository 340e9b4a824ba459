//! One step: fetch, decode, execute.

use crate::{
    access::Access,
    alu, branch,
    instruction::{Instruction, Op},
    load_store::{self, load, store},
    memory::Aligned,
    muldiv,
    state::{Status, Trap},
    syscall,
};

/// Why an instruction was not executed.
pub(crate) enum Stop<E> {
    /// It traps.
    Trap(Trap),
    /// What it needs could not be had: there is no next state.
    Access(E),
}

impl<E> From<Trap> for Stop<E> {
    #[inline]
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

/// Turns a state into the next one. A machine whose status is not 0 stays as it is.
///
/// # Errors
/// Only if access fails. Then neither registers, pc, step nor status have changed.
#[inline]
pub fn step<A: Access>(access: &mut A) -> Result<(), A::Error> {
    // INVARIANT: a machine whose status is not 0 stays as it is, whatever the status.
    if access.hart().status != Status::RUNNING {
        return Ok(());
    }
    match advance(access) {
        Ok(pc) => access.hart().pc = pc,
        // INVARIANT: a trap sets the status and changes nothing else but the step counter.
        Err(Stop::Trap(trap)) => access.hart().status = trap.into(),
        Err(Stop::Access(error)) => return Err(error),
    }
    let hart = access.hart();
    hart.step = hart.step.wrapping_add(1);
    Ok(())
}

/// Executes the instruction at `pc` and gives the next `pc`.
#[inline]
fn advance<A: Access>(access: &mut A) -> Result<u64, Stop<A::Error>> {
    let at = Aligned::new(access.hart().pc)?;
    let word = access.read(at).map(u32::from_le_bytes).map_err(Stop::Access)?;
    let instruction = Instruction::decode(word).ok_or(Trap::IllegalInstruction)?;
    execute(access, instruction)
}

/// The meaning of every instruction. Operands are read before the result is written: they may be the same register.
#[inline]
#[rustfmt::skip]
fn execute<A: Access>(access: &mut A, instruction: Instruction) -> Result<u64, Stop<A::Error>> {
    let Instruction { op, rd, rs1, rs2, imm: offset } = instruction;
    let hart = access.hart();
    let (pc, a, b, imm) = (hart.pc, hart.register(rs1), hart.register(rs2), alu::immediate(offset));
    let next = branch::following(pc);
    let branch_if = |holds| if holds { branch::relative(pc, offset) } else { next };
    let result = match op {
        Op::Lui => imm,
        Op::Auipc => alu::add(pc, imm),
        Op::Jal => {
            access.hart().set_register(rd, next);
            return Ok(branch::relative(pc, offset));
        }
        Op::Jalr => {
            access.hart().set_register(rd, next);
            return Ok(branch::indirect(a, offset));
        }

        Op::Beq => return Ok(branch_if(branch::eq(a, b))),
        Op::Bne => return Ok(branch_if(branch::ne(a, b))),
        Op::Blt => return Ok(branch_if(branch::lt(a, b))),
        Op::Bge => return Ok(branch_if(branch::ge(a, b))),
        Op::Bltu => return Ok(branch_if(branch::ltu(a, b))),
        Op::Bgeu => return Ok(branch_if(branch::geu(a, b))),

        Op::Lb => load(access, alu::add(a, imm), load_store::lb)?,
        Op::Lh => load(access, alu::add(a, imm), load_store::lh)?,
        Op::Lw => load(access, alu::add(a, imm), load_store::lw)?,
        Op::Ld => load(access, alu::add(a, imm), load_store::ld)?,
        Op::Lbu => load(access, alu::add(a, imm), load_store::lbu)?,
        Op::Lhu => load(access, alu::add(a, imm), load_store::lhu)?,
        Op::Lwu => load(access, alu::add(a, imm), load_store::lwu)?,

        Op::Sb => return store(access, alu::add(a, imm), load_store::sb(b)).map(|()| next),
        Op::Sh => return store(access, alu::add(a, imm), load_store::sh(b)).map(|()| next),
        Op::Sw => return store(access, alu::add(a, imm), load_store::sw(b)).map(|()| next),
        Op::Sd => return store(access, alu::add(a, imm), load_store::sd(b)).map(|()| next),

        Op::Addi => alu::add(a, imm),
        Op::Slti => alu::slt(a, imm),
        Op::Sltiu => alu::sltu(a, imm),
        Op::Xori => alu::xor(a, imm),
        Op::Ori => alu::or(a, imm),
        Op::Andi => alu::and(a, imm),
        Op::Slli => alu::sll(a, imm),
        Op::Srli => alu::srl(a, imm),
        Op::Srai => alu::sra(a, imm),

        Op::Add => alu::add(a, b),
        Op::Sub => alu::sub(a, b),
        Op::Sll => alu::sll(a, b),
        Op::Slt => alu::slt(a, b),
        Op::Sltu => alu::sltu(a, b),
        Op::Xor => alu::xor(a, b),
        Op::Srl => alu::srl(a, b),
        Op::Sra => alu::sra(a, b),
        Op::Or => alu::or(a, b),
        Op::And => alu::and(a, b),

        Op::Mul => muldiv::mul(a, b),
        Op::Mulh => muldiv::mulh(a, b),
        Op::Mulhsu => muldiv::mulhsu(a, b),
        Op::Mulhu => muldiv::mulhu(a, b),
        Op::Div => muldiv::div(a, b),
        Op::Divu => muldiv::divu(a, b),
        Op::Rem => muldiv::rem(a, b),
        Op::Remu => muldiv::remu(a, b),

        Op::Addiw => alu::addw(a, imm),
        Op::Slliw => alu::sllw(a, imm),
        Op::Srliw => alu::srlw(a, imm),
        Op::Sraiw => alu::sraw(a, imm),

        Op::Addw => alu::addw(a, b),
        Op::Subw => alu::subw(a, b),
        Op::Sllw => alu::sllw(a, b),
        Op::Srlw => alu::srlw(a, b),
        Op::Sraw => alu::sraw(a, b),

        Op::Mulw => muldiv::mulw(a, b),
        Op::Divw => muldiv::divw(a, b),
        Op::Divuw => muldiv::divuw(a, b),
        Op::Remw => muldiv::remw(a, b),
        Op::Remuw => muldiv::remuw(a, b),

        Op::Fence => return Ok(next),
        Op::Ecall => return syscall::call(access).map(|()| next),
    };
    access.hart().set_register(rd, result);
    Ok(next)
}
