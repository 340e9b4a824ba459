//! Machines kept on the way, so that a run need not begin at the start again.

use gainsay_machine::Machine;
use std::collections::{BTreeMap, VecDeque};

/// Machines at equal distances. When there are too many, every second one goes and the distance doubles.
///
/// INVARIANT: at most `most` are kept, and the distance is at most twice the run's length divided by `most`.
#[derive(Clone, Debug)]
pub(crate) struct Snapshots {
    spacing: u64,
    most: usize,
    machines: BTreeMap<u64, Machine>,
}

impl Snapshots {
    /// Starts with `first`, at `spacing` steps from each other; both bounds are at least 1.
    pub(crate) fn new(first: Machine, spacing: u64, most: usize) -> Self {
        Self { spacing: spacing.max(1), most: most.max(1), machines: [(first.hart.step, first)].into() }
    }

    /// Where the next one is due.
    pub(crate) fn due(&self, step: u64) -> u64 {
        let passed = step.checked_div(self.spacing).unwrap_or_default();
        passed.saturating_add(1).saturating_mul(self.spacing)
    }

    pub(crate) fn keep(&mut self, machine: Machine) {
        self.machines.insert(machine.hart.step, machine);
        while self.machines.len() > self.most {
            let Some(wider) = self.spacing.checked_mul(2) else { return };
            self.spacing = wider;
            self.machines.retain(|step, _| step.is_multiple_of(wider));
        }
    }

    /// The last one that is not after `step`.
    pub(crate) fn before(&self, step: u64) -> Option<&Machine> {
        self.machines.range(..=step).next_back().map(|(_, machine)| machine)
    }

    pub(crate) fn len(&self) -> usize {
        self.machines.len()
    }

    pub(crate) const fn spacing(&self) -> u64 {
        self.spacing
    }
}

/// The machines asked for last, since the next questions lie between two of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent {
    machines: VecDeque<Machine>,
}

impl Recent {
    /// Two dissections of 31 points, with their ends.
    const MOST: usize = 66;

    pub(crate) fn keep(&mut self, machine: Machine) {
        self.machines.retain(|kept| kept.hart.step != machine.hart.step);
        if self.machines.len() >= Self::MOST {
            self.machines.pop_front();
        }
        self.machines.push_back(machine);
    }

    /// The last one that is not after `step`.
    pub(crate) fn before(&self, step: u64) -> Option<&Machine> {
        self.machines.iter().filter(|machine| machine.hart.step <= step).max_by_key(|machine| machine.hart.step)
    }
}
