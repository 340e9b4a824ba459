//! `challenger show`: one match of a running challenger, once or until it ends.

use crate::status::{AskError, FindError, Story, ask};
use alloy::transports::http::reqwest::Url;
use std::{io::Write, time::Duration};

/// Time between two looks while a match is followed.
const LOOK: Duration = Duration::from_millis(500);
/// Looks in a row without an answer, after which a challenger counts as gone.
const PATIENCE: u32 = 20;

/// A match that cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// The challenger.
    #[error("{source}")]
    Ask {
        /// The reason.
        #[from]
        source: AskError,
    },
    /// The match.
    #[error("{source}")]
    Find {
        /// The reason.
        #[from]
        source: FindError,
    },
    /// The answer cannot be written as JSON.
    #[error("the match cannot be written as JSON: {source}")]
    Json {
        /// The reason.
        #[from]
        source: serde_json::Error,
    },
}

/// Writes the match whose id begins with `id` to `out`; with `follow` what is new of it, until it is over. True if the truth has lost it.
///
/// # Errors
/// When the challenger at `url` does not answer, or knows no such match.
pub async fn show(id: &str, url: Url, json: bool, follow: bool, out: &mut impl Write) -> Result<bool, ShowError> {
    if follow {
        return Follow::default().run(id, url, json, out).await;
    }
    let report = ask(url).await?;
    let found = report.find(id)?;
    let text = if json { serde_json::to_string_pretty(found.game)? } else { found.to_string() };
    // A reader that has gone away wants nothing more.
    let _ = writeln!(out, "{}", text.trim_end());
    Ok(found.is_lost())
}

#[derive(Default)]
struct Follow {
    story: Story,
    last_json: String,
    /// The whole id, once the match was seen.
    seen: Option<String>,
    silent: u32,
    told_that_it_waits: bool,
}

impl Follow {
    async fn run(mut self, id: &str, url: Url, json: bool, out: &mut impl Write) -> Result<bool, ShowError> {
        loop {
            let report = match ask(url.clone()).await {
                Ok(report) => report,
                // A challenger that was seen may be restarting.
                Err(AskError::Unreachable { .. }) if self.seen.is_some() && self.silent < PATIENCE => {
                    self.silent += 1;
                    tokio::time::sleep(LOOK).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            self.silent = 0;
            let wanted = self.seen.clone().unwrap_or_else(|| id.to_owned());
            match report.find(&wanted) {
                Ok(found) => {
                    self.seen = Some(found.game.id.to_string());
                    let text = if json { self.changed(serde_json::to_string(found.game)?) } else { self.story.news(&found) };
                    for line in text {
                        if writeln!(out, "{line}").is_err() {
                            return Ok(false);
                        }
                    }
                    if found.is_over() {
                        return Ok(found.is_lost());
                    }
                }
                Err(error @ FindError::NotOpen { .. }) => {
                    if !std::mem::replace(&mut self.told_that_it_waits, true) {
                        tracing::info!(%error, "waiting");
                    }
                }
                // After a restart, or an L1 reorganisation that undid its opening, it comes back.
                Err(FindError::None { .. }) if self.seen.is_some() && report.is_behind() => {}
                Err(FindError::None { .. }) if self.seen.is_some() => {
                    let _ = writeln!(out, "match {wanted} is known no more: it is over and settled");
                    return Ok(false);
                }
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The JSON, if it says something new.
    fn changed(&mut self, json: String) -> Vec<String> {
        if json == self.last_json {
            return Vec::new();
        }
        self.last_json.clone_from(&json);
        vec![json]
    }
}
