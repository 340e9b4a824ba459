//! Lies: what is false, from where on, and how it is made to fit.

use super::Derived;
use crate::run::Run;
use alloy::primitives::{B256, U256, keccak256};
use gainsay_bindings::Matches::Opening;
use gainsay_game::truth::opening;
use gainsay_machine::Status;
use gainsay_types::State;

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
    pub(super) fn word(&self, what: u64, number: u64) -> B256 {
        keccak256([self.seed, what, number].map(|number| B256::from(U256::from(number)).0).concat())
    }

    pub(super) fn state_after(&self, chain: &Derived<'_>, from: &State, target: u64, steps: u64) -> State {
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
    pub(super) fn last(&self, real: &Run, next: &State) -> Opening {
        Opening { output: next.hash(), status: Status::HALTED.0, registersHash: self.word(1, 0), ..opening(&real.end()) }
    }
}
