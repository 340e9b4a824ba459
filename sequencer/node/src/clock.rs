//! The system clock, read by tasks only.

use gainsay_types::Millis;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, or the time of L1's newest block in seconds where that is ahead: blocks that L1 forced carry its time, and those after them a later one.
#[must_use]
pub fn not_behind(l1: Option<u64>) -> Millis {
    now().max(Millis::from_secs(l1.unwrap_or_default()))
}

/// Now.
#[must_use]
pub fn now() -> Millis {
    // A clock before 1970 reads as 1970: nothing is built then.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
