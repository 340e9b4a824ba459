//! A typed client of one L1 node over HTTP.

use crate::{BlockRef, Heads, L1Block, L1Error, Recovery, error::from_transport, revert};
use alloy::{
    eips::BlockId,
    network::Ethereum,
    primitives::{Address, B256, Bytes, U256},
    providers::{Provider, RootProvider},
    rpc::{
        client::ClientBuilder,
        json_rpc::{RpcRecv, RpcSend},
        types::{Block, Filter, Log, TransactionInput, TransactionReceipt, TransactionRequest},
    },
    sol_types::SolCall,
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

    /// A block, or none if the node does not have it.
    ///
    /// # Errors
    /// If the node cannot be reached or refuses.
    pub async fn find_block(&self, at: BlockRef) -> Result<Option<L1Block>, L1Error> {
        let block: Option<Block> = match (at, at.tag()) {
            (BlockRef::Hash(hash), _) => self.request("eth_getBlockByHash", (hash, false)).await?,
            (_, tag) => self.request("eth_getBlockByNumber", (tag, false)).await?,
        };
        block.as_ref().map(L1Block::of).map(|block| self.as_asked(at, block)).transpose()
    }

    /// Refuses another block than the one asked for.
    fn as_asked(&self, at: BlockRef, block: L1Block) -> Result<L1Block, L1Error> {
        let same = match at {
            BlockRef::Number(number) => block.number == number,
            BlockRef::Hash(hash) => block.hash == hash,
            BlockRef::Latest | BlockRef::Safe | BlockRef::Finalized => true,
        };
        let reason = || format!("block {} ({}) when asked for {at}", block.number, block.hash);
        same.then_some(block).ok_or_else(|| L1Error::Malformed { url: self.url.to_string(), method: "eth_getBlock", reason: reason() })
    }

    /// A block that should exist.
    ///
    /// # Errors
    /// [`L1Error::NoBlock`] if the node does not have it.
    pub async fn block(&self, at: BlockRef) -> Result<L1Block, L1Error> {
        self.find_block(at).await?.ok_or_else(|| L1Error::NoBlock { url: self.url.to_string(), block: at.to_string() })
    }

    /// The three heads. A node that does not know a finalised or safe block (before the first checkpoint, or no consensus
    /// client) counts as one whose genesis is the newest finalised block.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn heads(&self) -> Result<Heads, L1Error> {
        let latest = self.block(BlockRef::Latest).await?;
        let finalized = match self.tagged(BlockRef::Finalized).await? {
            Some(block) => block,
            None => self.block(BlockRef::Number(0)).await?,
        };
        let safe = self.tagged(BlockRef::Safe).await?.unwrap_or(finalized);
        // The calls are not atomic: a block may arrive between them.
        let finalized = if finalized.number > latest.number { latest } else { finalized };
        let safe = if safe.number > latest.number { latest } else { safe };
        Ok(Heads { latest, safe: if safe.number < finalized.number { finalized } else { safe }, finalized })
    }

    /// A block by tag; none also where the node refuses the tag because nothing has that rank yet.
    async fn tagged(&self, at: BlockRef) -> Result<Option<L1Block>, L1Error> {
        match self.find_block(at).await {
            Err(error) if error.is_refusal() => Ok(None),
            other => other,
        }
    }

    /// Logs that match, in order.
    ///
    /// # Errors
    /// If the node cannot be reached or refuses the range.
    pub async fn logs(&self, filter: &Filter) -> Result<Vec<Log>, L1Error> {
        let mut logs: Vec<Log> = self.request("eth_getLogs", (filter,)).await?;
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        Ok(logs)
    }

    /// Calls a view function at a block.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with the decoded error; or if the answer is not what the function returns, as when `to` has
    /// no code.
    pub async fn read<F: SolCall>(&self, to: Address, call: F, at: BlockId) -> Result<F::Return, L1Error> {
        let output = self.call(to, call.abi_encode().into(), at).await?;
        F::abi_decode_returns(&output).map_err(|error| L1Error::Malformed {
            url: self.url.to_string(),
            method: "eth_call",
            reason: format!("{to} does not answer {}: {error}", F::SIGNATURE),
        })
    }

    /// Calls a contract at a block and returns its output.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with the decoded error.
    pub async fn call(&self, to: Address, input: Bytes, at: BlockId) -> Result<Bytes, L1Error> {
        let request = TransactionRequest::default().to(to).input(TransactionInput::both(input));
        self.simulate("eth_call", to, (request, at)).await
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

    /// Code of an account at the newest block; empty if it has none.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn code(&self, address: Address) -> Result<Bytes, L1Error> {
        self.request("eth_getCode", (address, BlockId::latest())).await
    }

    /// Balance at the newest block, wei.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn balance(&self, address: Address) -> Result<U256, L1Error> {
        self.request("eth_getBalance", (address, BlockId::latest())).await
    }

    /// Transactions of an account: mined ones, or with those that the node's pool holds.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn nonce(&self, address: Address, at: BlockId) -> Result<u64, L1Error> {
        self.quantity("eth_getTransactionCount", (address, at)).await
    }

    /// The receipt of a mined transaction.
    ///
    /// # Errors
    /// If the node cannot be reached.
    pub async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, L1Error> {
        self.request("eth_getTransactionReceipt", (hash,)).await
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
