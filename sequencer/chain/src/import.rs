//! Blocks that do not come from L1: the sequencer's own, and those of its feed. They are unsafe until derivation finds them on L1.

use crate::{
    Chain, ChainError, Dropped,
    executor::{Signed, execute, state_after},
    unwind::unwind,
};
use alloy_consensus::{Header, Sealed};
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use gainsay_execute::{ExecutedBlock, UnsealedBlock};
use gainsay_store::Commit;
use gainsay_types::{BlockInput, Millis, Transaction};
use op_alloy_consensus::OpTxEnvelope;

/// A block of the sequencer's feed. Nothing in it is trusted: it is executed, and its hash compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedBlock {
    /// L2 number.
    pub number: u64,
    /// The hash that execution must give.
    pub hash: B256,
    /// Time of the block.
    pub timestamp: Millis,
    /// Messages consumed by it.
    pub deposits: u64,
    /// User transactions.
    pub transactions: Vec<Transaction>,
}

/// What became of a block of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is the tip now. It replaced these unsafe blocks, usually none.
    New(Dropped),
    /// The chain has it.
    Known,
    /// It differs from a block derived from L1, which stays: the sequencer has not followed L1 yet, or lies.
    AgainstL1,
    /// Blocks before it are missing: ask for the feed from `next` on.
    Gap {
        /// The number that fits on the tip.
        next: u64,
    },
    /// It consumes messages that are not archived: try again once L1 is followed further.
    NeedsMessages,
}

impl Chain {
    /// Computes the roots of a block that was executed on the tip, and its hash. Nothing is written, but the tries now are those after this block:
    /// [`Chain::import_built`] should come next.
    ///
    /// # Errors
    /// When the block is not on the tip (something was derived or unwound meanwhile), and when the store fails.
    pub fn seal(&mut self, block: UnsealedBlock) -> Result<ExecutedBlock, ChainError> {
        let parent = self.tip_below(&block.header)?;
        let roots = self.writer.roots(parent.number, &block.changes)?;
        Ok(block.seal(roots))
    }

    /// Puts the sequencer's own block on the tip, durably: it may be announced once this returns, and nobody can read it before it survives a power failure.
    ///
    /// # Errors
    /// When it is not on the tip (something was derived or unwound meanwhile), when its deposits are not the messages that come next, and when the
    /// store fails.
    pub fn import_built(&mut self, block: &ExecutedBlock) -> Result<BlockNumHash, ChainError> {
        self.tip_below(&block.header)?;
        let deposit_index = self.check_deposits(block)?;
        let mut commit = Commit::new(self.store());
        commit.push_block(block, deposit_index)?;
        self.writer.apply_durably(commit)?;
        Ok(BlockNumHash { number: block.header.number, hash: block.header.hash() })
    }

    /// The tip, which must be the parent of `header`.
    fn tip_below(&self, header: &Header) -> Result<BlockNumHash, ChainError> {
        let tip = self.heads().latest;
        if header.parent_hash == tip.hash {
            Ok(tip)
        } else {
            Err(ChainError::NotOnTip { number: header.number, parent: header.parent_hash, tip })
        }
    }

    /// Executes a block of the feed and puts it on the chain if its hash is right. Not yet durable: L1 will have it, or the feed again.
    ///
    /// # Errors
    /// When its contents do not execute to its hash, and when the store fails.
    pub fn import_feed(&mut self, block: FeedBlock) -> Result<Imported, ChainError> {
        let heads = self.heads();
        let next = heads.latest.number + 1;
        if block.number > next {
            return Ok(Imported::Gap { next });
        }
        if block.number < next && self.header(block.number)?.header.hash() == block.hash {
            return Ok(Imported::Known);
        }
        if block.number <= heads.safe.l2_block_number {
            return Ok(Imported::AgainstL1);
        }
        let parent = block.number - 1;
        let deposit_index = self.header(parent)?.deposit_index;
        let (number, hash) = (block.number, block.hash);
        let last = deposit_index.saturating_add(block.deposits);
        let Some(deposits) = self.messages(deposit_index + 1, last)? else { return Ok(Imported::NeedsMessages) };
        let input = BlockInput { timestamp: block.timestamp, deposits, transactions: block.transactions, closing: false };
        self.executions += 1;
        let refused = |reason: String| ChainError::FeedBlock { number, claimed: hash, reason };
        let state = state_after(self.store(), parent)?;
        let block = match execute(&self.config, state, &mut self.writer, Signed::new(input))? {
            Ok(block) => block,
            Err(fault) => return Err(refused(fault.to_string())),
        };
        if block.header.hash() != hash {
            return Err(refused(format!("it executes to {}", block.header.hash())));
        }
        let mut commit = Commit::new(self.store());
        let dropped = unwind(&mut commit, parent)?;
        commit.push_block(&block, last)?;
        self.writer.apply(commit)?;
        Ok(Imported::New(dropped))
    }

    /// Messages consumed after `block`, whose deposits must be those that come next.
    fn check_deposits(&self, block: &ExecutedBlock) -> Result<u64, ChainError> {
        let deposits: Vec<_> =
            block.transactions.iter().take_while(|transaction| matches!(transaction, OpTxEnvelope::Deposit(_))).collect();
        let (number, deposit_index, count) = (block.header.number, self.deposit_index()?, deposits.len() as u64);
        let wrong = || ChainError::Deposits { number, deposits: count, deposit_index };
        let last = deposit_index + count;
        let messages = self.messages(deposit_index + 1, last)?.ok_or_else(wrong)?;
        let expected = messages.iter().map(|message| OpTxEnvelope::Deposit(Sealed::new(message.transaction(self.config.portal))));
        if expected.zip(deposits).all(|(want, have)| want == *have) { Ok(last) } else { Err(wrong()) }
    }
}
