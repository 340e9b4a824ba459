//! What a liar says, and below which fork.

use crate::{
    divergence::Divergence,
    elsewhere::StoryError,
    lie::Lie,
    story::{Chronicle, Story},
};
use alloy::primitives::B256;
use gainsay_game::assertions::Assertion;
use gainsay_types::State;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The fork below which a lie is told; all liars of a process lie below one. Everywhere else they tell the truth.
#[derive(Clone, Default)]
pub struct Aim(Arc<Mutex<Option<Option<Assertion>>>>);

impl Aim {
    /// Lies below this assertion from now on.
    pub fn take(&self, fork: Option<Assertion>) {
        *lock(&self.0) = Some(fork);
    }

    /// A fork was looked for, and there is none yet. Who goes on with the truth before that may pass by the place for its lie.
    #[must_use]
    pub fn is_nowhere(&self) -> bool {
        matches!(*lock(&self.0), Some(None))
    }

    /// The assertion, once there is one.
    #[must_use]
    pub fn fork(&self) -> Option<Assertion> {
        lock(&self.0).clone().flatten()
    }
}

/// Where a run leaves the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Machine steps that are true.
    pub at: u64,
    /// Steps of the true run.
    pub length: u64,
}

/// A lie, where it turns false in the machine, and the fork below which it is told.
#[derive(Clone)]
pub struct Script {
    /// About the chain.
    pub lie: Lie,
    /// In the machine.
    pub divergence: Divergence,
    /// Where.
    pub aim: Aim,
    chronicle: Chronicle,
    /// By the input of the run: found once, since searching takes a while.
    turns: Arc<Mutex<BTreeMap<(B256, u64), Turn>>>,
}

impl Script {
    /// Of a lie.
    #[must_use]
    pub fn new(lie: Lie, divergence: Divergence, aim: Aim, chronicle: Chronicle) -> Self {
        Self { lie, divergence, aim, chronicle, turns: Arc::default() }
    }

    /// The story below this fork; none where the truth is told.
    ///
    /// # Errors
    /// As [`Story::below`].
    pub fn story(&self, from: &State, target: u64) -> Result<Option<Story>, StoryError> {
        match self.aim.fork() {
            Some(fork) if fork.end == *from && fork.target == target => Story::below(&self.chronicle, from, target, self.lie),
            _ => Ok(None),
        }
    }

    /// Where the run of this block step below a fork turns, if that was found.
    #[must_use]
    pub fn turn(&self, fork: &B256, block_step: u64) -> Option<Turn> {
        lock(&self.turns).get(&(*fork, block_step)).copied()
    }

    pub(crate) fn keep(&self, fork: &B256, block_step: u64, turn: Turn) {
        lock(&self.turns).insert((*fork, block_step), turn);
    }
}

/// Nothing panics while it holds one of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
