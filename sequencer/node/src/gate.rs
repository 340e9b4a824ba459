//! What an operator may stop and start again: building blocks, posting batches.

use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Passed by a worker before each piece of work, and closed by whoever wants it to rest.
#[derive(Clone, Debug)]
pub struct Gate(Arc<watch::Sender<State>>);

#[derive(Clone, Copy, Debug)]
struct State {
    open: bool,
    /// The worker is behind the gate.
    busy: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(true)
    }
}

impl Gate {
    /// Open or closed, with nobody behind it.
    #[must_use]
    pub fn new(open: bool) -> Self {
        Self(Arc::new(watch::Sender::new(State { open, busy: false })))
    }

    /// Whether work may begin, and what has begun may go on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.borrow().open
    }

    /// For the worker: goes behind the gate if it is open.
    #[must_use]
    pub fn enter(&self) -> bool {
        let mut entered = false;
        self.0.send_if_modified(|state| {
            entered = state.open;
            std::mem::replace(&mut state.busy, entered) != entered
        });
        entered
    }

    /// For the worker: nothing is under way.
    pub fn leave(&self) {
        self.0.send_if_modified(|state| std::mem::replace(&mut state.busy, false));
    }

    /// Opens it. False if it is open.
    #[must_use]
    pub fn open(&self) -> bool {
        self.0.send_if_modified(|state| !std::mem::replace(&mut state.open, true))
    }

    /// Closes it. False if it is closed.
    #[must_use]
    pub fn close(&self) -> bool {
        self.0.send_if_modified(|state| std::mem::replace(&mut state.open, false))
    }

    /// Waits until the worker is not behind the gate; false if it still is after so long.
    pub async fn at_rest(&self, patience: Duration) -> bool {
        let mut state = self.0.subscribe();
        let rest = state.wait_for(|state| !state.busy);
        matches!(tokio::time::timeout(patience, rest).await, Ok(Ok(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_closes_it_waits_for_what_is_under_way_and_nothing_new_begins() {
        let gate = Gate::default();
        assert!(gate.enter() && gate.close() && !gate.close());
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.at_rest(Duration::from_secs(60)).await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        gate.leave();
        assert!(waiting.await.expect("no panic") && !gate.enter());
        assert!(gate.open() && !gate.open() && gate.enter());
    }

    #[tokio::test]
    async fn work_that_does_not_end_is_not_waited_for_for_ever() {
        let gate = Gate::default();
        assert!(gate.enter() && gate.close());
        assert!(!gate.at_rest(Duration::from_millis(20)).await);
    }
}
