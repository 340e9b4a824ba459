//! Random programs for the EVM: whatever a contract can do, with and without what it needs for it.

use crate::{
    code::*,
    precompiles::{ALL, input},
};
use alloy_primitives::{Address, U256, address};
use gainsay_types::testing::Dice;

/// Calls itself with all the gas it has, then counts in slot 0.
pub(crate) const DEEP: Address = address!("00000000000000000000000000000000000000d1");

/// Instructions that push one word about where the code runs.
const SURROUNDINGS: [u8; 22] = [
    0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x58, 0x59, 0x5a, 0x43, 0x47,
];
/// Instructions that take two words and give one.
const BINARY: [u8; 22] = [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1b, 0x1c, 0x1d, 0x02,
];

pub(crate) fn deep() -> Vec<u8> {
    let call = Code::new().arguments([0; 5]).ops(&[ADDRESS, GAS, CALL, POP]);
    call.push(U256::ZERO).ops(&[SLOAD]).push(U256::from(1)).ops(&[ADD]).store_at(0).bytes()
}

/// A random program. It calls `targets` and itself, and creates others up to `depth` deep.
pub(crate) fn program(dice: &mut Dice, targets: &[Address], depth: u32) -> Vec<u8> {
    let pieces = 1 + dice.below(9);
    let code = (0..pieces).fold(Code::new(), |code, _| piece(code, dice, targets, depth));
    ending(code, dice, targets).bytes()
}

fn ending(code: Code, dice: &mut Dice, targets: &[Address]) -> Code {
    match dice.below(12) {
        0 => code.arguments([0, dice.below(200)]).ops(&[REVERT]),
        1 => code.ops(&[INVALID]),
        2 => code.push(word(pick(dice, targets))).ops(&[SELFDESTRUCT]),
        3 => code.ops(&[ADDRESS, SELFDESTRUCT]),
        4 => code.ops(&[POP, POP, POP]),
        5 => code.push(U256::from(3)).ops(&[JUMP]),
        6..9 => code.arguments([0, dice.below(300)]).ops(&[RETURN]),
        _ => code,
    }
}

fn pick(dice: &mut Dice, targets: &[Address]) -> Address {
    match dice.below(8) {
        0 => dice.address(),
        1 => precompile(ALL[dice.below(ALL.len() as u64) as usize]),
        _ => targets[dice.below(targets.len() as u64) as usize],
    }
}

fn precompile(number: u16) -> Address {
    Address::from_word(U256::from(number).into())
}

/// A number near something: zero, small, a word, or anything.
fn number(dice: &mut Dice) -> U256 {
    match dice.below(6) {
        0 => U256::ZERO,
        1 => U256::from(dice.below(4)),
        2 => U256::from(dice.bits()),
        3 => U256::MAX - U256::from(dice.below(3)),
        4 => U256::from(1) << dice.below(256),
        _ => dice.word().into(),
    }
}

fn slot(dice: &mut Dice) -> u64 {
    dice.below(6)
}

/// A place in memory, mostly near the start.
fn place(dice: &mut Dice) -> u64 {
    if dice.below(12) == 0 { dice.below(1 << 18) } else { dice.below(300) }
}

/// A length, now and then a large one.
fn length(dice: &mut Dice) -> u64 {
    match dice.below(10) {
        0 => 0,
        1 => dice.below(100_000),
        2 => dice.below(5_000),
        _ => dice.below(200),
    }
}

fn piece(code: Code, dice: &mut Dice, targets: &[Address], depth: u32) -> Code {
    match dice.below(24) {
        0 => code.push(number(dice)).push(number(dice)).ops(&[BINARY[dice.below(22) as usize]]).store_at(slot(dice)),
        1 => code.push(number(dice)).push(number(dice)).push(number(dice)).ops(&[8 + dice.below(2) as u8]).store_at(slot(dice)),
        2 => code.push(number(dice)).ops(&[[0x15, 0x19, 0x1e, 0x35, 0x49][dice.below(5) as usize]]).store_at(slot(dice)),
        3 => code.push(number(dice)).store_at(slot(dice)),
        4 => code.push(number(dice)).push(number(dice)).ops(&[SSTORE]),
        5 => code.push(U256::from(slot(dice))).ops(&[SLOAD]).push(U256::from(place(dice))).ops(&[MSTORE]),
        6 => code.push(number(dice)).push(U256::from(slot(dice))).ops(&[TSTORE]),
        7 => code.push(U256::from(slot(dice))).ops(&[TLOAD]).store_at(slot(dice)),
        8 => code.ops(&[SURROUNDINGS[dice.below(22) as usize]]).store_at(slot(dice)),
        9 => code.push(word(pick(dice, targets))).ops(&[[0x31, 0x3b, 0x3f][dice.below(3) as usize]]).store_at(slot(dice)),
        10 => {
            let back = [0, 1, 2, 3, 5, 255, 256, 257][dice.below(8) as usize];
            code.push(U256::from(back)).ops(&[NUMBER, SUB, BLOCKHASH]).store_at(slot(dice))
        }
        11 => {
            let topics = dice.below(5) as u8;
            let code = (0..topics).fold(code, |code, _| code.push(number(dice)));
            code.arguments([place(dice), length(dice)]).ops(&[LOG0 + topics])
        }
        12 => copy(code, dice, targets),
        13 => code.arguments([place(dice), length(dice)]).ops(&[KECCAK256]).store_at(slot(dice)),
        14 => code.push(number(dice)).push(U256::from(place(dice))).ops(&[MSTORE]),
        15 => code.push(U256::from(dice.below(1 << 22))).ops(&[MLOAD, POP, MSIZE]).store_at(slot(dice)),
        16..19 => call(code, dice, targets),
        19..22 => call_precompile(code, dice),
        _ if depth > 0 => create(code, dice, targets, depth),
        _ => code.while_gas(500_000, |code| code.arguments([0, 64]).ops(&[KECCAK256, PUSH0, MSTORE])),
    }
}

fn copy(code: Code, dice: &mut Dice, targets: &[Address]) -> Code {
    let code = code.arguments([place(dice), place(dice), length(dice)]);
    match dice.below(4) {
        0 => code.ops(&[CALLDATACOPY]),
        1 => code.ops(&[CODECOPY]),
        2 => code.push(word(pick(dice, targets))).ops(&[EXTCODECOPY]),
        _ => code.ops(&[MCOPY]),
    }
}

/// Calls somebody in one of the four ways, and keeps what comes of it.
fn call(code: Code, dice: &mut Dice, targets: &[Address]) -> Code {
    let target = if dice.below(8) == 0 { None } else { Some(pick(dice, targets)) };
    let (place, length) = (place(dice), length(dice) % 1_000);
    let code = code.arguments([place, length, 0, dice.below(100)]);
    called(code, dice, target)
}

fn call_precompile(code: Code, dice: &mut Dice) -> Code {
    let number = ALL[dice.below(ALL.len() as u64) as usize];
    let input = input(dice, number);
    let code = code.write(0, &input).arguments([0, input.len() as u64, 0, dice.below(300)]);
    called(code, dice, Some(precompile(number)))
}

/// The call itself, with its arguments for memory on the stack; none calls itself.
fn called(code: Code, dice: &mut Dice, target: Option<Address>) -> Code {
    let kind = [CALL, CALL, CALLCODE, DELEGATECALL, STATICCALL][dice.below(5) as usize];
    let code = match kind {
        CALL | CALLCODE => code.push(U256::from([0, 0, 0, 1, dice.bits()][dice.below(5) as usize])),
        _ => code,
    };
    let code = target.map_or_else(|| code.clone().ops(&[ADDRESS]), |target| code.clone().push(word(target)));
    let code = match dice.below(5) {
        0 => code.push(U256::from(dice.below(40_000))),
        1 => code.push(U256::from(dice.below(700))),
        _ => code.ops(&[GAS]),
    };
    let code = code.ops(&[kind]).store_at(slot(dice));
    if dice.below(3) == 0 {
        return code;
    }
    // One byte more than there is ends the frame.
    let code = if dice.below(12) == 0 { code.ops(&[RETURNDATASIZE]).push(U256::from(1)).ops(&[ADD]) } else { code.ops(&[RETURNDATASIZE]) };
    code.ops(&[PUSH0]).push(U256::from(place(dice))).ops(&[RETURNDATACOPY, RETURNDATASIZE, PUSH0, KECCAK256]).store_at(slot(dice))
}

/// Creates a contract, then calls it.
fn create(code: Code, dice: &mut Dice, targets: &[Address], depth: u32) -> Code {
    let inner = program(dice, targets, depth - 1);
    let init = if dice.below(2) == 0 { inner } else { deploying(&inner) };
    let value = if dice.below(4) == 0 { dice.below(3) } else { 0 };
    let code = code.write(0, &init);
    let code = if dice.below(2) == 0 {
        code.arguments([value, 0, init.len() as u64]).ops(&[CREATE])
    } else {
        code.arguments([value, 0, init.len() as u64, dice.below(2)]).ops(&[CREATE2])
    };
    let slot = slot(dice);
    let code = code.ops(&[DUP1]).store_at(slot);
    // The address stays below the arguments until it is swapped into its place.
    code.arguments([0, 32, 0, 32]).push(U256::ZERO).ops(&[0x85, GAS, CALL, POP, POP])
}
