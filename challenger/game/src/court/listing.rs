//! The list of assertions for users' tools.

use super::{Court, Refusal};
use alloy::primitives::{Address, B256};
use gainsay_bindings::Games::{self as Sol, GamesErrors};
use gainsay_l1::{GamesEvent, L1Event};
use gainsay_types::{State, assertion_id};

/// The first contract that Games creates is the code of all games; the games come after it.
const FIRST_NONCE: u64 = 2;

impl Court {
    /// Anyone lists an assertion, once: it exists in the Rollup, and its parent is listed or confirmed.
    pub(super) fn list(&mut self, parent: B256, end: &State, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        let id = assertion_id(parent, end.hash());
        if !self.tree.contains_key(&id) {
            return Err(GamesErrors::UnknownAssertion(Sol::UnknownAssertion { id }).into());
        }
        if let Some(index) = self.listed.get(&id) {
            return Err(GamesErrors::AlreadyListed(Sol::AlreadyListed { game: self.game(*index) }).into());
        }
        // INVARIANT: on the line of unconfirmed assertions without a rival, indexes grow from parent to child.
        if !self.listed.contains_key(&parent) && !self.tree.get(&parent).is_some_and(|parent| parent.confirmed) {
            return Err(GamesErrors::ParentNotListed(Sol::ParentNotListed { parent }).into());
        }
        let index = self.listed.len() as u64;
        self.listed.insert(id, index);
        events.push(L1Event::Games(GamesEvent::Listed { assertion: id, index, game: self.game(index) }));
        Ok(())
    }

    pub(super) fn game(&self, index: u64) -> Address {
        self.rules.games.create(FIRST_NONCE + index)
    }
}
