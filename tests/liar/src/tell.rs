//! What the liars log of themselves.

use gainsay_play::report::PlayReport;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Logs each stake and each move of a player once, until `stop`.
pub(crate) async fn tell(role: &'static str, mut report: watch::Receiver<Arc<PlayReport>>, stop: CancellationToken) {
    let mut told = Told::default();
    loop {
        let now = report.borrow_and_update().clone();
        told.tell(role, &now);
        tokio::select! {
            () = stop.cancelled() => return,
            changed = report.changed() => if changed.is_err() {
                return stop.cancelled().await;
            }
        }
    }
}

/// Returns once each of these players has placed a stake, and none of theirs lives.
pub(crate) async fn until_over(reports: Vec<watch::Receiver<Arc<PlayReport>>>) {
    for mut report in reports {
        let over = |report: &Arc<PlayReport>| !report.stakes.is_empty() && report.stakes.iter().all(|stake| stake.status != "live");
        if report.wait_for(over).await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// What was logged: of each stake how it stood, of each match how many moves.
#[derive(Default)]
struct Told {
    stakes: BTreeMap<String, String>,
    moves: BTreeMap<String, usize>,
}

impl Told {
    fn tell(&mut self, role: &'static str, report: &PlayReport) {
        for stake in &report.stakes {
            let news = format!("{} on {}", stake.status, stake.tip);
            if self.stakes.insert(stake.id.to_string(), news.clone()).as_ref() != Some(&news) {
                tracing::info!(role, address = %report.address, stake = %stake.id, status = stake.status, tip = %stake.tip, "stake");
            }
        }
        for m in &report.matches {
            let before = self.moves.insert(m.id.to_string(), m.history.len()).unwrap_or_default();
            for played in m.history.iter().skip(before) {
                let (round, kind, segment) = (played.round, &played.kind, played.segment);
                tracing::info!(role, address = %report.address, id = %m.id, own = played.own, round, kind, segment, "move");
            }
        }
    }
}
