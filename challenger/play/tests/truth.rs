#![allow(missing_docs)]

//! The truth below a fork of a real chain, with real runs of the guest.

#[path = "../../../sequencer/chain/tests/support/mod.rs"]
mod support;

use alloy_primitives::B256;
use gainsay_chain::Chain;
use gainsay_game::{
    assertions::Assertion,
    stretch::Stretch,
    truth::{Truth, opening_hash, run_says},
};
use gainsay_play::truth::{StoreTruth, TraceLimits, Traces, TruthError};
use gainsay_trace::{MAX_STEPS, Options, TraceError};
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, State, batch::BatchBlock, inputs_hash};
use std::sync::Arc;
use support::{L1, Posted, call_contract, deposit, derive, derive_all, follow, open, transfer, user_address};
use tokio_util::sync::CancellationToken;

/// Three batches: two blocks in calldata, a void one, and one block with a deposit.
fn chain(directory: &tempfile::TempDir) -> Chain {
    let (mut chain, mut l1) = (open(directory.path(), false), L1::with_real_blobs());
    let block = |deposits, transactions| BatchBlock { delay_ms: 0, deposits, transactions };
    let first = vec![transfer(0, 0, user_address(1), 1), call_contract(1, 0, 1, 9)];
    l1.post(vec![block(0, first), block(0, vec![call_contract(1, 1, 2, 8)])], 0, Posted::Calldata);
    l1.post_bytes(b"this is no payload", 0, Posted::Calldata);
    l1.mine(vec![deposit(0, 5)]);
    l1.post(vec![block(1, vec![transfer(2, 0, user_address(9), 3)])], 1, Posted::Calldata);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    assert_eq!(chain.heads().batches, 3);
    chain
}

/// An assertion of the chain's state after `step` steps, whose children claim up to batch `target`.
fn fork(chain: &Chain, step: u64, target: u64) -> Assertion {
    let end = chain.store().step(step).unwrap().unwrap();
    let inputs_hash = inputs_hash(target, chain.store().batch_acc(target).unwrap());
    let (id, parent) = (B256::repeat_byte(1), B256::ZERO);
    Assertion { id, parent, end, target, inputs_hash, l1_number: 1, l1_time: 1, confirmed_in: None }
}

fn traces(limits: TraceLimits) -> Arc<Traces> {
    Arc::new(Traces::new(limits).unwrap())
}

fn truth(chain: &Chain, traces: &Arc<Traces>) -> StoreTruth {
    StoreTruth::new(chain.store().clone(), Arc::new(chain.config().clone()), traces.clone(), CancellationToken::new())
}

#[test]
fn block_steps_are_the_chains_up_to_the_target_and_stay_there() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let mut truth = truth(&chain, &traces(TraceLimits::default()));
    let target_step = chain.store().step_at_batch(2).unwrap().unwrap();
    let fork = fork(&chain, 1, 2);
    for offset in [0, 1, target_step - 1, target_step, 100, BLOCK_STEPS_PER_ASSERTION] {
        let expected = chain.store().step((1 + offset).min(target_step)).unwrap().unwrap();
        assert_eq!(truth.state(&fork, offset).unwrap(), expected, "after {offset}");
    }
    let ours = chain.end_state(&fork.end, 2).unwrap().unwrap();
    assert_eq!(truth.block_hashes(&fork, &[BLOCK_STEPS_PER_ASSERTION, 0]).unwrap(), [ours.hash(), fork.end.hash()]);
    // A fork whose end has passed its target claims the same state again.
    let passed = Assertion { target: 0, inputs_hash: inputs_hash(0, B256::ZERO), ..fork };
    assert_eq!(truth.state(&passed, 7).unwrap(), passed.end);
}

#[test]
fn the_points_of_all_levels_of_a_dispute_fit_together_and_end_in_a_step_that_the_machine_takes() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let traces = traces(TraceLimits::default());
    let mut truth = truth(&chain, &traces);
    let fork = fork(&chain, 0, 3);
    let mut stretch = Stretch::FORK;
    let mut bounds = (fork.end.hash(), truth.state(&fork, 1 << 15).unwrap().hash());
    // To the second block step, and to a step in the middle of its run.
    for segment in [0, 0, 1] {
        let hashes = truth.block_hashes(&fork, &stretch.leaf_positions()).unwrap();
        assert_eq!(hashes[31], bounds.1);
        bounds = (if segment == 0 { bounds.0 } else { hashes[segment - 1] }, hashes[segment]);
        stretch = if stretch.is_last() { stretch.into_machine(segment as u8) } else { stretch.narrowed(segment as u8) };
    }
    let Stretch::Machine { block_step: 1, .. } = stretch else { panic!("{stretch:?}") };
    let last = truth.run_end(&fork, 1).unwrap();
    let from = truth.state(&fork, 1).unwrap();
    assert_eq!((from.hash(), run_says(&from, &last)), bounds, "the run says the chain's next state");

    let wanted = last.step / 2;
    bounds = (truth.run_hashes(&fork, 1, &[0]).unwrap()[0], opening_hash(&last));
    loop {
        let hashes = truth.run_hashes(&fork, 1, &stretch.leaf_positions()).unwrap();
        assert_eq!(hashes[31], bounds.1);
        let segment = usize::try_from((wanted - stretch.from()) / (stretch.len() / 32)).unwrap();
        bounds = (if segment == 0 { bounds.0 } else { hashes[segment - 1] }, hashes[segment]);
        let last = stretch.is_last();
        stretch = stretch.narrowed(segment as u8);
        if last {
            break;
        }
    }
    assert_eq!((stretch.from(), stretch.len()), (wanted, 1));
    let step = truth.proof(&fork, 1, wanted).unwrap();
    assert_eq!((step.before(), step.next().unwrap().hash()), bounds);
    assert_eq!(traces.held().0, 1, "one run was traced");
}

#[test]
fn beyond_the_target_the_guest_leaves_the_state_as_it_is_though_the_chain_has_gone_on() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let traces = traces(TraceLimits::default());
    let mut truth = truth(&chain, &traces);
    let fork = fork(&chain, 0, 1);
    let end = chain.store().step_at_batch(1).unwrap().unwrap();
    assert!(end < chain.heads().steps);
    let idle = truth.run_end(&fork, end).unwrap();
    let state: State = truth.state(&fork, end).unwrap();
    assert_eq!((idle.status, idle.output), (1, state.hash()));
    assert_eq!(truth.run_end(&fork, 32_767).unwrap(), idle);
    assert_eq!(truth.run_hashes(&fork, end, &[MAX_STEPS]).unwrap(), [opening_hash(&idle)]);
    assert!(truth.proof(&fork, end, idle.step / 2).unwrap().next().is_ok());
    assert_eq!(traces.held().0, 1, "all idle steps of a state have one run");
    // Below a later target the same step is a real one.
    let later = self::fork(&chain, 0, 3);
    assert_ne!(truth.run_end(&later, end).unwrap().output, idle.output);
}

#[test]
fn a_run_of_a_void_batch_says_the_state_with_the_cursor_at_the_next_batch() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let mut truth = truth(&chain, &traces(TraceLimits::default()));
    let fork = fork(&chain, 0, 3);
    let step = chain.store().step_at_batch(1).unwrap().unwrap();
    let (from, to) = (truth.state(&fork, step).unwrap(), truth.state(&fork, step + 1).unwrap());
    assert_eq!(to.batch_index, 2);
    assert_eq!(run_says(&from, &truth.run_end(&fork, step).unwrap()), to.hash());
}

#[test]
fn traces_are_dropped_once_they_hold_too_much_and_answers_stay_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let fork = fork(&chain, 0, 3);
    let roomy = traces(TraceLimits::default());
    let ends = |traces: &Arc<Traces>| {
        let mut truth = truth(&chain, traces);
        [0, 1, 0, 2].map(|step| truth.run_hashes(&fork, step, &[100_000]).unwrap()[0])
    };
    let expected = ends(&roomy);
    let (count, bytes) = roomy.held();
    assert_eq!(count, 3);
    let narrow = traces(TraceLimits { all: bytes / 2, ..TraceLimits::default() });
    assert_eq!(ends(&narrow), expected);
    assert!(narrow.held().0 < 3 && narrow.held().1 <= bytes / 2, "{:?} of {bytes}", narrow.held());
    let none = traces(TraceLimits { all: 0, ..TraceLimits::default() });
    assert_eq!((ends(&none), none.held().0), (expected, 1));
}

#[test]
fn two_threads_that_ask_for_one_run_trace_it_once() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let fork = fork(&chain, 0, 3);
    let traces = traces(TraceLimits::default());
    let ends: Vec<_> = std::thread::scope(|scope| {
        let ask = || truth(&chain, &traces).run_end(&fork, 0).unwrap();
        let threads = [scope.spawn(ask), scope.spawn(ask)];
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(ends[0], ends[1]);
    assert_eq!(traces.held().0, 1);
}

#[test]
fn what_is_not_derived_or_was_made_from_other_inputs_is_not_answered() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), false), L1::new());
    for nonce in 0..3 {
        let transactions = vec![transfer(0, nonce, user_address(1), 1)];
        l1.post(vec![BatchBlock { delay_ms: 0, deposits: 0, transactions }], 0, Posted::Calldata);
    }
    follow(&mut chain, &l1);
    derive(&mut chain, &l1, 2);
    let traces = traces(TraceLimits::default());
    let mut truth = truth(&chain, &traces);
    let ahead = fork(&chain, 0, 3);
    let derived = chain.heads().safe.batch_index;
    assert!(derived < 3);
    let refused = truth.block_hashes(&ahead, &[0]);
    assert!(matches!(refused, Err(TruthError::NotDerived { target: 3, derived: found }) if found == derived), "{refused:?}");
    let unheard = Assertion { target: 4, ..ahead.clone() };
    assert!(matches!(truth.state(&unheard, 0), Err(TruthError::NotDerived { target: 4, .. })));
    let other = Assertion { inputs_hash: B256::repeat_byte(3), ..fork(&chain, 0, 1) };
    assert!(matches!(truth.state(&other, 0), Err(TruthError::OtherInputs { theirs, .. }) if theirs == other.inputs_hash));
    let mut false_start = fork(&chain, 0, 1);
    false_start.end.output_root = B256::repeat_byte(9);
    assert!(matches!(truth.run_end(&false_start, 0), Err(TruthError::UnknownStart { state }) if state == false_start.end.hash()));
}

#[test]
fn a_stopped_job_traces_no_further_and_the_next_one_starts_anew() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    // The run has under a million steps, and is stopped between two snapshots.
    let often = Options { spacing: 10_000, ..Options::default() };
    let traces = traces(TraceLimits { of_one: often, ..TraceLimits::default() });
    let stop = CancellationToken::new();
    stop.cancel();
    let mut stopped = StoreTruth::new(chain.store().clone(), Arc::new(chain.config().clone()), traces.clone(), stop);
    let fork = fork(&chain, 0, 3);
    let error = stopped.run_end(&fork, 0).unwrap_err();
    assert!(matches!(error, TruthError::Trace(TraceError::Stopped { .. })) && error.is_stop(), "{error}");
    assert_eq!(traces.held(), (0, 0));
    assert!(truth(&chain, &traces).run_end(&fork, 0).is_ok());
    // The trace is there now; a job that nobody waits for asks it nothing.
    assert!(stopped.run_hashes(&fork, 0, &[1]).unwrap_err().is_stop());
}
