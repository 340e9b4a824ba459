//! What hostile blocks make the guest touch: whatever they do, it stays far below the heap's 3 GiB.

use crate::{
    check::{ALLOC, Checker, on_all_cores},
    code::*,
    hostile::payload,
    world::{Signer, World},
};
use alloy_primitives::{Address, Bytes, U256, address};
use gainsay_derive::Payload;
use gainsay_execute::genesis::GenesisAccount;
use gainsay_types::{
    Transaction,
    batch::BatchBlock,
    payload::{MAX_DECOMPRESSED, decompress},
};

const CONTRACT: Address = address!("00000000000000000000000000000000000000f1");
/// Has 24,576 bytes of code, the most there can be.
const LARGE: Address = address!("00000000000000000000000000000000000000f2");
/// Pages of the heap.
const HEAP: usize = 3 << 18;
/// Gas of each of the two transactions of a block.
const GAS_EACH: u64 = 15_000_000;
/// Left over, so that what was written stays.
const REST: u64 = 100_000;

/// Calls itself with `words` of its memory as arguments, all the way down.
fn nested(words: u64, kind: u8) -> Vec<u8> {
    let code = Code::new().push(U256::from(1)).push(U256::from(32 * words - 32)).ops(&[MSTORE]).arguments([0, 32 * words, 0, 0]);
    let code = if kind == CALL { code.push(U256::ZERO) } else { code };
    code.ops(&[ADDRESS, GAS, kind, POP]).bytes()
}

/// Calls itself to the bottom; each frame returns so much of its memory.
fn returning(words: u64) -> Vec<u8> {
    let code = Code::new().arguments([0; 5]).ops(&[ADDRESS, GAS, CALL, POP]);
    code.arguments([0, 32 * words]).ops(&[RETURN]).bytes()
}

/// Repeats a piece of code until the gas is nearly used.
fn repeated(body: impl FnOnce(Code) -> Code) -> Vec<u8> {
    Code::new().while_gas(REST, body).bytes()
}

/// Repeats a call of the identity precompile on so many bytes.
fn identities(bytes: u64) -> Vec<u8> {
    repeated(|code| code.arguments([0, bytes, 0, bytes]).push(U256::from(4)).ops(&[GAS, STATICCALL, POP]))
}

/// Fresh keys, from a counter in the word at 0.
fn counting(code: Code) -> Code {
    code.push(U256::ZERO).ops(&[MLOAD]).push(U256::from(1)).ops(&[ADD, DUP1, PUSH0, MSTORE])
}

fn programs() -> Vec<(&'static str, Vec<u8>)> {
    let large = 3 << 19;
    vec![
        ("one expansion of memory", Code::new().push(U256::from(2_600_000)).ops(&[MLOAD, POP]).bytes()),
        ("nested calls with 2 kB", nested(64, CALL)),
        ("nested calls with 22 kB", nested(700, CALL)),
        ("nested calls with 50 kB", nested(1_600, CALL)),
        ("nested calls with 100 kB", nested(3_200, CALL)),
        ("nested calls with 200 kB", nested(6_400, CALL)),
        ("nested calls with 400 kB", nested(12_800, CALL)),
        ("nested delegate calls with 22 kB", nested(700, DELEGATECALL)),
        ("nested static calls with 22 kB", nested(700, STATICCALL)),
        ("nested calls that return 22 kB", returning(700)),
        ("nested calls that return 200 kB", returning(6_400)),
        ("identity of 1 MB, repeated", identities(1 << 20)),
        ("identity of 20 kB, repeated", identities(20_000)),
        (
            "copies of memory",
            Code::new()
                .push(U256::from(large))
                .ops(&[MLOAD, POP])
                .while_gas(REST, |code| code.arguments([0, 32, large]).ops(&[MCOPY]))
                .bytes(),
        ),
        ("creations with the largest init code", repeated(|code| code.arguments([0, 0, 49_152]).ops(&[CREATE, POP]))),
        ("nested creations with 24 kB of init code", {
            // Its own code is the init code of the next.
            let mut code = Code::new().ops(&[CODESIZE, PUSH0, PUSH0, CODECOPY, CODESIZE, PUSH0, PUSH0, CREATE, POP]).bytes();
            code.resize(24_576, 0);
            code
        }),
        ("creations of the largest codes", {
            let init = Code::new().arguments([0, 24_576]).ops(&[RETURN]).bytes();
            Code::new().write(0, &init).while_gas(6_000_000, |code| code.arguments([0, 0, init.len() as u64]).ops(&[CREATE, POP])).bytes()
        }),
        ("logs of 100 kB", Code::new().while_gas(2_000_000, |code| code.arguments([0, 100_000]).ops(&[LOG0])).bytes()),
        ("logs of nothing", repeated(|code| code.arguments([0, 0]).ops(&[LOG0]))),
        ("copies of a large code", repeated(|code| code.arguments([0, 0, 24_576]).push(word(LARGE)).ops(&[EXTCODECOPY]))),
        ("fresh slots", repeated(|code| counting(code).ops(&[DUP1, SSTORE]))),
        ("cold reads", repeated(|code| counting(code).ops(&[SLOAD, POP]))),
        ("fresh transient slots", repeated(|code| counting(code).ops(&[DUP1, TSTORE]))),
        ("cold accounts", repeated(|code| counting(code).push(U256::from(1) << 100).ops(&[ADD, 0x31, POP]))),
        (
            "fresh accounts",
            repeated(|code| {
                let code = counting(code).push(U256::from(1) << 100).ops(&[ADD]).arguments([0; 4]).push(U256::from(1));
                code.ops(&[0x85, PUSH0, CALL, POP, POP])
            }),
        ),
        ("the stack's end", Code::new().ops(&[JUMPDEST]).ops(&[PUSH0; 64]).push(U256::ZERO).ops(&[JUMP]).bytes()),
    ]
}

/// A chain with this code at a contract, and the two transactions that call it.
fn world_of(code: &[u8]) -> (World, Vec<Transaction>) {
    let mut alloc = ALLOC.clone();
    let contract =
        |code: Bytes| GenesisAccount { code, nonce: U256::from(1), balance: U256::from(1u64 << 40), ..GenesisAccount::default() };
    alloc.0.insert(CONTRACT, contract(Bytes::copy_from_slice(code)));
    alloc.0.insert(LARGE, contract(vec![0xfe; 24_576].into()));
    let calls = (0..2).map(|index| Signer::new(index).send(0, CONTRACT, 0, GAS_EACH, Bytes::new())).collect();
    (World::with(&alloc), calls)
}

fn block_of(code: &[u8]) -> World {
    let (mut world, calls) = world_of(code);
    world.append(Payload::Calldata(payload(&[BatchBlock { delay_ms: 2_000, deposits: 0, transactions: calls }]).into()));
    world
}

/// The same block in a batch that decompresses to nearly 8 MiB: data of transactions that are never executed.
fn in_a_large_batch(code: &[u8]) -> World {
    let (mut world, calls) = world_of(code);
    let filler = |index| Signer::new(index).send(0, CONTRACT, 0, 1 << 24, vec![0; 104_000].into());
    let filler = BatchBlock { delay_ms: 0, deposits: 0, transactions: (2..82).map(filler).collect() };
    let bytes = payload(&[BatchBlock { delay_ms: 2_000, deposits: 0, transactions: calls }, filler]);
    let size = decompress(&bytes).unwrap().len();
    assert!(size > MAX_DECOMPRESSED - (1 << 17), "{size} bytes");
    world.append(Payload::Calldata(bytes.into()));
    world
}

#[test]
fn the_blocks_that_touch_most_in_the_largest_batch_touch_a_small_part_of_the_heap() {
    let mut checker = Checker::new();
    for words in [1_600, 3_200, 6_400] {
        let mut world = in_a_large_batch(&nested(words, CALL));
        let taken = world.step();
        assert_eq!(taken.block.as_ref().map(|block| block.receipts.len()), Some(2));
        let run = checker.check(&world, &taken);
        let pages = checker.pages();
        eprintln!("{words} words: {pages} pages of {HEAP}, {} steps", run.steps);
        assert!(pages < HEAP / 8, "{pages} of {HEAP} pages");
    }
}

#[test]
fn hostile_blocks_touch_a_small_part_of_the_heap() {
    let all = programs();
    let mut figures = on_all_cores(&all, |checker: &mut Checker, (name, code)| {
        let mut world = block_of(code);
        let taken = world.step();
        let gas = taken.block.as_ref().map_or(0, |block| block.header.gas_used);
        let run = checker.try_check(&world, &taken).unwrap_or_else(|error| panic!("{name}: {error}"));
        (checker.pages(), gas, run.steps, *name)
    });
    figures.sort_unstable();
    for (pages, gas, steps, name) in &figures {
        eprintln!("{pages:>7} pages  {gas:>9} gas  {steps:>12} steps  {name}");
    }
    assert!(figures.iter().filter(|(_, gas, ..)| *gas > GAS_EACH).count() >= 15, "most of them use the block's gas");
    let (pages, .., name) = figures.last().unwrap();
    assert!(*pages < HEAP / 8, "{name}: {pages} of {HEAP} pages");
}
