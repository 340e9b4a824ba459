//! What wakes the builder's thread.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// Rung by whoever has something for the builder, many times a second: while it has not woken up from the last time, that costs one atomic operation.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rung: AtomicBool,
    sleeping: Mutex<()>,
    wake: Condvar,
}

impl Bell {
    /// Wakes the builder, or keeps it from falling asleep the next time.
    pub fn ring(&self) {
        if !self.0.rung.swap(true, Ordering::AcqRel) {
            // Whoever holds this is about to look, or waits already.
            drop(self.0.sleeping.lock().unwrap_or_else(PoisonError::into_inner));
            self.0.wake.notify_one();
        }
    }

    /// Sleeps until the bell has rung since the last call, or until `until`. For one thread.
    pub fn wait(&self, until: Option<Instant>) {
        let mut guard = self.0.sleeping.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.0.rung.swap(false, Ordering::AcqRel) {
            guard = match until {
                None => self.0.wake.wait(guard).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return;
                    }
                    self.0.wake.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::atomic::AtomicUsize, thread, time::Duration};

    #[test]
    fn a_ring_before_the_wait_is_not_lost_and_counts_once() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        bell.wait(None);
        let before = Instant::now();
        bell.wait(Some(before + Duration::from_millis(20)));
        assert!(before.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn no_ring_is_lost_between_threads() {
        let (bell, given, seen) = (Bell::default(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let sleeper = {
            let (bell, given, seen) = (bell.clone(), given.clone(), seen.clone());
            thread::spawn(move || {
                while seen.load(Ordering::SeqCst) < 10_000 {
                    bell.wait(None);
                    seen.store(given.load(Ordering::SeqCst), Ordering::SeqCst);
                }
            })
        };
        for _ in 0..10_000 {
            given.fetch_add(1, Ordering::SeqCst);
            bell.ring();
        }
        sleeper.join().expect("it wakes up after the last ring");
        assert_eq!(seen.load(Ordering::SeqCst), 10_000);
    }
}
