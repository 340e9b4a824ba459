//! Why a player does nothing at all. Why it does nothing in one match is in that match's report.

use alloy::primitives::B256;
use gainsay_chain::Chain;
use gainsay_game::ledger::Ledger;
use gainsay_l1::Heads;
use gainsay_shell::follow::RollupView;
use gainsay_store::StoreError;
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
    ///
    /// # Errors
    /// Why not.
    pub fn for_l1(view: &RollupView) -> Result<Heads, Self> {
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
    /// None if it was.
    ///
    /// # Errors
    /// When the store fails.
    pub fn for_chain(chain: &Chain, read: u64, read_hash: B256) -> Result<Option<Self>, StoreError> {
        if chain.heads().l1.is_none() {
            return Ok(Some(Self::InboxUnread));
        }
        let known = chain.store().l1_block(read)?;
        Ok(known.is_some_and(|known| known.hash != read_hash).then_some(Self::OtherL1 { number: read }))
    }

    /// Whether an operator should hear of it: not of what comes and goes with every block.
    pub(crate) const fn is_news(&self) -> bool {
        !matches!(self, Self::L1Behind { .. } | Self::ReadBack { .. })
    }
}
