mod assembly;
mod every;
mod soup;

use super::Runner;
use crate::{Machine, Memory, Oracle, PART, Status, state::Hart};
use alloy_primitives::{B256, keccak256};
use assembly::{ECALL, addi, b, i, r, s};
use gainsay_types::testing::cases;
use proptest::prelude::*;
use soup::{DATA, DATA_REGISTER, Soup, TEXT_REGISTER};
use std::convert::Infallible;

/// Where the tests' programs are.
pub(super) const TEXT: u64 = 0x1_0000;

/// Answers with hashes of the question, and keeps what was logged.
#[derive(Default)]
struct Hashes {
    logged: Vec<u8>,
}

impl Oracle for Hashes {
    type Error = Infallible;

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], Infallible> {
        Ok(keccak256([&key[..], &index.to_be_bytes()].concat()).0)
    }

    fn log(&mut self, text: &[u8]) {
        self.logged.extend(keccak256(text));
    }
}

/// Has no answer until it is told so.
struct Late {
    ready: bool,
}

impl Oracle for Late {
    type Error = &'static str;

    fn part(&mut self, _: &B256, _: u64) -> Result<[u8; PART], Self::Error> {
        if self.ready { Ok([7; PART]) } else { Err("not yet") }
    }
}

fn machine(program: &[u32]) -> Machine {
    let mut memory = Memory::new();
    let bytes: Vec<u8> = program.iter().flat_map(|word| word.to_le_bytes()).collect();
    memory.write_bytes(TEXT, &bytes).unwrap();
    Machine { memory, hart: Hart::new(keccak256("input")) }
}

fn text(program: &[u32]) -> std::ops::Range<u64> {
    TEXT..TEXT + program.len() as u64 * 4
}

/// A program with a random state around it.
fn soup(seed: u64) -> (Machine, std::ops::Range<u64>) {
    let mut random = Soup::new(seed);
    let length = 20 + random.dice.below(700);
    let program: Vec<u32> = (0..length).map(|_| random.instruction()).collect();
    let mut machine = machine(&program);
    for register in 1..32 {
        machine.hart.registers[register] = random.value();
    }
    machine.hart.registers[DATA_REGISTER as usize] = DATA;
    machine.hart.registers[TEXT_REGISTER as usize] = TEXT + random.dice.below(length) * 4;
    machine.hart.registers[10] = DATA + random.dice.below(1 << 13) * 32;
    machine.hart.registers[13] = u64::from(random.instruction()) << 32 | u64::from(random.instruction());
    machine.hart.registers[17] = random.dice.below(7);
    // Sometimes the end of the program is not decoded, so that it runs in and out of the text.
    let end = if random.dice.below(4) == 0 { TEXT + random.dice.below(length) * 4 } else { TEXT + length * 4 };
    (machine, TEXT..end)
}

fn check_soup(seed: u64) {
    let (mut slow, text) = soup(seed);
    let mut runner = Runner::new(&slow, text).unwrap();
    let (mut slow_oracle, mut fast_oracle) = (Hashes::default(), Hashes::default());
    let mut random = Soup::new(!seed);
    let mut stop = 0;
    for _ in 0..6 {
        stop += match random.dice.below(4) {
            0 => random.dice.below(20),
            1 => 260 + random.dice.below(40),
            _ => random.dice.below(5_000),
        };
        slow.run_to(stop, &mut slow_oracle).unwrap();
        runner.run_to(stop, &mut fast_oracle).unwrap();
        assert_eq!(*runner.hart(), slow.hart, "after {stop} steps");
        assert_eq!(runner.machine(), slow, "after {stop} steps");
        assert!(slow_oracle.logged == fast_oracle.logged, "logs differ after {stop} steps");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(300)))]

    #[test]
    fn it_does_what_the_step_function_does_whatever_the_program(seed in any::<u64>()) {
        check_soup(seed);
    }

    #[test]
    fn it_goes_back_to_any_machine(seeds in any::<[u64; 2]>(), steps in 0..4000u64) {
        let (first, text) = soup(seeds[0]);
        let (second, _) = soup(seeds[1]);
        let mut runner = Runner::new(&first, text).unwrap();
        let mut oracle = Hashes::default();
        runner.run_to(steps, &mut oracle).unwrap();
        let before = runner.machine();
        for start in [&second, &first, &before] {
            runner.restore(start);
            prop_assert_eq!(&runner.machine(), start);
            let mut slow = start.clone();
            let end = start.hart.step + 1_500;
            slow.run_to(end, &mut oracle).unwrap();
            runner.run_to(end, &mut oracle).unwrap();
            prop_assert_eq!(runner.machine(), slow);
        }
    }
}

/// Counts register 5 up to register 6, with some work between.
fn counting() -> Vec<u32> {
    vec![
        addi(5, 5, 1),
        r(0x33, 4, 0, 7, 5, 7),
        i(0x13, 1, 10, 7, 3),
        s(3, DATA_REGISTER, 10, 8),
        i(0x03, 3, 11, DATA_REGISTER, 8),
        r(0x33, 0, 0, 7, 7, 11),
        b(1, 5, 6, -24),
        addi(17, 0, 1),
        addi(10, 0, 32),
        addi(11, 0, 0),
        ECALL,
    ]
}

fn counting_machine(rounds: u64) -> Machine {
    let mut machine = machine(&counting());
    machine.hart.registers[6] = rounds;
    machine.hart.registers[DATA_REGISTER as usize] = DATA;
    machine
}

#[test]
fn it_stops_at_every_step_of_a_program() {
    let mut slow = counting_machine(220);
    let start = slow.clone();
    let mut runner = Runner::new(&start, text(&counting())).unwrap();
    let mut oracle = Hashes::default();
    while slow.hart.is_running() {
        slow.step(&mut oracle).unwrap();
        runner.restore(&start);
        runner.run_to(slow.hart.step, &mut oracle).unwrap();
        assert_eq!(*runner.hart(), slow.hart);
    }
    assert_eq!((slow.hart.status, slow.hart.step), (Status::HALTED, 220 * 7 + 4));
    // A machine that has halted stays as it is.
    runner.run_to(u64::MAX, &mut oracle).unwrap();
    assert_eq!(runner.machine(), slow);
}

#[test]
fn it_stops_at_every_step_of_a_straight_line() {
    let program: Vec<u32> = (0..900).map(|n| addi(5 + n % 3, 5, n as i32)).chain([0]).collect();
    let start = machine(&program);
    let mut runner = Runner::new(&start, text(&program)).unwrap();
    let mut slow = start.clone();
    while slow.hart.is_running() {
        slow.step(&mut Hashes::default()).unwrap();
        runner.restore(&start);
        runner.run_to(slow.hart.step, &mut Hashes::default()).unwrap();
        assert_eq!(*runner.hart(), slow.hart);
    }
    assert_eq!((slow.hart.status, slow.hart.step), (Status::ILLEGAL_INSTRUCTION, 901));
}

#[test]
fn steps_are_counted_up_to_the_largest_number() {
    let mut start = counting_machine(0);
    start.hart.step = u64::MAX - 2_000;
    let mut runner = Runner::new(&start, text(&counting())).unwrap();
    runner.run_to(u64::MAX, &mut Hashes::default()).unwrap();
    start.run_to(u64::MAX, &mut Hashes::default()).unwrap();
    assert_eq!(runner.step(), u64::MAX);
    assert_eq!(runner.machine(), start);
}

#[test]
fn a_question_without_an_answer_can_be_asked_again() {
    let program = [addi(17, 0, 3), ECALL, addi(17, 0, 4), addi(5, 0, 9), ECALL, addi(6, 0, 1), 0];
    let mut start = machine(&program);
    start.memory.write_bytes(0, &[1; 32]).unwrap();
    let mut runner = Runner::new(&start, text(&program)).unwrap();
    let mut oracle = Late { ready: false };
    for _ in 0..2 {
        assert_eq!(runner.run_to(u64::MAX, &mut oracle), Err("not yet"));
        assert_eq!((runner.step(), runner.hart().pc, runner.status()), (4, TEXT + 16, Status::RUNNING));
    }
    oracle.ready = true;
    runner.run_to(u64::MAX, &mut oracle).unwrap();
    assert_eq!((runner.step(), runner.status()), (7, Status::ILLEGAL_INSTRUCTION));
    assert_eq!(runner.machine().memory.read_bytes(0, 33).unwrap(), [&[7; 32][..], &[0]].concat());
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let start = counting_machine(5_000);
    let mut runner = Runner::new(&start, text(&counting())).unwrap();
    let mut oracle = Hashes::default();
    runner.run_to(10_000, &mut oracle).unwrap();
    let snapshot = runner.machine();
    let hash = snapshot.hash();
    assert_eq!(runner.machine().memory.unshared(&snapshot.memory), [0u32; 0]);
    runner.run_to(20_000, &mut oracle).unwrap();
    let later = runner.machine();
    assert_eq!(later.memory.unshared(&snapshot.memory), [(DATA >> 12) as u32]);
    assert_ne!(later.hash(), hash);
    let mut fresh = start;
    fresh.run_to(10_000, &mut oracle).unwrap();
    assert_eq!(fresh.hash(), hash);
    assert_eq!(snapshot, fresh);
}
