//! Events of the Inbox and the Rollup, checked against the accumulators.

mod fault;
mod inbox;
mod rollup;
#[cfg(test)]
mod tests;

pub use fault::EventFault;
pub use inbox::{BatchPayload, InboxCursor, InboxEvent};
pub use rollup::RollupEvent;

use alloy::{rpc::types::Log, sol_types::SolEvent};

/// Something that happened on L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum L1Event {
    /// In the Inbox.
    Inbox(InboxEvent),
    /// In the Rollup.
    Rollup(RollupEvent),
}

fn decode<E: SolEvent>(log: &Log) -> Result<E, EventFault> {
    E::decode_log(&log.inner)
        .map(|log| log.data)
        .map_err(|error| EventFault::Shape { event: E::SIGNATURE.split('(').next().unwrap_or_default(), reason: error.to_string() })
}
