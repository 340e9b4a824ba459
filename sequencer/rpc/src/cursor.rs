//! Following the chain block by block, through rollbacks.

use alloy_primitives::B256;
use gainsay_store::{Store, StoreError, StoredBlock};
use std::{collections::VecDeque, sync::Arc};

/// Blocks whose hashes a cursor remembers: how deep a rollback it can follow without a jump.
const MEMORY: usize = 4096;

/// The place in the chain of one who reads it block by block.
#[derive(Debug)]
pub(crate) struct Cursor {
    next: u64,
    /// Hashes of the blocks before `next`, the newest last.
    seen: VecDeque<B256>,
}

impl Cursor {
    /// Starts with block `first`.
    pub(crate) const fn from(first: u64) -> Self {
        Self { next: first, seen: VecDeque::new() }
    }

    /// Starts with the block after the latest one.
    pub(crate) fn after_latest(store: &Store) -> Self {
        let latest = store.heads().latest;
        Self { next: latest.number.saturating_add(1), seen: VecDeque::from([latest.hash]) }
    }

    /// The next block, if it exists yet. After a rollback this is the first block that differs from those handed out.
    pub(crate) fn advance(&mut self, store: &Store) -> Result<Option<Arc<StoredBlock>>, StoreError> {
        self.rewind(store)?;
        let Some(block) = store.stored_block(self.next)? else { return Ok(None) };
        let header = &block.header().header;
        if self.seen.back().is_some_and(|last| *last != header.parent_hash) {
            // The chain changed between the two reads; the next call sorts it out.
            return Ok(None);
        }
        self.seen.push_back(header.hash());
        if self.seen.len() > MEMORY {
            self.seen.pop_front();
        }
        self.next = self.next.saturating_add(1);
        Ok(Some(block))
    }

    /// Goes back over the blocks that are no longer in the chain.
    fn rewind(&mut self, store: &Store) -> Result<(), StoreError> {
        while let Some(last) = self.seen.back() {
            let number = self.next.saturating_sub(1);
            if store.header(number)?.is_some_and(|header| header.header.hash() == *last) {
                break;
            }
            self.seen.pop_back();
            self.next = number;
        }
        Ok(())
    }
}
