//! What the logs of L1 say, as far as the model needs it. Goes back with L1.

use crate::l2::{Arrival, Message, Output, facts::read_message};
use alloy::{
    primitives::{Address, B256, Log, U256},
    sol_types::SolEvent,
};
use gainsay_bindings::{Inbox, L1CrossDomainMessenger, Portal};
use gainsay_game::matches::MatchView;
use gainsay_model::chain::Addresses;
use gainsay_types::State;
use std::collections::BTreeMap;

/// An assertion.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// Its id.
    pub id: B256,
    /// Place of its parent; its own at genesis.
    pub parent: usize,
    /// What it claims.
    pub end: State,
    /// What its output root stands for.
    pub output: Output,
    /// Whether it, and all above it, are what the chain says.
    pub is_true: bool,
    /// Batches that its children read.
    pub target: u64,
    /// What its children name.
    pub inputs_hash: B256,
    /// Whether it is final.
    pub confirmed: bool,
    /// Place of its game.
    pub game: Option<u64>,
}

/// A proof that the Portal took.
#[derive(Clone, Copy, Debug)]
pub struct Proved {
    /// Place of the assertion.
    pub assertion: usize,
    /// When, seconds.
    pub time: u64,
}

/// What the logs of L1 say.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Assertions in the order of their claims; genesis first.
    pub assertions: Vec<Assertion>,
    /// Places of the assertions that were listed.
    pub games: Vec<usize>,
    /// The honest stake, and where it stands.
    pub honest: Option<(U256, usize)>,
    /// Stakes of the false assertions, and where they stand.
    pub liars: Vec<(U256, usize)>,
    /// Matches that go on.
    pub matches: Vec<MatchView>,
    /// By withdrawal and submitter.
    pub proofs: BTreeMap<(B256, Address), Proved>,
    /// Whether the call succeeded, of the withdrawals that are finalised.
    pub finalized: BTreeMap<B256, bool>,
    /// How often each was.
    pub times_finalized: BTreeMap<B256, u64>,
    /// Messages to L2.
    pub messages: Vec<Message>,
    /// How often each message from L2 was delivered.
    pub delivered: BTreeMap<B256, u64>,
    /// Tokens that moved in the transactions that delivered them.
    pub arrivals: BTreeMap<B256, Vec<Arrival>>,
}

impl Records {
    /// Place of the latest confirmed assertion.
    #[must_use]
    pub fn latest(&self) -> usize {
        self.assertions.iter().rposition(|one| one.confirmed).unwrap_or_default()
    }

    /// Place of an assertion.
    #[must_use]
    pub fn place(&self, id: B256) -> Option<usize> {
        self.assertions.iter().position(|one| one.id == id)
    }

    /// Children of an assertion.
    pub fn children(&self, parent: usize) -> impl Iterator<Item = usize> {
        let children = self.assertions.iter().enumerate().skip(1);
        children.filter(move |(_, one)| one.parent == parent).map(|(place, _)| place)
    }

    /// The true child.
    #[must_use]
    pub fn true_child(&self, parent: usize) -> Option<usize> {
        self.children(parent).find(|place| self.assertions[*place].is_true)
    }

    /// The end of the true line.
    #[must_use]
    pub fn true_tip(&self) -> usize {
        let mut tip = 0;
        while let Some(child) = self.true_child(tip) {
            tip = child;
        }
        tip
    }

    /// The places on the way down from `above` to `place`, without `above`.
    #[must_use]
    pub fn path(&self, above: usize, place: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = place;
        while at != above && at != 0 {
            path.push(at);
            at = self.assertions[at].parent;
        }
        path.reverse();
        path
    }

    /// Reads the logs of a transaction, beside those of assertions.
    pub(crate) fn read(&mut self, at: &Addresses, log: &Log) {
        if log.address == at.portal {
            if let Ok(event) = Portal::WithdrawalFinalized::decode_log(log) {
                self.finalized.insert(event.withdrawalHash, event.success);
                *self.times_finalized.entry(event.withdrawalHash).or_default() += 1;
            }
        } else if log.address == at.messenger {
            read_message(&mut self.messages, log);
            if let Ok(event) = L1CrossDomainMessenger::RelayedMessage::decode_log(log) {
                *self.delivered.entry(event.msgHash).or_default() += 1;
            }
        } else if log.address == at.inbox
            && let Ok(event) = Inbox::MessageEnqueued::decode_log(log)
            && let Some(last) = self.messages.last_mut()
            && last.index.is_none()
        {
            // The messenger's deposit comes right behind its message.
            last.index = Some(event.index);
        }
    }
}
