//! Blocks that were written or read of late, encoded as they are stored, for all readers.

use crate::StoredBlock;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Bytes of the bodies kept.
const MOST_BYTES: usize = 32 << 20;
/// Blocks kept at most.
const MOST_BLOCKS: usize = 256;

/// The least recently used block goes first.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Blocks>);

#[derive(Debug, Default)]
struct Blocks {
    blocks: HashMap<u64, Kept>,
    bytes: usize,
    /// Counts up with every use.
    clock: u64,
    /// Counts the times that blocks were taken off the chain.
    unwound: u64,
}

#[derive(Debug)]
struct Kept {
    block: Arc<StoredBlock>,
    used: u64,
}

/// Says when the reading of a block began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Since(u64);

impl Recent {
    pub(crate) fn get(&self, number: u64) -> Option<Arc<StoredBlock>> {
        let mut guard = self.lock();
        let blocks = &mut *guard;
        blocks.clock += 1;
        let kept = blocks.blocks.get_mut(&number)?;
        kept.used = blocks.clock;
        Some(kept.block.clone())
    }

    /// To be called before a block is read from the database.
    pub(crate) fn since(&self) -> Since {
        Since(self.lock().unwound)
    }

    /// Keeps a block that was read, unless blocks were taken off the chain since.
    pub(crate) fn keep_read(&self, since: Since, block: Arc<StoredBlock>) {
        let mut blocks = self.lock();
        if blocks.unwound == since.0 {
            blocks.keep(block);
        }
    }

    /// Keeps a block that was written.
    pub(crate) fn keep(&self, block: Arc<StoredBlock>) {
        self.lock().keep(block);
    }

    /// Drops blocks from this number on: they were taken off the chain.
    pub(crate) fn unwind(&self, first: u64) {
        let mut blocks = self.lock();
        blocks.unwound += 1;
        blocks.blocks.retain(|number, _| *number < first);
        blocks.bytes = blocks.blocks.values().map(|kept| size(&kept.block)).sum();
    }

    fn lock(&self) -> MutexGuard<'_, Blocks> {
        // What it guards is a cache: whatever a thread that died left is good enough.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blocks {
    fn keep(&mut self, block: Arc<StoredBlock>) {
        self.clock += 1;
        self.bytes += size(&block);
        let number = block.header().header.number;
        if let Some(replaced) = self.blocks.insert(number, Kept { block, used: self.clock }) {
            self.bytes -= size(&replaced.block);
        }
        while (self.bytes > MOST_BYTES || self.blocks.len() > MOST_BLOCKS) && self.blocks.len() > 1 {
            let Some(oldest) = self.blocks.iter().min_by_key(|(_, kept)| kept.used).map(|(number, _)| *number) else { break };
            if let Some(dropped) = self.blocks.remove(&oldest) {
                self.bytes -= size(&dropped.block);
            }
        }
    }
}

fn size(block: &StoredBlock) -> usize {
    // Hashes are made of most blocks sooner or later.
    block.body().len() + 32 * block.len() + 1024
}
