//! The ready transactions in the order in which a block wants them.

use crate::Pooled;
use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc, vec::IntoIter};

/// Best effective tip first, earlier arrival before later, the nonces of each sender in order. A snapshot: the pool may change meanwhile.
#[derive(Debug)]
pub struct Best {
    base_fee: u64,
    heads: BinaryHeap<Head>,
    /// The rest of the sender whose transaction was handed out last.
    current: Option<IntoIter<Arc<Pooled>>>,
}

#[derive(Debug)]
struct Head {
    key: (u128, Reverse<u64>),
    pooled: Arc<Pooled>,
    rest: IntoIter<Arc<Pooled>>,
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Head {}
impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl Best {
    pub(crate) fn new(base_fee: u64, queues: impl Iterator<Item = Vec<Arc<Pooled>>>) -> Self {
        let mut best = Self { base_fee, heads: BinaryHeap::new(), current: None };
        for queue in queues {
            best.push(queue.into_iter());
        }
        best
    }

    /// Leaves out the sender of the transaction that was handed out last: it was not included, so its later nonces cannot be.
    pub fn skip_sender(&mut self) {
        self.current = None;
    }

    /// Whether nothing is left to hand out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let next = self.current.as_ref().and_then(|rest| rest.as_slice().first());
        self.heads.is_empty() && next.and_then(|pooled| pooled.effective_tip(self.base_fee)).is_none()
    }

    /// A sender whose next transaction pays less than the base fee is left out.
    fn push(&mut self, mut rest: IntoIter<Arc<Pooled>>) {
        let Some(pooled) = rest.next() else { return };
        if let Some(tip) = pooled.effective_tip(self.base_fee) {
            self.heads.push(Head { key: (tip, Reverse(pooled.arrival())), pooled, rest });
        }
    }
}

impl Iterator for Best {
    type Item = Arc<Pooled>;

    fn next(&mut self) -> Option<Arc<Pooled>> {
        if let Some(rest) = self.current.take() {
            self.push(rest);
        }
        let Head { pooled, rest, .. } = self.heads.pop()?;
        self.current = Some(rest);
        Some(pooled)
    }
}
