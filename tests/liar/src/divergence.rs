//! Where a run in the machine leaves the true one.

use crate::seed;
use gainsay_machine::{Instruction, Machine, Op, memory::Aligned, syscall};
use gainsay_trace::{Host, HostError, MAX_STEPS, Trace, TraceError};
use std::str::FromStr;

/// The register that holds the number of a syscall: a7.
const NUMBER: u8 = 17;

/// The first false machine step of the first false block step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// The first of the run.
    First,
    /// The last, which halts.
    Last,
    /// One of them, by the seed.
    Random,
    /// One that does this, by the seed: the first after a random one.
    At(Deed),
    /// The first after the machine has halted.
    Halted,
    /// The last of all 2^40: the final state alone is false.
    End,
    /// The one after so many.
    Step(u64),
}

/// What a machine step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Reads a part of a preimage.
    Read,
    /// Asks what the run is about.
    Input,
    /// Says which preimage is read next.
    Key,
    /// Shows something to the runner. Only runs that call precompiles do.
    Log,
    /// Writes memory.
    Write,
    /// Reads memory.
    Load,
    /// Multiplies or divides.
    Multiply,
    /// Branches.
    Branch,
}

/// A place in the machine that there is no word for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown machine step {given:?}: use first, last, halt, random, read, input, key, log, write, load, multiply, branch, halted, end or the number of a step"
)]
pub struct DivergenceFormat {
    given: String,
}

impl Divergence {
    /// How many steps of this run are true; none if no step does what it should.
    ///
    /// # Errors
    /// When the run cannot be had again.
    pub fn resolve(self, trace: &mut Trace<Host>, seed: u64) -> Result<Option<u64>, TraceError<HostError>> {
        let length = trace.length();
        let random = seed::below(length, &[seed, 3]);
        Ok(match self {
            Self::First => Some(0),
            Self::Last => length.checked_sub(1),
            Self::Random => Some(random),
            Self::At(deed) => match find(trace, random, deed)? {
                None => find(trace, 0, deed)?,
                found => found,
            },
            Self::Halted => Some(length),
            Self::End => Some(MAX_STEPS - 1),
            Self::Step(step) => Some(step),
        }
        .filter(|at| *at < MAX_STEPS))
    }
}

/// The first step from `from` on that does it.
fn find(trace: &mut Trace<Host>, from: u64, deed: Deed) -> Result<Option<u64>, TraceError<HostError>> {
    let mut machine = trace.machine(from)?;
    let mut oracle = trace.oracle().clone();
    while machine.hart.is_running() {
        if deed.is_next(&machine) {
            return Ok(Some(machine.hart.step));
        }
        let step = machine.hart.step;
        machine.step(&mut oracle).map_err(|source| TraceError::Oracle { step, source })?;
    }
    Ok(None)
}

impl Deed {
    /// Whether the machine's next step does it.
    fn is_next(self, machine: &Machine) -> bool {
        let Ok(at) = Aligned::<4>::new(machine.hart.pc) else { return false };
        let Some(Instruction { op, .. }) = Instruction::decode(u32::from_le_bytes(machine.memory.read(at))) else { return false };
        let calls = |number| op == Op::Ecall && machine.hart.register(NUMBER) == number;
        match self {
            Self::Read => calls(syscall::PREIMAGE),
            Self::Input => calls(syscall::INPUT),
            Self::Key => calls(syscall::KEY),
            Self::Log => calls(syscall::LOG),
            Self::Write => (Op::Sb..=Op::Sd).contains(&op),
            Self::Load => (Op::Lb..=Op::Lwu).contains(&op),
            Self::Multiply => (Op::Mul..=Op::Remu).contains(&op),
            Self::Branch => (Op::Beq..=Op::Bgeu).contains(&op),
        }
    }
}

impl FromStr for Divergence {
    type Err = DivergenceFormat;

    fn from_str(given: &str) -> Result<Self, DivergenceFormat> {
        Ok(match given {
            "first" => Self::First,
            "last" | "halt" => Self::Last,
            "random" => Self::Random,
            "read" => Self::At(Deed::Read),
            "input" => Self::At(Deed::Input),
            "key" => Self::At(Deed::Key),
            "log" => Self::At(Deed::Log),
            "write" => Self::At(Deed::Write),
            "load" => Self::At(Deed::Load),
            "multiply" => Self::At(Deed::Multiply),
            "branch" => Self::At(Deed::Branch),
            "halted" => Self::Halted,
            "end" => Self::End,
            number => Self::Step(number.parse().map_err(|_| DivergenceFormat { given: given.to_owned() })?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_machine_is_a_word_or_a_number() {
        let read = |given: &str| given.parse::<Divergence>().ok();
        assert_eq!((read("halt"), read("last")), (Some(Divergence::Last), Some(Divergence::Last)));
        assert_eq!(read("read"), Some(Divergence::At(Deed::Read)));
        assert_eq!(read("123456789"), Some(Divergence::Step(123_456_789)));
        let error = "nowhere".parse::<Divergence>().expect_err("no place").to_string();
        assert!(error.contains("\"nowhere\"") && error.contains("use first, last"), "{error}");
    }
}
