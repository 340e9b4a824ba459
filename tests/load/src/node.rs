//! What is asked of the node beside the load: little, so that the answers cost it next to nothing.

use crate::{
    http::Connection,
    process::{Usage, usage},
    senders::Sender,
};
use eyre::{OptionExt, WrapErr};
use serde_json::{Value, json};

/// Calls in one request.
const CALLS: usize = 200;

/// A node under load.
#[derive(Debug)]
pub(crate) struct Node {
    /// `host:port` of its JSON-RPC.
    pub(crate) address: String,
    /// Its process.
    pub(crate) pid: u32,
    connection: Connection,
}

impl Node {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there, or there is no such process.
    pub(crate) async fn open(address: &str, pid: u32) -> eyre::Result<Self> {
        usage(pid)?;
        Ok(Self { address: address.to_owned(), pid, connection: Connection::open(address).await? })
    }

    /// Connects anew: nodes close what is idle, and signing a long load takes minutes.
    ///
    /// # Errors
    /// When nobody listens there any more.
    pub(crate) async fn reconnect(&mut self) -> eyre::Result<()> {
        self.connection = Connection::open(&self.address).await?;
        Ok(())
    }

    /// What its process has used so far.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn usage(&self) -> eyre::Result<Usage> {
        usage(self.pid)
    }

    /// The answer to a call as the node wrote it.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn text(&mut self, method: &str, params: &str) -> eyre::Result<&[u8]> {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[{params}]}}"#);
        self.connection.post(body.as_bytes()).await
    }

    async fn number(&mut self, method: &str, params: &str) -> eyre::Result<Option<u64>> {
        let answer: Value = serde_json::from_slice(self.text(method, params).await?)?;
        answer["result"].as_str().map(quantity).transpose()
    }

    /// EIP-155 chain id.
    ///
    /// # Errors
    /// When the node has none.
    pub(crate) async fn chain_id(&mut self) -> eyre::Result<u64> {
        self.number("eth_chainId", "").await?.ok_or_eyre("the node tells no chain id")
    }

    /// Number of the latest block.
    ///
    /// # Errors
    /// When the node has none.
    pub(crate) async fn block_number(&mut self) -> eyre::Result<u64> {
        self.number("eth_blockNumber", "").await?.ok_or_eyre("the node has no block")
    }

    /// How many transactions are in a block.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn transactions_in(&mut self, number: u64) -> eyre::Result<Option<u64>> {
        self.number("eth_getBlockTransactionCountByNumber", &format!("\"{number:#x}\"")).await
    }

    /// The next nonce of each, after what waits in the pool.
    ///
    /// # Errors
    /// When the node does not answer all.
    pub(crate) async fn nonces(&mut self, senders: &[Sender]) -> eyre::Result<Vec<u64>> {
        let mut nonces = Vec::with_capacity(senders.len());
        for part in senders.chunks(CALLS) {
            let call = |(id, sender): (usize, &Sender)| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_getTransactionCount", "params": [sender.address, "pending"] });
            let calls: Vec<_> = part.iter().enumerate().map(call).collect();
            let body = serde_json::to_vec(&calls)?;
            let mut answers: Vec<Value> = serde_json::from_slice(self.connection.post(&body).await?)?;
            answers.sort_by_key(|answer| answer["id"].as_u64());
            for answer in answers {
                nonces.push(quantity(answer["result"].as_str().ok_or_eyre("the node tells no nonce")?)?);
            }
        }
        eyre::ensure!(nonces.len() == senders.len(), "the node told {} nonces of {}", nonces.len(), senders.len());
        Ok(nonces)
    }
}

fn quantity(text: &str) -> eyre::Result<u64> {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).wrap_err_with(|| format!("{text} is no quantity"))
}
