//! Waiting for something that others do.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long to wait, and how often to look.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// In all.
    pub limit: Duration,
    /// Between two looks.
    pub poll: Duration,
}

impl Patience {
    /// Looks once a second at most, and four times a second at least.
    #[must_use]
    pub fn of(limit: Duration) -> Self {
        Self { limit, poll: (limit / 100).clamp(Duration::from_millis(250), Duration::from_secs(1)) }
    }

    /// Looks until there is something, or none once the time is over. It looks at least once.
    ///
    /// # Errors
    /// What looking says.
    pub async fn until<T, E>(&self, mut look: impl AsyncFnMut() -> Result<Option<T>, E>) -> Result<Option<T>, E> {
        let deadline = Instant::now() + self.limit;
        loop {
            if let Some(found) = look().await? {
                return Ok(Some(found));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            sleep(self.poll).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[tokio::test]
    async fn without_time_it_looks_once() {
        let mut looks = 0;
        let patience = Patience { limit: Duration::ZERO, poll: Duration::from_secs(60) };
        let found = patience
            .until(async || -> Result<Option<()>, Infallible> {
                looks += 1;
                Ok(None)
            })
            .await;
        assert!(matches!(found, Ok(None)));
        assert_eq!(looks, 1);
    }

    #[tokio::test]
    async fn it_looks_until_there_is_something() {
        let mut looks = 0;
        let patience = Patience { limit: Duration::from_secs(60), poll: Duration::from_millis(1) };
        let found: Result<_, Infallible> = patience
            .until(async || {
                looks += 1;
                Ok((looks == 3).then_some(looks))
            })
            .await;
        assert_eq!(found, Ok(Some(3)));
    }
}
