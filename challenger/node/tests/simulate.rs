#![allow(missing_docs)]

//! Simulated disputes about blocks of a real chain, with real runs of the guest.

#[path = "../../../sequencer/chain/tests/support/mod.rs"]
mod support;

use alloy::primitives::{B256, U256};
use gainsay_chain::{Chain, witness::WitnessError};
use gainsay_challenger::simulate::{At, Fit, Line, OwnData, Report, Side, SimulateError, Simulation, simulate};
use gainsay_game::{assertions::Assertion, settings::Settings, truth::Truth};
use gainsay_play::truth::{StoreTruth, TraceLimits, Traces};
use gainsay_types::{batch::BatchBlock, inputs_hash};
use std::sync::Arc;
use support::{L1, Posted, call_contract, deposit, derive, derive_all, follow, open, transfer, user_address};
use tokio_util::sync::CancellationToken;

/// Two batches: two blocks with transactions in calldata, and one with a deposit in blobs.
fn chain(directory: &tempfile::TempDir) -> Chain {
    let (mut chain, mut l1) = (open(directory.path(), false), L1::with_real_blobs());
    let block = |deposits, transactions| BatchBlock { delay_ms: 0, deposits, transactions };
    let first = vec![transfer(0, 0, user_address(1), 1), call_contract(1, 0, 1, 9)];
    l1.post(vec![block(0, first), block(0, vec![call_contract(1, 1, 2, 8)])], 0, Posted::Calldata);
    l1.mine(vec![deposit(0, 5)]);
    l1.post(vec![block(1, vec![transfer(2, 0, user_address(9), 3)])], 1, Posted::Blobs);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    chain
}

fn data(chain: &Chain) -> OwnData {
    let settings = Settings { bond: U256::from(10), window: 604_800, clock: 259_200, extension: 3_600, period: 3_600 };
    OwnData { store: chain.store().clone(), config: Arc::new(chain.config().clone()), settings }
}

fn grouped(number: u64) -> String {
    let digits: Vec<char> = number.to_string().chars().rev().collect();
    let groups: Vec<String> = digits.chunks(3).map(|group| group.iter().collect()).collect();
    groups.join(",").chars().rev().collect()
}

fn play(data: &OwnData, block: Option<u64>, at: At, opener: Side) -> (Report, Vec<Line>) {
    let mut told = Vec::new();
    let simulation = Simulation { block, at, seed: 11, opener, limits: TraceLimits::default() };
    let report = simulate(data, &simulation, |line| told.push(line.clone())).unwrap();
    (report, told)
}

#[test]
fn the_truth_shows_the_step_at_which_the_lie_departs_the_first_the_last_and_a_random_one() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let data = data(&chain);
    for (block, at) in [(Some(1), At::First), (None, At::Last), (Some(2), At::Random)] {
        let (report, told) = play(&data, block, at, Side::Rival);
        assert_eq!(report.block, block.unwrap_or(3), "the newest one if none is named");
        let expected = match at {
            At::First => 0,
            At::Last => report.length - 1,
            _ => report.at,
        };
        assert!(report.at == expected && report.at < report.length && report.length > 100_000, "{report:?}");
        assert_eq!(report.seed, (at == At::Random).then_some(11));
        let moves: Vec<&Line> = told.iter().filter(|line| line.act != "load").collect();
        let sides: Vec<Side> = moves.iter().map(|line| line.side).collect();
        assert_eq!(sides, [Side::Rival, Side::Own].repeat(6), "{told:?}");
        let last = moves[11];
        assert_eq!((last.act, last.about.clone(), report.by_clock), ("step", format!("step {}", grouped(expected)), false));
        assert_eq!(told, report.lines);
        let own: Vec<f64> = moves.iter().filter(|line| line.side == Side::Own).map(|line| line.seconds).collect();
        assert!(own.iter().all(|seconds| *seconds > 0.0 && *seconds <= report.fit.longest), "{own:?}");
        // The run is traced in the move that enters the machine, and what it takes stays below the limit.
        let (before, entered) = (moves[1], moves[3]);
        assert_eq!((entered.act, before.held), ("enter machine", 0));
        assert!(entered.held > 1_000_000 && report.fit.held < 1 << 30, "{report:?}");
        assert!(report.fit.holds(report.fit.longest), "{report}");
    }
}

/// The first step of a run that reads a part of a preimage: all runs begin alike.
fn first_read(data: &OwnData) -> u64 {
    let end = data.store.step(0).unwrap().unwrap();
    let inputs_hash = inputs_hash(1, data.store.batch_acc(1).unwrap());
    let fork = Assertion { id: B256::ZERO, parent: B256::ZERO, end, target: 1, inputs_hash, l1_number: 1, l1_time: 1, confirmed_in: None };
    let traces = Arc::new(Traces::new(TraceLimits::default()).unwrap());
    let mut truth = StoreTruth::new(data.store.clone(), data.config.clone(), traces, CancellationToken::new());
    (0..).find(|step| truth.proof(&fork, 0, *step).unwrap().proof.part.is_some()).unwrap()
}

#[test]
fn a_step_that_reads_a_preimage_is_preceded_by_its_loading() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let data = data(&chain);
    let (report, lines) = play(&data, Some(3), At::Step(first_read(&data)), Side::Rival);
    let acts: Vec<&str> = lines.iter().map(|line| line.act).collect();
    assert_eq!((acts.len(), &acts[11..]), (13, &["load", "step"][..]), "{report}");
}

#[test]
fn whoever_opens_the_rival_ends_without_a_step_or_is_shown_one_and_beyond_the_halt_too() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let data = data(&chain);
    let (report, lines) = play(&data, Some(1), At::Step((1 << 40) - 1), Side::Own);
    assert!(report.by_clock && report.at > report.length, "{report}");
    let acts: Vec<&str> = lines.iter().map(|line| line.act).collect();
    assert_eq!((acts[0], acts[11], acts.len()), ("open and dissect", "timeout", 12));
    let (report, lines) = play(&data, Some(1), At::Step((1 << 40) - 1), Side::Rival);
    assert!(!report.by_clock && lines[11].about == "step 1,099,511,627,775", "{report}");
}

#[test]
fn a_report_tells_in_words_and_in_json_whether_the_machine_is_fast_enough() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain(&directory);
    let (report, _) = play(&data(&chain), None, At::First, Side::Rival);
    assert!(report.fit.holds(report.fit.longest) && !report.fit.holds(3_600.0));
    let text = report.to_string();
    assert!(text.contains("the truth wins in 12 moves") && text.contains("3,600 s"), "{text}");
    let slow = Report { fit: Fit { longest: 7_200.0, clock: 36_000, ..report.fit }, ..report.clone() }.to_string();
    assert!(slow.contains("takes 200.00 % of it") && slow.contains("36,000 s: seven such moves take longer"), "{slow}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["block"], &json["opener"], &json["lines"][0]["side"]), (&3.into(), &"rival".into(), &"rival".into()));
}

#[test]
fn blocks_that_cannot_be_disputed_are_refused_with_what_can() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), false), L1::new());
    let refused = |chain: &Chain, block| {
        let simulation = Simulation { block, at: At::First, seed: 0, opener: Side::Own, limits: TraceLimits::default() };
        simulate(&data(chain), &simulation, |_| {}).unwrap_err()
    };
    let error = refused(&chain, None);
    assert!(matches!(error, SimulateError::Empty), "{error}");
    let block = |nonce| BatchBlock { delay_ms: 0, deposits: 0, transactions: vec![transfer(0, nonce, user_address(1), 1)] };
    l1.post(vec![block(0)], 0, Posted::Calldata);
    l1.post(vec![block(1), block(2)], 0, Posted::Calldata);
    follow(&mut chain, &l1);
    while chain.heads().safe.l2_block_number < 2 {
        derive(&mut chain, &l1, 1);
    }
    let error = refused(&chain, Some(2));
    assert!(matches!(error, SimulateError::BatchOpen { block: 2, last: 1 }), "{error}");
    let error = refused(&chain, Some(9));
    assert!(matches!(error, SimulateError::Witness(WitnessError::Block { number: 9, safe: 2 })), "{error}");
    let error = refused(&chain, Some(0));
    assert!(matches!(error, SimulateError::Witness(WitnessError::Genesis)), "{error}");
}

#[test]
fn a_block_whose_blobs_are_pruned_is_refused_since_its_run_cannot_be_made_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = chain(&directory);
    chain.prune_blobs(2).unwrap();
    let simulation = Simulation { block: Some(3), at: At::First, seed: 0, opener: Side::Own, limits: TraceLimits::default() };
    let error = simulate(&data(&chain), &simulation, |_| {}).unwrap_err();
    assert!(error.to_string().contains("is not archived any more"), "{error}");
}

#[test]
fn far_down_the_chain_the_fork_is_as_near_to_the_block_as_an_assertion_reaches() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), false), L1::new());
    for _ in 0..4_100 {
        l1.post_bytes(b"this is no payload", 0, Posted::Calldata);
    }
    let block = BatchBlock { delay_ms: 0, deposits: 0, transactions: vec![transfer(0, 0, user_address(1), 1)] };
    l1.post(vec![block], 0, Posted::Calldata);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    let (report, lines) = play(&data(&chain), None, At::Last, Side::Rival);
    assert_eq!((report.block, report.at, lines.len()), (1, report.length - 1, 12), "{report}");
}

#[test]
fn a_folder_without_a_chain_is_not_made_into_one() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("nothing");
    let error = OwnData::open(directory.path(), missing.clone()).err().unwrap();
    assert!(matches!(&error, SimulateError::NoData { path } if *path == missing), "{error}");
    assert!(!missing.exists());
}
