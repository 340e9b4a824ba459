//! Asks a running challenger.

use super::Report;
use alloy::transports::http::reqwest::{self, Url};
use std::time::Duration;

/// A challenger that does not tell its status.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No answer.
    #[error("the challenger at {url} does not tell its status: {source}; check that it runs, and its --status-port")]
    Unreachable {
        /// Where it was asked.
        url: Url,
        /// What happened.
        source: reqwest::Error,
    },
    /// An answer of something else.
    #[error("what answers at {url} is no challenger: {source}; check its --status-port")]
    Unreadable {
        /// Where it was asked.
        url: Url,
        /// What is wrong with the answer.
        source: serde_json::Error,
    },
}

/// Asks the challenger that serves its status at `url`.
///
/// # Errors
/// When it does not answer, or with something else.
pub async fn ask(url: Url) -> Result<Report, AskError> {
    let failed = |source: reqwest::Error| AskError::Unreachable { url: url.clone(), source: source.without_url() };
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().map_err(failed)?;
    let mut status = url.clone();
    status.set_path("/status");
    let answer = client.get(status).send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
    let body = answer.bytes().await.map_err(failed)?;
    serde_json::from_slice(&body).map_err(|source| AskError::Unreadable { url: url.clone(), source })
}
