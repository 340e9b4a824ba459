//! Blocks that do not come from L1: the sequencer's own, and those of its feed. They are unsafe until derivation finds them on L1.

use crate::{
    Chain, ChainError, Dropped,
    executor::{Signed, execute, state_after},
    recover::{Recovered, recover_all},
    unwind::unwind,
};
use alloy_consensus::{Header, Sealed};
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use gainsay_execute::{ExecutedBlock, UnsealedBlock};
use gainsay_store::Commit;
use gainsay_types::{BlockInput, Message, Millis, Transaction};
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

/// A block of the feed whose signatures were looked at. If one of them is bad, importing the block says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveredFeedBlock {
    number: u64,
    hash: B256,
    timestamp: Millis,
    deposits: u64,
    transactions: Recovered,
}

impl FeedBlock {
    /// Recovers the senders, on as many threads as there are cores. It takes no chain, so it can be done while blocks before this one are imported.
    #[must_use]
    pub fn recover(self) -> RecoveredFeedBlock {
        let Self { number, hash, timestamp, deposits, transactions } = self;
        RecoveredFeedBlock { number, hash, timestamp, deposits, transactions: recover_all(transactions) }
    }
}

impl RecoveredFeedBlock {
    /// L2 number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The hash that execution must give.
    #[must_use]
    pub const fn hash(&self) -> B256 {
        self.hash
    }
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
        match self.deposits_of(block.number, block.hash, block.deposits)? {
            Ok(deposits) => self.import_with(block.recover(), deposits),
            Err(imported) => Ok(imported),
        }
    }

    /// The same for a block whose signatures were recovered before. The block is given back if it consumes messages that are not archived: try again
    /// once L1 is followed further.
    ///
    /// # Errors
    /// As [`Chain::import_feed`].
    pub fn import_recovered(&mut self, block: RecoveredFeedBlock) -> Result<Result<Imported, RecoveredFeedBlock>, ChainError> {
        match self.deposits_of(block.number, block.hash, block.deposits)? {
            Ok(deposits) => self.import_with(block, deposits).map(Ok),
            Err(Imported::NeedsMessages) => Ok(Err(block)),
            Err(imported) => Ok(Ok(imported)),
        }
    }

    /// The messages that a block of the feed consumes, if it has to be executed now.
    fn deposits_of(&self, number: u64, hash: B256, deposits: u64) -> Result<Result<Vec<Message>, Imported>, ChainError> {
        let heads = self.heads();
        let next = heads.latest.number + 1;
        if number > next {
            return Ok(Err(Imported::Gap { next }));
        }
        if number < next && self.header(number)?.header.hash() == hash {
            return Ok(Err(Imported::Known));
        }
        if number <= heads.safe.l2_block_number {
            return Ok(Err(Imported::AgainstL1));
        }
        let deposit_index = self.header(number - 1)?.deposit_index;
        let messages = self.messages(deposit_index + 1, deposit_index.saturating_add(deposits))?;
        Ok(messages.ok_or(Imported::NeedsMessages))
    }

    fn import_with(&mut self, block: RecoveredFeedBlock, deposits: Vec<Message>) -> Result<Imported, ChainError> {
        let RecoveredFeedBlock { number, hash, timestamp, deposits: count, transactions } = block;
        let parent = number - 1;
        let last = self.header(parent)?.deposit_index.saturating_add(count);
        let input = BlockInput { timestamp, deposits, transactions: Vec::new(), closing: false };
        self.executions += 1;
        let refused = |reason: String| ChainError::FeedBlock { number, claimed: hash, reason };
        let state = state_after(self.store(), parent)?;
        let block = match execute(&self.config, state, &mut self.writer, Signed { input, transactions })? {
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
