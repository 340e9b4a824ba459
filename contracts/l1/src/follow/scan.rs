//! Catching up in ranges, far enough behind the head that L1 is not expected to change there.

use super::{Checkpoint, L1Follower, L1Update};
use crate::{BlockRef, L1Block, L1Error};
use alloy::rpc::types::{Filter, Log};
use tracing::debug;

impl L1Follower {
    /// Reads the blocks `from..=to`, or fewer if the node does not give the logs of so many at once.
    pub(super) async fn scan(&mut self, from: u64, to: u64) -> Result<bool, L1Error> {
        let last = self.client.block(BlockRef::Number(to)).await?;
        let filter = Filter::new().address(self.addresses()).from_block(from).to_block(to);
        let logs = match self.client.logs(&filter).await {
            Ok(logs) => logs,
            Err(error) if self.range > 1 => return self.narrow(error),
            Err(error) => return Err(error),
        };
        // Logs come by height, not by hash: they are of this chain only if its end is the same before and after.
        if self.client.block(BlockRef::Number(to)).await?.hash != last.hash {
            return Ok(true);
        }
        let mut start = 0;
        while let Some(first) = logs.get(start) {
            let end = start + logs[start..].iter().take_while(|log| log.block_hash == first.block_hash).count();
            let block = self.origin_of(first, from, &last).await?;
            self.accept(block, &logs[start..end])?;
            start = end;
        }
        if self.window.tip().number < to {
            self.accept(last, &[])?;
        }
        self.range = self.range.saturating_mul(2).min(self.config.range.max(1));
        Ok(true)
    }

    /// Halves the range. Errors other than a refusal are passed on, so that the caller waits before the next call.
    fn narrow(&mut self, error: L1Error) -> Result<bool, L1Error> {
        self.range = (self.range / 2).max(1);
        debug!(range = self.range, %error, "L1 did not give the logs of so many blocks at once");
        match error {
            L1Error::Refused { .. } | L1Error::Malformed { .. } => Ok(true),
            other => Err(other),
        }
    }

    /// The block of a log, which must lie in what was asked for.
    async fn origin_of(&self, log: &Log, from: u64, last: &L1Block) -> Result<L1Block, L1Error> {
        let hash = log.block_hash.unwrap_or_default();
        let block = self.client.block(BlockRef::Hash(hash)).await?;
        let inside = (from..=last.number).contains(&block.number) && block.number > self.window.tip().number && block.hash == hash;
        if inside {
            Ok(block)
        } else {
            Err(L1Error::NoBlock { url: self.client.url().to_owned(), block: format!("{hash} between {from} and {}", last.number) })
        }
    }

    /// Checks the events of a block and makes it the tip.
    pub(super) fn accept(&mut self, block: L1Block, logs: &[Log]) -> Result<(), L1Error> {
        let mut cursor = self.window.tip().cursor;
        let events = cursor.read(&block, &self.config, logs).map_err(|fault| L1Error::Events {
            url: self.client.url().to_owned(),
            block: block.number,
            fault,
        })?;
        let checkpoint = Checkpoint { number: block.number, hash: block.hash, cursor };
        self.window.push(checkpoint);
        self.ready.push_back(L1Update::Extend { block, events, checkpoint });
        Ok(())
    }
}
