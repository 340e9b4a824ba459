//! Taking unsafe blocks back.

use crate::{Chain, ChainError};
use alloy_eips::BlockNumHash;
use gainsay_store::{BlockRecord, Commit, StoreError};
use gainsay_types::Transaction;

/// Blocks that are no longer part of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The blocks, lowest number first.
    pub blocks: Vec<BlockNumHash>,
    /// Their user transactions in the order of the chain, for the mempool.
    pub transactions: Vec<Transaction>,
}

impl Dropped {
    /// Nothing was dropped.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// From blocks, highest number first.
    fn from_blocks(blocks: Vec<BlockRecord>) -> Self {
        let mut dropped = Self::default();
        for block in blocks.into_iter().rev() {
            dropped.blocks.push(BlockNumHash { number: block.header.number, hash: block.header.hash() });
            // Behind the deposits there is nothing but what users may send.
            let users = block.user_transactions().cloned().filter_map(|envelope| Transaction::new(envelope).ok());
            dropped.transactions.extend(users);
        }
        dropped
    }
}

/// Takes off every block above `number`.
pub(crate) fn unwind(commit: &mut Commit, number: u64) -> Result<Dropped, StoreError> {
    let mut blocks = Vec::new();
    while commit.heads().latest.number > number {
        blocks.push(commit.pop_block()?);
    }
    Ok(Dropped::from_blocks(blocks))
}

impl Chain {
    /// Takes off every block above `number`, and returns what they held.
    ///
    /// # Errors
    /// When `number` is below the safe head, and when the store fails.
    pub fn unwind_to(&mut self, number: u64) -> Result<Dropped, ChainError> {
        let safe = self.store().heads().safe.l2_block_number;
        if number < safe {
            return Err(ChainError::Safe { number, safe });
        }
        let mut commit = Commit::new(self.store());
        let dropped = unwind(&mut commit, number)?;
        if !dropped.is_empty() {
            self.writer.apply(commit)?;
        }
        Ok(dropped)
    }
}
