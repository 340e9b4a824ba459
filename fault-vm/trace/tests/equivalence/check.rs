//! One block step in the machine, compared with the same step taken natively.

use crate::world::{Preimages as Known, Taken, World, guest};
use alloy_primitives::{B256, Bytes};
use gainsay_machine::{Machine, Program, Status, fast::Runner};
use gainsay_trace::{BlockStep, Host, Preimages, blob::versioned_hash, record};
use std::{
    convert::Infallible,
    num::NonZero,
    ops::AddAssign,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A run that takes so many steps is out of all proportion to what these tests put into a block.
const MOST_STEPS: u64 = 1 << 36;

impl Preimages for Known {
    type Error = Infallible;

    fn preimage(&self, hash: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(self.data.get(hash).cloned())
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Option<Bytes>, Infallible> {
        Ok(self.blobs.get(versioned_hash).cloned())
    }
}

/// What runs took, summed up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    pub(crate) runs: u64,
    pub(crate) steps: u64,
    /// Precompile calls that L1 would run.
    pub(crate) calls: usize,
}

impl AddAssign for Run {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.steps += other.steps;
        self.calls += other.calls;
    }
}

/// Runs the canonical guest, again and again.
pub(crate) struct Checker {
    program: Program,
    runner: Runner,
}

impl Checker {
    pub(crate) fn new() -> Self {
        // As every node does.
        gainsay_execute::native::install();
        let program = guest();
        let start = Machine::new(&program, B256::ZERO);
        let runner = Runner::new(&start, program.text()).unwrap();
        Self { program, runner }
    }

    /// Records the witness of a step and runs the guest on it. An error says how the two differ.
    pub(crate) fn try_check(&mut self, world: &World, taken: &Taken) -> Result<Run, String> {
        let step = BlockStep { index: 1, before: taken.before, after: taken.state };
        let witness = record(&world.preimages, taken.input, step, usize::MAX).map_err(|error| format!("recording: {error}"))?;
        let mut host = Host::new(Arc::new(witness));
        self.runner.restore(&Machine::new(&self.program, taken.input));
        self.runner.run_to(MOST_STEPS, &mut host).map_err(|error| format!("the guest asks for more than the step reads: {error}"))?;
        let (status, output, steps) = (self.runner.status(), self.runner.hart().output, self.runner.step());
        if status != Status::HALTED {
            return Err(format!("the guest ends as {status:?} after {steps} steps, at {:#x}", self.runner.hart().pc));
        }
        if output != taken.output {
            return Err(format!("the guest says {output}, natively it is {} ({:?})", taken.output, taken.state));
        }
        Ok(Run { runs: 1, steps, calls: host.calls() })
    }

    #[track_caller]
    pub(crate) fn check(&mut self, world: &World, taken: &Taken) -> Run {
        self.try_check(world, taken).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Takes all steps that are left, and checks each.
    #[track_caller]
    pub(crate) fn check_all(&mut self, world: &mut World) -> Run {
        let mut sum = Run::default();
        world.steps(|world, taken| sum += self.check(world, taken));
        sum
    }

    /// The machine at the end of the latest run.
    pub(crate) fn machine(&mut self) -> Machine {
        self.runner.machine()
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }
}

/// A world whose blobs have the hashes that they have on L1.
pub(crate) fn real_blobs(mut world: World) -> World {
    world.versioned_hash = |blob| versioned_hash(blob).unwrap();
    world
}

/// Runs all items on all cores, each core with a checker of its own. Results are in the order of the items.
pub(crate) fn on_all_cores<T: Sync, R: Send>(items: &[T], run: impl Fn(&mut Checker, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut checker = Checker::new();
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, run(&mut checker, item)));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(items.len().max(1));
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
