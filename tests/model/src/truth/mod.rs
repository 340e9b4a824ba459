//! What the players of the model hold true: the chain that the program gives, or a lie about it.

mod lie;
#[cfg(test)]
mod tests;

pub use lie::{Forgery, Lie, Twist};

use crate::run::{Run, RunError, Runs};
use alloy::primitives::B256;
use gainsay_bindings::Matches::Opening;
use gainsay_game::{
    assertions::Assertion,
    decide::OwnChain,
    truth::{Truth, opening, opening_hash, run_says},
};
use gainsay_trace::{MAX_STEPS, ProvenStep};
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, State, inputs_hash};
use std::rc::Rc;

/// Why the model has no answer.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// The program is wrong.
    #[error("{0}")]
    Run(String),
    /// The inbox is not known that far.
    #[error("batch {index} is not in the inbox")]
    Batch {
        /// Its position, from 1.
        index: u64,
    },
}

impl From<RunError> for TruthError {
    fn from(error: RunError) -> Self {
        Self::Run(error.to_string())
    }
}

/// What everybody derives from L1: the inbox, and the program over it.
#[derive(Clone, Copy, Debug)]
pub struct Derived<'a> {
    /// The program's runs.
    pub runs: &'a Runs,
    /// `batchAcc` by index; the first is 0.
    pub batches: &'a [B256],
    /// Hash of the chain config.
    pub config_hash: B256,
}

impl Derived<'_> {
    /// The state so many block steps after `from`, over the inbox up to `target`. Each step consumes one batch; then nothing changes any more.
    #[must_use]
    pub fn state_after(&self, from: &State, target: u64, steps: u64) -> State {
        let moves = steps.min(target.saturating_sub(from.batch_index));
        if moves == 0 { *from } else { State { batch_index: from.batch_index + moves, batch_offset: 0, ..*from } }
    }

    /// The true run of a block step below `fork`.
    ///
    /// # Errors
    /// When the inbox is not known that far.
    pub fn run_below(&self, fork: &Assertion, block_step: u64) -> Result<Rc<Run>, TruthError> {
        self.run(&self.state_after(&fork.end, fork.target, block_step), fork.target)
    }

    fn run(&self, from: &State, target: u64) -> Result<Rc<Run>, TruthError> {
        let next = from.batch_index.saturating_add(1);
        let acc = match self.batches.get(next as usize) {
            _ if from.batch_index >= target => B256::ZERO,
            Some(acc) => *acc,
            None => return Err(TruthError::Batch { index: next }),
        };
        Ok(self.runs.of(acc, from.hash(), self.config_hash)?)
    }
}

impl OwnChain for Derived<'_> {
    fn end_state(&self, parent: &State, target: u64) -> Option<State> {
        (target <= self.batch_count()).then(|| self.state_after(parent, target, BLOCK_STEPS_PER_ASSERTION))
    }

    fn inputs_hash(&self, target: u64) -> Option<B256> {
        self.batches.get(target as usize).map(|acc| inputs_hash(target, *acc))
    }

    fn batch_count(&self) -> u64 {
        self.batches.len() as u64 - 1
    }
}

/// A run that does not say what a story needs, and the final state that is shown instead.
type Forged = (Lie, Opening);

/// What one player holds true below one fork.
#[derive(Clone, Copy, Debug)]
pub struct Story<'a> {
    /// What everybody derives.
    pub chain: Derived<'a>,
    /// None for the truth.
    pub lie: Option<Lie>,
}

impl Story<'_> {
    /// The state that it claims so many block steps after `from`.
    #[must_use]
    pub fn state_after(&self, from: &State, target: u64, steps: u64) -> State {
        match &self.lie {
            Some(lie) => lie.state_after(&self.chain, from, target, steps),
            None => self.chain.state_after(from, target, steps),
        }
    }

    /// What it claims the end of a child to be.
    #[must_use]
    pub fn claim(&self, parent: &Assertion) -> State {
        self.state_after(&parent.end, parent.target, BLOCK_STEPS_PER_ASSERTION)
    }

    fn at(&self, fork: &Assertion, steps: u64) -> State {
        self.state_after(&fork.end, fork.target, steps)
    }

    /// The real run from where the story says it starts, and how it is forged if it does not say what comes next in the story.
    fn run(&self, fork: &Assertion, block_step: u64) -> Result<(Rc<Run>, Option<Forged>), TruthError> {
        let (from, next) = (self.at(fork, block_step), self.at(fork, block_step + 1));
        let run = self.chain.run(&from, fork.target)?;
        let fits = run_says(&from, &opening(&run.end())) == next.hash();
        let forged = self.lie.filter(|_| !fits).map(|lie| (lie, lie.last(&run, &next)));
        Ok((run, forged))
    }
}

impl Truth for Story<'_> {
    type Error = TruthError;

    fn block_hashes(&mut self, fork: &Assertion, steps: &[u64]) -> Result<Vec<B256>, TruthError> {
        Ok(steps.iter().map(|step| self.at(fork, *step).hash()).collect())
    }

    fn state(&mut self, fork: &Assertion, step: u64) -> Result<State, TruthError> {
        Ok(self.at(fork, step))
    }

    fn run_hashes(&mut self, fork: &Assertion, block_step: u64, steps: &[u64]) -> Result<Vec<B256>, TruthError> {
        let (run, forged) = self.run(fork, block_step)?;
        let hash = |step: &u64| match &forged {
            Some((lie, last)) if *step > lie.machine_step => match lie.forgery {
                Forgery::Noise if *step < MAX_STEPS => lie.word(2 + block_step, *step),
                _ => opening_hash(last),
            },
            _ => run.hash(*step),
        };
        Ok(steps.iter().map(hash).collect())
    }

    fn run_end(&mut self, fork: &Assertion, block_step: u64) -> Result<Opening, TruthError> {
        let (run, forged) = self.run(fork, block_step)?;
        Ok(forged.map_or_else(|| opening(&run.end()), |(_, last)| last))
    }

    fn proof(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<ProvenStep, TruthError> {
        Ok(self.run(fork, block_step)?.0.prove(step)?)
    }
}
