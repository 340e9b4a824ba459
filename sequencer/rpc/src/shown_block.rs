//! The block that the builder has open, as it tells readers.

use alloy_consensus::Header;
use alloy_primitives::B256;
use gainsay_pool::Pooled;
use gainsay_types::{Message, Millis};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What settles the start of a block.
#[derive(Clone, Debug)]
pub struct OpenedBlock {
    /// Hash of the block below.
    pub parent: B256,
    /// The header so far: number, time, fee recipient, gas limit, base fee and randomness are final.
    pub header: Header,
    /// Its time.
    pub time: Millis,
    /// The messages that it consumes, in order.
    pub deposits: Vec<Message>,
}

/// Where the builder shows the block that it has open: how it starts, and which transactions it has executed. That is all that readers need to make the block
/// and its state for themselves, when they are asked; it costs the builder a pointer for each transaction.
#[derive(Clone, Debug, Default)]
pub struct ShownBlock(Arc<Mutex<Shown>>);

#[derive(Debug, Default)]
struct Shown {
    /// Blocks opened so far.
    serial: u64,
    opened: Option<Arc<OpenedBlock>>,
    included: Vec<Arc<Pooled>>,
}

/// What a reader sees.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Which of the blocks that were opened it is, from 1.
    pub(crate) serial: u64,
    pub(crate) opened: Arc<OpenedBlock>,
    /// Transactions that are executed, beyond those that the reader knows.
    pub(crate) included: Vec<Arc<Pooled>>,
}

impl ShownBlock {
    /// A block is open, its deposits executed.
    pub fn open(&self, block: OpenedBlock) {
        let mut shown = self.lock();
        *shown = Shown { serial: shown.serial.wrapping_add(1), opened: Some(Arc::new(block)), included: Vec::new() };
    }

    /// Transactions were executed in it, after those before.
    pub fn push(&self, executed: &[Arc<Pooled>]) {
        let mut shown = self.lock();
        if shown.opened.is_some() {
            shown.included.extend_from_slice(executed);
        }
    }

    /// There is no open block any more: it is the latest, or was given up.
    pub fn close(&self) {
        let mut shown = self.lock();
        (shown.opened, shown.included) = (None, Vec::new());
    }

    /// The block if it is open on top of `parent`. A reader who knows the first transactions of one names it and their count.
    pub(crate) fn see(&self, parent: B256, known: Option<(u64, usize)>) -> Option<Seen> {
        let shown = self.lock();
        let opened = shown.opened.as_ref().filter(|opened| opened.parent == parent)?;
        let first = known.map_or(0, |(serial, count)| if serial == shown.serial { count } else { 0 });
        let included = shown.included.get(first..).unwrap_or_default().to_vec();
        Some(Seen { serial: shown.serial, opened: opened.clone(), included })
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        // Every change is whole when the lock is released.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
