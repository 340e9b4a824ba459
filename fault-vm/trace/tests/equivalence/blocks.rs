//! Random blocks, and those that random ones would not find.

use crate::{
    check::{Checker, Run, a_world, on_all_cores},
    code::*,
    hostile::payload,
    precompiles::{ALL, right},
    programs::DEEP,
    traffic::Traffic,
    world::{Signer, World, calldata, hashes_call},
};
use alloy_consensus::TxLegacy;
use alloy_primitives::{Bytes, TxKind, U256};
use gainsay_derive::Payload;
use gainsay_types::{
    Transaction,
    batch::BatchBlock,
    blob::{BLOB_BYTES, pack},
    testing::{Dice, cases},
};
use proptest::{prelude::*, sample::Index};
use std::{cell::RefCell, collections::BTreeMap};

thread_local! {
    static CHECKER: RefCell<Checker> = RefCell::new(Checker::new());
}

/// How a batch comes.
#[derive(Clone, Copy, Debug)]
enum Way {
    Calldata,
    /// In as many blobs as it needs, and so many more.
    Blobs(usize),
    Forced,
}

fn a_way() -> impl Strategy<Value = Way> {
    prop_oneof![4 => Just(Way::Calldata), 2 => Just(Way::Blobs(0)), 1 => (1usize..6).prop_map(Way::Blobs), 1 => Just(Way::Forced)]
}

pub(crate) fn in_blobs(bytes: &[u8], more: usize) -> Payload {
    let mut blobs = pack(bytes).unwrap();
    let count = (blobs.len() + more).min(6);
    blobs.resize(count, Bytes::from(vec![0; BLOB_BYTES]));
    Payload::Blobs(blobs)
}

#[derive(Clone, Debug)]
struct Batch {
    way: Way,
    /// Messages that came before it.
    messages: usize,
    /// Transactions of each block, and which part of the messages left it consumes.
    blocks: Vec<(u64, Index)>,
}

fn a_batch() -> impl Strategy<Value = Batch> {
    let blocks = prop::collection::vec((0u64..5, any::<Index>()), 0..4);
    (a_way(), 0usize..4, blocks).prop_map(|(way, messages, blocks)| Batch { way, messages, blocks })
}

/// Appends a batch, in most cases a valid one.
fn append(world: &mut World, traffic: &mut Traffic, batch: &Batch) {
    if traffic.dice.below(2) == 0 {
        world.attributes();
    }
    let waiting = (0..batch.messages).map(|_| world.user_deposit(traffic.deposit())).count();
    let mut left = waiting as u64;
    let blocks: Vec<BatchBlock> = batch
        .blocks
        .iter()
        .map(|(transactions, share)| {
            let deposits = share.index(left as usize + 1) as u64;
            left -= deposits;
            traffic.block(deposits, *transactions)
        })
        .collect();
    let bytes = payload(&blocks);
    world.append(match batch.way {
        Way::Calldata => Payload::Calldata(bytes.into()),
        Way::Blobs(more) => in_blobs(&bytes, more),
        Way::Forced => Payload::None,
    });
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(cases(24)) })]

    #[test]
    fn random_blocks_are_the_same_in_the_machine(seed: u64, batches in prop::collection::vec(a_batch(), 1..4)) {
        let (mut world, mut traffic) = Traffic::new(seed);
        for batch in &batches {
            append(&mut world, &mut traffic, batch);
        }
        CHECKER.with_borrow_mut(|checker| {
            let mut wrong = None;
            world.steps(|world, taken| wrong = wrong.take().or(checker.try_check(world, taken).err()));
            prop_assert_eq!(wrong, None);
            Ok(())
        })?;
    }
}

/// What the traffic of one seed reaches.
#[derive(Debug, Default)]
struct Reached {
    run: Run,
    /// Receipts by type and success.
    receipts: BTreeMap<(u8, bool), usize>,
    logs: usize,
    codes: usize,
    faults: usize,
}

fn many_blocks(checker: &mut Checker, seed: &u64) -> Reached {
    let (mut world, mut traffic) = Traffic::new(*seed);
    let mut reached = Reached::default();
    for _ in 0..6 {
        world.user_deposit(traffic.deposit());
        world.user_deposit(traffic.deposit());
        let block = traffic.block(1, 8);
        world.append(Payload::Calldata(payload(&[block]).into()));
    }
    world.steps(|world, taken| {
        reached.run += checker.try_check(world, taken).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        reached.faults += taken.ignored;
        if let Some(block) = &taken.block {
            reached.codes += block.changes.codes.len();
            for receipt in &block.receipts {
                *reached.receipts.entry((receipt.tx_type() as u8, receipt.status())).or_default() += 1;
                reached.logs += receipt.logs().len();
            }
        }
    });
    reached
}

#[test]
fn many_random_transactions_of_every_type_are_the_same_in_the_machine() {
    let seeds: Vec<u64> = (0..u64::from(cases(12))).collect();
    let mut all = Reached::default();
    for reached in on_all_cores(&seeds, many_blocks) {
        all.run += reached.run;
        reached.receipts.into_iter().for_each(|(kind, count)| *all.receipts.entry(kind).or_default() += count);
        (all.logs, all.codes, all.faults) = (all.logs + reached.logs, all.codes + reached.codes, all.faults + reached.faults);
    }
    eprintln!("{all:?}");
    for kind in [0, 1, 2, 4, 0x7e] {
        for success in [true, false] {
            assert!(all.receipts.contains_key(&(kind, success)), "no receipt of type {kind} with success {success}");
        }
    }
    assert!(all.logs > 10 && all.codes > 40 && all.faults > 0 && all.run.calls > 500, "{all:?}");
}

#[test]
fn hashes_of_all_ancestors_are_the_same_in_the_machine() {
    let mut checker = Checker::new();
    let mut world = a_world();
    world.append(calldata((0..300).map(|_| (0, vec![])).collect()));
    world.steps(|_, _| ());
    // Every depth from 0 to 300, added up in init code; then some one by one.
    let sums =
        (0..=300u64).fold(Code::new().push(U256::ZERO), |code, back| code.push(U256::from(back)).ops(&[NUMBER, SUB, BLOCKHASH, 0x18]));
    let init = sums.store_at(0).bytes();
    let user = Signer::new(0);
    let sum = creation(&user, init.into(), 1_000_000);
    let numbers = [300, 299, 46, 45, 44, 301, 302, 0].into_iter().zip(1..);
    let calls = numbers.map(|(number, nonce)| hashes_call(&user, nonce, number));
    world.append(calldata(vec![(0, std::iter::once(sum).chain(calls).collect())]));
    let taken = world.step();
    let receipts = &taken.block.as_ref().unwrap().receipts;
    assert!(receipts.len() == 9 && receipts.iter().all(|receipt| receipt.status()));
    checker.check(&world, &taken);
}

#[test]
fn calls_as_deep_as_gas_allows_are_the_same_in_the_machine() {
    let (mut world, _) = Traffic::new(7);
    let calls = (0..2).map(|index| Signer::new(index).send(0, DEEP, 0, 1 << (23 + index), Bytes::new())).collect();
    let block = BatchBlock { delay_ms: 3_000, deposits: 0, transactions: calls };
    world.append(Payload::Calldata(payload(&[block]).into()));
    let taken = world.step();
    let block = taken.block.as_ref().unwrap();
    assert!(block.receipts.iter().all(|receipt| receipt.status()) && block.receipts.len() == 2);
    let (_, depth) = block.changes.accounts[&DEEP].storage[&U256::ZERO];
    // Each call keeps 1/64 of the gas, and the most that a transaction may have is 2^24: the limit of 1,024 frames is out of reach.
    assert!(depth > U256::from(300), "{depth} calls");
    eprintln!("{depth} calls, {:?}", Checker::new().check(&world, &taken));
}

/// Init code that makes one call and stores success in slot 0, the hash of what comes back in slot 1.
fn one_call(memory: Code, number: u16, length: usize, gas: Option<u64>) -> Bytes {
    let code = memory.arguments([0, 0, length as u64, 0, 0]);
    let code = code.push(U256::from(number));
    let code = gas.map_or_else(|| code.clone().ops(&[GAS]), |gas| code.clone().push(U256::from(gas)));
    let code = code.ops(&[CALL]).store_at(0).ops(&[RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY, RETURNDATASIZE, PUSH0, KECCAK256]);
    code.store_at(1).bytes().into()
}

/// A block with one creation by each of the first accounts; whether the call of each succeeded, by native execution.
fn creations(checker: &mut Checker, codes: &[Bytes], gas_limit: u64) -> Vec<bool> {
    let mut world = a_world();
    for (code, index) in codes.iter().zip(0..) {
        let creation = creation(&Signer::new(index), code.clone(), gas_limit);
        world.append(Payload::Calldata(payload(&[BatchBlock { delay_ms: 3_000, deposits: 0, transactions: vec![creation] }]).into()));
    }
    let mut successes = Vec::new();
    world.steps(|world, taken| {
        let run = checker.check(world, taken);
        let block = taken.block.as_ref().unwrap();
        assert!(block.receipts[0].status(), "the creation itself succeeds");
        let created = Signer::new(successes.len() as u16).address.create(0);
        let success = block.changes.accounts[&created].storage.get(&U256::ZERO).is_some_and(|(_, value)| *value == U256::ONE);
        eprintln!("{} gas, {} steps, {} calls", block.header.gas_used, run.steps, run.calls);
        successes.push(success);
    });
    successes
}

#[test]
fn every_precompile_is_the_same_in_the_machine_with_enough_gas_and_with_too_little() {
    let mut checker = Checker::new();
    let mut dice = Dice::new(5);
    let inputs: Vec<(u16, Vec<u8>)> =
        ALL.iter().flat_map(|number| (0..3).map(|_| (*number, right(&mut dice, *number))).collect::<Vec<_>>()).collect();
    let calls = |gas: Option<u64>| -> Vec<Bytes> {
        inputs.iter().map(|(number, input)| one_call(Code::new().write(0, input), *number, input.len(), gas)).collect()
    };
    assert!(creations(&mut checker, &calls(None), 3_000_000).into_iter().all(|success| success));
    for ((number, input), success) in inputs.iter().zip(creations(&mut checker, &calls(Some(10)), 3_000_000)) {
        // Two of them are no precompiles, and need no gas; BLAKE2 needs as much as it has rounds.
        let enough = matches!(number, 0x12 | 0xff) || *number == 9 && input[..4] <= [0, 0, 0, 10][..];
        assert_eq!(success, enough, "precompile {number}");
    }
}

#[test]
fn precompile_calls_too_large_for_the_oracle_are_the_same_in_the_machine() {
    let mut dice = Dice::new(6);
    // Just beyond 3,000,000 gas, and just beyond 32,768 bytes.
    let large = [(8, 192, 88), (0x0c, 160, 205)];
    let mut calls = Vec::new();
    for (number, length, count) in large {
        let one = std::iter::repeat_with(|| right(&mut dice, number))
            .find(|input| input.len() >= length && input[..128].iter().any(|byte| *byte != 0));
        let one = one.unwrap();
        let memory = (1..count).fold(Code::new().write(0, &one[..length]), |code, index| {
            code.arguments([(index * length) as u64, 0, length as u64]).ops(&[MCOPY])
        });
        calls.push(one_call(memory, number, count * length, None));
    }
    assert_eq!(creations(&mut Checker::new(), &calls, 1 << 24), [true, true]);
}

fn creation(signer: &Signer, input: Bytes, gas_limit: u64) -> Transaction {
    let (to, value) = (TxKind::Create, U256::ZERO);
    signer.sign(TxLegacy { chain_id: None, nonce: 0, gas_price: 3_000_000_000, gas_limit, to, value, input })
}

#[test]
fn six_full_blobs_are_the_same_in_the_machine() {
    let (mut world, mut traffic) = Traffic::new(11);
    // Data that does not compress, in creations that end at once.
    let transactions = (0..16).map(|index| {
        let data = [vec![0x00], traffic.dice.bytes(46_000)].concat();
        let transaction = creation(&Signer::new(index), data.into(), 3_000_000);
        BatchBlock { delay_ms: 1_000, deposits: 0, transactions: vec![transaction] }
    });
    let blocks: Vec<BatchBlock> = transactions.collect();
    let bytes = payload(&blocks);
    let batch = in_blobs(&bytes, 0);
    assert!(matches!(&batch, Payload::Blobs(blobs) if blobs.len() == 6));
    world.append(batch);
    let mut checker = Checker::new();
    let taken = world.step();
    assert_eq!((taken.ignored, taken.block.as_ref().unwrap().receipts.len()), (0, 1));
    eprintln!("{} bytes in blobs: {:?}", bytes.len(), checker.check(&world, &taken));
}
