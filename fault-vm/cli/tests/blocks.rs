#![allow(missing_docs)]

//! Real blocks on the canonical guest: they end where the chain does, and any step of them is proved to the contracts.

mod common;

use alloy::primitives::B256;
use common::{derived, dice, of_step};
use gainsay_fault_vm::{
    guest::Elf,
    run::{BlockTrace, RunReport, trace},
    verifier::{SolidityVerifier, VerifierError},
    verify::{VerifyError, verify},
};
use gainsay_machine::{KeyType, Machine, MachineState, Oracle, Program, Status};
use gainsay_trace::{Host, HostError, MemoryPreimages, ProvenStep, Witness, record};
use gainsay_types::testing::{Dice, cases};
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

static GUEST: LazyLock<Program> = LazyLock::new(|| Elf::Canonical.load().expect("the canonical guest"));

fn run(witness: &Arc<Witness>) -> BlockTrace {
    trace(&GUEST, witness, |_| ControlFlow::Continue(())).expect("the witness has everything")
}

/// The step that makes the first block, out of a blob.
static FIRST: LazyLock<Arc<Witness>> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a directory");
    of_step(&derived(&directory), 1)
});

static TRACE: LazyLock<Mutex<BlockTrace>> = LazyLock::new(|| Mutex::new(run(&FIRST)));

/// A test that failed with it in hand has not harmed it.
fn the_trace() -> MutexGuard<'static, BlockTrace> {
    TRACE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn every_block_step_ends_where_the_chain_does() {
    let directory = tempfile::tempdir().expect("a directory");
    let chain = derived(&directory);
    for index in 1..=chain.heads().steps {
        let witness = of_step(&chain, index);
        let trace = run(&witness);
        let report = RunReport::new(&GUEST, &trace, Duration::from_secs(1));
        assert_eq!(trace.end().hart.status, Status::HALTED, "{report}");
        assert!(report.agrees && report.result == report.output, "{report}");
        eprintln!("step {index}: {} machine steps, {} calls, {} bytes", report.steps, report.precompile_calls, report.witness_bytes);
    }
}

#[test]
fn random_steps_of_a_block_are_proved_to_rust_and_to_solidity() {
    let mut dice = dice("random steps");
    let mut trace = the_trace();
    let mut verifier = SolidityVerifier::new().expect("deploys");
    for _ in 0..cases(40) {
        let step = dice.below(trace.length());
        let proven = trace.prove_with_preimage(step).expect("proves");
        let report = verify(&mut verifier, &proven).unwrap_or_else(|error| panic!("step {step}: {error}"));
        assert_eq!(report.before, trace.hash(step).expect("runs"), "step {step}");
        assert_eq!(report.rust, trace.hash(step + 1).expect("runs"), "step {step}");
        assert_eq!(verifier.next_state(&proven.proof).expect("is accepted"), proven.next().expect("a proof").encode(), "step {step}");
    }
}

#[test]
fn the_first_state_is_the_one_that_l1_computes_from_program_and_input() {
    let mut verifier = SolidityVerifier::new().expect("deploys");
    let first = the_trace().hash(0).expect("runs");
    assert_eq!(verifier.initial_state_hash(GUEST.root(), FIRST.input()).expect("answers"), first);
    assert_eq!(MachineState::initial(GUEST.root(), FIRST.input()).hash(), first);
}

/// An oracle that notes what it was asked.
struct Spy {
    host: Host,
    asked: Option<KeyType>,
}

impl Oracle for Spy {
    type Error = HostError;

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; 32], HostError> {
        self.asked = KeyType::of(key);
        self.host.part(key, index)
    }

    fn log(&mut self, text: &[u8]) {
        self.host.log(text);
    }
}

/// The steps of a run that read parts, by the type of their key.
fn reading_steps(witness: &Arc<Witness>) -> BTreeMap<u8, Vec<u64>> {
    let mut spy = Spy { host: Host::new(witness.clone()), asked: None };
    let mut machine = Machine::new(&GUEST, witness.input());
    let mut steps: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
    while machine.hart.is_running() {
        let step = machine.hart.step;
        machine.step(&mut spy).expect("the witness has everything");
        if let Some(kind) = spy.asked.take() {
            steps.entry(kind as u8).or_default().push(step);
        }
    }
    steps
}

#[test]
fn steps_that_read_preimages_are_proved_with_what_loads_their_parts() {
    let mut dice = dice("reading steps");
    let steps = reading_steps(&FIRST);
    assert_eq!(steps.keys().copied().collect::<Vec<_>>(), [1, 2, 3], "data, a blob and precompile calls");
    let mut trace = the_trace();
    let mut verifier = SolidityVerifier::new().expect("deploys");
    for (kind, steps) in steps {
        for _ in 0..cases(8) {
            let step = steps[dice.below(steps.len() as u64) as usize];
            let proven = trace.prove_with_preimage(step).expect("proves");
            let report = verify(&mut verifier, &proven).unwrap_or_else(|error| panic!("type {kind}, step {step}: {error}"));
            assert_eq!(report.part, proven.proof.part);
            survives_json(&proven);
        }
    }
}

fn survives_json(step: &ProvenStep) {
    let text = serde_json::to_string(step).expect("encodes");
    assert_eq!(&serde_json::from_str::<ProvenStep>(&text).expect("decodes"), step);
}

#[test]
fn a_part_that_is_missing_or_wrong_refutes_the_proof() {
    let steps = reading_steps(&FIRST);
    let mut trace = the_trace();
    let proven = trace.prove_with_preimage(steps[&1][3]).expect("proves");
    let mut verifier = SolidityVerifier::new().expect("deploys");
    let refused = verifier.step(&proven.proof);
    assert!(matches!(&refused, Err(VerifierError::Refused { reason, .. }) if reason.contains("PartNotLoaded")), "{refused:?}");
    let missing = ProvenStep { preimage: None, ..proven.clone() };
    assert!(matches!(verify(&mut verifier, &missing), Err(VerifyError::NoPreimage { .. })));
    let mut wrong = proven.clone();
    wrong.proof.part = Some(B256::repeat_byte(1));
    assert!(matches!(verify(&mut verifier, &wrong), Err(VerifyError::Part { .. })));
    let last = trace.prove_with_preimage(*steps[&1].last().expect("some")).expect("proves");
    assert_ne!(last.preimage, proven.preimage);
    let other = ProvenStep { preimage: last.preimage, ..proven };
    let refused = verify(&mut SolidityVerifier::new().expect("deploys"), &other);
    assert!(matches!(refused, Err(VerifyError::Solidity(VerifierError::Refused { .. }))), "{refused:?}");
}

/// Changes one thing about a proof.
fn corrupt(proven: &ProvenStep, dice: &mut Dice) -> ProvenStep {
    let mut changed = proven.clone();
    let leaves = changed.proof.memory.len() as u64;
    let leaf = dice.below(leaves) as usize;
    let mut bytes: Vec<u8> = changed.proof.encode_memory();
    let position = leaf * 928 + dice.below(928) as usize;
    bytes[position] ^= 1 << dice.below(8);
    let part = changed.proof.part.map(|part| part.0);
    changed.proof = gainsay_machine::StepProof::decode(&changed.proof.state.encode(), &bytes, part).expect("the same lengths");
    changed
}

#[test]
fn a_corrupted_memory_proof_is_refused_by_rust_and_by_solidity() {
    let mut dice = dice("corrupted proofs");
    let mut trace = the_trace();
    let mut verifier = SolidityVerifier::new().expect("deploys");
    for _ in 0..cases(20) {
        let step = dice.below(trace.length());
        let changed = corrupt(&trace.prove_with_preimage(step).expect("proves"), &mut dice);
        assert!(changed.next().is_err(), "step {step}");
        let refused = verifier.next_state(&changed.proof);
        assert!(matches!(refused, Err(VerifierError::Refused { .. })), "step {step}: {refused:?}");
    }
}

#[test]
fn a_witness_that_lacks_something_stops_the_run_and_says_what() {
    // Anything but the input, which no witness is without.
    let (left_out, _) = FIRST.preimages().find(|(hash, _)| **hash != FIRST.input()).expect("some");
    let MemoryPreimages { mut preimages, blobs } = MemoryPreimages::from(FIRST.as_ref());
    preimages.remove(left_out);
    let short = Witness::new(FIRST.input(), *FIRST.step(), preimages, blobs).expect("what is there is right");
    let error = trace(&GUEST, &Arc::new(short), |_| ControlFlow::Continue(())).map(|_| ()).expect_err("something is missing");
    let key = gainsay_machine::keccak_key(*left_out);
    assert!(error.to_string().contains(&key.to_string()), "{error}");
}

#[test]
fn a_witness_from_memory_is_the_stores() {
    let mut source = MemoryPreimages::from(FIRST.as_ref());
    source.insert(&b"nobody asks for this"[..]);
    let witness = record(&source, FIRST.input(), *FIRST.step(), usize::MAX).expect("records");
    assert_eq!(&witness, FIRST.as_ref());
}
