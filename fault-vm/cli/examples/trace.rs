//! Measures a trace: `cargo run -p gainsay-fault-vm --example trace [TRANSFERS]`. The block has so many transfers of ether to new accounts, and as many calls
//! that set a new storage slot each (200 unless told).

#![allow(clippy::print_stdout, reason = "it tells what it measured")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{of_step, support};
use eyre::{Context, ensure};
use gainsay_fault_vm::{
    guest::Elf,
    progress::grouped,
    run::{BlockTrace, RunReport, trace},
    verifier::SolidityVerifier,
    verify::verify,
};
use gainsay_trace::Witness;
use gainsay_types::{Transaction, batch::BatchBlock};
use std::{
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};
use support::{L1, Posted, call_contract, derive_all, follow, open, transfer};

fn main() -> eyre::Result<()> {
    let transfers = std::env::args().nth(1).map_or(Ok(200), |text| text.parse()).wrap_err("the argument is a number of transfers")?;
    let witness = witness(transfers)?;
    let (guest, load) = timed(|| Elf::Canonical.load());
    let guest = guest?;
    let (trace, run) = timed(|| trace(&guest, &witness, |_| ControlFlow::Continue(())));
    let mut trace = trace?;
    let report = RunReport::new(&guest, &trace, run);
    println!("{report}");
    ensure!(report.agrees, "the machine's result is not what the chain has");
    let (snapshots, spacing) = trace.snapshots();
    tell("program loaded", load);
    println!("{snapshots} snapshots, {} steps apart", grouped(spacing));
    random_states(&mut trace, transfers as u64)?;
    dispute(&mut trace)?;
    println!("{}", memory().unwrap_or_default());
    Ok(())
}

fn witness(transfers: usize) -> eyre::Result<Arc<Witness>> {
    let directory = tempfile::tempdir()?;
    let (mut chain, mut l1) = (open(directory.path(), false), L1::with_real_blobs());
    let account = |place: usize| alloy::primitives::Address::from_word(alloy::primitives::keccak256(place.to_be_bytes()));
    let mut transactions: Vec<Transaction> = (0..transfers).map(|nonce| transfer(0, nonce as u64, account(nonce), 1)).collect();
    transactions.extend((0..transfers as u64).map(|nonce| call_contract(1, nonce, nonce + 1, 7)));
    l1.mine(vec![]);
    l1.post(vec![BatchBlock { delay_ms: 5_000, deposits: 0, transactions }], 0, Posted::Blobs);
    follow(&mut chain, &l1);
    let steps = derive_all(&mut chain, &l1);
    ensure!(steps.first().is_some_and(|step| step.block.is_some()), "there is no block: {:?}", steps.first().map(|step| &step.ignored));
    let (witness, time) = timed(|| of_step(&chain, 1));
    tell("witness made", time);
    Ok(witness)
}

/// State hashes at steps all over the run, each from the nearest snapshot.
fn random_states(trace: &mut BlockTrace, seed: u64) -> eyre::Result<()> {
    let mut dice = gainsay_types::testing::Dice::new(seed);
    let mut slowest = Duration::ZERO;
    let mut all = Duration::ZERO;
    for _ in 0..20 {
        let step = dice.below(trace.length());
        let (hash, time) = timed(|| trace.hash(step));
        hash?;
        slowest = slowest.max(time);
        all += time;
    }
    tell("state hash at a random step, mean of 20", all / 20);
    tell("state hash at a random step, slowest of 20", slowest);
    Ok(())
}

/// All eight levels of a dispute over a step in the middle, and its proof, checked.
fn dispute(trace: &mut BlockTrace) -> eyre::Result<()> {
    let disputed = trace.length() / 2;
    let (mut start, mut length) = (0u64, 1u64 << 40);
    while length > 1 {
        length /= 32;
        let points: Vec<u64> = (1..32).map(|point| start + point * length).collect();
        let (hashes, time) = timed(|| trace.hashes(&points));
        hashes?;
        tell(&format!("31 hashes, {} steps apart", grouped(length)), time);
        start = disputed / length * length;
    }
    let (proof, time) = timed(|| trace.prove_with_preimage(start));
    tell("step proved", time);
    let (verifier, time) = timed(SolidityVerifier::new);
    tell("contracts deployed", time);
    let (mut verifier, proof) = (verifier?, proof?);
    let (checked, time) = timed(|| verify(&mut verifier, &proof));
    tell("step verified by Rust and Solidity", time);
    checked?;
    let (_, time) = timed(|| (0..1_000).filter(|_| verifier.next_state(&proof.proof).is_ok()).count());
    tell("one step in Solidity, of 1,000", time / 1_000);
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn tell(what: &str, time: Duration) {
    println!("{what}: {:.6} s", time.as_secs_f64());
}

/// Most memory of this process at a time, where the system tells.
fn memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find(|line| line.starts_with("VmHWM")).map(str::to_owned)
}
