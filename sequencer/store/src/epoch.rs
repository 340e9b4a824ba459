//! Epochs: the blocks whose state is in pages.

use crate::{StoreError, codec::Record};
use alloy_primitives::B256;
use gainsay_state::PageId;
use gainsay_types::Millis;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

const WHOLE: u8 = 0;
const UNWOUND: u8 = 1;
const PRUNED: u8 = 2;

/// A block whose state is in pages, all of them. Its record is written after the last of them.
#[derive(Debug)]
pub(crate) struct Epoch {
    /// Number of the block.
    pub(crate) number: u64,
    /// Its hash.
    pub(crate) hash: B256,
    /// Its time.
    pub(crate) time: Millis,
    /// Which of all epochs that were taken, dropped ones included, from 1. Its pages are numbered by it.
    pub(crate) serial: u64,
    /// The page of the accounts' root; none of the empty state.
    pub(crate) root: Option<PageId>,
    /// Whether its pages are there, which is not so any more before the first of them is removed.
    pages: AtomicU8,
    /// If they are pruned: the oldest block whose state is kept.
    oldest: AtomicU64,
}

/// An epoch as it is kept.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct EpochRecord {
    pub(crate) hash: B256,
    pub(crate) time: Millis,
    pub(crate) serial: u64,
    /// 0 of the empty state.
    pub(crate) root: u64,
}

impl Record for EpochRecord {
    const NAME: &'static str = "epoch";
}

impl Epoch {
    pub(crate) const fn new(number: u64, record: &EpochRecord) -> Self {
        let EpochRecord { hash, time, serial, root } = *record;
        Self { number, hash, time, serial, root: PageId::new(root), pages: AtomicU8::new(WHOLE), oldest: AtomicU64::new(0) }
    }

    pub(crate) fn record(&self) -> EpochRecord {
        EpochRecord { hash: self.hash, time: self.time, serial: self.serial, root: self.root.map_or(0, PageId::get) }
    }

    /// Call it before its pages are removed, because its block is.
    pub(crate) fn unwind(&self) {
        self.pages.store(UNWOUND, Ordering::SeqCst);
    }

    /// Call it before its pages are pruned.
    pub(crate) fn prune(&self, oldest: u64) {
        self.oldest.store(oldest, Ordering::SeqCst);
        self.pages.store(PRUNED, Ordering::SeqCst);
    }

    /// Whether its pages are there.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.pages.load(Ordering::SeqCst) {
            WHOLE => Ok(()),
            PRUNED => Err(StoreError::Pruned { number: self.number, oldest: self.oldest.load(Ordering::SeqCst) }),
            _ => Err(StoreError::Dropped { number: self.number }),
        }
    }
}
