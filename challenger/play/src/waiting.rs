//! Why a player does nothing at all. Why it does nothing in one match is in that match's report.

use gainsay_chain::ChainError;
use gainsay_game::ledger::Ledger;
use gainsay_l1::Heads;
use gainsay_shell::{chain::ChainCore, follow::RollupView};
use serde::{Deserialize, Serialize};

/// Why nothing is done now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Waiting {
    /// L1 has not answered yet.
    #[error("L1 has not been read yet")]
    L1Unread,
    /// The disputes are not read up to L1's newest block.
    #[error("L1 is read up to block {read}, its newest block is {newest}")]
    L1Behind {
        /// Newest block read.
        read: u64,
        /// Newest block of L1.
        newest: u64,
    },
    /// The inbox has not been read at all.
    #[error("the inbox has not been read from L1 yet")]
    InboxUnread,
    /// Inbox and disputes were read from different forks of L1.
    #[error(
        "the inbox and the disputes were read from different L1 blocks of the number {number}: waiting until both have followed L1's reorganisation"
    )]
    OtherL1 {
        /// The number.
        number: u64,
    },
    /// What was sent is not read back yet.
    #[error("what was sent last is in L1 block {sent} or before, and L1 is read up to block {read}")]
    ReadBack {
        /// Block up to which L1 must be read.
        sent: u64,
        /// Newest block read.
        read: u64,
    },
    /// The logs do not fit together: nothing that follows from them can be trusted.
    #[error("the L1 node's logs contradict each other, first in block {block}: {contradiction}; use another L1 node")]
    Contradiction {
        /// L1 block of the first event that does not fit.
        block: u64,
        /// What is wrong.
        contradiction: String,
    },
}

impl Waiting {
    /// Whether the disputes, as they were read, can be acted on.
    pub(crate) fn for_l1(view: &RollupView) -> Result<Heads, Self> {
        let heads = view.heads.ok_or(Self::L1Unread)?;
        if !view.caught_up {
            return Err(Self::L1Behind { read: view.read, newest: heads.latest.number });
        }
        Self::for_ledger(&view.ledger)?;
        Ok(heads)
    }

    fn for_ledger(ledger: &Ledger) -> Result<(), Self> {
        match ledger.contradiction() {
            None => Ok(()),
            Some((block, contradiction)) => Err(Self::Contradiction { block: *block, contradiction: contradiction.to_string() }),
        }
    }

    /// Whether the chain was derived from the same L1. It may be ahead or behind: each claim and each move names the inputs that it is computed from.
    pub(crate) fn for_chain(core: &ChainCore, newest: &gainsay_l1::L1Block) -> Result<Option<Self>, ChainError> {
        let Some(own) = core.chain.heads().l1 else { return Ok(Some(Self::InboxUnread)) };
        if own.number < newest.number {
            return Ok(None);
        }
        let same = core.chain.store().l1_block(newest.number)?.is_none_or(|known| known.hash == newest.hash);
        Ok((!same).then_some(Self::OtherL1 { number: newest.number }))
    }
}
