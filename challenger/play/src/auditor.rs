//! Asks L1's contracts now and then whether its logs are complete; where they are not, has them read again.

use crate::audit::{Contracts, Difference, differences};
use alloy::primitives::Address;
use gainsay_l1::L1Client;
use gainsay_shell::follow::RollupView;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};

/// Longest time between two looks.
const LONGEST: Duration = Duration::from_secs(60);
/// Shortest time between two looks, and between what was read and the look.
const SHORTEST: Duration = Duration::from_secs(1);
/// Shortest time between two readings of all logs.
const READ_AGAIN: Duration = Duration::from_secs(60);

/// Looks.
pub(crate) struct Auditor {
    pub(crate) client: L1Client,
    pub(crate) contracts: Contracts,
    pub(crate) me: Address,
    pub(crate) view: watch::Receiver<RollupView>,
    /// Time between two looks: well within the least time of a move.
    pub(crate) every: Duration,
    /// What differs.
    pub(crate) found: watch::Sender<Arc<Vec<Difference>>>,
    /// Has all logs read again.
    pub(crate) reread: Arc<Notify>,
}

impl Auditor {
    /// Time between two looks where a move takes `extension` seconds at least.
    pub(crate) fn every(extension: u64) -> Duration {
        (Duration::from_secs(extension) / 4).clamp(SHORTEST, LONGEST)
    }

    /// Looks until it is dropped.
    pub(crate) async fn run(mut self) {
        let mut read_again: Option<Instant> = None;
        loop {
            let view = self.view.borrow_and_update().clone();
            // While L1 is being read again, what was found stays found.
            if view.caught_up {
                match differences(&self.client, self.contracts, &view.ledger, self.me, view.read_hash).await {
                    Ok(found) => {
                        let first = found.first().map(ToString::to_string);
                        // A log that was left out once makes later ones contradict each other.
                        let contradiction = view.ledger.contradiction().map(|(block, reason)| format!("L1 block {block}: {reason}"));
                        let reason = first.or(contradiction);
                        if let Some(reason) = reason.filter(|_| read_again.is_none_or(|at| at.elapsed() >= READ_AGAIN)) {
                            tracing::error!(%reason, "all logs of the disputes are read again");
                            read_again = Some(Instant::now());
                            self.reread.notify_one();
                        }
                        self.publish(found);
                    }
                    // A block that L1 has just dropped, or a node that lags behind another one.
                    Err(error) => {
                        metrics::counter!("gainsay_audit_failures").increment(1);
                        tracing::debug!(%error, "the contracts cannot be compared with the logs, trying again");
                    }
                }
            }
            tokio::time::sleep(if view.caught_up { self.every } else { SHORTEST }).await;
        }
    }

    fn publish(&self, found: Vec<Difference>) {
        self.found.send_if_modified(|last| {
            let changed = **last != found;
            if changed {
                *last = Arc::new(found);
            }
            changed
        });
    }
}
