//! Machines kept on the way, so that a run need not begin at the start again.

use gainsay_machine::Machine;
use std::collections::{BTreeMap, VecDeque};

/// Bytes of a page of memory.
const PAGE: usize = 4096;

/// Bytes of memory that `machine` does not share with `other`.
fn own_bytes(machine: &Machine, other: &Machine) -> usize {
    machine.memory.unshared(&other.memory).len().saturating_mul(PAGE)
}

/// Machines at equal distances. When they are too many or too large, every second one goes and the distance doubles.
///
/// INVARIANT: at most `most` are kept, and besides the first they hold at most `bytes` of memory.
#[derive(Clone, Debug)]
pub(crate) struct Snapshots {
    spacing: u64,
    most: usize,
    bytes: usize,
    machines: BTreeMap<u64, Machine>,
}

impl Snapshots {
    /// Starts with `first`, at `spacing` steps from each other; both that and `most` are at least 1.
    pub(crate) fn new(first: Machine, spacing: u64, most: usize, bytes: usize) -> Self {
        Self { spacing: spacing.max(1), most: most.max(1), bytes, machines: [(first.hart.step, first)].into() }
    }

    /// Where the next one is due.
    pub(crate) fn due(&self, step: u64) -> u64 {
        let passed = step.checked_div(self.spacing).unwrap_or_default();
        passed.saturating_add(1).saturating_mul(self.spacing)
    }

    pub(crate) fn keep(&mut self, machine: Machine) {
        self.machines.insert(machine.hart.step, machine);
        while self.machines.len() > 1 && (self.machines.len() > self.most || self.held() > self.bytes) {
            let Some(wider) = self.spacing.checked_mul(2) else { return };
            self.spacing = wider;
            self.machines.retain(|step, _| step.is_multiple_of(wider));
        }
    }

    /// Bytes that are held besides the first machine: what each wrote since the one before it.
    pub(crate) fn held(&self) -> usize {
        let pairs = self.machines.values().zip(self.machines.values().skip(1));
        pairs.fold(0, |sum: usize, (before, machine)| sum.saturating_add(own_bytes(machine, before)))
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
///
/// INVARIANT: at most [`Recent::MOST`] are kept, and besides the oldest they hold at most `bytes` of memory.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    bytes: usize,
    /// Each with the bytes that it does not share with the one kept before it.
    machines: VecDeque<(Machine, usize)>,
}

impl Recent {
    /// Two dissections of 31 points, with their ends.
    const MOST: usize = 66;

    pub(crate) const fn new(bytes: usize) -> Self {
        Self { bytes, machines: VecDeque::new() }
    }

    pub(crate) fn keep(&mut self, machine: Machine) {
        if self.machines.iter().any(|(kept, _)| kept.hart.step == machine.hart.step) {
            return;
        }
        let own = self.machines.back().map_or(0, |(last, _)| own_bytes(&machine, last));
        self.machines.push_back((machine, own));
        while self.machines.len() > Self::MOST || self.held() > self.bytes {
            self.machines.pop_front();
        }
    }

    fn held(&self) -> usize {
        self.machines.iter().skip(1).fold(0, |sum: usize, (_, own)| sum.saturating_add(*own))
    }

    /// The last one that is not after `step`.
    pub(crate) fn before(&self, step: u64) -> Option<&Machine> {
        let machines = self.machines.iter().map(|(machine, _)| machine);
        machines.filter(|machine| machine.hart.step <= step).max_by_key(|machine| machine.hart.step)
    }
}
