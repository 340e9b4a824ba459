//! Which operations are done together. Chosen by what the workloads and the guest execute most.

use super::{
    handlers::{End, Proceed, Then, handler},
    kind::{Kind, part},
    operation::Handler,
    parts::Straight,
};

/// Handlers for all pairs: each of the first list with each of the first or the second.
macro_rules! pairs {
    ([$($first:ident)*] then $second:tt or $jumps:tt) => {
        /// The handler that does an operation of kind `a` and the one of kind `b` behind it, if there is one.
        pub(super) fn pair(a: Kind, b: Kind) -> Option<Handler> {
            match a {
                $(Kind::$first => second::<part::$first>(b),)*
                _ => None,
            }
        }

        pairs!(second $second $jumps);
    };
    (second [$($second:ident)*] [$($jump:ident)*]) => {
        fn second<A: Straight>(b: Kind) -> Option<Handler> {
            Some(match b {
                $(Kind::$second => handler::<Then<A, Then<part::$second, Proceed>>>,)*
                $(Kind::$jump => handler::<Then<A, End<part::$jump>>>,)*
                _ => return None,
            })
        }
    };
}

/// Handlers for the triples in the lists.
macro_rules! triples {
    (straight [$($a:ident $b:ident $c:ident,)*] jumps [$($d:ident $e:ident $f:ident,)*]) => {
        /// The handler that does operations of these kinds one behind the other, if there is one.
        pub(super) fn triple(a: Kind, b: Kind, c: Kind) -> Option<Handler> {
            Some(match (a, b, c) {
                $((Kind::$a, Kind::$b, Kind::$c) => handler::<Then<part::$a, Then<part::$b, Then<part::$c, Proceed>>>>,)*
                $((Kind::$d, Kind::$e, Kind::$f) => handler::<Then<part::$d, Then<part::$e, End<part::$f>>>>,)*
                _ => return None,
            })
        }
    };
}

pairs! {
    [Constant Ld Lw Lwu Lhu Lbu Sd Sw Sb Sh Addi Xori Ori Andi Sltiu Slli Srli Srliw Slliw Addiw Add Sub Sltu Xor Or And Sll Srl Mul Mulhu Addw]
    then [Constant Ld Lw Lwu Lhu Lbu Sd Sw Sb Sh Addi Xori Ori Andi Sltiu Slli Srli Srliw Slliw Addiw Add Sub Sltu Xor Or And Sll Srl Mul Mulhu Addw]
    or [Beq Bne Blt Bge Bltu Bgeu Jump Jal JumpRegister Jalr]
}

triples! {
    straight [
        // Rotations, and what hashes do with them.
        Srli Slli Or, Slli Srli Or, Slli Srliw Or, Srliw Slli Or, Slli Or Srliw, Slli Or Srli, Or Srli Slli, Xor Srli Slli, Ld Srli Slli,
        Slli Or Xor, Slli Or Or, Slli Or Ld, Slli Slli Or, Or Or Or,
        Xor Xor Xor, Xori And Xor, And Xor Xori, Xor Xor And, And Xor Or, And Xor Sd,
        Ld Xor Ld, Ld Xor Xor, Xor Ld Xor, Xor Xor Ld, Xor Xor Sd, Xor Sd Or, Xor Sd Xor, Xor Sd And,
        // Copies and frames.
        Sd Sd Sd, Ld Ld Ld, Ld Ld Sd, Ld Ld Addi, Sd Sd Addi, Sd Addi Addi, Lbu Lbu Lbu, Sb Sb Sb, Sb Addi Addi,
        // Sums and addresses.
        Addi Addi Addi, Add Add Add, Slli Slli Slli, Slli Slli Srli, Srli Srli Mul, Slli Add Lhu, Lhu Addi Addi,
    ]
    jumps [
        Addi Addi Beq, Addi Addi Bne, Addi Addi Bltu, Sd Addi Bltu, Addi Addi Jump, Addi Constant Jalr,
    ]
}
