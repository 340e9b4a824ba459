//! Logs that the contracts cannot have emitted.

use alloy::primitives::B256;

/// Why an event cannot be what the contract emitted next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// The log does not have the event's shape.
    #[error("a log of {event} does not decode: {reason}")]
    Shape {
        /// Name of the event.
        event: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The parts of the log contradict each other.
    #[error("a log of {event} contradicts itself: {reason}")]
    Contradiction {
        /// Name of the event.
        event: &'static str,
        /// What does not fit.
        reason: &'static str,
    },
    /// The log is from another block than asked for.
    #[error("a log says it is from block {found:?}")]
    Block {
        /// Hash that the log names.
        found: Option<B256>,
    },
    /// Positions are not consecutive.
    #[error("{entry} {expected} should come next, but {found} came")]
    Gap {
        /// `batch` or `message`.
        entry: &'static str,
        /// Next position.
        expected: u64,
        /// Position in the log.
        found: u64,
    },
    /// The accumulator that the log gives is not the one recomputed from what it contains.
    #[error("{entry} {index} does not lead to the accumulator that its log gives")]
    Accumulator {
        /// `batch` or `message`.
        entry: &'static str,
        /// Position.
        index: u64,
    },
    /// Number or time of the L1 block in the entry is not that of the block.
    #[error("{entry} {index} names another L1 block than its own")]
    Origin {
        /// `batch` or `message`.
        entry: &'static str,
        /// Position.
        index: u64,
    },
    /// The payload in the log is not the one in the header.
    #[error("the payload of batch {index} is not the one its header commits to")]
    Payload {
        /// Position.
        index: u64,
    },
}
