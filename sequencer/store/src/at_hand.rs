//! Reads that must not wait: on a thread that others wait for.
//!
//! Whether a read finds what it wants in memory shows only where it would turn to the disk. There it fails instead, and is made again on a thread that may
//! wait. The order is the thread's, not an argument's: whatever is read within, by whichever way, keeps to it.

use crate::StoreError;
use std::cell::Cell;

thread_local! {
    static MEMORY_ONLY: Cell<bool> = const { Cell::new(false) };
}

/// Gives the thread back what it was told before.
struct Before(bool);

impl Drop for Before {
    fn drop(&mut self) {
        MEMORY_ONLY.set(self.0);
    }
}

/// Runs what may read memory only: what would turn to the disk, or take long, fails with [`StoreError::NotAtHand`].
pub fn at_hand<R>(work: impl FnOnce() -> R) -> R {
    let _before = Before(MEMORY_ONLY.replace(true));
    work()
}

/// Asks whether this thread may do what takes long.
///
/// # Errors
/// [`StoreError::NotAtHand`] within [`at_hand`].
pub fn takes_time() -> Result<(), StoreError> {
    if MEMORY_ONLY.get() { Err(StoreError::NotAtHand) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Database, Pages, SledDatabase, fjall_pages::FjallPages};
    use gainsay_state::PageId;

    #[test]
    fn within_nothing_is_asked_of_the_disk_and_afterwards_it_may_be() {
        let directory = tempfile::tempdir().unwrap();
        let database = SledDatabase::open(directory.path(), 1 << 20).unwrap();
        let pages = FjallPages::open(&directory.path().join("state")).unwrap();
        let refused = |error: Option<StoreError>| matches!(error, Some(StoreError::NotAtHand));
        at_hand(|| {
            at_hand(|| assert!(refused(takes_time().err())));
            assert!(refused(database.get(b"a").err()), "the outer order holds");
            assert!(refused(database.contains(b"a").err()));
            assert!(refused(database.scan(b"a", b"a").next().and_then(Result::err)));
            assert!(refused(pages.page(PageId::new(1).unwrap()).err()));
        });
        assert!(takes_time().is_ok() && database.get(b"a").is_ok() && pages.page(PageId::new(1).unwrap()).is_ok());
        assert_eq!(database.scan(b"a", b"a").count(), 0);
    }

    #[test]
    fn a_panic_within_leaves_no_order_behind() {
        let panicked = std::panic::catch_unwind(|| at_hand(|| assert!(takes_time().is_ok())));
        assert!(panicked.is_err() && takes_time().is_ok());
    }
}
