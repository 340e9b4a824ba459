//! All combinations of opcode, funct3 and funct7.

use crate::{
    both::Both,
    seeds::seeds,
    world::{END, width},
};
use gainsay_machine::{
    Hart, Instruction, Machine, Memory, Status,
    memory::PAGE,
    testing::{Preimages, edge, words::PATTERNS},
};
use gainsay_types::testing::{Dice, cases};

/// Where the words stand.
const CODE: u64 = 0x10_0000;
/// Opcodes, funct3, funct7.
const COMBINATIONS: u32 = 1 << (7 + 3 + 7);

#[test]
fn every_combination_of_opcode_and_functions_is_the_same_in_both() {
    let mut both = Both::new();
    for seed in seeds("every_combination_of_opcode_and_functions_is_the_same_in_both", cases(1)) {
        let mut dice = Dice::new(seed);
        for first in (0..COMBINATIONS).step_by(PAGE / 4) {
            page(&mut both, first, &mut dice, seed);
        }
    }
}

/// A page of words, one combination each: the memory is hashed once for all of them.
fn page(both: &mut Both, first: u32, dice: &mut Dice, seed: u64) {
    let words: Vec<u32> = (first..first + PAGE as u32 / 4).map(|combination| word(combination, dice)).collect();
    let mut memory = Memory::new();
    memory.write_bytes(CODE, &words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>()).unwrap();
    for (place, word) in (0..).zip(&words) {
        let mut machine = Machine { memory: memory.clone(), hart: hart(*word, CODE + 4 * place, dice) };
        let case = format!("GAINSAY_SEED={seed}, word {word:#010x}");
        both.step_hashed(&mut machine, &mut Preimages::new(), &case);
        let illegal = machine.hart.status == Status::ILLEGAL_INSTRUCTION;
        assert_eq!(illegal, !is_listed(*word), "{case}: {}", machine.hart.status);
    }
}

/// Whether the table of the specification, which is no decoder, has the word.
fn is_listed(word: u32) -> bool {
    PATTERNS.iter().any(|pattern| word & pattern.mask == pattern.bits)
}

/// A word of this combination, its other fields random; of SYSTEM often the one word that is legal.
fn word(combination: u32, dice: &mut Dice) -> u32 {
    let (opcode, funct3, funct7) = (combination & 0x7f, combination >> 7 & 7, combination >> 10);
    let fields = opcode | funct3 << 12 | funct7 << 25;
    let others = dice.bits() as u32 & 0x01ff_8f80;
    if opcode == 0x73 && dice.below(2) == 0 { fields | others & [0, 1 << dice.below(32)][dice.below(2) as usize] } else { fields | others }
}

fn hart(word: u32, pc: u64, dice: &mut Dice) -> Hart {
    let mut hart = Hart::new(dice.word());
    hart.pc = pc;
    hart.registers[1..].fill_with(|| if dice.below(2) == 0 { edge(dice) } else { dice.bits() });
    let Some(Instruction { op, rs1, imm, .. }) = Instruction::decode(word) else { return hart };
    if let Some(width) = width(op).filter(|_| dice.below(8) != 0) {
        let spot = [CODE, END - 128, 0][dice.below(3) as usize] + dice.below(128 / width) * width;
        hart.set_register(rs1, spot.wrapping_sub(imm as u64));
    }
    hart
}
