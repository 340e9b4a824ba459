//! Decoding is total, and knows exactly the instructions of the specification.

use gainsay_machine::{
    Instruction, Op,
    testing::words::{self, ECALL, PATTERNS},
};
use gainsay_types::testing::{Dice, cases};

fn pattern_of(word: u32) -> Option<Op> {
    let mut found = PATTERNS.iter().filter(|pattern| word & pattern.mask == pattern.bits);
    let op = found.next().map(|pattern| pattern.op);
    assert_eq!(found.count(), 0, "{word:#010x} has two patterns");
    op
}

#[test]
fn every_opcode_and_function_code_decodes_as_the_table_says() {
    let mut dice = Dice::new(1);
    for codes in 0..1_u32 << 17 {
        let fixed = codes & 0x7f | (codes >> 7 & 7) << 12 | codes >> 10 << 25;
        for _ in 0..cases(8) {
            let word = fixed | dice.bits() as u32 & 0x01ff_8f80;
            assert_eq!(Instruction::decode(word).map(|instruction| instruction.op), pattern_of(word), "{word:#010x}");
        }
    }
}

#[test]
fn any_word_decodes_to_registers_below_32_or_to_nothing() {
    let mut dice = Dice::new(2);
    for _ in 0..cases(1_000_000) {
        let word = dice.bits() as u32;
        if let Some(Instruction { rd, rs1, rs2, .. }) = Instruction::decode(word) {
            assert!(rd < 32 && rs1 < 32 && rs2 < 32, "{word:#010x}");
        }
    }
}

#[test]
fn operands_come_back_from_where_the_manual_puts_them() {
    let mut dice = Dice::new(3);
    for _ in 0..cases(20_000) {
        let [rd, rs1, rs2] = [(); 3].map(|()| dice.below(32) as u32);
        let bits = dice.bits() as i32;
        let instruction = |op, [rd, rs1, rs2]: [u32; 3], imm| Instruction { op, rd: rd as u8, rs1: rs1 as u8, rs2: rs2 as u8, imm };
        let expected = [
            (words::r(Op::Mulhsu, rd, rs1, rs2), instruction(Op::Mulhsu, [rd, rs1, rs2], 0)),
            (words::i(Op::Jalr, rd, rs1, bits >> 20), instruction(Op::Jalr, [rd, rs1, 0], bits >> 20)),
            (words::i(Op::Srai, rd, rs1, bits & 63), instruction(Op::Srai, [rd, rs1, 0], bits & 63)),
            (words::i(Op::Sraiw, rd, rs1, bits & 31), instruction(Op::Sraiw, [rd, rs1, 0], bits & 31)),
            (words::s(Op::Sd, rs1, rs2, bits >> 20), instruction(Op::Sd, [0, rs1, rs2], bits >> 20)),
            (words::b(Op::Bgeu, rs1, rs2, bits >> 20 << 1), instruction(Op::Bgeu, [0, rs1, rs2], bits >> 20 << 1)),
            (words::u(Op::Lui, rd, bits as u32 >> 12), instruction(Op::Lui, [rd, 0, 0], bits & !0xfff)),
            (words::jal(rd, bits >> 12 << 1), instruction(Op::Jal, [rd, 0, 0], bits >> 12 << 1)),
        ];
        for (word, instruction) in expected {
            assert_eq!(Instruction::decode(word), Some(instruction), "{word:#010x}");
        }
    }
}

#[test]
fn the_words_of_other_extensions_are_illegal() {
    let others = [
        (0x0000_0000, "all zeroes"),
        (0xffff_ffff, "all ones"),
        (0xc000_1073, "unimp"),
        (0x0010_0073, "EBREAK"),
        (ECALL | 1 << 7, "ECALL with a register"),
        (0x3000_2573, "CSRRS"),
        (0x0000_100f, "FENCE.I"),
        (0x1000_202f, "LR.W"),
        (0x0000_7003, "load with funct3 7"),
        (0x0000_4023, "store with funct3 4"),
        (0x0000_0007, "FP load"),
        (0x0200_101b, "SLLIW by 32"),
        (0x0200_501b, "SRLIW by 32"),
        (0x4200_501b, "SRAIW by 32"),
        (0x0400_1013, "SLLI with bit 26"),
        (0x6000_1013, "a Zbb count"),
        (0x4000_7033, "ANDN"),
        (0x0200_103b, "MULW with funct3 1"),
        (0x0000_2063, "branch with funct3 2"),
        (0x0000_1067, "JALR with funct3 1"),
        (0x0000_8082, "a compressed return"),
    ];
    for (word, name) in others {
        assert_eq!(Instruction::decode(word), None, "{name}");
    }
}
