//! Looks for the blocks that cost the machine, or a node, most for their gas: `worst [PART OF A NAME]...`. One JSON line a case on stdout, a
//! table on stderr. See `scripts/bench`.
//!
//! Each case is a block whose gas goes to one thing. It is executed as a node does it, over a state in memory, and by the guest in the
//! machine; both must end alike.
#![allow(clippy::print_stdout)]

mod blocks;
mod case;
#[path = "../vm/clock.rs"]
#[allow(dead_code, reason = "the runners' figures use all of it")]
mod clock;
mod code;
mod opcodes;
mod payloads;
mod precompiles;
mod state;
#[path = "../../../program/tests/world/mod.rs"]
mod world;

use case::{Case, Figures};
use eyre::{Result, ensure};
use gainsay_machine::Program;
use gainsay_program::GUEST_ELF;
use serde_json::{Value, json};

/// Cases in the table of steps.
const SHOWN: usize = 25;
/// Cases in the table of times.
const SHOWN_NATIVE: usize = 12;
/// A step with less gas is about its payload.
const NO_GAS: u64 = 100_000;

fn main() -> Result<()> {
    gainsay_execute::native::install();
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let program = Program::from_elf(GUEST_ELF)?;
    let cases = [opcodes::cases(), blocks::cases(), precompiles::cases(), state::cases(), payloads::cases()];
    let mut all = Vec::new();
    for case in cases.into_iter().flatten() {
        if !wanted.is_empty() && !wanted.iter().any(|part| case.name.contains(part)) {
            continue;
        }
        let figures = case.measure(&program)?;
        println!("{}", line(&case, &figures));
        all.push((case.name, figures));
    }
    ensure!(!all.is_empty(), "no case has such a name");
    show("steps for their gas", &mut all, SHOWN, of_gas(Figures::steps_per_gas));
    show("a node's time for their gas", &mut all, SHOWN_NATIVE, of_gas(Figures::nanoseconds_per_gas));
    all.retain(|(_, figures)| figures.gas < NO_GAS);
    show("steps of payloads", &mut all, SHOWN, |figures| Some(figures.steps as f64));
    Ok(())
}

fn line(case: &Case, figures: &Figures) -> Value {
    json!({
        "bench": "worst",
        "name": case.name,
        "gas": figures.gas,
        "steps": figures.steps,
        "nativeSeconds": figures.seconds,
        "machineSeconds": figures.machine_seconds,
        "stepsPerGas": figures.steps_per_gas(),
        "nativeNsPerGas": figures.nanoseconds_per_gas(),
    })
}

/// Only of steps that are about gas.
fn of_gas(figure: impl Fn(&Figures) -> Option<f64>) -> impl Fn(&Figures) -> Option<f64> {
    move |figures| figure(figures).filter(|_| figures.gas >= NO_GAS)
}

/// The dearest by a figure; without those that have none.
fn show(name: &str, all: &mut [(String, Figures)], count: usize, figure: impl Fn(&Figures) -> Option<f64>) {
    all.sort_by(|left, right| figure(&right.1).unwrap_or(0.0).total_cmp(&figure(&left.1).unwrap_or(0.0)));
    eprintln!("\n| By {name} | gas | M steps | steps/gas | native, ms | native, ns/gas |");
    eprintln!("|---|---|---|---|---|---|");
    for (name, figures) in all.iter().filter(|(_, figures)| figure(figures).is_some()).take(count) {
        let ratio = |value: Option<f64>, digits: usize| {
            value.filter(|_| figures.gas >= NO_GAS).map_or(String::new(), |value| format!("{value:.digits$}"))
        };
        eprintln!(
            "| {name} | {} | {:.0} | {} | {:.1} | {} |",
            figures.gas,
            figures.steps as f64 / 1e6,
            ratio(figures.steps_per_gas(), 0),
            figures.seconds * 1e3,
            ratio(figures.nanoseconds_per_gas(), 1)
        );
    }
}
