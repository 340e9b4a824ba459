//! Catching up in ranges, far enough behind the head that L1 is not expected to change there.

use super::{Checkpoint, L1Follower, L1Update};
use crate::{BlockRef, L1Block, L1Error};
use alloy::{
    primitives::B256,
    rpc::types::{Filter, Log},
};
use tracing::debug;

/// Blocks with events that are asked for together; what was read before stays when one of them cannot be had.
const PORTION: usize = 64;
/// Bytes of events that one request should give, about: batches in calldata are up to 128 kB each, twice that on the wire.
const ANSWER: usize = 8 << 20;

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
        let bytes = logs.iter().map(|log| log.data().data.len()).sum();
        let blocks: Vec<&[Log]> = logs.chunk_by(|one, next| one.block_hash == next.block_hash).collect();
        for blocks in blocks.chunks(PORTION) {
            for (block, logs) in self.origins_of(blocks, from, &last).await?.into_iter().zip(blocks) {
                self.accept(block, logs)?;
            }
        }
        if self.window.tip().number < to {
            self.accept(last, &[])?;
        }
        self.range = range_after(self.range, bytes).min(self.config.range.max(1));
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

    /// The blocks of these logs, one for each part. They must lie in what was asked for, one above the other.
    async fn origins_of(&self, blocks: &[&[Log]], from: u64, last: &L1Block) -> Result<Vec<L1Block>, L1Error> {
        let hashes: Vec<B256> = blocks.iter().filter_map(|logs| logs.first()).map(|log| log.block_hash.unwrap_or_default()).collect();
        let found = self.client.blocks(&hashes).await?;
        let mut below = self.window.tip().number.max(from.saturating_sub(1));
        for block in &found {
            if block.number <= below || block.number > last.number {
                let block = format!("{} between {from} and {}", block.hash, last.number);
                return Err(L1Error::NoBlock { url: self.client.url().to_owned(), block });
            }
            below = block.number;
        }
        Ok(found)
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

/// Blocks to ask for next, after `range` of them had events of so many bytes: no more than give [`ANSWER`], and no more than twice as many.
fn range_after(range: u64, bytes: usize) -> u64 {
    let fits = (range as u128 * ANSWER as u128).checked_div(bytes as u128);
    let fits = fits.map_or(u64::MAX, |fits| u64::try_from(fits).unwrap_or(u64::MAX));
    range.saturating_mul(2).min(fits).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_grows_while_answers_are_small_and_shrinks_when_they_are_large() {
        assert_eq!(range_after(100, 0), 200);
        assert_eq!(range_after(100, ANSWER / 100), 200);
        assert_eq!(range_after(2_000, 8 * ANSWER), 250);
        assert_eq!(range_after(3, 100 * ANSWER), 1);
        assert_eq!(range_after(u64::MAX, 0), u64::MAX);
    }
}
