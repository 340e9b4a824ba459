//! Running a block step to its end.

use crate::progress::{grouped, rate};
use alloy::primitives::B256;
use gainsay_machine::{Machine, Program, Status};
use gainsay_trace::{Host, HostError, Options, Trace, TraceError, Witness};
use serde::Serialize;
use std::{fmt, ops::ControlFlow, sync::Arc, time::Duration};

/// A traced block step.
pub type BlockTrace = Trace<Host>;
/// Why it cannot be traced.
pub type BlockTraceError = TraceError<HostError>;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// Position of the block step in the derived chain, from 1.
    pub block_step: u64,
    /// The L2 block that it makes; none if it only moves the cursor.
    pub block: Option<u64>,
    /// The batch that it reads.
    pub batch: u64,
    /// Root of the program.
    pub program: B256,
    /// The machine's input.
    pub input: B256,
    /// Machine steps to the end.
    pub steps: u64,
    /// How the machine stands at the end.
    pub status: &'static str,
    /// The machine's output.
    pub output: B256,
    /// Hash of the machine's end state.
    pub end: B256,
    /// Hash of the State that this run leads to by the rules of the game: its output if it halted, else the State before with the batch skipped.
    pub result: B256,
    /// Hash of the State that the chain has after this step, according to who made the witness.
    pub claimed: B256,
    /// Whether they are the same.
    pub agrees: bool,
    /// Precompile calls that the oracle made.
    pub precompile_calls: usize,
    /// Bytes of the witness.
    pub witness_bytes: usize,
    /// Time of the run, seconds.
    pub seconds: f64,
    /// Machine steps a second.
    pub steps_per_second: u64,
}

/// Runs a block step.
///
/// # Errors
/// When the witness lacks something.
pub fn trace(
    program: &Program,
    witness: &Arc<Witness>,
    progress: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<BlockTrace, BlockTraceError> {
    // Signatures are recovered in C here, which gives the same answers in less time.
    gainsay_execute::native::install();
    Trace::of_block_step(program, witness.clone(), Options::default(), progress)
}

/// The hash of the State that a run leads to by the rules of the game.
#[must_use]
pub fn result(witness: &Witness, end: &Machine) -> B256 {
    match end.hart.status {
        Status::HALTED => end.hart.output,
        _ => witness.step().before.skip_batch().hash(),
    }
}

impl RunReport {
    /// Of a run that took so long.
    #[must_use]
    pub fn new(program: &Program, trace: &BlockTrace, time: Duration) -> Self {
        let (witness, end) = (trace.oracle().witness(), trace.end());
        let step = witness.step();
        let (result, claimed) = (result(witness, end), step.after.hash());
        Self {
            block_step: step.index,
            block: (step.after.l2_block_number > step.before.l2_block_number).then_some(step.after.l2_block_number),
            batch: step.before.batch_index.saturating_add(1),
            program: program.root(),
            input: witness.input(),
            steps: trace.length(),
            status: end.hart.status.name(),
            output: end.hart.output,
            end: end.hash(),
            result,
            claimed,
            agrees: result == claimed,
            precompile_calls: trace.oracle().calls(),
            witness_bytes: witness.size(),
            seconds: time.as_secs_f64(),
            steps_per_second: rate(trace.length(), time),
        }
    }
}

impl fmt::Display for RunReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.block {
            Some(block) => writeln!(out, "block step {} makes L2 block {block} out of batch {}", self.block_step, self.batch)?,
            None => writeln!(out, "block step {} makes no block; it reads batch {}", self.block_step, self.batch)?,
        }
        writeln!(out, "program  {}", self.program)?;
        writeln!(out, "input    {}, {} bytes of witness", self.input, grouped(self.witness_bytes as u64))?;
        let (steps, rate) = (grouped(self.steps), grouped(self.steps_per_second));
        writeln!(out, "steps    {steps} in {:.3} s ({rate} a second), {} precompile calls", self.seconds, self.precompile_calls)?;
        writeln!(out, "end      {}, state hash {}", self.status, self.end)?;
        writeln!(out, "result   {}", self.result)?;
        match self.agrees {
            true => write!(out, "         the chain has the same"),
            false => write!(out, "         THE CHAIN HAS ANOTHER: {}", self.claimed),
        }
    }
}
