//! Flags of a node's JSON-RPC.

use clap::{Args, value_parser};
use gainsay_rpc::Limits;
use std::time::Duration;

const MIB: u32 = 1 << 20;

/// What requests may take. The names are those that the RPC's errors give; the defaults are those of [`Limits`].
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Limits of JSON-RPC")]
pub(crate) struct LimitArgs {
    /// Sockets at a time, idle ones included.
    #[arg(long, default_value_t = Limits::default().sockets as u64, value_name = "N", value_parser = value_parser!(u64).range(1..=1_000_000))]
    rpc_max_sockets: u64,
    /// HTTP requests and WebSockets at a time.
    #[arg(long, default_value_t = Limits::default().connections, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    rpc_max_connections: u32,
    /// MiB of a request.
    #[arg(long, default_value_t = Limits::default().request_bytes / MIB, value_name = "MIB", value_parser = value_parser!(u32).range(1..4096))]
    rpc_max_request: u32,
    /// MiB of all requests that come in or are under way, after the first 64 KiB of each.
    #[arg(long, default_value_t = mib(Limits::default().requests_bytes), value_name = "MIB", value_parser = value_parser!(u64).range(1..=1 << 20))]
    rpc_requests_memory: u64,
    /// MiB of a response, or of all responses to a batch.
    #[arg(long, default_value_t = Limits::default().response_bytes / MIB, value_name = "MIB", value_parser = value_parser!(u32).range(1..4096))]
    rpc_max_response: u32,
    /// MiB of all responses and notifications that were not taken yet, of those over 16 KiB.
    #[arg(long, default_value_t = mib(Limits::default().replies_bytes), value_name = "MIB", value_parser = value_parser!(u64).range(1..=1 << 20))]
    rpc_replies_memory: u64,
    /// Calls in a batch.
    #[arg(long, default_value_t = Limits::default().batch_calls, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    rpc_max_batch: u32,
    /// Subscriptions of a connection.
    #[arg(long, default_value_t = Limits::default().subscriptions, value_name = "N")]
    rpc_max_subscriptions: u32,
    /// Calls, estimates, log queries, fee histories, proofs and the like that run at a time.
    #[arg(long, default_value_t = Limits::default().heavy_requests as u64, value_name = "N", value_parser = value_parser!(u64).range(1..=1024))]
    rpc_heavy_requests: u64,
    /// Traces that run at a time.
    #[arg(long, default_value_t = Limits::default().trace_requests as u64, value_name = "N", value_parser = value_parser!(u64).range(1..=1024))]
    rpc_trace_requests: u64,
    /// MiB of a trace; a response has to hold it too.
    #[arg(long, default_value_t = mib(Limits::default().trace_bytes), value_name = "MIB", value_parser = value_parser!(u64).range(1..4096))]
    rpc_max_trace: u64,
    /// Gas of a call, an estimate or a simulation.
    #[arg(long, default_value_t = Limits::default().call_gas, value_name = "GAS", value_parser = value_parser!(u64).range(21_000..))]
    rpc_gas_cap: u64,
    /// Seconds that a call, an estimate or a simulation may execute for.
    #[arg(long, default_value_t = Limits::default().call_time.as_secs(), value_name = "S", value_parser = value_parser!(u64).range(1..=3600))]
    rpc_call_timeout: u64,
    /// Blocks of a log query.
    #[arg(long, default_value_t = Limits::default().log_blocks, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    rpc_max_log_blocks: u64,
    /// Logs that a query may give.
    #[arg(long, default_value_t = Limits::default().log_results as u64, value_name = "N", value_parser = value_parser!(u64).range(1..=100_000_000))]
    rpc_max_logs: u64,
    /// Filters installed at a time.
    #[arg(long, default_value_t = Limits::default().filters as u64, value_name = "N", value_parser = value_parser!(u64).range(0..=1_000_000))]
    rpc_max_filters: u64,
    /// Storage slots of one proof.
    #[arg(long, default_value_t = Limits::default().proof_slots as u64, value_name = "N", value_parser = value_parser!(u64).range(0..=1_000_000))]
    rpc_max_proof_slots: u64,
    /// Blocks of a simulation.
    #[arg(long, default_value_t = Limits::default().simulated_blocks as u64, value_name = "N", value_parser = value_parser!(u64).range(1..=1_000_000))]
    rpc_max_simulated_blocks: u64,
}

const fn mib(bytes: usize) -> u64 {
    (bytes as u64) >> 20
}

/// Of a number that its parser has bounded.
fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl LimitArgs {
    pub(crate) fn limits(self) -> Limits {
        Limits {
            sockets: size(self.rpc_max_sockets),
            connections: self.rpc_max_connections,
            request_bytes: self.rpc_max_request.saturating_mul(MIB),
            requests_bytes: size(self.rpc_requests_memory << 20),
            response_bytes: self.rpc_max_response.saturating_mul(MIB),
            replies_bytes: size(self.rpc_replies_memory << 20),
            batch_calls: self.rpc_max_batch,
            subscriptions: self.rpc_max_subscriptions,
            heavy_requests: size(self.rpc_heavy_requests),
            trace_requests: size(self.rpc_trace_requests),
            trace_bytes: size(self.rpc_max_trace << 20),
            call_gas: self.rpc_gas_cap,
            call_time: Duration::from_secs(self.rpc_call_timeout),
            log_blocks: self.rpc_max_log_blocks,
            log_results: size(self.rpc_max_logs),
            filters: size(self.rpc_max_filters),
            proof_slots: size(self.rpc_max_proof_slots),
            simulated_blocks: size(self.rpc_max_simulated_blocks),
            ..Limits::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};
    use gainsay_rpc::limits::flags;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        limits: LimitArgs,
    }

    fn limits(flags: &[&str]) -> Limits {
        Line::try_parse_from([&["node"], flags].concat()).map(|line| line.limits.limits()).expect("a good command line")
    }

    #[test]
    fn without_a_flag_the_limits_are_the_defaults_of_the_rpc() {
        assert_eq!(limits(&[]), Limits::default());
    }

    #[test]
    fn there_is_a_flag_for_each_name_that_an_error_gives_and_no_other() {
        let command = Line::command();
        let mut found: Vec<_> = command.get_arguments().filter_map(|flag| Some(format!("--{}", flag.get_long()?))).collect();
        found.retain(|flag| flag.starts_with("--rpc"));
        let mut named = flags::ALL.map(str::to_owned).to_vec();
        found.sort();
        named.sort();
        assert_eq!(found, named);
    }

    #[test]
    fn each_flag_moves_a_limit_of_its_own() {
        let mut seen = Vec::new();
        for flag in flags::ALL {
            // A number that is in every flag's range, and no flag's default.
            let moved = limits(&[flag, if flag == flags::CALL_GAS { "30000" } else { "77" }]);
            assert_ne!(moved, Limits::default(), "{flag}");
            assert!(!seen.contains(&moved), "{flag} moves what another flag moves");
            seen.push(moved);
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_flags_name() {
        for (flag, value) in [(flags::BATCH, "0"), (flags::REQUEST, "4096"), (flags::CALL_TIME, "0"), (flags::CALL_GAS, "x")] {
            let Err(error) = Line::try_parse_from(["node", flag, value]) else { panic!("{flag} {value} is taken") };
            assert!(error.to_string().contains(flag), "{error}");
        }
    }
}
