//! A whole machine.

use crate::{
    access::Direct,
    memory::Memory,
    oracle::Oracle,
    program::Program,
    state::{Hart, MachineState},
    step::step,
};
use alloy_primitives::B256;

/// A machine with its memory. A clone is a snapshot: it takes no time, and shares what does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The memory.
    pub memory: Memory,
    /// Everything else.
    pub hart: Hart,
}

impl Machine {
    /// Before the first step of a program.
    #[must_use]
    pub fn new(program: &Program, input: B256) -> Self {
        Self { memory: program.memory().clone(), hart: Hart::new(input) }
    }

    /// The state as L1 sees it. Hashes the memory that has changed.
    #[must_use]
    pub fn state(&self) -> MachineState {
        MachineState { memory_root: self.memory.root(), hart: self.hart.clone() }
    }

    /// Hash of the state.
    #[must_use]
    pub fn hash(&self) -> B256 {
        self.state().hash()
    }

    /// Does one step, by the definition: the slow way.
    ///
    /// # Errors
    /// If the oracle has no answer. The machine is then as it was, and the step can be tried again.
    #[inline]
    pub fn step<O: Oracle>(&mut self, oracle: &mut O) -> Result<(), O::Error> {
        step(&mut Direct { machine: self, oracle })
    }

    /// Steps until the step counter is `until` or the machine runs no more.
    ///
    /// # Errors
    /// If the oracle has no answer. The machine is then before the step that asked.
    pub fn run_to<O: Oracle>(&mut self, until: u64, oracle: &mut O) -> Result<(), O::Error> {
        while self.hart.step < until && self.hart.is_running() {
            self.step(oracle)?;
        }
        Ok(())
    }
}
