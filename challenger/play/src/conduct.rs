//! How a player behaves: honestly, unless a test makes it otherwise.

use crate::{own::Settled, truth::StoreTruth};
use gainsay_game::{
    act::Act,
    decide::{OwnChain, Todo},
    truth::Truth,
};

/// Whether something is done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// As soon as it is ready.
    Now,
    /// Not before this L1 time, seconds; what it takes is computed meanwhile.
    NotBefore(u64),
    /// Not at all.
    Never,
}

/// What a player holds true and how it acts on it. An actor that is to misbehave wraps what the honest one has.
pub trait Conduct: Send + Sync + 'static {
    /// What moves are computed from. Made anew for every move, on the thread that computes it.
    type Truth: Truth + 'static;
    /// What claims are made from.
    type Own<'a>: OwnChain
    where
        Self: 'a;

    /// Around the truth.
    fn truth(&self, honest: StoreTruth) -> Self::Truth;

    /// Around the own chain.
    fn own<'a>(&'a self, honest: Settled<'a>) -> Self::Own<'a>;

    /// When to do something of the plan; `now` is the time of L1's newest block, seconds. Asked again in every round.
    fn when(&self, todo: &Todo, now: u64) -> When {
        let _ = (todo, now);
        When::Now
    }

    /// What is sent in the place of an act that is ready. Where that has no effect on the match, the same is asked for again.
    fn instead(&self, act: Act) -> Act {
        act
    }
}

/// Tells the truth, at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Honest;

impl Conduct for Honest {
    type Truth = StoreTruth;
    type Own<'a> = Settled<'a>;

    fn truth(&self, honest: StoreTruth) -> StoreTruth {
        honest
    }

    fn own<'a>(&'a self, honest: Settled<'a>) -> Settled<'a> {
        honest
    }
}
