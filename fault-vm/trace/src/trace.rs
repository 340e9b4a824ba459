//! A run of a program, from which any state can be had again.

use crate::{
    Host, Witness,
    snapshots::{Recent, Snapshots},
    step::ProvenStep,
};
use alloy_primitives::B256;
use gainsay_machine::{
    Machine, MachineState, Oracle, Program, Status, StepProof,
    fast::{ReserveError, Runner},
    prove,
};
use std::{ops::ControlFlow, sync::Arc};

/// Machine steps that a run may take: where the game ends it, whatever the program does.
pub const MAX_STEPS: u64 = 1 << 40;

/// How a trace is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The run ends here if it has not halted.
    pub max_steps: u64,
    /// Steps between two snapshots at first; doubled whenever there are too many.
    pub spacing: u64,
    /// Snapshots kept. Each holds the pages that were written since the one before it.
    pub snapshots: usize,
    /// Bytes of memory that the snapshots hold at most, besides the program's first and last state; the machines asked for last hold at most as much again.
    /// A run that writes more between them keeps fewer, and its states take longer to get.
    pub bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_steps: MAX_STEPS, spacing: 1 << 22, snapshots: 64, bytes: 256 << 20 }
    }
}

/// Why a trace has no answer.
#[derive(Debug, thiserror::Error)]
pub enum TraceError<E> {
    /// The oracle has no answer for the next step.
    #[error("after step {step}: {source}")]
    Oracle {
        /// Steps taken.
        step: u64,
        /// What it lacks.
        source: E,
    },
    /// There is no address space for the machine's memory.
    #[error(transparent)]
    Memory(#[from] ReserveError),
    /// The progress callback ended the run.
    #[error("the run was stopped after step {step}")]
    Stopped {
        /// Steps taken.
        step: u64,
    },
}

/// A run of a program to its end. It answers for any step: a machine that has halted stays as it is.
#[derive(Debug)]
pub struct Trace<O> {
    oracle: O,
    runner: Runner,
    snapshots: Snapshots,
    recent: Recent,
    end: Machine,
}

impl Trace<Host> {
    /// Runs a program on a block step. `progress` hears the number of steps taken every now and then.
    ///
    /// # Errors
    /// When the witness lacks something, and when `progress` says so.
    pub fn of_block_step(
        program: &Program,
        witness: Arc<Witness>,
        options: Options,
        progress: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Self, TraceError<<Host as Oracle>::Error>> {
        let input = witness.input();
        Self::start(program, input, Host::new(witness), options, progress)
    }

    /// Proves the step that is taken after `step` steps, with what its part is loaded from on L1.
    ///
    /// # Errors
    /// When the oracle fails.
    pub fn prove_with_preimage(&mut self, step: u64) -> Result<ProvenStep, TraceError<<Host as Oracle>::Error>> {
        let proof = self.prove(step)?;
        let preimage = match proof.part {
            Some(_) => self.oracle.preimage(&proof.state.hart.preimage_key).map_err(|source| TraceError::Oracle { step, source })?,
            None => None,
        };
        Ok(ProvenStep { step, proof, preimage })
    }
}

impl<O: Oracle> Trace<O> {
    /// Runs `program` on `input` to its end, or to `options.max_steps`.
    ///
    /// # Errors
    /// When the oracle has no answer, and when `progress` ends the run.
    pub fn start(
        program: &Program,
        input: B256,
        oracle: O,
        options: Options,
        mut progress: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Self, TraceError<O::Error>> {
        let first = Machine::new(program, input);
        let runner = Runner::new(&first, program.text())?;
        let snapshots = Snapshots::new(first.clone(), options.spacing, options.snapshots, options.bytes);
        let mut trace = Self { oracle, runner, snapshots, recent: Recent::new(options.bytes), end: first };
        loop {
            let due = trace.snapshots.due(trace.runner.step()).min(options.max_steps);
            trace.run_to(due)?;
            let step = trace.runner.step();
            if step < due || step >= options.max_steps || trace.runner.status() != Status::RUNNING {
                break;
            }
            trace.snapshots.keep(trace.runner.machine());
            if progress(step).is_break() {
                return Err(TraceError::Stopped { step });
            }
        }
        trace.end = trace.runner.machine();
        Ok(trace)
    }

    /// Steps of the run. The machine is then in its end state.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.end.hart.step
    }

    /// The machine after the run.
    #[must_use]
    pub const fn end(&self) -> &Machine {
        &self.end
    }

    /// The oracle.
    #[must_use]
    pub const fn oracle(&self) -> &O {
        &self.oracle
    }

    /// How many snapshots there are, and how many steps lie between them.
    #[must_use]
    pub fn snapshots(&self) -> (usize, u64) {
        (self.snapshots.len(), self.snapshots.spacing())
    }

    /// Bytes of memory that the snapshots hold besides the first.
    #[must_use]
    pub fn snapshot_bytes(&self) -> usize {
        self.snapshots.held()
    }

    /// The machine after `step` steps. Runs from the nearest point before it that is kept, and keeps this one.
    ///
    /// # Errors
    /// When the oracle fails, which it did not when the run was made.
    pub fn machine(&mut self, step: u64) -> Result<Machine, TraceError<O::Error>> {
        if step >= self.length() {
            return Ok(self.end.clone());
        }
        self.seek(step)?;
        let machine = self.runner.machine();
        self.recent.keep(machine.clone());
        Ok(machine)
    }

    /// The state after `step` steps.
    ///
    /// # Errors
    /// As [`Self::machine`].
    pub fn state(&mut self, step: u64) -> Result<MachineState, TraceError<O::Error>> {
        Ok(self.machine(step)?.state())
    }

    /// The state hash after `step` steps.
    ///
    /// # Errors
    /// As [`Self::machine`].
    pub fn hash(&mut self, step: u64) -> Result<B256, TraceError<O::Error>> {
        Ok(self.state(step)?.hash())
    }

    /// The state hashes after each of `steps`, in their order. Runs over them once, from the least on, and keeps the machines, so that the points of the next
    /// dissection are near.
    ///
    /// # Errors
    /// As [`Self::machine`].
    pub fn hashes(&mut self, steps: &[u64]) -> Result<Vec<B256>, TraceError<O::Error>> {
        let mut places: Vec<(u64, usize)> = steps.iter().copied().zip(0..).collect();
        places.sort_unstable();
        let mut hashes = vec![B256::ZERO; steps.len()];
        for (step, place) in places {
            let hash = self.hash(step)?;
            hashes.iter_mut().skip(place).take(1).for_each(|slot| *slot = hash);
        }
        Ok(hashes)
    }

    /// Proves the step that is taken after `step` steps.
    ///
    /// # Errors
    /// As [`Self::machine`].
    pub fn prove(&mut self, step: u64) -> Result<StepProof, TraceError<O::Error>> {
        let machine = self.machine(step)?;
        prove(&machine, &mut self.oracle).map_err(|source| TraceError::Oracle { step, source })
    }

    /// Brings the runner to `step`, which is before the end.
    fn seek(&mut self, step: u64) -> Result<(), TraceError<O::Error>> {
        let kept = [self.snapshots.before(step), self.recent.before(step)].into_iter().flatten().max_by_key(|machine| machine.hart.step);
        let at = self.runner.step();
        if let Some(machine) = kept.filter(|machine| at > step || machine.hart.step > at) {
            self.runner.restore(machine);
        }
        self.run_to(step)
    }

    fn run_to(&mut self, step: u64) -> Result<(), TraceError<O::Error>> {
        let result = self.runner.run_to(step, &mut self.oracle);
        result.map_err(|source| TraceError::Oracle { step: self.runner.step(), source })
    }
}
