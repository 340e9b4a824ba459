//! Measures the fault VM's runners: `vm WORKLOADS.elf [GUEST.elf WITNESS]`. One JSON line a figure on stdout, a table on stderr. See `scripts/bench`.
#![allow(clippy::print_stdout)]

mod clock;
mod peer;

use alloy_primitives::B256;
use clock::{Clock, median, resident};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use gainsay_machine::{Machine, Oracle, PART, Program, fast::Runner};
use gainsay_trace::{Host, Witness};
use gainsay_workloads::{Job, Workload};
use peer::Peer;
use serde_json::{Value, json};
use std::{convert::Infallible, fs, hint::black_box, sync::Arc};

/// Each figure is the median of so many runs; runners take turns, so that all see the same noise.
const RUNS: usize = 7;
/// The step function runs so many steps only.
const STEPS_BY_DEFINITION: u64 = 5_000_000;

/// Nobody to ask: workloads have no questions.
struct Nobody;

impl Oracle for Nobody {
    type Error = Infallible;

    fn part(&mut self, _: &B256, _: u64) -> Result<[u8; PART], Infallible> {
        Ok([0; PART])
    }
}

/// Steps a second of each runner, and memory.
#[derive(Default)]
struct Figures {
    steps: u64,
    fast: Vec<f64>,
    peer: Vec<f64>,
    definition: Vec<f64>,
    /// Times of the native function over those of the fast runner.
    native: Vec<f64>,
    /// Bytes that the fast runner took.
    memory: Vec<f64>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (workloads, guest_files) = match arguments.as_slice() {
        [workloads] => (workloads, None),
        [workloads, guest, witness] => (workloads, Some((guest, witness))),
        _ => bail!("usage: vm WORKLOADS.elf [GUEST.elf WITNESS]"),
    };
    let program = load(workloads)?;
    let mut table = Vec::new();
    let mut all: Vec<(Workload, Figures)> = Workload::ALL.map(|workload| (workload, Figures::default())).into();
    for _ in 0..RUNS {
        for (workload, figures) in &mut all {
            measure(&program, *workload, figures)?;
        }
    }
    for (workload, figures) in &all {
        table.push(report(workload.name(), figures));
    }
    table.push(geometric_mean(&table));
    if let Some((elf, witness)) = guest_files {
        let mut whole = Vec::new();
        let figures = guest(elf, witness, &mut whole)?;
        table.push(report("guest", &figures));
        table.extend(whole);
    }
    table.iter().for_each(|line| println!("{line}"));
    show(&table);
    Ok(())
}

fn load(path: &str) -> Result<Program> {
    let file = fs::read(path).wrap_err_with(|| format!("cannot read {path}"))?;
    Program::from_elf(&file).wrap_err_with(|| format!("{path} is no program"))
}

/// Rounds that make about 250 M steps.
fn rounds(workload: Workload) -> u64 {
    match workload {
        Workload::Keccak => 34_000,
        Workload::Sha256 => 45_000,
        Workload::CoreMix => 7_000,
        Workload::Walk => 12_500,
    }
}

/// One run of every runner.
fn measure(program: &Program, workload: Workload, figures: &mut Figures) -> Result<()> {
    let job = Job { workload, rounds: rounds(workload) };
    let start = Machine::new(program, job.input().into());

    let clock = Clock::start();
    let expected = black_box(&job).run();
    let native = clock.seconds();

    let seconds = run_fast(&start, program, &mut Nobody, figures, expected.into())?;
    figures.native.push(seconds / native);
    run_peer(&start, program, &mut Nobody, figures, expected.into())?;
    run_definition(&start, &mut Nobody, figures);
    Ok(())
}

/// The oracle has made its precompile calls before, so that only the machine is measured.
fn measure_guest(program: &Program, host: &Host, output: B256, figures: &mut Figures) -> Result<()> {
    let start = Machine::new(program, host.witness().input());
    run_fast(&start, program, &mut host.clone(), figures, output)?;
    run_peer(&start, program, &mut host.clone(), figures, output)?;
    run_definition(&start, &mut host.clone(), figures);
    Ok(())
}

/// The guest's figures; those of the whole block, with decoding, the precompile calls and the hash of the end, go to `table`.
fn guest(guest: &str, witness: &str, table: &mut Vec<Value>) -> Result<Figures> {
    let file = fs::read(witness).wrap_err_with(|| format!("cannot read {witness}"))?;
    let witness = Arc::new(Witness::from_file(&file)?);
    let output = witness.step().after.hash();
    let (mut figures, mut host, mut whole) = (Figures::default(), Host::new(witness.clone()), Vec::new());
    let program = load(guest)?;
    for _ in 0..RUNS {
        let clock = Clock::start();
        host = Host::new(witness.clone());
        let mut runner = Runner::new(&Machine::new(&program, witness.input()), program.text())?;
        runner.run_to(u64::MAX, &mut host)?;
        black_box(runner.machine().hash());
        whole.push(clock.seconds());
        ensure!(runner.hart().output == output, "the guest ends {} with {}, not {output}", runner.status(), runner.hart().output);
    }
    for _ in 0..RUNS {
        measure_guest(&program, &host, output, &mut figures)?;
    }
    table.push(json!({ "bench": "vm", "name": "guest, the whole block", "steps": figures.steps, "seconds": median(whole), "precompileCalls": host.calls() }));
    Ok(figures)
}

/// The seconds that it took.
fn run_fast<O: Oracle>(start: &Machine, program: &Program, oracle: &mut O, figures: &mut Figures, output: B256) -> Result<f64> {
    let before = resident();
    let mut runner = Runner::new(start, program.text())?;
    let clock = Clock::start();
    runner.run_to(u64::MAX, oracle).map_err(|_| eyre!("the oracle has no answer"))?;
    let seconds = clock.seconds();
    if let (Some(before), Some(after)) = (before, resident()) {
        figures.memory.push(after.saturating_sub(before) as f64);
    }
    ensure!(runner.hart().output == output, "the fast runner ends {} with {}, not {output}", runner.status(), runner.hart().output);
    figures.steps = runner.step();
    figures.fast.push(runner.step() as f64 / seconds);
    Ok(seconds)
}

fn run_peer<O: Oracle>(start: &Machine, program: &Program, oracle: &mut O, figures: &mut Figures, output: B256) -> Result<()> {
    let mut peer = Peer::new(start, program.text());
    let clock = Clock::start();
    peer.run_to(u64::MAX, oracle).map_err(|_| eyre!("the peer cannot go on"))?;
    figures.peer.push(peer.hart().step as f64 / clock.seconds());
    ensure!(peer.hart().output == output && peer.hart().step == figures.steps, "the peer ends otherwise");
    Ok(())
}

fn run_definition<O: Oracle>(start: &Machine, oracle: &mut O, figures: &mut Figures) {
    let mut machine = start.clone();
    let clock = Clock::start();
    // Without an answer it stops earlier, and less is measured.
    let _ = machine.run_to(STEPS_BY_DEFINITION, oracle);
    figures.definition.push(machine.hart.step as f64 / clock.seconds());
}

fn report(name: &str, figures: &Figures) -> Value {
    let (fast, peer, definition) = (median(figures.fast.clone()), median(figures.peer.clone()), median(figures.definition.clone()));
    json!({
        "bench": "vm",
        "name": name,
        "steps": figures.steps,
        "fast": fast.round(),
        "peer": peer.round(),
        "definition": definition.round(),
        "fastOverPeer": fast / peer,
        "timesNative": if figures.native.is_empty() { Value::Null } else { json!(median(figures.native.clone())) },
        "memory": median(figures.memory.clone()),
    })
}

fn geometric_mean(lines: &[Value]) -> Value {
    let mean = |key: &str| {
        let values: Vec<f64> = lines.iter().filter_map(|line| line[key].as_f64()).collect();
        (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
    };
    json!({
        "bench": "vm",
        "name": "geometric mean",
        "fast": mean("fast").round(),
        "peer": mean("peer").round(),
        "definition": mean("definition").round(),
        "fastOverPeer": mean("fastOverPeer"),
        "timesNative": mean("timesNative"),
    })
}

fn show(table: &[Value]) {
    let number =
        |value: &Value, unit: f64, digits: usize| value.as_f64().map_or(String::new(), |value| format!("{:.*}", digits, value / unit));
    eprintln!("| | M steps | fast, M steps/s | peer | definition | fast / peer | slower than native | memory, MB | seconds |");
    eprintln!("|---|---|---|---|---|---|---|---|---|");
    for line in table {
        let cells = [
            ("steps", 1e6, 0),
            ("fast", 1e6, 0),
            ("peer", 1e6, 0),
            ("definition", 1e6, 1),
            ("fastOverPeer", 1.0, 2),
            ("timesNative", 1.0, 1),
            ("memory", 1e6, 1),
            ("seconds", 1.0, 3),
        ]
        .map(|(key, unit, digits)| number(&line[key], unit, digits));
        eprintln!("| {} | {} |", line["name"].as_str().unwrap_or_default(), cells.join(" | "));
    }
}
