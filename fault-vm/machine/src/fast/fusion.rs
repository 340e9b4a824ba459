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
    [Constant Ld Lw Lwu Lhu Lbu Sd Sw Sb Sh Addi Xori Andi Slli Srli Add Sub Sltu Xor Or And Mul Mulhu Srliw Slliw Addw Addiw]
    then [Constant Ld Lw Lwu Lhu Lbu Sd Sw Sb Sh Addi Xori Andi Slli Srli Add Sub Sltu Xor Or And Mul Mulhu Srliw Slliw Addw Addiw]
    or [Beq Bne Blt Bge Bltu Bgeu Jump Jal JumpRegister Jalr]
}

triples! {
    straight [
        Srli Slli Or, Slli Srli Or, Slli Srliw Or, Srliw Slli Or, Slli Or Srliw, Slli Or Xor,
        Xor Xor Xor, Xori And Xor, And Xor Xori, Xor Xor And, Ld Xor Ld, Ld Xor Xor, Xor Ld Xor,
        Sd Sd Sd, Ld Ld Ld, Addi Addi Addi, Add Add Add,
        Slli Slli Srli, Srli Srli Mul, Slli Add Lhu, Lhu Addi Addi,
    ]
    jumps [
        Addi Addi Beq, Addi Addi Bne, Addi Addi Bltu, Sd Addi Bltu,
    ]
}
