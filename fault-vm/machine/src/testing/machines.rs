//! Random machines.

use super::{Preimages, words};
use crate::{
    instruction::{Instruction, Op},
    machine::Machine,
    memory::{Aligned, Memory, PAGE, PAGES},
    state::{Hart, Status},
};
use alloy_primitives::{Address, B256};
use gainsay_types::testing::Dice;

/// The end of the address space.
const END: u64 = 1 << 32;

/// A machine whose next step is near some edge of the specification, and an oracle that has all that the step may ask for.
#[must_use]
pub fn arbitrary_machine(seed: u64) -> (Machine, Preimages) {
    let mut dice = Dice::new(seed);
    let word = words::arbitrary(&mut dice);
    machine_with(&mut dice, word)
}

/// A machine whose next instruction, unless its fetch traps, is `word`: with operands that suit it, or don't.
#[must_use]
pub fn machine_with(dice: &mut Dice, word: u32) -> (Machine, Preimages) {
    let pages: Vec<u32> = (0..=dice.below(3)).map(|_| page(dice)).collect();
    let mut memory = Memory::new();
    for page in &pages {
        fill(&mut memory, *page, dice);
    }
    let mut hart = Hart::new(dice.word());
    hart.output = if dice.below(2) == 0 { B256::ZERO } else { dice.word() };
    for register in 1..32 {
        hart.set_register(register, value(dice, &pages));
    }
    hart.pc = pc(dice, &pages);
    if let Ok(at) = Aligned::<4>::new(hart.pc) {
        memory.write(at, word.to_le_bytes());
    }
    hart.step = [0, 1, dice.bits() >> 24, u64::MAX - 1, u64::MAX][dice.below(5) as usize];
    hart.status = if dice.below(32) == 0 { Status(dice.bits() as u8) } else { Status::RUNNING };
    let mut oracle = Preimages::new();
    hart.preimage_key = key(dice, &mut oracle);
    if dice.below(8) != 0 {
        suit(&mut hart, word, dice, &pages);
    }
    (Machine { memory, hart }, oracle)
}

/// A number at which instructions behave differently than next to it.
pub fn edge(dice: &mut Dice) -> u64 {
    let near = [0, 1 << 7, 1 << 15, 1 << 31, END, 1 << 63, END - 4096, END - 128][dice.below(8) as usize];
    let number = near.wrapping_add(dice.below(9)).wrapping_sub(4);
    if dice.below(4) == 0 { number.wrapping_neg() } else { number }
}

/// A page, often the first or last, or that of programs.
fn page(dice: &mut Dice) -> u32 {
    [0, 1, 16, PAGES / 2, PAGES - 1, dice.bits() as u32 % PAGES][dice.below(6) as usize]
}

/// Random bytes in some leaves of a page.
fn fill(memory: &mut Memory, page: u32, dice: &mut Dice) {
    let mut bytes = [0; PAGE];
    for leaf in bytes.chunks_mut(128) {
        if dice.below(4) == 0 {
            leaf.copy_from_slice(&dice.bytes(128));
        }
    }
    memory.set_page(page, &bytes);
}

/// An address in one of the pages.
fn address(dice: &mut Dice, pages: &[u32]) -> u64 {
    u64::from(pages[dice.below(pages.len() as u64) as usize]) * PAGE as u64 + dice.below(PAGE as u64)
}

fn value(dice: &mut Dice, pages: &[u32]) -> u64 {
    match dice.below(4) {
        0 => edge(dice),
        1 => address(dice, pages) & !31,
        2 => dice.bits() >> dice.below(64),
        _ => dice.bits(),
    }
}

fn pc(dice: &mut Dice, pages: &[u32]) -> u64 {
    match dice.below(32) {
        0 => edge(dice),
        1 => address(dice, pages),
        2 => END - 4,
        3 => 0,
        _ => address(dice, pages) & !3,
    }
}

/// A key of some type; if it is a known one, the oracle has its preimage.
fn key(dice: &mut Dice, oracle: &mut Preimages) -> B256 {
    let length = [0, 1, 31, 32, 33, dice.below(200) as usize][dice.below(6) as usize];
    match dice.below(64) {
        0..2 => oracle.insert_blob(dice.word(), &dice.bytes(32).repeat(crate::BLOB / 32)),
        2..32 => oracle.insert_data(&dice.bytes(length)),
        32..48 => {
            let (address, input, output) = (Address::with_last_byte(dice.below(18) as u8), dice.bytes(length), dice.bytes(length / 2));
            oracle.insert_call(address, dice.below(100_000), &input, dice.below(2) == 0, &output)
        }
        _ => {
            let mut key = dice.word();
            key.0[0] = [0, 4, 255][dice.below(3) as usize];
            key
        }
    }
}

/// Sets the registers that an instruction looks at so that it mostly does something: loads and stores reach a page, ECALL is a syscall.
fn suit(hart: &mut Hart, word: u32, dice: &mut Dice, pages: &[u32]) {
    match Instruction::decode(word) {
        Some(Instruction { op: Op::Ecall, .. }) => {
            let part = [dice.below(8), edge(dice), 4096, 4097, u64::MAX][dice.below(5) as usize];
            let spot = spot(dice, pages, 32);
            hart.set_register(10, spot);
            hart.set_register(11, part);
            hart.set_register(17, dice.below(7));
        }
        Some(Instruction { op, rs1, imm, .. }) => {
            if let Some(width) = width(op) {
                hart.set_register(rs1, spot(dice, pages, width).wrapping_sub(imm as u64));
            }
        }
        None => {}
    }
}

/// An address for an access of so many bytes, mostly a right one.
fn spot(dice: &mut Dice, pages: &[u32], width: u64) -> u64 {
    match dice.below(16) {
        0 => edge(dice),
        1 => address(dice, pages),
        2 => END - width,
        3 => END,
        _ => address(dice, pages) & !(width - 1),
    }
}

const fn width(op: Op) -> Option<u64> {
    match op {
        Op::Lb | Op::Lbu | Op::Sb => Some(1),
        Op::Lh | Op::Lhu | Op::Sh => Some(2),
        Op::Lw | Op::Lwu | Op::Sw => Some(4),
        Op::Ld | Op::Sd => Some(8),
        _ => None,
    }
}
