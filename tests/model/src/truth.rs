//! What the players of the model hold true: the chain that the program gives, or a lie about it.

use crate::run::{Run, RunError, Runs};
use alloy::primitives::{B256, U256, keccak256};
use gainsay_bindings::Matches::Opening;
use gainsay_game::{
    assertions::Assertion,
    decide::OwnChain,
    truth::{Truth, opening, opening_hash, run_says},
};
use gainsay_machine::Status;
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

/// What a lie changes in every state after it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Another output root.
    Root,
    /// Blocks that never were.
    Blocks,
    /// Messages consumed that were not.
    Deposits,
    /// The cursor within a batch.
    Offset,
    /// Batches left out: the chain stays where the lie begins.
    Behind,
}

/// How a forged run leaves the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// It is in its false final state at once: one step is false.
    Jump,
    /// Every state after it is false, and none follows from the one before.
    Noise,
}

/// A false story about what comes after one assertion, told consistently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lie {
    /// Makes it another one than others of its kind.
    pub seed: u64,
    /// Block steps that are true.
    pub block_step: u64,
    /// What is false then.
    pub twist: Twist,
    /// Machine steps that are true in a run that does not say what the story needs.
    pub machine_step: u64,
    /// How that run goes on.
    pub forgery: Forgery,
}

impl Lie {
    fn word(&self, what: u64, number: u64) -> B256 {
        keccak256([self.seed, what, number].map(|number| B256::from(U256::from(number)).0).concat())
    }

    fn state_after(&self, chain: &Derived<'_>, from: &State, target: u64, steps: u64) -> State {
        let state = chain.state_after(from, target, steps);
        if steps <= self.block_step {
            return state;
        }
        let more = 1 + self.seed % 1_000;
        match self.twist {
            Twist::Root => State { output_root: self.word(0, 0), ..state },
            Twist::Blocks => State { l2_block_number: state.l2_block_number.wrapping_add(more), ..state },
            Twist::Deposits => State { deposit_index: state.deposit_index.wrapping_add(more), ..state },
            Twist::Offset => State { batch_offset: state.batch_offset.wrapping_add(more), ..state },
            Twist::Behind => chain.state_after(from, target, self.block_step),
        }
    }

    /// The final state of a run that says `next`: the real one, but well halted.
    fn last(&self, real: &Run, next: &State) -> Opening {
        Opening { output: next.hash(), status: Status::HALTED.0, registersHash: self.word(1, 0), ..opening(&real.end()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fork(batch_index: u64, target: u64) -> Assertion {
        let end = State { batch_index, ..State::genesis(B256::repeat_byte(1)) };
        Assertion {
            id: B256::repeat_byte(2),
            parent: B256::ZERO,
            end,
            target,
            inputs_hash: B256::ZERO,
            l1_number: 1,
            l1_time: 1,
            confirmed_in: None,
        }
    }

    fn batches(count: u64) -> Vec<B256> {
        (0..=count).map(|index| if index == 0 { B256::ZERO } else { keccak256(index.to_be_bytes()) }).collect()
    }

    #[test]
    fn each_block_step_is_what_the_run_over_it_says() {
        let (runs, batches, fork) = (Runs::new().expect("loads"), batches(5), fork(1, 4));
        let mut truth = Story { chain: Derived { runs: &runs, batches: &batches, config_hash: B256::ZERO }, lie: None };
        for step in (0..6).chain([BLOCK_STEPS_PER_ASSERTION - 1]) {
            let (from, next) = (truth.at(&fork, step), truth.at(&fork, step + 1));
            let last = truth.run_end(&fork, step).expect("it runs");
            assert_eq!(run_says(&from, &last), next.hash(), "block step {step}");
            assert_eq!(truth.run_hashes(&fork, step, &[MAX_STEPS]).expect("it runs"), [opening_hash(&last)]);
        }
        assert_eq!(truth.claim(&fork).batch_index, 4);
    }

    #[test]
    fn a_lie_is_true_up_to_where_it_begins_and_consistent_from_there() {
        let (runs, batches, fork) = (Runs::new().expect("loads"), batches(5), fork(1, 4));
        let chain = Derived { runs: &runs, batches: &batches, config_hash: B256::ZERO };
        for twist in [Twist::Root, Twist::Blocks, Twist::Deposits, Twist::Offset, Twist::Behind] {
            for (block_step, forgery) in [(0, Forgery::Jump), (2, Forgery::Noise)] {
                let lie = Lie { seed: 7, block_step, twist, machine_step: 9, forgery };
                let (mut truth, mut liar) = (Story { chain, lie: None }, Story { chain, lie: Some(lie) });
                assert_ne!(truth.claim(&fork), liar.claim(&fork), "{lie:?}");
                for step in 0..6 {
                    let same = truth.at(&fork, step) == liar.at(&fork, step);
                    assert_eq!(same, step <= block_step, "{lie:?} at {step}");
                    let last = liar.run_end(&fork, step).expect("it runs");
                    assert_eq!(run_says(&liar.at(&fork, step), &last), liar.at(&fork, step + 1).hash(), "{lie:?} at {step}");
                    assert_eq!(liar.run_hashes(&fork, step, &[MAX_STEPS]).expect("it runs"), [opening_hash(&last)]);
                }
                let hashes = |story: &mut Story<'_>, step| story.run_hashes(&fork, block_step, &[step]).expect("it runs");
                assert_eq!(hashes(&mut truth, 9), hashes(&mut liar, 9));
                assert_ne!(hashes(&mut truth, 10), hashes(&mut liar, 10));
            }
        }
    }

    #[test]
    fn a_batch_that_is_not_in_the_inbox_is_named() {
        let (runs, batches, fork) = (Runs::new().expect("loads"), batches(2), fork(1, 9));
        let mut truth = Story { chain: Derived { runs: &runs, batches: &batches, config_hash: B256::ZERO }, lie: None };
        assert!(matches!(truth.run_end(&fork, 1), Err(TruthError::Batch { index: 3 })));
        assert_eq!(truth.chain.end_state(&fork.end, 3), None);
        assert_eq!(truth.chain.inputs_hash(3), None);
    }
}
