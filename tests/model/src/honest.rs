//! A player that follows the rules of the argument: it does what `decide` says, plays by the truth, and L1 keeps it waiting at most so long.

use crate::truth::{Derived, Story, TruthError};
use alloy::primitives::Address;
use gainsay_game::{
    act::{Act, Load},
    court::Parts,
    decide::{Alarm, Plan, Policy, Todo, decide},
    ledger::Ledger,
    play::{self, PlayError},
    settings::Settings,
};

/// What an honest player cannot do.
#[derive(Debug, thiserror::Error)]
pub enum HonestError {
    /// A move that should be there is not.
    #[error("{todo:?} cannot be done: {source}")]
    Play {
        /// What was to be done.
        todo: Box<Todo>,
        /// Why not.
        source: PlayError<TruthError>,
    },
    /// The plan names what the ledger does not have.
    #[error("{todo:?} is about something that is not in the ledger")]
    Unknown {
        /// What was to be done.
        todo: Box<Todo>,
    },
}

/// What is to be done, each with the time since when.
pub type Waiting = Vec<(Todo, u64)>;

/// An honest player, and how long what it wants to do has waited.
#[derive(Clone, Debug)]
pub struct Honest {
    /// Its address.
    pub address: Address,
    /// What it is there for.
    pub policy: Policy,
    /// Seconds for which it may still be censored.
    pub budget: u64,
    /// What was kept out of the last block.
    pub waiting: Waiting,
}

impl Honest {
    /// The plan at time `now`.
    #[must_use]
    pub fn plan(&self, ledger: &Ledger, chain: &Derived<'_>, now: u64, settings: &Settings) -> Plan {
        decide(ledger, self.address, chain, now, settings, self.policy)
    }

    /// What there is to do at time `until`, and since when, after `from`.
    #[must_use]
    pub fn due(&self, ledger: &Ledger, chain: &Derived<'_>, from: u64, until: u64, settings: &Settings) -> (Waiting, Vec<Alarm>) {
        let plan = self.plan(ledger, chain, until, settings);
        if plan.todos.is_empty() {
            return (Vec::new(), plan.alarms);
        }
        let before = if until == from { plan.clone() } else { self.plan(ledger, chain, from, settings) };
        let since = |todo: &Todo| match self.waiting.iter().find(|(known, _)| same(known, todo)) {
            Some((_, since)) => *since,
            None if before.todos.iter().any(|known| same(known, todo)) => from,
            None => {
                let there = |time| self.plan(ledger, chain, time, settings).todos.iter().any(|known| same(known, todo));
                first(from + 1, until, there)
            }
        };
        let due = plan.todos.iter().map(|todo| (todo.clone(), since(todo))).collect();
        (due, plan.alarms)
    }

    /// The latest time of the next block that the censorship budget allows, if this is what waits.
    #[must_use]
    pub fn latest(&self, due: &[(Todo, u64)], from: u64, reaction: u64) -> u64 {
        due.iter().map(|(_, since)| from.max(since + reaction) + self.budget).min().unwrap_or(u64::MAX)
    }

    /// Seconds of censorship that a block at `until` after one at `from` takes.
    #[must_use]
    pub fn cost(due: &[(Todo, u64)], from: u64, until: u64, reaction: u64) -> u64 {
        due.iter().map(|(_, since)| until.saturating_sub(from.max(since + reaction))).max().unwrap_or_default()
    }

    /// The transactions of one thing to do, in order.
    ///
    /// # Errors
    /// If it cannot be done: never, by the argument.
    pub fn acts(&self, todo: &Todo, ledger: &Ledger, chain: Derived<'_>, parts: &Parts) -> Result<Vec<Act>, HonestError> {
        let failed = |source| HonestError::Play { todo: Box::new(todo.clone()), source };
        let unknown = || HonestError::Unknown { todo: Box::new(todo.clone()) };
        let mut truth = Story { chain, lie: None };
        let act = match todo {
            Todo::Act(act) => act.clone(),
            Todo::Open { rivals, fork, .. } => {
                let fork = ledger.assertions().get(fork).ok_or_else(unknown)?;
                play::open(rivals.clone(), fork, &mut truth).map_err(failed)?
            }
            Todo::Play { match_id, .. } => {
                let found = ledger.match_by_id(match_id).ok_or_else(unknown)?;
                let fork = ledger.assertions().get(&found.fork).ok_or_else(unknown)?;
                play::play(found, fork, &mut truth).map_err(failed)?
            }
        };
        Ok(load_for(&act, parts).into_iter().chain([act]).collect())
    }
}

/// Whether it is the same thing to do, though perhaps more of it by now: a stake that waits has one more hop to make when one becomes possible.
fn same(left: &Todo, right: &Todo) -> bool {
    match (left, right) {
        (Todo::Act(Act::Stake { .. }), Todo::Act(Act::Stake { .. })) => true,
        (Todo::Act(Act::Advance { stake, .. }), Todo::Act(Act::Advance { stake: other, .. })) => stake == other,
        _ => left == right,
    }
}

/// What must be loaded before a step.
pub(crate) fn load_for(act: &Act, parts: &Parts) -> Option<Act> {
    let Act::Step { part: Some((key, index)), preimage: Some(preimage), .. } = act else { return None };
    if parts.get(key, *index).is_some() {
        return None;
    }
    Load::of(preimage, *index).ok().flatten().map(Act::Load)
}

/// The first time from `from` on at which something holds that holds at `until` and, once it does, goes on to.
fn first(from: u64, until: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (from, until);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}
