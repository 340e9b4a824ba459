//! What the challenger holds of a claim, from the claim and what it computed itself.

use alloy::primitives::B256;
use gainsay_types::State;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The challenger's word on one assertion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "verdict")]
pub enum Verdict {
    /// The claimed state is the one that the inbox gives.
    Agree,
    /// It is not.
    Disagree(Departure),
    /// It continues an assertion that is false, so it is false whatever it says.
    DescendsFromFalse {
        /// The nearest ancestor that departs from the chain by itself.
        ancestor: B256,
    },
    /// Not known yet.
    Pending {
        /// What is missing.
        waiting: Waiting,
    },
}

/// Why there is no verdict yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "for")]
pub enum Waiting {
    /// The parent has no verdict yet.
    Parent,
    /// The chain is not derived up to the batch that the claim reaches.
    #[serde(rename_all = "camelCase")]
    Derivation {
        /// Batches derived.
        derived: u64,
        /// Batch that the claim reaches.
        target: u64,
    },
    /// L1 gave the assertion other inputs than the inbox read here has: one of the two is about to be reorganised away.
    Inbox,
}

/// Where a claim leaves the chain. A claim is one state at the end of many blocks, so the first wrong block is the first whose
/// result the claim states wrongly; blocks between the last agreed and that one are not claimed one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Departure {
    /// The first L2 block about which the claim is wrong.
    pub first_wrong_block: u64,
    /// The last L2 block on which claim and chain agree.
    pub last_agreed_block: u64,
    /// In what way it is wrong.
    pub reason: Reason,
    /// The state that the inbox gives.
    pub ours: State,
}

/// In what way a claim is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The block exists, and has another output root.
    OutputRoot,
    /// The inbox gives no block of that number.
    BlocksInvented,
    /// The inbox gives a further block, which the claim leaves out.
    BlocksLeftOut,
    /// The blocks are right, but not how far the inbox was read.
    Cursor,
}

/// Compares a claim with the chain. `parent` is the state that both start from, `ours` the state that the inbox gives, and
/// `our_root` our output root at the claimed block number, if the chain has that block.
#[must_use]
pub fn judge(parent: &State, claimed: &State, ours: &State, our_root: Option<B256>) -> Verdict {
    if claimed == ours {
        return Verdict::Agree;
    }
    let depart = |first_wrong_block, last_agreed_block, reason| {
        Verdict::Disagree(Departure { first_wrong_block, last_agreed_block, reason, ours: *ours })
    };
    let (claimed_block, our_block) = (claimed.l2_block_number, ours.l2_block_number);
    if claimed_block > our_block {
        return depart(our_block.saturating_add(1), parent.l2_block_number, Reason::BlocksInvented);
    }
    if our_root != Some(claimed.output_root) {
        return depart(claimed_block, parent.l2_block_number.min(claimed_block.saturating_sub(1)), Reason::OutputRoot);
    }
    if claimed_block < our_block {
        return depart(claimed_block.saturating_add(1), claimed_block, Reason::BlocksLeftOut);
    }
    depart(claimed_block.saturating_add(1), claimed_block, Reason::Cursor)
}

impl Verdict {
    /// The claim is known to be false.
    #[must_use]
    pub const fn is_false(&self) -> bool {
        matches!(self, Self::Disagree(_) | Self::DescendsFromFalse { .. })
    }

    /// One word for logs and metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Disagree(_) => "disagree",
            Self::DescendsFromFalse { .. } => "descendsFromFalse",
            Self::Pending { .. } => "pending",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agree => f.write_str("agree"),
            Self::Disagree(departure) => write!(f, "disagree: {departure}"),
            Self::DescendsFromFalse { ancestor } => write!(f, "false, since it continues {ancestor}"),
            Self::Pending { waiting } => write!(f, "pending: {waiting}"),
        }
    }
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wrong, agreed) = (self.first_wrong_block, self.last_agreed_block);
        match self.reason {
            Reason::OutputRoot => write!(f, "block {wrong} has another output root; block {agreed} is the last agreed"),
            Reason::BlocksInvented => write!(f, "there is no block {wrong}; block {agreed} is the last agreed"),
            Reason::BlocksLeftOut => write!(f, "block {wrong} is left out; block {agreed} is the last agreed"),
            Reason::Cursor => write!(
                f,
                "the blocks up to {agreed} are right, how far the inbox was read is not; block {wrong} would be the first wrong one"
            ),
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parent => f.write_str("its parent has no verdict yet"),
            Self::Derivation { derived, target } => write!(f, "batch {derived} is derived, the claim reaches batch {target}"),
            Self::Inbox => f.write_str("L1 gave it other inputs than the inbox has here; waiting for L1 to settle"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(block: u64, root: u8) -> State {
        State { output_root: B256::repeat_byte(root), l2_block_number: block, batch_index: 3, batch_offset: 0, deposit_index: 5 }
    }

    fn departure(verdict: Verdict) -> Option<(Reason, u64, u64)> {
        match verdict {
            Verdict::Disagree(found) => Some((found.reason, found.first_wrong_block, found.last_agreed_block)),
            _ => None,
        }
    }

    #[test]
    fn the_same_state_is_agreed_with() {
        assert_eq!(judge(&state(1, 1), &state(9, 9), &state(9, 9), Some(B256::repeat_byte(9))), Verdict::Agree);
    }

    #[test]
    fn another_root_names_the_claimed_block() {
        let verdict = judge(&state(1, 1), &state(9, 8), &state(9, 9), Some(B256::repeat_byte(9)));
        assert_eq!(departure(verdict), Some((Reason::OutputRoot, 9, 1)));
        let verdict = judge(&state(1, 1), &state(5, 8), &state(9, 9), Some(B256::repeat_byte(5)));
        assert_eq!(departure(verdict), Some((Reason::OutputRoot, 5, 1)));
    }

    #[test]
    fn blocks_that_the_inbox_does_not_give_are_named() {
        let verdict = judge(&state(1, 1), &state(12, 9), &state(9, 9), None);
        assert_eq!(departure(verdict), Some((Reason::BlocksInvented, 10, 1)));
    }

    #[test]
    fn a_block_left_out_is_named() {
        let verdict = judge(&state(1, 1), &state(7, 7), &state(9, 9), Some(B256::repeat_byte(7)));
        assert_eq!(departure(verdict), Some((Reason::BlocksLeftOut, 8, 7)));
    }

    #[test]
    fn right_blocks_with_a_wrong_cursor_are_disagreed_with() {
        let claimed = State { deposit_index: 6, ..state(9, 9) };
        let verdict = judge(&state(1, 1), &claimed, &state(9, 9), Some(B256::repeat_byte(9)));
        assert_eq!(departure(verdict), Some((Reason::Cursor, 10, 9)));
    }

    #[test]
    fn a_claim_that_goes_back_is_disagreed_with() {
        let verdict = judge(&state(5, 1), &state(5, 8), &state(5, 1), Some(B256::repeat_byte(1)));
        assert_eq!(departure(verdict), Some((Reason::OutputRoot, 5, 4)));
    }

    #[test]
    fn verdicts_survive_json() {
        for verdict in [
            Verdict::Agree,
            judge(&state(1, 1), &state(9, 8), &state(9, 9), None),
            Verdict::DescendsFromFalse { ancestor: B256::repeat_byte(7) },
            Verdict::Pending { waiting: Waiting::Derivation { derived: 1, target: 2 } },
        ] {
            let json = serde_json::to_string(&verdict).unwrap_or_default();
            assert_eq!(serde_json::from_str::<Verdict>(&json).ok(), Some(verdict), "{json}");
        }
    }
}
