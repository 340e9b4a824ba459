//! Bytes that all connections share.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of bytes, some of which are taken.
#[derive(Debug)]
pub(crate) struct Budget(AtomicUsize);

/// Of large requests, and of large replies.
#[derive(Debug)]
pub(crate) struct Budgets {
    /// Requests that come in or are under way.
    pub(super) requests: Budget,
    /// Replies that are made or not written yet.
    pub(super) replies: Budget,
}

impl Budgets {
    /// So many bytes each.
    pub(crate) const fn new(requests: usize, replies: usize) -> Self {
        Self { requests: Budget(AtomicUsize::new(requests)), replies: Budget(AtomicUsize::new(replies)) }
    }

    /// What is left of both.
    #[cfg(test)]
    pub(crate) fn left(&self) -> (usize, usize) {
        (self.requests.0.load(Ordering::SeqCst), self.replies.0.load(Ordering::SeqCst))
    }
}

impl Budget {
    /// Takes all of it, or nothing.
    pub(super) fn take(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(bytes)).is_ok()
    }

    /// Gives back what was taken.
    pub(super) fn give(&self, bytes: usize) {
        if bytes > 0 {
            self.0.fetch_add(bytes, Ordering::AcqRel);
        }
    }
}
