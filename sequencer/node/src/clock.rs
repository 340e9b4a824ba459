//! The system clock, read by tasks only.

use gainsay_types::Millis;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now.
#[must_use]
pub fn now() -> Millis {
    // A clock before 1970 reads as 1970: nothing is built then.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
