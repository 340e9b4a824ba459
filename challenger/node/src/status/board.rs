//! What the status is put together from, whenever somebody asks.

use super::Report;
use gainsay_play::report::PlayReport;
use std::sync::Arc;
use tokio::sync::watch;

/// Where the player says that it plays.
pub type PlaySender = watch::Sender<Option<watch::Receiver<Arc<PlayReport>>>>;

/// The newest that each task has told.
#[derive(Clone, Debug)]
pub struct Board {
    /// Verdicts.
    pub verdicts: watch::Receiver<Arc<Report>>,
    /// The player's own; none while there is no player.
    pub player: watch::Receiver<Option<watch::Receiver<Arc<PlayReport>>>>,
}

impl Board {
    /// All of it.
    #[must_use]
    pub fn report(&self) -> Report {
        let play = self.player.borrow().as_ref().map(|report| (**report.borrow()).clone());
        Report { play, ..(**self.verdicts.borrow()).clone() }
    }
}
