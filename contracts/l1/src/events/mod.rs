//! Events of the Inbox, the Rollup, Matches and Games; those of the Inbox are checked against the accumulators.

mod fault;
mod games;
mod inbox;
mod matches;
mod rollup;
#[cfg(test)]
mod tests;

pub use fault::EventFault;
pub use games::GamesEvent;
pub use inbox::{BatchPayload, InboxCursor, InboxEvent};
pub use matches::MatchesEvent;
pub use rollup::RollupEvent;

use alloy::{rpc::types::Log, sol_types::SolEvent};

/// Something that happened on L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum L1Event {
    /// In the Inbox.
    Inbox(InboxEvent),
    /// In the Rollup.
    Rollup(RollupEvent),
    /// In Matches.
    Matches(MatchesEvent),
    /// In Games.
    Games(GamesEvent),
}

fn decode<E: SolEvent>(log: &Log) -> Result<E, EventFault> {
    E::decode_log_validate(&log.inner)
        .map(|log| log.data)
        .map_err(|error| EventFault::Shape { event: E::SIGNATURE.split('(').next().unwrap_or_default(), reason: error.to_string() })
}
