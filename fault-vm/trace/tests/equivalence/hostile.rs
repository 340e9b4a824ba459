//! Whatever a sequencer may put into the inbox: payloads that are void, blocks that cannot be executed, messages left over. The guest always
//! halts, with what the nodes get.

use crate::{
    blocks::in_blobs,
    check::{Checker, a_world, real_blobs},
    traffic::Traffic,
    world::{ETHER, Signer, calldata, config, deposit, eth_transfer, token_transfer},
};
use alloy_consensus::{TxEip1559, TxEip7702, TxLegacy};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256, keccak256};
use brotli::enc::{BrotliEncoderParams, writer::CompressorWriter};
use gainsay_derive::Payload;
use gainsay_types::{
    Transaction, UserDeposit,
    batch::{Batch, BatchBlock, MAX_BLOCKS_PER_BATCH},
    payload::{MAX_DECOMPRESSED, envelope},
    testing::{Dice, cases},
};
use op_alloy_consensus::OpTxEnvelope;
use proptest::{prelude::*, sample::Index};
use std::{cell::RefCell, io::Write};

fn stream(bytes: &[u8], large_window: bool) -> Vec<u8> {
    let (quality, lgwin) = if large_window { (9, 26) } else { (9, 24) };
    let parameters = BrotliEncoderParams { quality, lgwin, large_window, ..Default::default() };
    let mut writer = CompressorWriter::with_params(Vec::new(), 4096, &parameters);
    writer.write_all(bytes).unwrap();
    writer.into_inner()
}

fn enveloped(bytes: &[u8]) -> Vec<u8> {
    envelope(&stream(bytes, false)).unwrap()
}

pub(crate) fn payload(blocks: &[BatchBlock]) -> Vec<u8> {
    enveloped(&Batch { blocks: blocks.to_vec() }.encode())
}

fn block(transactions: Vec<Transaction>) -> BatchBlock {
    BatchBlock { delay_ms: 750, deposits: 0, transactions }
}

/// A batch of three blocks with something in each.
fn sound() -> Batch {
    let transfer = |index: u16| eth_transfer(&Signer::new(index), 0, Address::repeat_byte(index as u8));
    let token = |index: u16| token_transfer(&Signer::new(index), 0, Address::repeat_byte(index as u8));
    Batch { blocks: (0..3).map(|index| block(vec![transfer(2 * index), token(2 * index + 1)])).collect() }
}

fn with_length(length: u32, rest: &[u8]) -> Vec<u8> {
    [&length.to_be_bytes()[..], rest].concat()
}

/// Calldata that holds no batch, each with what is wrong.
fn void_calldata() -> Vec<(&'static str, Vec<u8>)> {
    let encoded = sound().encode();
    let whole = enveloped(&encoded);
    let compressed = &whole[4..];
    let length = compressed.len() as u32;
    let cut = |by: usize| enveloped(&encoded[..encoded.len() - by]);
    let many = |count: usize| payload(&vec![BatchBlock::default(); count]);
    let crowd = config().block_gas_limit / 21_000 + 1;
    let crowded: Vec<Transaction> = std::iter::repeat_n(eth_transfer(&Signer::new(0), 0, Address::ZERO), crowd as usize).collect();
    let mut version = encoded.clone();
    version[0] = 1;
    let mut count = encoded.clone();
    count[1..5].fill(0xff);
    vec![
        ("nothing", Vec::new()),
        ("less than a length", vec![0, 0, 0]),
        ("a length and nothing", vec![0, 0, 0, 0]),
        ("a length beyond the end", with_length(length + 1, compressed)),
        ("the greatest length", with_length(u32::MAX, compressed)),
        ("a stream cut off", with_length(length - 1, &compressed[..compressed.len() - 1])),
        ("a length that leaves a byte of the stream to the padding", with_length(length - 1, compressed)),
        ("padding that is not zero", [&whole[..], &[0, 0, 1]].concat()),
        ("bytes after the stream", with_length(length + 1, &[compressed, &[0]].concat())),
        ("a second stream", with_length(2 * length, &[compressed, compressed].concat())),
        ("no stream", with_length(64, &Dice::new(1).bytes(64))),
        ("a large window", envelope(&stream(&vec![7; 1 << 20], true)).unwrap()),
        ("zeroes up to the greatest size", enveloped(&vec![0; MAX_DECOMPRESSED])),
        ("one byte more", enveloped(&vec![0; MAX_DECOMPRESSED + 1])),
        ("a bomb", enveloped(&vec![0; 16 * MAX_DECOMPRESSED])),
        ("another version", enveloped(&version)),
        ("more blocks than bytes", enveloped(&count)),
        ("too many blocks", many(MAX_BLOCKS_PER_BATCH + 1)),
        ("a batch cut off by a byte", cut(1)),
        ("a batch cut off in its signatures", cut(100)),
        ("a batch cut off in its columns", cut(encoded.len() - 40)),
        ("a byte after the batch", enveloped(&[&encoded[..], &[0]].concat())),
        ("more transactions than fit a block", payload(&[block(crowded)])),
        ("more messages than there are", payload(&[BatchBlock { deposits: 3, ..block(vec![]) }])),
        ("more messages than fit 64 bits", payload(&vec![BatchBlock { deposits: u64::MAX, ..block(vec![]) }; 2])),
    ]
}

fn void_blobs() -> Vec<(&'static str, Vec<Bytes>)> {
    let Payload::Blobs(blobs) = in_blobs(&payload(&sound().blocks), 2) else { unreachable!("it asks for blobs") };
    let changed = |blob: usize, at: usize, to: u8| {
        let mut changed = blobs.clone();
        let mut bytes = changed[blob].to_vec();
        bytes[at] = to;
        changed[blob] = bytes.into();
        changed
    };
    vec![
        ("a field element of 2^254", changed(0, 32 * 4_095, 0x40)),
        ("a field element of 2^254 in the last blob", changed(2, 32 * 77, 0x40)),
        ("padding that is not zero in the last blob", changed(2, 131_071, 1)),
        ("a first blob of zeroes", vec![blobs[1].clone(), blobs[0].clone()]),
    ]
}

#[test]
fn void_payloads_are_void_in_the_machine_and_their_messages_executed() {
    let mut checker = Checker::new();
    let calldata = void_calldata().into_iter().map(|(name, bytes)| (name, Payload::Calldata(bytes.into())));
    let blobs = void_blobs().into_iter().map(|(name, blobs)| (name, Payload::Blobs(blobs)));
    for (name, payload) in calldata.chain(blobs) {
        let mut world = real_blobs(a_world());
        world.attributes();
        world.user_deposit(deposit(Address::repeat_byte(1), Address::repeat_byte(2), 3));
        world.append(payload);
        let taken = world.step();
        let [reason] = &taken.reasons[..] else { panic!("{name}: ignored {:?}", taken.reasons) };
        assert_eq!(taken.block.as_ref().map(|block| block.receipts.len()), Some(2), "{name}: the closing block");
        let run = checker.try_check(&world, &taken).unwrap_or_else(|error| panic!("{name}: {error}"));
        eprintln!("{name}: {reason}; {} steps", run.steps);
    }
}

#[test]
fn payloads_at_the_limits_are_the_same_in_the_machine() {
    let mut checker = Checker::new();
    let most = payload(&vec![BatchBlock { delay_ms: 0, ..BatchBlock::default() }; MAX_BLOCKS_PER_BATCH]);
    let padded = [payload(&sound().blocks), vec![0; 50_000]].concat();
    for (bytes, steps) in [(most, 3), (padded, 3), (payload(&[]), 1)] {
        let mut world = a_world();
        world.append(Payload::Calldata(bytes.into()));
        for _ in 0..steps {
            let taken = world.step();
            assert_eq!(taken.ignored, 0);
            checker.check(&world, &taken);
        }
    }
}

/// What L1 cannot make, but the guest must not stumble over: data of another kind than the header says.
#[test]
fn a_list_of_hashes_as_calldata_is_void_in_the_machine() {
    let mut checker = Checker::new();
    let mut world = a_world();
    world.append(Payload::Calldata([keccak256([1]), keccak256([2])].concat().into()));
    let taken = world.step();
    assert_eq!((taken.ignored, taken.block.is_none()), (1, true));
    checker.check(&world, &taken);
}

fn user(index: u16) -> (Signer, TxEip1559) {
    let transaction = TxEip1559 {
        chain_id: config().l2_chain_id,
        gas_limit: 100_000,
        max_fee_per_gas: 3_000_000_000,
        to: TxKind::Call(Address::repeat_byte(5)),
        ..TxEip1559::default()
    };
    (Signer::new(index), transaction)
}

fn changed(index: u16, change: impl FnOnce(&mut TxEip1559)) -> Transaction {
    let (signer, mut transaction) = user(index);
    change(&mut transaction);
    signer.sign(transaction)
}

/// A transaction with a signature of its own making.
fn signed_by(change: impl FnOnce(Signature) -> Signature) -> Transaction {
    let (signer, transaction) = user(1);
    let OpTxEnvelope::Eip1559(signed) = signer.sign(transaction).envelope().clone() else { unreachable!("it was one of these") };
    let signature = change(*signed.signature());
    Transaction::new(alloy_consensus::Signed::new_unhashed(signed.strip_signature(), signature).into()).unwrap()
}

/// Transactions that cannot be executed, each with what is wrong.
fn faults() -> Vec<(&'static str, Transaction)> {
    let order = U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16).unwrap();
    let (signer, _) = user(1);
    let list = TxEip7702 { chain_id: config().l2_chain_id, gas_limit: 100_000, max_fee_per_gas: 3_000_000_000, ..TxEip7702::default() };
    let legacy = TxLegacy { chain_id: Some(1), gas_price: 3_000_000_000, gas_limit: 21_000, ..TxLegacy::default() };
    vec![
        ("a nonce ahead", changed(1, |one| one.nonce = 1)),
        ("the greatest nonce", changed(1, |one| one.nonce = u64::MAX)),
        ("another chain", changed(1, |one| one.chain_id = 1)),
        ("another chain, legacy", signer.sign(legacy)),
        ("a fee below the base fee", changed(1, |one| one.max_fee_per_gas = 1)),
        ("a tip above the fee", changed(1, |one| one.max_priority_fee_per_gas = 3_000_000_001)),
        ("more wei than there is", changed(1, |one| one.value = U256::from(2_000 * ETHER))),
        ("the greatest value", changed(1, |one| one.value = U256::MAX)),
        ("the greatest fee", changed(1, |one| one.max_fee_per_gas = u128::MAX)),
        ("an account that has nothing", changed(9_999, |_| ())),
        ("too little gas to begin with", changed(1, |one| one.gas_limit = 20_999)),
        ("too little gas for its data", changed(1, |one| one.input = vec![1; 3_000].into())),
        ("more gas than a transaction may have", changed(1, |one| one.gas_limit = (1 << 24) + 1)),
        ("the most gas", changed(1, |one| one.gas_limit = u64::MAX)),
        (
            "init code over the limit",
            changed(1, |one| (one.to, one.input, one.gas_limit) = (TxKind::Create, vec![0; 49_153].into(), 9_000_000)),
        ),
        ("no authorization", signer.sign(list)),
        ("high s", signed_by(|it| Signature::new(it.r(), order - it.s(), !it.v()))),
        ("r of zero", signed_by(|it| Signature::new(U256::ZERO, it.s(), it.v()))),
        ("s of zero", signed_by(|it| Signature::new(it.r(), U256::ZERO, it.v()))),
        ("r beyond the order", signed_by(|it| Signature::new(order, it.s(), it.v()))),
        ("r that is no point", signed_by(|it| Signature::new(U256::from(5), it.s(), it.v()))),
        ("somebody else's signature", signed_by(|it| Signature::new(it.r(), it.s(), !it.v()))),
    ]
}

#[test]
fn a_fault_in_the_middle_ends_the_batch_at_the_same_place_in_the_machine() {
    let mut checker = Checker::new();
    for (name, faulty) in faults() {
        let mut world = a_world();
        world.user_deposit(deposit(Address::repeat_byte(1), Address::repeat_byte(2), 3));
        // The second transaction of the second block, then what is ignored with it.
        let middle = vec![eth_transfer(&Signer::new(2), 0, Address::repeat_byte(3)), faulty];
        world.append(calldata(vec![(0, vec![eth_transfer(&Signer::new(0), 0, Address::repeat_byte(1))]), (0, middle), (0, vec![])]));
        let mut seen = Vec::new();
        world.steps(|world, taken| {
            seen.push((taken.ignored, taken.block.as_ref().map(|block| block.receipts.len())));
            taken.reasons.iter().for_each(|reason| eprintln!("{name}: {reason}"));
            checker.try_check(world, taken).unwrap_or_else(|error| panic!("{name}: {error}"));
        });
        assert_eq!(seen, [(0, Some(1)), (1, Some(1))], "{name}: a block, then a fault and the closing block in one step");
    }
}

#[test]
fn blocks_that_break_the_limits_of_time_gas_and_messages_are_void_in_the_machine() {
    let mut checker = Checker::new();
    let late = BatchBlock { delay_ms: 700_000, ..BatchBlock::default() };
    let never = BatchBlock { delay_ms: u64::MAX, ..BatchBlock::default() };
    let (signer, _) = user(1);
    // A quarter of a second at a rate of 20,000,000 gas.
    let greedy = BatchBlock { delay_ms: 0, ..block(vec![signer.send(0, Address::ZERO, 0, 5_000_001, Bytes::new())]) };
    let heavy = BatchBlock { deposits: 5, ..BatchBlock::default() };
    for (name, second) in [("late", late), ("never", never), ("greedy", greedy), ("heavy", heavy)] {
        let mut world = a_world();
        for _ in 0..5 {
            world.user_deposit(UserDeposit { gas_limit: 1 << 24, ..deposit(Address::repeat_byte(1), Address::repeat_byte(2), 3) });
        }
        let blocks = [block(vec![eth_transfer(&Signer::new(0), 0, Address::repeat_byte(1))]), second, block(vec![])];
        world.append(Payload::Calldata(payload(&blocks).into()));
        let mut ignored = 0;
        let steps = world.steps(|world, taken| {
            ignored += taken.ignored;
            checker.try_check(world, taken).unwrap_or_else(|error| panic!("{name}: {error}"));
        });
        // A block; the fault with three deposits of 2^24 gas in 60,000,000; the two others.
        assert_eq!((steps, ignored), (3, 1), "{name}");
    }
}

#[test]
fn closing_blocks_take_hundreds_of_deposits_greedily_in_the_machine() {
    let mut checker = Checker::new();
    let (mut world, mut traffic) = Traffic::new(3);
    for index in 0..512u64 {
        if index % 100 == 0 {
            world.attributes();
            continue;
        }
        let small =
            UserDeposit { gas_limit: 100_000 + 1_000 * index, ..deposit(Address::with_last_byte(index as u8), Address::repeat_byte(1), 1) };
        world.user_deposit(if index % 3 == 0 { traffic.deposit() } else { small });
    }
    world.append(Payload::None);
    let sum = checker.check_all(&mut world);
    assert!(world.state.deposit_index == 512 && sum.runs > 2, "{sum:?}");
    eprintln!("512 messages: {sum:?}");
}

#[test]
fn a_batch_that_was_skipped_leaves_its_messages_to_the_next_one() {
    let mut checker = Checker::new();
    let mut world = a_world();
    for index in 0..9u8 {
        world.user_deposit(deposit(Address::with_last_byte(index), Address::repeat_byte(1), 1));
        let transfer = eth_transfer(&Signer::new(index.into()), 0, Address::repeat_byte(7));
        world.append_consuming(calldata(vec![(1, vec![transfer])]), usize::from(index / 2 + 1));
    }
    // As L1 does where a run has no end: some before their first step.
    let mut skipped = 0;
    while world.state.batch_index < 9 {
        if world.state.batch_index % 3 == 1 {
            world.state = world.state.skip_batch();
            skipped += 1;
            continue;
        }
        let taken = world.step();
        checker.check(&world, &taken);
    }
    assert_eq!((skipped, world.state.deposit_index), (3, 5));
}

#[test]
fn a_batch_skipped_in_its_middle_and_a_step_at_the_target_are_the_same_in_the_machine() {
    let mut checker = Checker::new();
    let mut world = a_world();
    world.user_deposit(deposit(Address::repeat_byte(1), Address::repeat_byte(2), 3));
    world.append(Payload::Calldata(payload(&sound().blocks).into()));
    world.append(Payload::None);
    let first = world.step();
    checker.check(&world, &first);
    world.state = world.state.skip_batch();
    let closing = world.step();
    assert_eq!(closing.block.as_ref().map(|block| block.receipts.len()), Some(1));
    checker.check(&world, &closing);
    let beyond = world.step();
    assert_eq!((beyond.output, beyond.before), (closing.output, beyond.state));
    checker.check(&world, &beyond);
}

thread_local! {
    static CHECKER: RefCell<Checker> = RefCell::new(Checker::new());
}

/// Runs all steps of one payload, and compares each.
fn same(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let mut world = a_world();
    world.append(Payload::Calldata(bytes.into()));
    CHECKER.with_borrow_mut(|checker| {
        let mut wrong = None;
        world.steps(|world, taken| wrong = wrong.take().or(checker.try_check(world, taken).err()));
        prop_assert_eq!(wrong, None);
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(40)))]

    #[test]
    fn a_changed_payload_is_the_same_in_the_machine(at: Index, bit in 0u8..8, cut in prop::option::weighted(0.2, any::<Index>())) {
        let mut bytes = payload(&sound().blocks);
        let length = bytes.len();
        bytes[at.index(length)] ^= 1 << bit;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        same(bytes)?;
    }

    #[test]
    fn a_changed_encoding_is_the_same_in_the_machine(at: Index, to: u8, another: Option<(Index, u8)>) {
        let mut bytes = sound().encode();
        let length = bytes.len();
        for (at, to) in std::iter::once((at, to)).chain(another) {
            bytes[at.index(length)] ^= to;
        }
        same(enveloped(&bytes))?;
    }
}
