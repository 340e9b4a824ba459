//! Logs of a long range of blocks.

use alloy::rpc::types::{Filter, Log};
use gainsay_l1::{L1Client, L1Error};

/// Logs of the blocks `from..=to`, in order. Nodes limit how many blocks one query spans, each in its own way: a range that is refused is asked for
/// in halves, and what follows in ranges of that size.
///
/// # Errors
/// When a single block is refused, or the node cannot be reached.
pub async fn logs_between(client: &L1Client, filter: &Filter, from: u64, to: u64) -> Result<Vec<Log>, L1Error> {
    let mut found = Vec::new();
    let (mut next, mut span) = (from, to.saturating_sub(from).saturating_add(1));
    while next <= to {
        let last = to.min(next.saturating_add(span - 1));
        match client.logs(&filter.clone().from_block(next).to_block(last)).await {
            Ok(logs) => {
                found.extend(logs);
                next = last.saturating_add(1);
            }
            Err(L1Error::Refused { .. } | L1Error::Malformed { .. }) if last > next => span = (last - next).div_ceil(2),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
