//! A machine's state, for people and programs.

use alloy::primitives::B256;
use gainsay_machine::MachineState;
use serde::Serialize;
use std::fmt;

/// Names of the registers in the calling convention.
const NAMES: [&str; 32] = [
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5",
    "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
];

/// The state after some steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateReport {
    /// Steps asked for. The state's own counter stops when the machine does.
    pub after: u64,
    /// The state hash.
    pub hash: B256,
    /// The state.
    pub state: MachineState,
}

impl fmt::Display for StateReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hart = &self.state.hart;
        writeln!(out, "state    {} after {} steps", self.hash, self.after)?;
        writeln!(out, "status   {} at step {}, pc {:#x}", hart.status, hart.step, hart.pc)?;
        for (name, word) in [("memory", self.state.memory_root), ("input", hart.input), ("output", hart.output), ("key", hart.preimage_key)]
        {
            writeln!(out, "{name:8} {word}")?;
        }
        let rows: Vec<String> = NAMES.iter().zip(hart.registers).map(|(name, value)| format!("{name:>4} {value:#018x}")).collect();
        let rows: Vec<String> = rows.chunks(4).map(|row| row.join("  ")).collect();
        write!(out, "{}", rows.join("\n"))
    }
}

/// A program, as the contracts know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgramReport {
    /// Its root.
    pub root: B256,
    /// Where its code begins.
    pub text_start: u64,
    /// Where its code ends.
    pub text_end: u64,
}

impl fmt::Display for ProgramReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "program  {}\ntext     {:#x}..{:#x}", self.root, self.text_start, self.text_end)
    }
}
