//! `eth_syncing`: whether the node is catching up with L1.

use crate::{L1Progress, arguments::Arguments, error::RpcError, methods::Context};
use alloy::rpc::types::serde_helpers::quantity;
use gainsay_store::Heads;
use serde::Serialize;

/// Batches that L1 has and the node has not derived, up to which it counts as caught up: there is always one on its way.
const SLACK: u64 = 2;

/// `false`, or how far the node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Syncing {
    Done(bool),
    Behind(Behind),
}

impl Syncing {
    /// Whether the node has caught up.
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// A node that is catching up. The fields beyond Ethereum's say how much is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Behind {
    /// The latest block when the server started.
    #[serde(with = "quantity")]
    starting_block: u64,
    /// The latest block.
    #[serde(with = "quantity")]
    current_block: u64,
    /// The same: how many blocks a batch holds is known when it is derived.
    #[serde(with = "quantity")]
    highest_block: u64,
    /// Newest L1 block read.
    #[serde(with = "quantity")]
    l1_current_block: u64,
    /// Newest L1 block known of.
    #[serde(with = "quantity")]
    l1_highest_block: u64,
    /// Batches derived.
    #[serde(with = "quantity")]
    batches_derived: u64,
    /// Batches read from L1.
    #[serde(with = "quantity")]
    batches_read: u64,
}

pub(crate) fn syncing(context: &Context, _: &mut Arguments<'_>) -> Result<Syncing, RpcError> {
    Ok(now(context))
}

/// At this moment.
pub(crate) fn now(context: &Context) -> Syncing {
    state(context.starting_block, &context.chain.store.heads(), context.l1.progress())
}

fn state(starting_block: u64, heads: &Heads, l1: L1Progress) -> Syncing {
    let undone = heads.batches.saturating_sub(heads.safe.batch_index);
    if l1.caught_up && undone <= SLACK {
        return Syncing::Done(false);
    }
    let l1_current_block = heads.l1.map_or(0, |block| block.number);
    Syncing::Behind(Behind {
        starting_block,
        current_block: heads.latest.number,
        highest_block: heads.latest.number,
        l1_current_block,
        l1_highest_block: l1.highest.unwrap_or_default().max(l1_current_block),
        batches_derived: heads.safe.batch_index,
        batches_read: heads.batches,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;

    fn heads(derived: u64, read: u64) -> Heads {
        let mut heads = Heads::genesis(B256::ZERO, B256::ZERO);
        heads.latest.number = 7;
        heads.safe.batch_index = derived;
        heads.batches = read;
        heads
    }

    #[test]
    fn a_node_that_has_read_l1_and_derived_nearly_all_of_it_is_not_syncing() {
        let l1 = L1Progress { highest: Some(9), caught_up: true };
        assert_eq!(state(1, &heads(5, 5), l1), Syncing::Done(false));
        assert_eq!(state(1, &heads(5, 5 + SLACK), l1), Syncing::Done(false));
        assert_eq!(serde_json::to_string(&state(1, &heads(5, 5), l1)).unwrap(), "false");
    }

    #[test]
    fn a_node_that_has_batches_left_to_derive_says_how_many() {
        let found = state(1, &heads(5, 20), L1Progress { highest: Some(9), caught_up: true });
        let wanted = serde_json::json!({
            "startingBlock": "0x1", "currentBlock": "0x7", "highestBlock": "0x7", "l1CurrentBlock": "0x0", "l1HighestBlock": "0x9",
            "batchesDerived": "0x5", "batchesRead": "0x14",
        });
        assert_eq!(serde_json::to_value(found).unwrap(), wanted);
    }

    #[test]
    fn a_node_that_has_l1_left_to_read_is_syncing() {
        let far = L1Progress { highest: Some(900), caught_up: false };
        assert!(matches!(state(1, &heads(5, 5), far), Syncing::Behind(Behind { l1_highest_block: 900, .. })));
        assert!(matches!(state(1, &heads(0, 0), L1Progress::default()), Syncing::Behind(_)));
    }
}
