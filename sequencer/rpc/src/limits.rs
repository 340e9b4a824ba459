//! What requests may take of a node, and the words for what is beyond it.

use std::time::Duration;

/// What requests may take. Each is set by a flag of the node, which the error names that says it is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sockets at a time, idle ones included.
    pub sockets: usize,
    /// HTTP requests and WebSockets at a time.
    pub connections: u32,
    /// Bytes of a request.
    pub request_bytes: u32,
    /// Bytes of all requests beyond the first 64 KiB of each, while they come in and are under way.
    pub requests_bytes: usize,
    /// Bytes of a response, and of all responses to a batch together.
    pub response_bytes: u32,
    /// Bytes of all responses of more than 16 KiB, until they are read.
    pub replies_bytes: usize,
    /// Messages that wait to be sent over a WebSocket; what else there is to send waits where it comes from.
    pub messages: u32,
    /// Calls in a batch.
    pub batch_calls: u32,
    /// Subscriptions of a connection.
    pub subscriptions: u32,
    /// Calls, estimates, log queries, fee histories and proofs that run at a time.
    pub heavy_requests: usize,
    /// Witnesses that are made at a time.
    pub witness_requests: usize,
    /// Traces that are made at a time.
    pub trace_requests: usize,
    /// Bytes of a trace, which must be within `response_bytes` too.
    pub trace_bytes: usize,
    /// Bytes of preimages in a witness. As JSON it takes twice that and a little, which must be within `response_bytes`.
    pub witness_bytes: usize,
    /// Gas of a call.
    pub call_gas: u64,
    /// Time that one request may execute for: a call, an estimate, a simulation.
    pub call_time: Duration,
    /// Blocks of a log query.
    pub log_blocks: u64,
    /// Results of a log query.
    pub log_results: usize,
    /// Filters installed at a time. Each remembers at most 4,096 block hashes.
    pub filters: usize,
    /// Storage slots of one proof.
    pub proof_slots: usize,
    /// Blocks of a simulation.
    pub simulated_blocks: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sockets: 800,
            connections: 500,
            request_bytes: 15 << 20,
            requests_bytes: 128 << 20,
            response_bytes: 160 << 20,
            replies_bytes: 512 << 20,
            messages: 16,
            batch_calls: 1_000,
            subscriptions: 1_024,
            heavy_requests: 8,
            witness_requests: 2,
            trace_requests: 2,
            trace_bytes: 64 << 20,
            witness_bytes: 64 << 20,
            call_gas: 50_000_000,
            call_time: Duration::from_secs(5),
            log_blocks: 100_000,
            log_results: 20_000,
            filters: 512,
            proof_slots: 1_024,
            simulated_blocks: 256,
        }
    }
}

/// The node's flags by which limits are set, as errors name them.
pub mod flags {
    /// Sets [`Limits::sockets`](super::Limits::sockets).
    pub const SOCKETS: &str = "--rpc-max-sockets";
    /// Sets [`Limits::connections`](super::Limits::connections).
    pub const CONNECTIONS: &str = "--rpc-max-connections";
    /// Sets [`Limits::request_bytes`](super::Limits::request_bytes).
    pub const REQUEST: &str = "--rpc-max-request";
    /// Sets [`Limits::requests_bytes`](super::Limits::requests_bytes).
    pub const REQUESTS: &str = "--rpc-requests-memory";
    /// Sets [`Limits::response_bytes`](super::Limits::response_bytes).
    pub const RESPONSE: &str = "--rpc-max-response";
    /// Sets [`Limits::replies_bytes`](super::Limits::replies_bytes).
    pub const REPLIES: &str = "--rpc-replies-memory";
    /// Sets [`Limits::batch_calls`](super::Limits::batch_calls).
    pub const BATCH: &str = "--rpc-max-batch";
    /// Sets [`Limits::subscriptions`](super::Limits::subscriptions).
    pub const SUBSCRIPTIONS: &str = "--rpc-max-subscriptions";
    /// Sets [`Limits::heavy_requests`](super::Limits::heavy_requests).
    pub const HEAVY: &str = "--rpc-heavy-requests";
    /// Sets [`Limits::trace_requests`](super::Limits::trace_requests).
    pub const TRACES: &str = "--rpc-trace-requests";
    /// Sets [`Limits::trace_bytes`](super::Limits::trace_bytes).
    pub const TRACE_BYTES: &str = "--rpc-max-trace";
    /// Sets [`Limits::call_gas`](super::Limits::call_gas).
    pub const CALL_GAS: &str = "--rpc-gas-cap";
    /// Sets [`Limits::call_time`](super::Limits::call_time).
    pub const CALL_TIME: &str = "--rpc-call-timeout";
    /// Sets [`Limits::log_blocks`](super::Limits::log_blocks).
    pub const LOG_BLOCKS: &str = "--rpc-max-log-blocks";
    /// Sets [`Limits::log_results`](super::Limits::log_results).
    pub const LOG_RESULTS: &str = "--rpc-max-logs";
    /// Sets [`Limits::filters`](super::Limits::filters).
    pub const FILTERS: &str = "--rpc-max-filters";
    /// Sets [`Limits::proof_slots`](super::Limits::proof_slots).
    pub const PROOF_SLOTS: &str = "--rpc-max-proof-slots";
    /// Sets [`Limits::simulated_blocks`](super::Limits::simulated_blocks).
    pub const SIMULATED_BLOCKS: &str = "--rpc-max-simulated-blocks";

    /// All of them.
    pub const ALL: [&str; 18] = [
        SOCKETS,
        CONNECTIONS,
        REQUEST,
        REQUESTS,
        RESPONSE,
        REPLIES,
        BATCH,
        SUBSCRIPTIONS,
        HEAVY,
        TRACES,
        TRACE_BYTES,
        CALL_GAS,
        CALL_TIME,
        LOG_BLOCKS,
        LOG_RESULTS,
        FILTERS,
        PROOF_SLOTS,
        SIMULATED_BLOCKS,
    ];
}

/// How an error about a limit ends: what to do about it, on either side.
pub(crate) fn exceeded(what: &str, instead: &str, flag: &str) -> String {
    format!("{what}: {instead}, or have the node's operator raise {flag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_is_exceeded_and_what_both_sides_can_do() {
        let words = exceeded("a batch of 4 calls, and 3 are allowed", "send less at a time", flags::BATCH);
        assert_eq!(words, "a batch of 4 calls, and 3 are allowed: send less at a time, or have the node's operator raise --rpc-max-batch");
    }
}
