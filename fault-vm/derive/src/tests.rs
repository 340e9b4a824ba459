//! The rules of the block step, against an executor that records what it is given.

use crate::{Executed, Executor, Ignored, Inbox, OpenBatch, Outcome, Payload, Step, StepError, block_step, open_batch};
use alloc::{collections::BTreeMap, string::String, sync::Arc, vec, vec::Vec};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use core::convert::Infallible;
use gainsay_types::{
    BatchHeader, BatchKind, BlockInput, CLOSING, ChainConfig, Message, MessageBody, Millis, State, UserDeposit,
    batch::{Batch, BatchBlock, BatchError},
    blob::{self, BLOB_BYTES, BlobError},
    payload::{PayloadError, envelope},
    testing::{Dice, any_transaction},
};
use proptest::prelude::*;

/// Time of every batch, seconds.
const L1_TIME: u64 = 1_000_000;
const GAS_LIMIT: u64 = 30_000_000;

fn config() -> ChainConfig {
    ChainConfig {
        l2_chain_id: 42,
        spec_id: 1,
        block_time_ms: 250,
        block_gas_limit: GAS_LIMIT,
        gas_rate: 30_000_000,
        gas_target: 10_000_000,
        base_fee_denominator: 50,
        min_base_fee: 1,
        base_fee_scalar: 1,
        blob_base_fee_scalar: 1,
        portal: Address::ZERO,
        genesis_hash: B256::ZERO,
    }
}

/// Batches and messages in memory; message i has the gas limit that the map says, else 100,000.
#[derive(Default)]
struct Memory {
    batches: Vec<Arc<OpenBatch>>,
    gas: BTreeMap<u64, u64>,
}

impl Memory {
    fn add(&mut self, m: u64, payload: &Payload) -> &OpenBatch {
        let kind = match payload {
            Payload::Blobs(_) => BatchKind::Blobs,
            Payload::Calldata(_) => BatchKind::Calldata,
            Payload::None => BatchKind::Forced,
        };
        let header = header(kind, m, self.batches.len() as u64 + 1);
        self.batches.push(Arc::new(open_batch(&config(), &header, payload)));
        &self.batches[self.batches.len() - 1]
    }

    fn with(batches: &[(u64, Vec<BatchBlock>)]) -> Self {
        let mut memory = Self::default();
        batches.iter().for_each(|(m, blocks)| assert_eq!(memory.add(*m, &calldata(blocks)).ignored, None));
        memory
    }
}

impl Inbox for Memory {
    type Error = String;
    fn batch(&self, index: u64) -> Result<Arc<OpenBatch>, String> {
        self.batches.get(index as usize - 1).cloned().ok_or_else(|| alloc::format!("no batch {index}"))
    }
    fn message(&self, index: u64) -> Result<Message, String> {
        let gas_limit = self.gas.get(&index).copied().unwrap_or(100_000);
        let deposit = UserDeposit { from: Address::ZERO, to: None, mint: 0, value: 0, gas_limit, data: Bytes::new() };
        Ok(Message { index, user_ordinal: index, l1_number: 1, l1_time: L1_TIME, body: MessageBody::User(deposit) })
    }
}

/// Accepts every block but those of the given numbers, and remembers them.
struct Recorder {
    time: Millis,
    root: B256,
    attempts: u64,
    faulty: Vec<u64>,
    blocks: Vec<BlockInput>,
}

impl Recorder {
    fn new() -> Self {
        Self { time: Millis::from_secs(L1_TIME - 100), root: B256::ZERO, attempts: 0, faulty: Vec::new(), blocks: Vec::new() }
    }
}

impl Executor for Recorder {
    type Block = BlockInput;
    type Fault = &'static str;
    type Error = Infallible;
    fn parent_time(&self) -> Millis {
        self.time
    }
    fn execute(&mut self, input: BlockInput) -> Result<Outcome<BlockInput, &'static str>, Infallible> {
        self.attempts += 1;
        if self.faulty.contains(&self.attempts) {
            return Ok(Outcome::Fault("wrong nonce"));
        }
        let mut preimage = self.root.to_vec();
        preimage.extend(input.timestamp.0.to_be_bytes());
        input.deposits.iter().for_each(|message| preimage.extend(message.index.to_be_bytes()));
        input.transactions.iter().for_each(|transaction| preimage.extend(transaction.hash()));
        self.root = keccak256(preimage);
        self.time = input.timestamp;
        self.blocks.push(input.clone());
        Ok(Outcome::Valid(Executed { output_root: self.root, block: input }))
    }
}

type Taken = Step<BlockInput>;

fn step(state: &State, memory: &Memory, recorder: &mut Recorder) -> Option<Taken> {
    block_step(&config(), state, memory.batches.len() as u64, memory, recorder).unwrap()
}

/// Steps until the target; the number of steps is bounded by what the inbox holds.
fn run(memory: &Memory, recorder: &mut Recorder) -> (State, Vec<Taken>) {
    let mut state = State::genesis(B256::ZERO);
    let mut steps = Vec::new();
    while let Some(taken) = step(&state, memory, recorder) {
        assert_ne!(taken.state, state, "every step moves");
        state = taken.state;
        steps.push(taken);
        assert!(steps.len() < 20_000);
    }
    (state, steps)
}

fn header(kind: BatchKind, deposit_count: u64, batch_index: u64) -> BatchHeader {
    BatchHeader {
        kind,
        payload_hash: B256::ZERO,
        deposit_count,
        deposit_acc: B256::ZERO,
        l1_number: 1,
        l1_time: L1_TIME,
        l1_base_fee: U256::ZERO,
        l1_blob_base_fee: U256::ZERO,
        batch_index,
    }
}

fn block(deposits: u64) -> BatchBlock {
    BatchBlock { delay_ms: 0, deposits, transactions: Vec::new() }
}

fn payload(blocks: &[BatchBlock]) -> Vec<u8> {
    let encoded = Batch { blocks: blocks.to_vec() }.encode();
    let params = brotli::enc::BrotliEncoderParams { quality: 4, lgwin: 22, ..Default::default() };
    let mut stream = Vec::new();
    brotli::BrotliCompress(&mut &encoded[..], &mut stream, &params).unwrap();
    envelope(&stream).unwrap()
}

fn calldata(blocks: &[BatchBlock]) -> Payload {
    Payload::Calldata(payload(blocks).into())
}

fn indices(input: &BlockInput) -> Vec<u64> {
    input.deposits.iter().map(|message| message.index).collect()
}

#[test]
fn at_the_target_the_state_stays_as_it_is() {
    let memory = Memory::with(&[(0, vec![block(0)])]);
    let state = State { batch_index: 1, ..State::genesis(B256::ZERO) };
    assert!(step(&state, &memory, &mut Recorder::new()).is_none());
}

#[test]
fn each_block_is_one_step_and_the_last_moves_the_cursor() {
    let memory = Memory::with(&[(3, vec![block(1), block(0), block(2)]), (3, vec![block(0)])]);
    let mut recorder = Recorder::new();
    let (state, steps) = run(&memory, &mut recorder);
    let cursor: Vec<_> = steps.iter().map(|s| (s.state.batch_index, s.state.batch_offset, s.state.deposit_index)).collect();
    assert_eq!(cursor, [(0, 1, 1), (0, 2, 1), (1, 0, 3), (2, 0, 3)]);
    assert_eq!((state.l2_block_number, state.output_root), (4, recorder.root));
    assert_eq!(recorder.blocks.iter().map(indices).collect::<Vec<_>>(), [vec![1], vec![], vec![2, 3], vec![]]);
    assert!(recorder.blocks.iter().all(|input| !input.closing));
}

#[test]
fn messages_that_the_payload_left_out_come_in_a_closing_block() {
    let memory = Memory::with(&[(4, vec![block(1)])]);
    let mut recorder = Recorder::new();
    let (_, steps) = run(&memory, &mut recorder);
    assert_eq!(steps[0].state.batch_offset, CLOSING);
    assert_eq!((steps[1].state.batch_index, steps[1].state.batch_offset, steps[1].state.deposit_index), (1, 0, 4));
    let closing = &recorder.blocks[1];
    assert!(closing.closing && closing.transactions.is_empty());
    assert_eq!(indices(closing), [2, 3, 4]);
    assert_eq!(closing.timestamp, Millis::from_secs(L1_TIME));
}

#[test]
fn closing_blocks_are_cut_greedily_at_the_gas_limit_and_take_at_least_one_message() {
    let mut memory = Memory::with(&[]);
    memory.gas = [(1, GAS_LIMIT), (2, GAS_LIMIT - 5), (3, 5), (4, 1), (5, GAS_LIMIT + 1), (6, 1)].into();
    memory.add(6, &Payload::None);
    let mut recorder = Recorder::new();
    let (state, steps) = run(&memory, &mut recorder);
    assert_eq!(recorder.blocks.iter().map(indices).collect::<Vec<_>>(), [vec![1], vec![2, 3], vec![4], vec![5], vec![6]]);
    assert!(steps[..4].iter().all(|s| s.state.batch_offset == CLOSING && s.state.batch_index == 0));
    assert_eq!((state.batch_index, state.batch_offset, state.deposit_index), (1, 0, 6));
}

#[test]
fn a_closing_block_is_never_earlier_than_its_parent() {
    let memory = Memory::with(&[(1, vec![BatchBlock { delay_ms: 200_000, ..block(0) }])]);
    let mut recorder = Recorder::new();
    run(&memory, &mut recorder);
    assert!(recorder.blocks[0].timestamp > Millis::from_secs(L1_TIME));
    assert_eq!(recorder.blocks[1].timestamp, recorder.blocks[0].timestamp);
}

#[test]
fn a_batch_with_nothing_in_it_only_moves_the_cursor() {
    let mut memory = Memory::with(&[(0, Vec::new())]);
    memory.add(0, &Payload::None);
    let mut recorder = Recorder::new();
    let (state, steps) = run(&memory, &mut recorder);
    assert_eq!(state, State { batch_index: 2, ..State::genesis(B256::ZERO) });
    assert!(steps.len() == 2 && steps.iter().all(|s| s.block.is_none() && s.ignored.is_empty()));
    assert_eq!(recorder.attempts, 0);
}

#[test]
fn a_fault_in_executing_voids_the_rest_and_closes_in_the_same_step() {
    let memory = Memory::with(&[(5, vec![block(1), block(2), block(1)]), (5, vec![block(0)])]);
    let mut recorder = Recorder { faulty: vec![2], ..Recorder::new() };
    let (state, steps) = run(&memory, &mut recorder);
    assert_eq!(recorder.blocks.iter().map(indices).collect::<Vec<_>>(), [vec![1], vec![2, 3, 4, 5], vec![]]);
    assert_eq!(steps[1].ignored, [Ignored::Execution { block: 1, reason: "wrong nonce".into() }]);
    assert!(steps[1].block.as_ref().is_some_and(|input| input.closing));
    assert_eq!((state.batch_index, state.deposit_index, state.l2_block_number), (2, 5, 3));
}

#[test]
fn a_fault_without_messages_left_moves_the_cursor_in_the_same_step() {
    let memory = Memory::with(&[(0, vec![block(0), block(0), block(0)])]);
    let mut recorder = Recorder { faulty: vec![2], ..Recorder::new() };
    let (state, steps) = run(&memory, &mut recorder);
    assert_eq!((steps.len(), state.batch_index, state.l2_block_number), (2, 1, 1));
    assert!(steps[1].block.is_none());
}

#[test]
fn an_executor_that_refuses_a_closing_block_is_an_error() {
    let mut memory = Memory::with(&[]);
    memory.add(1, &Payload::None);
    let mut recorder = Recorder { faulty: vec![1], ..Recorder::new() };
    let error = block_step(&config(), &State::genesis(B256::ZERO), 1, &memory, &mut recorder).unwrap_err();
    assert!(matches!(error, StepError::Closing { reason } if reason == "wrong nonce"));
}

#[test]
fn missing_data_is_an_error_and_changes_nothing() {
    let memory = Memory::default();
    let error = block_step(&config(), &State::genesis(B256::ZERO), 1, &memory, &mut Recorder::new()).unwrap_err();
    assert!(matches!(error, StepError::Inbox(reason) if reason == "no batch 1"));
}

#[test]
fn messages_beyond_m_void_the_payload_before_its_first_block() {
    let memory = Memory::with(&[(2, vec![block(1), block(2)])]);
    let mut recorder = Recorder::new();
    let (_, steps) = run(&memory, &mut recorder);
    assert_eq!(steps[0].ignored, [Ignored::Messages { block: 0, named: 3, available: 2 }]);
    assert_eq!(recorder.blocks.len(), 1);
    assert_eq!(indices(&recorder.blocks[0]), [1, 2]);
    assert!(recorder.blocks[0].closing);
}

#[test]
fn messages_are_counted_from_the_blocks_not_yet_executed_and_cannot_overflow() {
    let exact = Memory::with(&[(2, vec![block(2)]), (5, vec![block(2), block(1)])]);
    let (_, steps) = run(&exact, &mut Recorder::new());
    assert!(steps.iter().all(|s| s.ignored.is_empty()));
    let huge = Memory::with(&[(1, vec![block(u64::MAX), block(2)])]);
    let (_, steps) = run(&huge, &mut Recorder::new());
    assert_eq!(steps[0].ignored, [Ignored::Messages { block: 0, named: u64::MAX, available: 1 }]);
}

#[test]
fn time_grows_by_block_time_and_delay() {
    let memory = Memory::with(&[(0, vec![block(0), BatchBlock { delay_ms: 33, ..block(0) }])]);
    let mut recorder = Recorder::new();
    let start = recorder.time;
    run(&memory, &mut recorder);
    assert_eq!(recorder.blocks.iter().map(|input| input.timestamp.since(start)).collect::<Vec<_>>(), [250, 250 + 283]);
}

#[test]
fn a_block_600_s_ahead_is_valid_and_a_millisecond_more_is_a_fault() {
    let delay = |recorder: &Recorder| Millis::from_secs(L1_TIME + 600).since(recorder.time) - 250;
    let mut recorder = Recorder::new();
    let memory = Memory::with(&[(1, vec![BatchBlock { delay_ms: delay(&recorder), ..block(1) }])]);
    run(&memory, &mut recorder);
    assert_eq!(recorder.blocks[0].timestamp, Millis::from_secs(L1_TIME + 600));

    let mut recorder = Recorder::new();
    // After the first block, which takes another 250 ms.
    let late = BatchBlock { delay_ms: delay(&recorder) - 250 + 1, ..block(1) };
    let memory = Memory::with(&[(1, vec![block(0), late, block(0)]), (1, vec![BatchBlock { delay_ms: u64::MAX, ..block(0) }])]);
    let (_, steps) = run(&memory, &mut recorder);
    assert!(matches!(steps[1].ignored[..], [Ignored::Time { block: 1, .. }]));
    assert!(matches!(steps[2].ignored[..], [Ignored::Time { block: 0, timestamp: Millis(u64::MAX), .. }]));
    assert_eq!(recorder.blocks.len(), 2);
    assert!(recorder.blocks[1].closing);
}

#[test]
fn a_block_more_than_a_day_behind_is_moved_forward() {
    let day_ago = Millis::from_secs(L1_TIME - 86_400);
    for (behind, expected) in [(251, day_ago), (250, day_ago), (249, Millis(day_ago.0 + 1)), (90_000_000, day_ago)] {
        let memory = Memory::with(&[(0, vec![block(0), block(0)])]);
        let mut recorder = Recorder { time: Millis(day_ago.0 - behind), ..Recorder::new() };
        run(&memory, &mut recorder);
        assert_eq!(recorder.blocks[0].timestamp, expected);
        assert_eq!(recorder.blocks[1].timestamp, Millis(expected.0 + 250));
    }
}

#[test]
fn a_void_payload_says_why_once_and_its_messages_are_executed() {
    let mut memory = Memory::with(&[]);
    memory.add(2, &Payload::Calldata(Bytes::from_static(b"garbage bytes")));
    memory.gas = [(1, GAS_LIMIT), (2, 1)].into();
    let mut recorder = Recorder::new();
    let (state, steps) = run(&memory, &mut recorder);
    assert!(matches!(steps[0].ignored[..], [Ignored::Payload(PayloadError::Length { .. })]));
    assert!(steps[1].ignored.is_empty());
    assert_eq!((state.batch_index, state.deposit_index, recorder.blocks.len()), (1, 2, 2));
}

#[test]
fn every_static_fault_voids_the_payload_and_is_named() {
    let reason = |payload: &Payload| Memory::default().add(0, payload).ignored.clone().map(|reason| alloc::format!("{reason}"));
    let starts = |payload: &Payload, expected: &str| {
        let reason = reason(payload).unwrap();
        assert!(reason.starts_with(expected), "{reason}");
    };
    let good = payload(&[block(0)]);
    let with_version = {
        let mut stream = Vec::new();
        brotli::BrotliCompress(&mut &[9u8, 0, 0, 0, 0][..], &mut stream, &Default::default()).unwrap();
        envelope(&stream).unwrap()
    };
    starts(&Payload::Calldata(Bytes::new()), "payload ignored: the payload has 0 bytes");
    starts(&Payload::Calldata([&good[..], &[1]].concat().into()), "payload ignored: the payload's padding is not zero");
    starts(&Payload::Calldata(with_version.into()), "payload ignored: batch version 9 is unknown");
    starts(&calldata(&vec![block(0); 4097]), "payload ignored: the batch has 4097 blocks");
    starts(&Payload::Blobs(vec![Bytes::from(vec![0x40; BLOB_BYTES])]), "payload ignored: field element 0 of blob 0");
    starts(&Payload::Blobs(vec![Bytes::from(vec![0; 7])]), "payload ignored: blob 0 has 7 bytes");
    assert_eq!(reason(&Payload::Calldata(good.into())), None);
    assert_eq!(reason(&calldata(&vec![block(0); 4096])), None);
}

#[test]
fn a_payload_of_another_kind_than_the_header_announces_is_void() {
    let opened = open_batch(&config(), &header(BatchKind::Blobs, 0, 1), &calldata(&[block(0)]));
    assert_eq!((opened.blocks.len(), opened.ignored), (0, Some(Ignored::Kind { announced: BatchKind::Blobs })));
}

#[test]
fn a_block_may_have_as_many_transactions_as_the_gas_limit_has_room_for_21000_gas() {
    let most = (GAS_LIMIT / 21_000) as usize;
    let transaction = any_transaction(&mut Dice::new(1));
    let with = |count: usize| [block(0), BatchBlock { transactions: vec![transaction.clone(); count], ..block(0) }];
    assert_eq!(Memory::default().add(0, &calldata(&with(most))).ignored, None);
    let opened = Memory::default().add(0, &calldata(&with(most + 1))).clone();
    assert_eq!(opened.ignored, Some(Ignored::Transactions { block: 1, transactions: most + 1, gas_limit: GAS_LIMIT }));
    assert!(opened.blocks.is_empty());
}

#[test]
fn any_state_steps_without_panic_even_one_that_no_chain_reaches() {
    let memory = Memory::with(&[(3, vec![block(1), block(2)])]);
    for batch_offset in [0, 1, 2, 3, CLOSING - 1, CLOSING] {
        for deposit_index in [0, 1, 2, 3, 4, u64::MAX] {
            let state = State { batch_offset, deposit_index, l2_block_number: u64::MAX, ..State::genesis(B256::ZERO) };
            let taken = step(&state, &memory, &mut Recorder::new()).unwrap();
            assert!(taken.state.batch_index == 1 || taken.state.deposit_index <= 3);
        }
    }
    let last = State { batch_index: u64::MAX, ..State::genesis(B256::ZERO) };
    assert!(step(&last, &memory, &mut Recorder::new()).is_none());
}

prop_compose! {
    /// Blocks that name at most `messages` messages in all, with a few transactions.
    fn blocks(messages: u64)(seed: u64, sizes in prop::collection::vec((0u64..4, 0usize..5), 0..12)) -> Vec<BatchBlock> {
        let mut dice = Dice::new(seed);
        let mut left = messages;
        sizes.iter().map(|&(deposits, transactions)| {
            let deposits = deposits.min(left);
            left -= deposits;
            let transactions = (0..transactions).map(|_| any_transaction(&mut dice)).collect();
            BatchBlock { delay_ms: dice.below(500), deposits, transactions }
        }).collect()
    }
}

fn padded(mut payload: Vec<u8>, zeroes: usize) -> Vec<u8> {
    payload.resize(payload.len() + zeroes, 0);
    payload
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(48)))]

    #[test]
    fn the_steps_are_the_same_however_the_data_arrives(blocks in blocks(10), zeroes in 0usize..200_000, m in 10u64..14, faulty in 1u64..14) {
        let plain = payload(&blocks);
        let arrivals = [
            Payload::Calldata(plain.clone().into()),
            Payload::Calldata(padded(plain.clone(), zeroes).into()),
            Payload::Blobs(blob::pack(&plain).unwrap()),
            Payload::Blobs(blob::pack(&padded(plain, zeroes)).unwrap()),
        ];
        let mut runs = arrivals.iter().map(|payload| {
            let mut memory = Memory::default();
            memory.add(m, payload);
            // Each as forced batch after it: messages alone.
            memory.add(m + 3, &Payload::None);
            let mut recorder = Recorder { faulty: vec![faulty], ..Recorder::new() };
            // A closing block never faults.
            recorder.faulty.retain(|&attempt| attempt <= blocks.len() as u64);
            let (state, steps) = run(&memory, &mut recorder);
            (state, recorder.blocks, steps.into_iter().map(|s| (s.state, s.ignored)).collect::<Vec<_>>())
        });
        let first = runs.next().unwrap();
        prop_assert!(runs.all(|other| other == first));
        prop_assert_eq!(first.0.deposit_index, m + 3);
    }

    #[test]
    fn every_message_is_executed_once_and_in_order_whatever_the_payload_says(
        blocks in blocks(20), m in 0u64..24, bytes in prop::collection::vec(any::<u8>(), 0..200), gas in prop::collection::vec(1u64..GAS_LIMIT, 24),
    ) {
        let mut memory = Memory { gas: (1..).zip(gas).collect(), ..Memory::default() };
        memory.add(m, &calldata(&blocks));
        memory.add(m + 2, &Payload::Calldata(envelope(&bytes).unwrap().into()));
        let mut recorder = Recorder::new();
        run(&memory, &mut recorder);
        let executed: Vec<u64> = recorder.blocks.iter().flat_map(indices).collect();
        prop_assert_eq!(executed, (1..=m + 2).collect::<Vec<_>>());
    }

    #[test]
    fn changed_payloads_never_panic_and_always_reach_the_next_batch(
        blocks in blocks(10), changes in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..4), as_blobs: bool,
    ) {
        let mut bytes = payload(&blocks);
        for (index, bit) in changes {
            let index = index.index(bytes.len());
            bytes[index] ^= 1 << bit;
        }
        let mut memory = Memory::default();
        memory.add(10, &if as_blobs { Payload::Blobs(blob::pack(&bytes).unwrap()) } else { Payload::Calldata(bytes.into()) });
        let (state, steps) = run(&memory, &mut Recorder::new());
        prop_assert_eq!((state.batch_index, state.batch_offset, state.deposit_index), (1, 0, 10));
        prop_assert!(steps.len() <= 4096 + 10);
    }

    #[test]
    fn random_blobs_never_panic(seed: u64, top: u8) {
        let mut bytes = Dice::new(seed).bytes(BLOB_BYTES);
        bytes.iter_mut().step_by(32).for_each(|byte| *byte &= 0x3f);
        bytes[0] |= top & 0xc0;
        let opened = open_batch(&config(), &header(BatchKind::Blobs, 0, 1), &Payload::Blobs(vec![bytes.into()]));
        prop_assert!(opened.blocks.is_empty());
        let wide = Some(Ignored::Blob(BlobError::Element { blob: 0, element: 0 }));
        prop_assert_eq!(opened.ignored == wide, top & 0xc0 != 0);
    }
}

#[test]
fn a_batch_error_reads_as_a_sentence() {
    let reason = Ignored::from(BatchError::Truncated { needed: 8, left: 3 });
    assert_eq!(alloc::format!("{reason}"), "payload ignored: the batch is cut off: 8 more bytes needed, 3 left");
}
