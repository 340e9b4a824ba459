//! The truth of the chain below a fork, from the store and the machine.

mod traces;

pub use traces::{TraceLimits, Traces};

use alloy::primitives::B256;
use gainsay_bindings::Matches::Opening;
use gainsay_chain::witness::{WitnessError, idle_witness, witness};
use gainsay_game::{
    assertions::Assertion,
    truth::{Truth, opening},
};
use gainsay_program::Input;
use gainsay_store::{Store, StoreError};
use gainsay_trace::{Host, HostError, MAX_STEPS, ProvenStep, Trace, TraceError, Witness};
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, ChainConfig, State, inputs_hash};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Why the truth cannot be told now.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// The fork's own end state is not one of this chain.
    #[error("the own chain was never in the state {state} from which the fork starts: nothing below it can be played; was L1 reorganised?")]
    UnknownStart {
        /// Hash of the fork's end state.
        state: B256,
    },
    /// The chain is not derived that far.
    #[error("batch {target}, up to which the fork's children claim, is not derived yet: the chain is at batch {derived}")]
    NotDerived {
        /// The fork's target.
        target: u64,
        /// Batches derived.
        derived: u64,
    },
    /// L1 has other inputs for the fork than the own inbox.
    #[error("the fork's inputs on L1, {theirs}, are not those of the inbox here, {ours}: waiting for L1 to settle")]
    OtherInputs {
        /// Hash of the inputs that the assertion names.
        theirs: B256,
        /// Hash of what the inbox here has up to the same batch.
        ours: B256,
    },
    /// What the run reads.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The run.
    #[error(transparent)]
    Trace(#[from] TraceError<HostError>),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TruthError {
    /// Nobody wants the answer any more.
    #[must_use]
    pub const fn is_stop(&self) -> bool {
        matches!(self, Self::Trace(TraceError::Stopped { .. }))
    }
}

/// What the own chain holds true below a fork. Blocking: it reads the store, and runs the machine for what lies within a block step.
///
/// Beyond the fork's target the State stays as it is, whatever the chain has derived since.
#[derive(Clone)]
pub struct StoreTruth {
    store: Store,
    config: Arc<ChainConfig>,
    traces: Arc<Traces>,
    stop: CancellationToken,
}

/// The block steps of the chain that lie below a fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Steps of the chain up to the fork's end state.
    start: u64,
    /// Steps of the chain after which its children end.
    end: u64,
}

impl Place {
    const fn step(&self, offset: u64) -> u64 {
        let step = self.start.saturating_add(offset);
        if step < self.end { step } else { self.end }
    }
}

impl StoreTruth {
    /// Over a chain's store; the traces are shared with others. `stop` makes a run that is being traced end with an error.
    #[must_use]
    pub const fn new(store: Store, config: Arc<ChainConfig>, traces: Arc<Traces>, stop: CancellationToken) -> Self {
        Self { store, config, traces, stop }
    }

    /// The store that it reads.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Where the chain is below the fork, and which of its steps are the fork's: up to the target, at most 2^15.
    fn place(&self, fork: &Assertion) -> Result<Place, TruthError> {
        let heads = self.store.heads();
        let not_derived = TruthError::NotDerived { target: fork.target, derived: heads.safe.batch_index };
        let Some(start) = self.store.step_of(&fork.end)? else {
            let ahead = (fork.end.batch_index, fork.end.l2_block_number) > (heads.safe.batch_index, heads.safe.l2_block_number);
            return Err(if ahead { not_derived } else { TruthError::UnknownStart { state: fork.end.hash() } });
        };
        if heads.batches < fork.target {
            return Err(not_derived);
        }
        // INVARIANT: what is played is computed from what the fork's claims are computed from.
        let ours = inputs_hash(fork.target, self.store.batch_acc(fork.target)?);
        if ours != fork.inputs_hash {
            return Err(TruthError::OtherInputs { theirs: fork.inputs_hash, ours });
        }
        let most = start.saturating_add(BLOCK_STEPS_PER_ASSERTION);
        match self.store.step_at_batch(fork.target)? {
            Some(target) => Ok(Place { start, end: target.clamp(start, most) }),
            None if heads.steps >= most => Ok(Place { start, end: most }),
            None => Err(not_derived),
        }
    }

    fn state_at(&self, step: u64) -> Result<State, TruthError> {
        let missing = || StoreError::Missing { record: "block step", key: step.to_string() };
        Ok(self.store.step(step)?.ok_or_else(missing)?)
    }

    /// Asks the machine run of the block step that is taken after `block_step` steps below the fork. Takes minutes where it has to be traced.
    ///
    /// # Errors
    /// As the answers of [`Truth`].
    pub fn run<R>(
        &self,
        fork: &Assertion,
        block_step: u64,
        question: impl FnOnce(&mut Trace<Host>) -> Result<R, TraceError<HostError>>,
    ) -> Result<R, TruthError> {
        let place = self.place(fork)?;
        let step = place.step(block_step);
        let state = self.state_at(step)?;
        let idle = state.batch_index >= fork.target;
        // INVARIANT: the machine reads the batches that the fork fixed, nothing that came later.
        let batch_acc = if idle { B256::ZERO } else { self.store.batch_acc(state.batch_index.saturating_add(1))? };
        let input = Input { batch_acc, state_hash: state.hash(), config_hash: self.config.hash() }.hash();
        let witness = || self.witness(idle, step, &state);
        self.traces.ask(input, &self.stop, witness, question)
    }

    fn witness(&self, idle: bool, step: u64, state: &State) -> Result<Witness, TruthError> {
        let limit = self.traces.limits().witness;
        Ok(if idle { idle_witness(&self.config, state)? } else { witness(&self.store, &self.config, step.saturating_add(1), limit)? })
    }
}

impl Truth for StoreTruth {
    type Error = TruthError;

    fn block_hashes(&mut self, fork: &Assertion, steps: &[u64]) -> Result<Vec<B256>, TruthError> {
        let place = self.place(fork)?;
        steps.iter().map(|step| Ok(self.state_at(place.step(*step))?.hash())).collect()
    }

    fn state(&mut self, fork: &Assertion, step: u64) -> Result<State, TruthError> {
        let place = self.place(fork)?;
        self.state_at(place.step(step))
    }

    fn run_hashes(&mut self, fork: &Assertion, block_step: u64, steps: &[u64]) -> Result<Vec<B256>, TruthError> {
        let stop = self.stop.clone();
        self.run(fork, block_step, |trace| {
            // One after the other, since all of them can take as long as the whole run: whoever asks may lose interest meanwhile.
            let hash = |step: &u64| if stop.is_cancelled() { Err(TraceError::Stopped { step: *step }) } else { trace.hash(*step) };
            steps.iter().map(hash).collect()
        })
    }

    fn run_end(&mut self, fork: &Assertion, block_step: u64) -> Result<Opening, TruthError> {
        Ok(opening(&self.run(fork, block_step, |trace| trace.state(MAX_STEPS))?))
    }

    fn proof(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<ProvenStep, TruthError> {
        self.run(fork, block_step, |trace| trace.prove_with_preimage(step))
    }
}
