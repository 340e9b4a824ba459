//! Waiting for what must happen, with a deadline.

use eyre::bail;
use std::{future::Future, time::Duration};
use tokio::time::{Instant, sleep};

/// How long to wait for something.
#[derive(Clone, Copy, Debug)]
pub struct Patience(pub Duration);

impl Patience {
    /// In seconds.
    #[must_use]
    pub const fn secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

/// Polls until `attempt` gives a value. What it says meanwhile (`Ok(None)`: not yet, `Err`: for instance a node that is just
/// restarting) matters only for the message when time is over.
///
/// # Errors
/// When time is over: what was waited for, and the last error.
pub async fn eventually<T, F: Future<Output = eyre::Result<Option<T>>>>(
    what: &str,
    patience: Patience,
    mut attempt: impl FnMut() -> F,
) -> eyre::Result<T> {
    let end = Instant::now() + patience.0;
    loop {
        let last = match attempt().await {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if Instant::now() >= end {
            match last {
                None => bail!("not within {:?}: {what}", patience.0),
                Some(error) => return Err(error.wrap_err(format!("not within {:?}: {what}", patience.0))),
            }
        }
        sleep(Duration::from_millis(200)).await;
    }
}
