//! One answer, computed on a blocking thread.

use crate::{conduct::Conduct, truth::StoreTruth};
use alloy::{
    primitives::{B256, keccak256},
    sol_types::SolValue,
};
use gainsay_bindings::Matches::Rivals;
use gainsay_game::{
    act::Act,
    assertions::Assertion,
    decide::Todo,
    ledger::Ledger,
    matches::{MatchView, match_id, round},
    play,
};

/// What is to be computed.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    /// The first dissection of a match that is not open.
    Open { rivals: Box<Rivals>, fork: Box<Assertion> },
    /// The next move of a match.
    Play { view: Box<MatchView>, fork: Box<Assertion> },
}

impl Job {
    /// The job behind an item of the plan; none for what needs no truth, and for what the ledger does not have any more.
    pub(crate) fn of(todo: &Todo, ledger: &Ledger) -> Option<Self> {
        match todo {
            Todo::Act(_) => None,
            Todo::Open { rivals, fork, .. } => {
                let fork = Box::new(ledger.assertions().get(fork)?.clone());
                Some(Self::Open { rivals: Box::new(rivals.clone()), fork })
            }
            Todo::Play { match_id, .. } => {
                let view = ledger.match_by_id(match_id)?;
                let fork = Box::new(ledger.assertions().get(&view.fork)?.clone());
                Some(Self::Play { view: Box::new(view.clone()), fork })
            }
        }
    }

    /// The match, and a hash of all that the answer depends on.
    pub(crate) fn position(&self) -> (B256, B256) {
        match self {
            Self::Open { rivals, .. } => (match_id(rivals.first, rivals.second), keccak256((**rivals).abi_encode())),
            Self::Play { view, .. } => (view.id, view.hash()),
        }
    }

    /// Whether block steps alone are asked for, which the store has.
    pub(crate) fn is_quick(&self) -> bool {
        match self {
            Self::Open { .. } => true,
            Self::Play { view, .. } => view.round() < round::BLOCK,
        }
    }

    /// Computes it. Takes minutes where a run has to be traced.
    pub(crate) fn run(self, conduct: &impl Conduct, honest: StoreTruth) -> Result<Act, String> {
        let mut truth = conduct.truth(honest);
        let act = match self {
            Self::Open { rivals, fork } => play::open(*rivals, &fork, &mut truth),
            Self::Play { view, fork } => play::play(&view, &fork, &mut truth),
        };
        act.map_err(|error| error.to_string())
    }
}
