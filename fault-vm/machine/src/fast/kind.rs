//! Instructions as the runner tells them apart, and the part that each of them is.

use super::{
    handlers::{End, Proceed, Then, handler, leave},
    operation::Handler,
};
use crate::{
    alu,
    instruction::{Instruction, Op},
};

/// Defines the kinds, the part of each, and what is asked of them.
macro_rules! kinds {
    (straight { $($kind:ident = $part:ty;)* } jumps { $($jump:ident = $jump_part:ty;)* }) => {
        /// An instruction that has a part.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind {
            $($kind,)*
            $($jump,)*
            /// What the step function does: syscalls, illegal words, jumps out of the text.
            Other,
        }

        /// All that have a part.
        #[cfg(test)]
        pub(super) const KINDS: &[Kind] = &[$(Kind::$kind,)* $(Kind::$jump,)*];

        /// The parts, by the names of their kinds.
        pub(super) mod part {
            use super::super::{of, parts::*};
            $(pub(in crate::fast) type $kind = $part;)*
            $(pub(in crate::fast) type $jump = $jump_part;)*
        }

        /// The handler of a single operation.
        pub(super) fn single(kind: Kind) -> Handler {
            match kind {
                $(Kind::$kind => handler::<Then<part::$kind, Proceed>>,)*
                $(Kind::$jump => handler::<End<part::$jump>>,)*
                Kind::Other => leave,
            }
        }

        impl Kind {
            /// Whether the next operation need not follow.
            pub(super) const fn ends(self) -> bool {
                matches!(self, Self::Jump | Self::Jal | Self::JumpRegister | Self::Jalr | Self::Other)
            }
        }
    };
}

kinds! {
    straight {
    Constant = Immediate;
    Lb = Load<of::lb>; Lh = Load<of::lh>; Lw = Load<of::lw>; Ld = Load<of::ld>;
    Lbu = Load<of::lbu>; Lhu = Load<of::lhu>; Lwu = Load<of::lwu>;
    Sb = Store<of::sb>; Sh = Store<of::sh>; Sw = Store<of::sw>; Sd = Store<of::sd>;
    Addi = OfImmediate<of::add>; Slti = OfImmediate<of::slt>; Sltiu = OfImmediate<of::sltu>;
    Xori = OfImmediate<of::xor>; Ori = OfImmediate<of::or>; Andi = OfImmediate<of::and>;
    Slli = OfImmediate<of::sll>; Srli = OfImmediate<of::srl>; Srai = OfImmediate<of::sra>;
    Addiw = OfImmediate<of::addw>; Slliw = OfImmediate<of::sllw>; Srliw = OfImmediate<of::srlw>; Sraiw = OfImmediate<of::sraw>;
    Add = OfRegisters<of::add>; Sub = OfRegisters<of::sub>; Sll = OfRegisters<of::sll>; Slt = OfRegisters<of::slt>;
    Sltu = OfRegisters<of::sltu>; Xor = OfRegisters<of::xor>; Srl = OfRegisters<of::srl>; Sra = OfRegisters<of::sra>;
    Or = OfRegisters<of::or>; And = OfRegisters<of::and>;
    Addw = OfRegisters<of::addw>; Subw = OfRegisters<of::subw>; Sllw = OfRegisters<of::sllw>; Srlw = OfRegisters<of::srlw>;
    Sraw = OfRegisters<of::sraw>;
    Mul = OfRegisters<of::mul>; Mulh = OfRegisters<of::mulh>; Mulhsu = OfRegisters<of::mulhsu>; Mulhu = OfRegisters<of::mulhu>;
    Div = OfRegisters<of::div>; Divu = OfRegisters<of::divu>; Rem = OfRegisters<of::rem>; Remu = OfRegisters<of::remu>;
    Mulw = OfRegisters<of::mulw>; Divw = OfRegisters<of::divw>; Divuw = OfRegisters<of::divuw>; Remw = OfRegisters<of::remw>;
    Remuw = OfRegisters<of::remuw>;
    }
    jumps {
    Beq = Branch<of::eq>; Bne = Branch<of::ne>; Blt = Branch<of::lt>; Bge = Branch<of::ge>; Bltu = Branch<of::ltu>;
    Bgeu = Branch<of::geu>;
    Jump = Goto; Jal = Call;
    JumpRegister = GotoRegister; Jalr = CallRegister;
    }
}

impl Kind {
    /// The kind of an instruction at an address, and its immediate. What the address makes constant is a constant.
    #[rustfmt::skip]
    pub(super) fn of(instruction: &Instruction, address: u64) -> (Self, i32) {
        let imm = instruction.imm;
        let kind = match instruction.op {
            Op::Lui => Self::Constant,
            Op::Auipc => match i32::try_from(alu::add(address, alu::immediate(imm)) as i64) {
                Ok(value) if instruction.rd != 0 => return (Self::Constant, value),
                Ok(_) => Self::Constant,
                Err(_) => Self::Other,
            },
            // Nothing, as a constant for no register is.
            Op::Fence => Self::Constant,
            Op::Ecall => Self::Other,
            Op::Jal => Self::Jal, Op::Jalr => Self::Jalr,
            Op::Beq => Self::Beq, Op::Bne => Self::Bne, Op::Blt => Self::Blt, Op::Bge => Self::Bge, Op::Bltu => Self::Bltu, Op::Bgeu => Self::Bgeu,
            Op::Lb => Self::Lb, Op::Lh => Self::Lh, Op::Lw => Self::Lw, Op::Ld => Self::Ld, Op::Lbu => Self::Lbu, Op::Lhu => Self::Lhu, Op::Lwu => Self::Lwu,
            Op::Sb => Self::Sb, Op::Sh => Self::Sh, Op::Sw => Self::Sw, Op::Sd => Self::Sd,
            Op::Addi => Self::Addi, Op::Slti => Self::Slti, Op::Sltiu => Self::Sltiu, Op::Xori => Self::Xori, Op::Ori => Self::Ori, Op::Andi => Self::Andi,
            Op::Slli => Self::Slli, Op::Srli => Self::Srli, Op::Srai => Self::Srai,
            Op::Add => Self::Add, Op::Sub => Self::Sub, Op::Sll => Self::Sll, Op::Slt => Self::Slt, Op::Sltu => Self::Sltu,
            Op::Xor => Self::Xor, Op::Srl => Self::Srl, Op::Sra => Self::Sra, Op::Or => Self::Or, Op::And => Self::And,
            Op::Mul => Self::Mul, Op::Mulh => Self::Mulh, Op::Mulhsu => Self::Mulhsu, Op::Mulhu => Self::Mulhu,
            Op::Div => Self::Div, Op::Divu => Self::Divu, Op::Rem => Self::Rem, Op::Remu => Self::Remu,
            Op::Addiw => Self::Addiw, Op::Slliw => Self::Slliw, Op::Srliw => Self::Srliw, Op::Sraiw => Self::Sraiw,
            Op::Addw => Self::Addw, Op::Subw => Self::Subw, Op::Sllw => Self::Sllw, Op::Srlw => Self::Srlw, Op::Sraw => Self::Sraw,
            Op::Mulw => Self::Mulw, Op::Divw => Self::Divw, Op::Divuw => Self::Divuw, Op::Remw => Self::Remw, Op::Remuw => Self::Remuw,
        };
        if instruction.rd == 0 { kind.for_x0(imm) } else { (kind, imm) }
    }

    /// The same for register 0, whose result is dropped: jumps do not link, loads may still trap, all else only keeps x0 at 0.
    fn for_x0(self, imm: i32) -> (Self, i32) {
        match self {
            Self::Jal => (Self::Jump, imm),
            Self::Jalr => (Self::JumpRegister, imm),
            Self::Lb | Self::Lh | Self::Lw | Self::Ld | Self::Lbu | Self::Lhu | Self::Lwu => (Self::Other, imm),
            Self::Sb | Self::Sh | Self::Sw | Self::Sd | Self::Other => (self, imm),
            Self::Beq | Self::Bne | Self::Blt | Self::Bge | Self::Bltu | Self::Bgeu => (self, imm),
            _ => (Self::Constant, 0),
        }
    }

    /// Whether its immediate is the way to another instruction.
    pub(super) const fn is_relative(self) -> bool {
        matches!(self, Self::Beq | Self::Bne | Self::Blt | Self::Bge | Self::Bltu | Self::Bgeu | Self::Jump | Self::Jal)
    }
}
