//! What can go wrong with L1, and what a caller does about it.

use crate::EventFault;
use alloy::{
    primitives::Address,
    transports::{TransportError, TransportErrorKind, http::reqwest},
};

/// What the caller does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The same call may succeed later: wait and repeat it.
    Retry,
    /// What the caller holds no longer fits L1: drop it, and start again from what is finalised.
    Reset,
    /// Nothing helps but a person: end with this message.
    Stop,
}

/// A call to L1 that did not give an answer that can be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum L1Error {
    /// The URL cannot be used.
    #[error("`{url}` is not a URL of an L1 node: {reason}; give one like http://127.0.0.1:8545")]
    Url {
        /// As given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection, no answer in time, or the server is overloaded.
    #[error("L1 at {url} cannot be reached: {reason}; check that it runs and that the URL is right")]
    Unreachable {
        /// Scheme, host and port; the rest may be secret.
        url: String,
        /// Innermost cause.
        reason: String,
    },
    /// The node answered with an error.
    #[error("L1 at {url} refused {method}: {message} (code {code})")]
    Refused {
        /// Scheme, host and port.
        url: String,
        /// JSON-RPC method.
        method: &'static str,
        /// JSON-RPC error code.
        code: i64,
        /// The node's words.
        message: String,
    },
    /// A call reverted.
    #[error("a call of {to} on L1 reverted: {reason}")]
    Reverted {
        /// The contract called.
        to: Address,
        /// Decoded custom error, or the node's words.
        reason: String,
    },
    /// An answer that is not what the method returns.
    #[error("L1 at {url} answered {method} with something unexpected: {reason}")]
    Malformed {
        /// Scheme, host and port.
        url: String,
        /// JSON-RPC method.
        method: &'static str,
        /// What was wrong.
        reason: String,
    },
    /// The URL leads to another chain.
    #[error("L1 at {url} is chain {found}, but chain {expected} is configured; check the L1 URL and the chain id")]
    WrongChain {
        /// Scheme, host and port.
        url: String,
        /// As configured.
        expected: u64,
        /// As the node says.
        found: u64,
    },
    /// The node does not have a block that it, or another node behind the same URL, had a moment ago.
    #[error("L1 at {url} does not have block {block} (yet)")]
    NoBlock {
        /// Scheme, host and port.
        url: String,
        /// Number, hash or tag.
        block: String,
    },
    /// Events that cannot have been emitted by the contracts in this order: a gap, or a node that lies.
    #[error("the events that L1 at {url} gives for block {block} are wrong: {fault}; ask another L1 node if this stays")]
    Events {
        /// Scheme, host and port.
        url: String,
        /// Number of the L1 block.
        block: u64,
        /// What does not fit.
        fault: EventFault,
    },
    /// L1 changed below the oldest block that is known here.
    #[error("L1 was reorganised below block {oldest}, the oldest that is known here; start again from a finalised block")]
    ReorgTooDeep {
        /// Number of that block.
        oldest: u64,
    },
}

impl L1Error {
    /// What the caller does about it.
    #[must_use]
    pub const fn recovery(&self) -> Recovery {
        match self {
            Self::Unreachable { .. } | Self::Refused { .. } | Self::Malformed { .. } | Self::NoBlock { .. } | Self::Events { .. } => {
                Recovery::Retry
            }
            Self::ReorgTooDeep { .. } => Recovery::Reset,
            Self::Url { .. } | Self::WrongChain { .. } | Self::Reverted { .. } => Recovery::Stop,
        }
    }

    /// Whether the node gave an answer, only not the one asked for.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Reverted { .. })
    }
}

/// Classifies what the transport gave back. `url` must be free of secrets.
pub(crate) fn from_transport(url: &str, method: &'static str, error: TransportError) -> L1Error {
    let url = url.to_owned();
    match error {
        TransportError::ErrorResp(payload) => L1Error::Refused { url, method, code: payload.code, message: payload.message.into_owned() },
        TransportError::Transport(kind) => match kind {
            TransportErrorKind::HttpError(error) => http_status(url, method, error.status),
            TransportErrorKind::HttpErrorWithRetryAfter { error, .. } => http_status(url, method, error.status),
            other => L1Error::Unreachable { url, reason: reason(&other) },
        },
        TransportError::DeserError { err, .. } => L1Error::Malformed { url, method, reason: err.to_string() },
        TransportError::NullResp => L1Error::Malformed { url, method, reason: "null".to_owned() },
        other => L1Error::Malformed { url, method, reason: other.to_string() },
    }
}

fn http_status(url: String, method: &'static str, status: u16) -> L1Error {
    match status {
        401 | 403 => {
            L1Error::Refused { url, method, code: i64::from(status), message: "not authorised; check the key in the URL".to_owned() }
        }
        _ => L1Error::Unreachable { url, reason: format!("HTTP status {status}") },
    }
}

/// The innermost cause in words, without the URL, which may hold a key.
fn reason(kind: &TransportErrorKind) -> String {
    let mut error: &(dyn std::error::Error + 'static) = kind;
    if let TransportErrorKind::Custom(inner) = kind {
        error = inner.as_ref();
    }
    innermost(error)
}

/// The innermost cause of a failed HTTP request, without its URL.
pub(crate) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    if error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout) {
        return "no answer in time".to_owned();
    }
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if cause.downcast_ref::<reqwest::Error>().is_some() { "the request failed".to_owned() } else { cause.to_string() }
}
