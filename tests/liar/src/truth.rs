//! What a liar says when it is asked for moves: the truth up to one machine step, and false from there on so that it fits the claim.

use crate::{
    elsewhere::StoryError,
    script::{Script, Turn},
    seed,
    story::Story,
};
use alloy::primitives::{B256, keccak256};
use gainsay_bindings::Matches::Opening;
use gainsay_game::{
    assertions::Assertion,
    truth::{Truth, opening_hash},
};
use gainsay_machine::Status;
use gainsay_play::truth::{StoreTruth, TruthError};
use gainsay_store::StoreError;
use gainsay_trace::{MAX_STEPS, ProvenStep};
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, State};

/// Why a liar is at a loss.
#[derive(Debug, thiserror::Error)]
pub enum LieError {
    /// For want of the truth.
    #[error(transparent)]
    Truth(#[from] TruthError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The story.
    #[error(transparent)]
    Story(#[from] StoryError),
    /// The run has no step of the kind at which it is to turn false.
    #[error("no step of the run of block step {block_step} does what the lie is to be about: choose another --machine")]
    NoSuchStep {
        /// Block steps from the fork's end state.
        block_step: u64,
    },
    /// Asked about a run that begins in a false state. An honest rival never comes there.
    #[error("block step {block_step} begins in a state that is false already: there is no run of it")]
    BeyondTheLie {
        /// Block steps from the fork's end state.
        block_step: u64,
    },
}

/// The truth, or a story in its place. Made anew for each move.
pub struct LyingTruth {
    honest: StoreTruth,
    script: Script,
    /// Everything between the ends of what is asked for is noise, another one in each move.
    noise: Option<u64>,
}

/// A run that says what the story needs.
struct Forged {
    last: Opening,
    turn: Turn,
}

impl LyingTruth {
    /// Tells what `script` says, and noise in the place of all points between if there is a number for it.
    #[must_use]
    pub const fn new(honest: StoreTruth, script: Script, noise: Option<u64>) -> Self {
        Self { honest, script, noise }
    }

    fn story(&self, fork: &Assertion) -> Result<Option<Story>, StoryError> {
        let story = self.script.story(&fork.end, fork.target)?;
        Ok(story.filter(|_| self.script.aim.fork().is_some_and(|aim| aim.id == fork.id)))
    }

    fn told(&mut self, fork: &Assertion, steps: u64) -> Result<State, LieError> {
        match self.story(fork)? {
            Some(story) => Ok(story.state(steps)?),
            None => Ok(self.honest.state(fork, steps)?),
        }
    }

    /// The State that the run of a block step must say, if the true run does not; none where it does.
    fn needed(&mut self, fork: &Assertion, block_step: u64) -> Result<Option<B256>, LieError> {
        if let Some(salt) = self.noise {
            return Ok(Some(seed::word(&[salt, block_step + 1])));
        }
        let Some(story) = self.story(fork)? else { return Ok(None) };
        if story.state(block_step)? != story.truth(block_step)? {
            return Err(LieError::BeyondTheLie { block_step });
        }
        let next = story.state(block_step + 1)?;
        Ok((next != story.truth(block_step + 1)?).then(|| next.hash()))
    }

    fn forged(&mut self, fork: &Assertion, block_step: u64) -> Result<Option<Forged>, LieError> {
        let Some(output) = self.needed(fork, block_step)? else { return Ok(None) };
        let last = Opening { output, status: Status::HALTED.0, ..self.honest.run_end(fork, block_step)? };
        Ok(Some(Forged { last, turn: self.turn(fork, block_step)? }))
    }

    fn turn(&self, fork: &Assertion, block_step: u64) -> Result<Turn, LieError> {
        if self.noise.is_some() {
            return Ok(Turn { at: 0, length: MAX_STEPS });
        }
        if let Some(turn) = self.script.turn(&fork.id, block_step) {
            return Ok(turn);
        }
        let (divergence, seed) = (self.script.divergence, self.script.lie.seed);
        let found = self.honest.run(fork, block_step, |trace| Ok((divergence.resolve(trace, seed)?, trace.length())))?;
        let (Some(at), length) = found else { return Err(LieError::NoSuchStep { block_step }) };
        let turn = Turn { at, length };
        tracing::info!(block_step, machine_step = at, of = length, "the run is told truly up to here");
        self.script.keep(&fork.id, block_step, turn);
        Ok(turn)
    }

    /// A hash that fits the story after the turn: a state of its own for each step of the run, then the final one.
    fn false_hash(&self, block_step: u64, step: u64, forged: &Forged) -> B256 {
        if step >= forged.turn.length.max(forged.turn.at + 1) {
            return opening_hash(&forged.last);
        }
        let salt = self.noise.unwrap_or(self.script.lie.seed);
        keccak256([seed::word(&[salt, block_step, step]), forged.last.output].concat())
    }
}

impl Truth for LyingTruth {
    type Error = LieError;

    fn block_hashes(&mut self, fork: &Assertion, steps: &[u64]) -> Result<Vec<B256>, LieError> {
        let hash = |step: &u64| match self.noise {
            Some(salt) if (1..BLOCK_STEPS_PER_ASSERTION).contains(step) => Ok(seed::word(&[salt, *step])),
            _ => Ok(self.told(fork, *step)?.hash()),
        };
        steps.iter().map(hash).collect()
    }

    fn state(&mut self, fork: &Assertion, step: u64) -> Result<State, LieError> {
        match self.noise {
            // The agreed start is true, against an honest rival.
            Some(_) => Ok(self.honest.state(fork, step)?),
            None => self.told(fork, step),
        }
    }

    fn run_hashes(&mut self, fork: &Assertion, block_step: u64, steps: &[u64]) -> Result<Vec<B256>, LieError> {
        let Some(forged) = self.forged(fork, block_step)? else { return Ok(self.honest.run_hashes(fork, block_step, steps)?) };
        let (known, is_true): (Vec<u64>, Vec<bool>) = (
            steps.iter().copied().filter(|step| *step <= forged.turn.at).collect(),
            steps.iter().map(|step| *step <= forged.turn.at).collect(),
        );
        let mut honest = self.honest.run_hashes(fork, block_step, &known)?.into_iter();
        let hash = |(step, is_true): (&u64, bool)| {
            let true_hash = if is_true { honest.next() } else { None };
            true_hash.unwrap_or_else(|| self.false_hash(block_step, *step, &forged))
        };
        Ok(steps.iter().zip(is_true).map(hash).collect())
    }

    fn run_end(&mut self, fork: &Assertion, block_step: u64) -> Result<Opening, LieError> {
        match self.forged(fork, block_step)? {
            Some(forged) => Ok(forged.last),
            None => Ok(self.honest.run_end(fork, block_step)?),
        }
    }

    fn proof(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<ProvenStep, LieError> {
        Ok(self.honest.proof(fork, block_step, step)?)
    }
}
