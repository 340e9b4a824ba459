//! The runner behind a trace.

use gainsay_machine::{Machine, Oracle};
use std::ops::Range;

/// Runs a machine by the definition of a step.
#[derive(Debug)]
pub(crate) struct Runner {
    machine: Machine,
}

impl Runner {
    pub(crate) fn new(machine: &Machine, _text: Range<u64>) -> Self {
        Self { machine: machine.clone() }
    }

    pub(crate) fn run_to<O: Oracle>(&mut self, step: u64, oracle: &mut O) -> Result<(), O::Error> {
        self.machine.run_to(step, oracle)
    }

    pub(crate) fn machine(&mut self) -> Machine {
        self.machine.clone()
    }

    pub(crate) fn restore(&mut self, machine: &Machine) {
        self.machine = machine.clone();
    }

    pub(crate) const fn step(&self) -> u64 {
        self.machine.hart.step
    }

    pub(crate) fn is_running(&self) -> bool {
        self.machine.hart.is_running()
    }
}
