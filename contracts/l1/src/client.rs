//! A typed client of one L1 node over HTTP.

use crate::{L1Error, Recovery, error::from_transport, revert};
use alloy::{
    network::Ethereum,
    primitives::{Address, U256},
    providers::{Provider, RootProvider},
    rpc::{
        client::ClientBuilder,
        json_rpc::{RpcRecv, RpcSend},
    },
    transports::{TransportError, http::reqwest},
};
use std::{sync::Arc, time::Duration};
use tracing::debug;

/// How often a call is repeated while the node cannot be reached, and how long one may take.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Calls in all, at least 1.
    pub attempts: u32,
    /// Wait before the second call; doubles each time.
    pub first_wait: Duration,
    /// Longest that one call may take.
    pub timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 4, first_wait: Duration::from_millis(200), timeout: Duration::from_secs(20) }
    }
}

/// One L1 node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct L1Client {
    provider: RootProvider<Ethereum>,
    /// Scheme, host and port.
    url: Arc<str>,
    retry: RetryPolicy,
}

impl L1Client {
    /// A client that has not called the node yet.
    ///
    /// # Errors
    /// If the URL is not one of HTTP or HTTPS.
    pub fn new(url: &str, retry: RetryPolicy) -> Result<Self, L1Error> {
        let parsed = parse_url(url)?;
        let public = parsed.origin().ascii_serialization();
        let bad = |reason: String| L1Error::Url { url: public.clone(), reason };
        let http = reqwest::Client::builder().timeout(retry.timeout).build().map_err(|error| bad(error.without_url().to_string()))?;
        let rpc = ClientBuilder::default().http_with_client(http, parsed);
        Ok(Self { provider: RootProvider::new(rpc), url: public.into(), retry })
    }

    /// Connects with the default policy and checks the chain id.
    ///
    /// # Errors
    /// If the node cannot be reached or serves another chain.
    pub async fn connect(url: &str, chain_id: u64) -> Result<Self, L1Error> {
        let client = Self::new(url, RetryPolicy::default())?;
        client.check_chain(chain_id).await?;
        Ok(client)
    }

    /// Scheme, host and port: safe to log.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The provider underneath, for what has no method here.
    #[must_use]
    pub const fn provider(&self) -> &RootProvider<Ethereum> {
        &self.provider
    }

    /// Chain id of the node.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn chain_id(&self) -> Result<u64, L1Error> {
        self.quantity("eth_chainId", ()).await
    }

    /// Refuses a node of another chain.
    ///
    /// # Errors
    /// [`L1Error::WrongChain`], or if the node cannot be reached.
    pub async fn check_chain(&self, expected: u64) -> Result<(), L1Error> {
        match self.chain_id().await? {
            found if found == expected => Ok(()),
            found => Err(L1Error::WrongChain { url: self.url.to_string(), expected, found }),
        }
    }

    /// A request that runs code: a refusal that carries revert data is a revert.
    pub(crate) async fn simulate<P: RpcSend + Clone, R: RpcRecv>(
        &self,
        method: &'static str,
        to: Address,
        params: P,
    ) -> Result<R, L1Error> {
        self.attempt(method, params).await.map_err(|error| match &error {
            TransportError::ErrorResp(payload) => match payload.as_revert_data() {
                Some(data) => L1Error::Reverted { to, reason: revert::describe(&data) },
                // EIP-1474's code for a failed execution, without data.
                None if payload.code == 3 => L1Error::Reverted { to, reason: payload.message.to_string() },
                None => from_transport(&self.url, method, error),
            },
            _ => from_transport(&self.url, method, error),
        })
    }

    /// A number, in hexadecimal on the wire.
    pub(crate) async fn quantity<P: RpcSend + Clone>(&self, method: &'static str, params: P) -> Result<u64, L1Error> {
        let value: U256 = self.request(method, params).await?;
        u64::try_from(value).map_err(|_| L1Error::Malformed {
            url: self.url.to_string(),
            method,
            reason: format!("{value} is not a 64-bit number"),
        })
    }

    /// Any request, repeated while the node cannot be reached.
    ///
    /// # Errors
    /// Classified by what the caller does.
    pub async fn request<P: RpcSend + Clone, R: RpcRecv>(&self, method: &'static str, params: P) -> Result<R, L1Error> {
        self.attempt(method, params).await.map_err(|error| from_transport(&self.url, method, error))
    }

    async fn attempt<P: RpcSend + Clone, R: RpcRecv>(&self, method: &'static str, params: P) -> Result<R, TransportError> {
        let mut wait = self.retry.first_wait;
        let mut left = self.retry.attempts.max(1) - 1;
        loop {
            let error = match self.provider.raw_request(method.into(), params.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let overloaded = matches!(&error, TransportError::ErrorResp(payload) if payload.code == 429);
            if left == 0 || !(error.is_transport_error() || overloaded) {
                return Err(error);
            }
            debug!(method, url = %self.url, left, "L1 call failed, repeating it");
            tokio::time::sleep(wait).await;
            (left, wait) = (left - 1, wait.saturating_mul(2));
        }
    }

    /// Waits until the node answers, for at most `patience`; used at start-up, when L1 may still be starting.
    ///
    /// # Errors
    /// What the last call said, or at once if repeating does not help.
    pub async fn wait_until_up(&self, chain_id: u64, patience: Duration) -> Result<(), L1Error> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            match self.check_chain(chain_id).await {
                Err(error) if error.recovery() == Recovery::Retry && tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                other => return other,
            }
        }
    }
}

/// Parses the URL of a node; only HTTP and HTTPS.
pub(crate) fn parse_url(url: &str) -> Result<reqwest::Url, L1Error> {
    let bad = |reason: &str| L1Error::Url { url: url.to_owned(), reason: reason.to_owned() };
    let parsed = reqwest::Url::parse(url).map_err(|error| bad(&error.to_string()))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(bad("its scheme is not http or https"));
    }
    Ok(parsed)
}
