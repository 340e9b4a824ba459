//! Events of Games.

use super::{EventFault, decode};
use alloy::{
    primitives::{Address, B256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use gainsay_bindings::Games;

/// Something that happened to the list of games.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GamesEvent {
    /// An assertion was listed: it has a game that users' tools find.
    Listed {
        /// The assertion.
        assertion: B256,
        /// Its place in the list, from 0. A `U256` on L1, but no list gets beyond 2^64.
        index: u64,
        /// The game.
        game: Address,
    },
}

/// Reads a log of Games; none for events that are not known here.
pub(super) fn games_event(log: &Log) -> Result<Option<GamesEvent>, EventFault> {
    if log.topic0() != Some(&Games::AssertionListed::SIGNATURE_HASH) {
        return Ok(None);
    }
    let Games::AssertionListed { assertionId, index, game } = decode(log)?;
    let index = u64::try_from(index)
        .map_err(|_| EventFault::Shape { event: "AssertionListed", reason: format!("index {index} is beyond what any list can have") })?;
    Ok(Some(GamesEvent::Listed { assertion: assertionId, index, game }))
}
