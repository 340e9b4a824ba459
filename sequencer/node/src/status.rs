//! `sequencer status`: what a node knows, in words.

use alloy::{
    providers::{Provider, RootProvider},
    transports::{RpcError, TransportErrorKind, http::reqwest::Url},
};
use gainsay_rpc::SyncStatus;
use std::fmt;

/// A node that cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("the node at {url} does not tell its status: {source}; check that it runs and that the URL is that of its RPC")]
pub struct StatusError {
    /// Where it was asked.
    pub url: String,
    /// What came back.
    pub source: RpcError<TransportErrorKind>,
}

/// Asks a node.
///
/// # Errors
/// When it does not answer.
pub async fn status(url: Url) -> Result<SyncStatus, StatusError> {
    let provider: RootProvider = RootProvider::new_http(url.clone());
    let answer = provider.raw_request("gainsay_syncStatus".into(), ()).await;
    answer.map_err(|source| StatusError { url: url.to_string(), source })
}

/// A status in words.
#[derive(Debug)]
pub struct InWords<'a>(pub &'a SyncStatus);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.0;
        let unsafe_blocks = status.latest.number.saturating_sub(status.safe.number);
        writeln!(f, "latest     block {} {}, {unsafe_blocks} not on L1 yet", status.latest.number, status.latest.hash)?;
        writeln!(f, "safe       block {} {}", status.safe.number, status.safe.hash)?;
        writeln!(f, "finalized  block {} {}", status.finalized.number, status.finalized.hash)?;
        match &status.l1 {
            Some(block) => writeln!(f, "L1         block {} read, {} finalised", block.number, status.l1_finalized)?,
            None => writeln!(f, "L1         nothing read yet")?,
        }
        let state = &status.safe_state;
        writeln!(
            f,
            "inbox      {} of {} batches derived, {} of {} messages executed",
            state.batch_index, status.batches, state.deposit_index, status.messages
        )
    }
}
