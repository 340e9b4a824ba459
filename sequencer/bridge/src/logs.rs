//! Logs of a long range of blocks.

use alloy::rpc::types::{Filter, Log};
use gainsay_l1::{L1Client, L1Error};
use std::ops::RangeInclusive;

/// Logs of the blocks `from..=to`, in order. Nodes limit how many blocks one query spans, each in its own way: a range that is refused is asked for
/// in halves, and what follows in ranges of that size.
///
/// # Errors
/// When a single block is refused, or the node cannot be reached.
pub async fn logs_between(client: &L1Client, filter: &Filter, from: u64, to: u64) -> Result<Vec<Log>, L1Error> {
    in_ranges(from..=to, async |range| client.logs(&filter.clone().from_block(*range.start()).to_block(*range.end())).await).await
}

/// Asks for a range in as few parts as are answered.
async fn in_ranges<T>(
    whole: RangeInclusive<u64>,
    mut ask: impl AsyncFnMut(RangeInclusive<u64>) -> Result<Vec<T>, L1Error>,
) -> Result<Vec<T>, L1Error> {
    let (mut next, to) = (*whole.start(), *whole.end());
    let mut blocks = to.saturating_sub(next).saturating_add(1);
    let mut found = Vec::new();
    while next <= to {
        let last = to.min(next.saturating_add(blocks - 1));
        match ask(next..=last).await {
            Ok(more) => {
                found.extend(more);
                next = last.saturating_add(1);
            }
            Err(L1Error::Refused { .. } | L1Error::Malformed { .. }) if last > next => blocks = (last - next).div_ceil(2),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node that answers for at most so many blocks at once, with the blocks' numbers. What it gave, and how often it was asked.
    async fn asked(whole: RangeInclusive<u64>, most: u64) -> (Result<Vec<u64>, L1Error>, u64) {
        let mut asked = 0;
        let answer = async |range: RangeInclusive<u64>| {
            asked += 1;
            let url = "http://node".to_owned();
            let refused = L1Error::Refused { url, method: "eth_getLogs", code: -32005, message: "too many blocks".to_owned() };
            if range.end() - range.start() < most { Ok(range.collect()) } else { Err(refused) }
        };
        (in_ranges(whole, answer).await, asked)
    }

    #[tokio::test]
    async fn every_block_is_asked_for_once_whatever_the_node_allows() {
        for most in 1..30 {
            let (found, _) = asked(5..=30, most).await;
            assert_eq!(found.ok(), Some((5..=30).collect()), "{most} blocks at once");
        }
        assert_eq!(asked(5..=30, 26).await.1, 1);
    }

    #[tokio::test]
    async fn a_refusal_of_one_block_ends_it() {
        let (found, asked) = asked(5..=30, 0).await;
        assert!(matches!(found, Err(L1Error::Refused { .. })));
        assert!(asked < 8, "asked {asked} times");
    }

    #[tokio::test]
    async fn an_empty_range_asks_nothing() {
        #[expect(clippy::reversed_empty_ranges, reason = "the head may be below the first block wanted")]
        let (found, asked) = asked(6..=5, 1).await;
        assert_eq!((found.ok(), asked), (Some(Vec::new()), 0));
    }
}
