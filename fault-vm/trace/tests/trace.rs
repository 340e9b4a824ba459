#![allow(missing_docs)]

//! Any state of a run, compared with a machine that is stepped from the start by the definition.

mod assembly;

use alloy_primitives::B256;
use assembly::{countdown, forever, program};
use gainsay_machine::{Machine, Oracle, Program, Status};
use gainsay_trace::{Options, Trace, TraceError};
use proptest::prelude::*;
use std::{cell::Cell, ops::ControlFlow};

const INPUT: B256 = B256::repeat_byte(7);
/// Rounds of the countdown; it takes 4 steps a round and 6 around them.
const ROUNDS: i32 = 2_000;
const LENGTH: u64 = 4 * 2_000 + 6;

/// These programs ask nothing.
#[derive(Clone, Copy, Debug)]
struct Silent;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing is known")]
struct Unknown;

impl Oracle for Silent {
    type Error = Unknown;

    fn part(&mut self, _: &B256, _: u64) -> Result<[u8; 32], Unknown> {
        Err(Unknown)
    }
}

fn trace(program: &Program, options: Options) -> Trace<Silent> {
    Trace::start(program, INPUT, Silent, options, |_| ControlFlow::Continue(())).expect("runs")
}

/// The machine after `step` steps, from the start.
fn straight(program: &Program, step: u64) -> Machine {
    let mut machine = Machine::new(program, INPUT);
    machine.run_to(step, &mut Silent).expect("asks nothing");
    machine
}

fn options(spacing: u64, snapshots: usize) -> Options {
    Options { spacing, snapshots, ..Options::default() }
}

#[test]
fn a_run_ends_where_a_straight_one_does() {
    let program = countdown(ROUNDS);
    let trace = trace(&program, Options::default());
    assert_eq!(trace.length(), LENGTH);
    assert_eq!(trace.end(), &straight(&program, u64::MAX));
    assert_eq!(trace.end().hart.status, Status::HALTED);
}

#[test]
fn a_trace_moves_between_threads() {
    let mut trace = trace(&countdown(3), Options::default());
    let end = trace.end().hash();
    assert_eq!(std::thread::spawn(move || trace.hash(u64::MAX).expect("runs")).join().expect("ends"), end);
}

#[test]
fn snapshots_are_few_and_their_distance_doubles() {
    let program = countdown(ROUNDS);
    for (spacing, most) in [(1, 1), (1, 2), (10, 8), (64, 64), (LENGTH, 5), (2 * LENGTH, 5), (0, 0)] {
        let trace = trace(&program, options(spacing, most));
        let (kept, distance) = trace.snapshots();
        assert!(kept <= most.max(1), "{kept} of {most}");
        assert!(distance <= spacing.max(1).max(2 * LENGTH / most.max(1) as u64 + 1), "{distance} with {most}");
        assert!(kept as u64 >= (LENGTH / distance).min(most as u64 / 2).max(1), "{kept} of {most}");
    }
}

#[test]
fn snapshots_hold_no_more_memory_than_they_may_and_every_state_is_still_right() {
    // 16 pages are written in all, each for the length of 128 rounds.
    let program = countdown(ROUNDS);
    let plenty = trace(&program, options(64, 1_000));
    assert!(plenty.snapshots().0 > 100 && plenty.snapshot_bytes() > 100 * 4096);
    for bytes in [0, 4096, 10 * 4096, 50 * 4096] {
        let mut trace = trace(&program, Options { bytes, ..options(64, 1_000) });
        assert!(trace.snapshot_bytes() <= bytes, "{} of {bytes}", trace.snapshot_bytes());
        let steps: Vec<u64> = (0..60).map(|point| point * 131).collect();
        let expected: Vec<B256> = steps.iter().map(|step| straight(&program, *step).hash()).collect();
        assert_eq!(trace.hashes(&steps).expect("runs"), expected);
    }
}

#[test]
fn a_machine_that_has_halted_stays_as_it_is_for_ever() {
    let program = countdown(3);
    let mut trace = trace(&program, Options::default());
    let end = trace.end().hash();
    for step in [trace.length(), trace.length() + 1, 1 << 40, u64::MAX] {
        assert_eq!(trace.hash(step).expect("runs"), end);
        let proof = trace.prove(step).expect("proves");
        assert!(proof.memory.is_empty() && proof.part.is_none());
        assert_eq!(proof.next().expect("a proof").hash(), end);
    }
}

#[test]
fn a_run_that_does_not_end_is_cut_off_at_the_bound() {
    let bounded = Options { max_steps: 12_345, ..options(100, 4) };
    let mut trace = trace(&forever(), bounded);
    assert_eq!((trace.length(), trace.end().hart.status), (12_345, Status::RUNNING));
    assert_eq!(trace.hash(10_000).expect("runs"), straight(&forever(), 10_000).hash());
}

#[test]
fn progress_is_told_and_can_stop_a_run() {
    let seen = Cell::new(0);
    let stop_at = |most: u64| {
        let seen = &seen;
        move |step| {
            assert!(step > seen.replace(step));
            if step >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    };
    let stopped = Trace::start(&forever(), INPUT, Silent, options(10, 100), stop_at(500));
    assert!(matches!(stopped, Err(TraceError::Stopped { step: 500 })));
}

#[test]
fn a_question_that_nobody_answers_is_an_error_at_its_step() {
    use assembly::{A0, A7, ECALL, ZERO, addi, lui};
    // Writes 1 into the first byte at 0x20000, makes that the key, and asks for part 0.
    let sb = 1 << 20 | A0 << 15 | 0x23;
    let code = [lui(A0, 0x20), addi(1, ZERO, 1), sb, addi(A7, ZERO, 3), ECALL, addi(A7, ZERO, 4), ECALL];
    let failed = Trace::start(&program(&code), INPUT, Silent, Options::default(), |_| ControlFlow::Continue(()));
    assert!(matches!(failed, Err(TraceError::Oracle { step: 6, source: Unknown })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_state_is_the_straight_runs(
        spacing in 1u64..600, snapshots in 1usize..20, steps in prop::collection::vec(0..LENGTH + 50, 1..12),
    ) {
        let program = countdown(ROUNDS);
        let mut trace = trace(&program, options(spacing, snapshots));
        let expected: Vec<B256> = steps.iter().map(|step| straight(&program, *step).hash()).collect();
        prop_assert_eq!(trace.hashes(&steps).unwrap(), expected.clone());
        for (step, expected) in steps.iter().zip(expected).rev() {
            prop_assert_eq!(trace.hash(*step).unwrap(), expected);
        }
    }

    #[test]
    fn a_dissection_ends_at_a_step_that_is_proved(pick in prop::collection::vec(0u64..32, 8), spacing in 1u64..600) {
        let program = countdown(ROUNDS);
        let mut trace = trace(&program, options(spacing, 7));
        let (mut start, mut length) = (0, 1u64 << 40);
        for segment in pick {
            length /= 32;
            let points: Vec<u64> = (1..32).map(|point| start + point * length).collect();
            let hashes = trace.hashes(&points).unwrap();
            prop_assert_eq!(hashes[0], straight(&program, points[0]).hash());
            // Mostly inside of the run, which is a tiny part of what a dissection covers.
            start += if length > LENGTH { 0 } else { segment * length };
        }
        prop_assert_eq!(length, 1);
        let proof = trace.prove(start).unwrap();
        prop_assert_eq!(proof.state.hash(), straight(&program, start).hash());
        prop_assert_eq!(proof.next().unwrap().hash(), straight(&program, start + 1).hash());
    }
}
