//! Traces of block steps, shared by all matches and bounded by their bytes.

use super::TruthError;
use alloy::primitives::B256;
use gainsay_machine::{Program, ProgramError};
use gainsay_program::GUEST_ELF;
use gainsay_trace::{Host, HostError, Options, Trace, TraceError, Witness};
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Bytes of a page of the machine's memory.
const PAGE: usize = 4096;

/// How much memory traces may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceLimits {
    /// Bytes that all traces together hold. The one used last stays even if it alone has more, which `of_one` bounds.
    pub all: usize,
    /// How each is kept.
    pub of_one: Options,
    /// Bytes of preimages that one block step may read. A step that reads more cannot be played, so this is far above what fits into a block.
    pub witness: usize,
}

impl Default for TraceLimits {
    fn default() -> Self {
        Self { all: 1 << 30, of_one: Options { bytes: 128 << 20, ..Options::default() }, witness: 1 << 30 }
    }
}

/// The traces made last, by the machine's input: an input has one run. Whoever asks for a run that another thread is just making waits for it.
pub struct Traces {
    program: Program,
    limits: TraceLimits,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    slots: BTreeMap<B256, Slot>,
    /// Counts uses, so that the one used least recently is known.
    uses: u64,
}

#[derive(Clone, Default)]
struct Slot {
    trace: Arc<Mutex<Option<Trace<Host>>>>,
    bytes: usize,
    used: u64,
}

impl Traces {
    /// Of the canonical guest.
    ///
    /// # Errors
    /// When its file is no program.
    pub fn new(limits: TraceLimits) -> Result<Self, ProgramError> {
        Ok(Self { program: Program::from_elf(GUEST_ELF)?, limits, kept: Mutex::default() })
    }

    /// The program that is traced.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// How much memory they may take.
    #[must_use]
    pub const fn limits(&self) -> &TraceLimits {
        &self.limits
    }

    /// How many there are, and the bytes that they hold.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        let kept = lock(&self.kept);
        (kept.slots.len(), kept.slots.values().map(|slot| slot.bytes).sum())
    }

    /// Asks the run with this input; makes its trace if there is none, from the witness. Both can take minutes; `stop` ends the making within a few
    /// million machine steps.
    pub(super) fn ask<R>(
        &self,
        input: B256,
        stop: &CancellationToken,
        witness: impl FnOnce() -> Result<Witness, TruthError>,
        question: impl FnOnce(&mut Trace<Host>) -> Result<R, TraceError<HostError>>,
    ) -> Result<R, TruthError> {
        let slot = lock(&self.kept).take_up(input);
        let mut place = lock(&slot);
        // What panics half-way leaves no trace behind, in either sense.
        let kept = place.take().map_or_else(|| self.make(Arc::new(witness()?), stop), Ok);
        let answer = kept.map(|mut trace| {
            let (answer, bytes) = (question(&mut trace), weight(&trace));
            *place = Some(trace);
            (answer, bytes)
        });
        drop(place);
        drop(slot);
        let bytes = answer.as_ref().map_or(0, |(_, bytes)| *bytes);
        lock(&self.kept).put_down(input, bytes, self.limits.all);
        Ok(answer?.0?)
    }

    fn make(&self, witness: Arc<Witness>, stop: &CancellationToken) -> Result<Trace<Host>, TruthError> {
        let since = Instant::now();
        let go_on = |_| if stop.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let trace = Trace::of_block_step(&self.program, witness, self.limits.of_one, go_on)?;
        let seconds = since.elapsed().as_secs_f64();
        metrics::histogram!("gainsay_trace_seconds").record(seconds);
        tracing::debug!(steps = trace.length(), seconds, "block step traced");
        Ok(trace)
    }
}

impl Kept {
    fn take_up(&mut self, input: B256) -> Arc<Mutex<Option<Trace<Host>>>> {
        self.uses += 1;
        let slot = self.slots.entry(input).or_default();
        slot.used = self.uses;
        slot.trace.clone()
    }

    /// Notes what a trace holds, and drops those used least recently until all hold no more than `most`. Those in use stay.
    fn put_down(&mut self, input: B256, bytes: usize, most: usize) {
        if let Some(slot) = self.slots.get_mut(&input) {
            slot.bytes = bytes;
        }
        // A run that could not be traced leaves an empty place.
        self.slots.retain(|_, slot| slot.bytes > 0 || Arc::strong_count(&slot.trace) > 1);
        while self.slots.values().map(|slot| slot.bytes).sum::<usize>() > most {
            let idle = self.slots.iter().filter(|(kept, slot)| **kept != input && Arc::strong_count(&slot.trace) == 1);
            let Some(oldest) = idle.min_by_key(|(_, slot)| slot.used).map(|(kept, _)| *kept) else { return };
            self.slots.remove(&oldest);
        }
    }
}

/// Bytes of a trace: its witness; its last state twice, since the runner has a memory of its own; and its snapshots twice, since the machines asked for last
/// hold as much again at most.
fn weight(trace: &Trace<Host>) -> usize {
    let end = trace.end().memory.pages().len().saturating_mul(2 * PAGE);
    let snapshots = trace.snapshot_bytes().saturating_mul(2);
    trace.oracle().witness().size().saturating_add(end).saturating_add(snapshots)
}

/// A thread that panicked while it held this left it whole: see [`Traces::ask`].
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
