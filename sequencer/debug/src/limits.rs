//! What a trace may take.

use crate::DebugError;
use std::time::{Duration, Instant};

/// What a trace may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceLimits {
    /// Time, if the request names none.
    pub time: Duration,
    /// The most time that a request may name.
    pub longest: Duration,
    /// Bytes of the answer. What a tracer keeps meanwhile is bounded by a small multiple of it.
    pub bytes: usize,
}

impl Default for TraceLimits {
    /// Five seconds as geth has them, half a minute at most, 64 MiB.
    fn default() -> Self {
        Self { time: Duration::from_secs(5), longest: Duration::from_secs(30), bytes: 64 << 20 }
    }
}

/// Until when a trace has to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    pub(crate) limit: Duration,
}

impl Deadline {
    /// From now on, as long as the request asks for.
    pub(crate) fn new(timeout: Option<&str>, limits: &TraceLimits) -> Result<Self, DebugError> {
        let limit = match timeout {
            None => limits.time,
            Some(text) => parse_duration(text).ok_or_else(|| DebugError::Timeout { text: text.to_owned() })?,
        };
        if limit > limits.longest {
            return Err(DebugError::LongTimeout { asked: limit, longest: limits.longest });
        }
        Ok(Self { at: Instant::now() + limit, limit })
    }

    pub(crate) fn passed(&self) -> bool {
        Instant::now() >= self.at
    }

    pub(crate) fn check(&self) -> Result<(), DebugError> {
        if self.passed() { Err(DebugError::Time { limit: self.limit }) } else { Ok(()) }
    }
}

/// A duration as Go writes it: `300ms`, `5s`, `1m30s`, `1.5h`.
fn parse_duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 7] = [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len()));
        let seconds = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        total += number.parse::<f64>().ok()? * seconds;
        rest = after;
    }
    if text.is_empty() { None } else { Duration::try_from_secs_f64(total).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let read = |text: &str| parse_duration(text).map(|duration| duration.as_micros());
        assert_eq!(read("5s"), Some(5_000_000));
        assert_eq!(read("300ms"), Some(300_000));
        assert_eq!(read("1m30s"), Some(90_000_000));
        assert_eq!(read("1.5h"), Some(5_400_000_000));
        assert_eq!(read("7µs"), Some(7));
        for wrong in ["", "5", "s", "5 s", "-1s", "1.2.3s", "5x", "9e9s", "5sm", "99999999999999999999999999h"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_request_may_name_a_shorter_time_but_not_any_longer_one() {
        let limits = TraceLimits::default();
        assert_eq!(Deadline::new(None, &limits).unwrap().limit, Duration::from_secs(5));
        assert_eq!(Deadline::new(Some("10s"), &limits).unwrap().limit, Duration::from_secs(10));
        assert!(Deadline::new(Some("0s"), &limits).unwrap().passed());
        let refused = Deadline::new(Some("2m"), &limits).unwrap_err();
        assert_eq!(refused.to_string(), "timeout of 120s is more than this server allows: 30s");
        let wrong = Deadline::new(Some("soon"), &limits).unwrap_err();
        assert_eq!(wrong.to_string(), "invalid timeout \"soon\": write it as 300ms, 5s or 1m30s");
    }
}
