//! Following L1 by hash.

mod scan;
mod window;

pub use window::{Checkpoint, Window, WindowError};

use crate::{BlockRef, Heads, L1Block, L1Client, L1Error, L1Event};
use alloy::{
    primitives::{Address, B256},
    rpc::types::Filter,
};
use std::collections::VecDeque;

/// What to follow, and in which portions.
#[derive(Clone, Copy, Debug)]
pub struct FollowConfig {
    /// The Inbox.
    pub inbox: Address,
    /// The Rollup.
    pub rollup: Address,
    /// The matches between its stakes.
    pub matches: Address,
    /// The games that show its assertions.
    pub games: Address,
    /// Blocks that one request for logs covers far behind the head, at most.
    pub range: u64,
    /// Blocks behind the head that are read one by one, by hash. Beyond the depth of usual reorganisations.
    pub recent: u64,
    /// Checkpoints kept, for going back; older ones are dropped also when L1 does not finalise.
    pub window: usize,
    /// Blocks read in one poll, about.
    pub per_poll: usize,
}

impl FollowConfig {
    /// Usual portions. No contract is at the zero address: what is not to be followed.
    #[must_use]
    pub const fn new(inbox: Address, rollup: Address, matches: Address, games: Address) -> Self {
        Self { inbox, rollup, matches, games, range: 2_000, recent: 64, window: 2_048, per_poll: 64 }
    }
}

/// A change of L1, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum L1Update {
    /// A block comes on top. Near the head it is the child of the one before; further behind, blocks without events are left
    /// out.
    Extend {
        /// The block.
        block: L1Block,
        /// What happened in it, in log order.
        events: Vec<L1Event>,
        /// Where to go on from after this block: worth keeping in the store.
        checkpoint: Checkpoint,
    },
    /// Everything after this block is no longer part of L1.
    Rewind {
        /// Height of the newest block that still stands.
        to: u64,
        /// Its hash.
        hash: B256,
        /// The state of reading at that block.
        checkpoint: Checkpoint,
    },
}

/// What a poll found.
#[derive(Clone, Debug)]
pub struct Polled {
    /// Changes since the last poll, in order.
    pub updates: Vec<L1Update>,
    /// Heads of L1. They may be ahead of what was read so far.
    pub heads: Heads,
    /// Whether everything up to `heads.latest` has been read.
    pub caught_up: bool,
}

/// Follows the Inbox, the Rollup, Matches and Games. Every update is given exactly once, also when a poll fails or is dropped half way.
#[derive(Debug)]
pub struct L1Follower {
    client: L1Client,
    config: FollowConfig,
    window: Window,
    /// Blocks per request for logs now.
    range: u64,
    /// Read but not yet given out.
    ready: VecDeque<L1Update>,
}

impl L1Follower {
    /// Goes on after the newest checkpoint. `checkpoints` in order; the more are given, the deeper a reorganisation that
    /// happened in between can be followed. For a new chain: the block before the deployment ([`Self::origin`]).
    ///
    /// # Errors
    /// If there is no checkpoint or they are not in order.
    pub fn new(client: L1Client, config: FollowConfig, checkpoints: Vec<Checkpoint>) -> Result<Self, WindowError> {
        let window = Window::new(checkpoints, config.window)?;
        Ok(Self { client, range: config.range.max(1), config, window, ready: VecDeque::new() })
    }

    /// The checkpoint from which a chain whose contracts were deployed at L1 block `deployed_at` is read.
    ///
    /// # Errors
    /// If the node does not have that block.
    pub async fn origin(client: &L1Client, deployed_at: u64) -> Result<Checkpoint, L1Error> {
        let block = client.block(BlockRef::Number(deployed_at.saturating_sub(1))).await?;
        Ok(Checkpoint { number: block.number, hash: block.hash, cursor: Default::default() })
    }

    /// Where reading stands, oldest first.
    pub fn checkpoints(&self) -> impl DoubleEndedIterator<Item = &Checkpoint> {
        self.window.points()
    }

    /// Reads what is new, at most about `per_poll` blocks of it. Call again at once unless `caught_up`.
    ///
    /// # Errors
    /// If nothing new could be read.
    pub async fn poll(&mut self) -> Result<Polled, L1Error> {
        let heads = self.client.heads().await?;
        while self.ready.len() < self.config.per_poll && self.window.tip().hash != heads.latest.hash {
            match self.advance(&heads).await {
                Ok(true) => {}
                Ok(false) => break,
                // What was read before is given out first; the error comes back if it stays.
                Err(_) if !self.ready.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        self.window.prune(heads.finalized.number);
        let updates: Vec<_> = self.ready.drain(..).collect();
        let tip = self.window.tip();
        // A node behind the same URL that lags: everything it has was read.
        let caught_up = tip.hash == heads.latest.hash || (tip.number > heads.latest.number && updates.is_empty());
        Ok(Polled { updates, heads, caught_up })
    }

    /// One portion. False if there is nothing to do.
    async fn advance(&mut self, heads: &Heads) -> Result<bool, L1Error> {
        let (tip, latest) = (*self.window.tip(), heads.latest);
        if tip.number >= latest.number {
            return self.behind_or_forked(&latest).await;
        }
        if latest.number - tip.number > self.config.recent {
            if !self.stands(&tip).await? {
                return self.rewind().await;
            }
            let to = (latest.number - self.config.recent).min(tip.number.saturating_add(self.range));
            return self.scan(tip.number + 1, to).await;
        }
        let Some(block) = self.client.find_block(BlockRef::Number(tip.number + 1)).await? else { return Ok(false) };
        if block.parent_hash != tip.hash {
            return self.rewind().await;
        }
        self.extend(block).await.map(|()| true)
    }

    /// The node's newest block is not above ours. If it is one of ours the node only lags, or its newest blocks were taken
    /// away and others will come: wait. If it is another block, L1 was reorganised.
    async fn behind_or_forked(&mut self, latest: &L1Block) -> Result<bool, L1Error> {
        match self.window.at(latest.number) {
            Some(known) if known.hash == latest.hash => Ok(false),
            Some(_) => self.rewind().await,
            None => Ok(false),
        }
    }

    async fn extend(&mut self, block: L1Block) -> Result<(), L1Error> {
        let filter = Filter::new().address(self.addresses()).at_block_hash(block.hash);
        let logs = self.client.logs(&filter).await?;
        self.accept(block, &logs)
    }

    /// Goes back to the newest checkpoint that is still part of L1.
    async fn rewind(&mut self) -> Result<bool, L1Error> {
        let points: Vec<_> = self.window.points().rev().copied().collect();
        for point in points {
            if self.stands(&point).await? {
                // The tip itself: a block above it vanished between two calls. Nothing was given out for it.
                if self.window.rewind(point.number) {
                    self.ready.push_back(L1Update::Rewind { to: point.number, hash: point.hash, checkpoint: point });
                    return Ok(true);
                }
                return Ok(false);
            }
        }
        Err(L1Error::ReorgTooDeep { oldest: self.window.oldest().number })
    }

    /// Whether a block that was read is still part of L1.
    async fn stands(&self, point: &Checkpoint) -> Result<bool, L1Error> {
        Ok(self.client.find_block(BlockRef::Number(point.number)).await?.is_some_and(|block| block.hash == point.hash))
    }

    fn addresses(&self) -> Vec<Address> {
        vec![self.config.inbox, self.config.rollup, self.config.matches, self.config.games]
    }
}
