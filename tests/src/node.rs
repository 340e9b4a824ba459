//! A sequencer, a follower, a challenger or a liar: a real process that can be killed and started again on its data, and its JSON-RPC.

use crate::{Patience, files, process::Process, wait::eventually};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::client::BatchRequest,
    transports::http::reqwest::Url,
};
use eyre::{Context, OptionExt, ensure};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Builds blocks, posts batches and claims.
    Sequencer,
    /// Derives the chain from L1 alone.
    Follower,
    /// Checks every claim.
    Challenger,
    /// Claims what is false. Answers nothing.
    Liar,
}

/// A node: how it is started, and its process while it runs.
#[derive(Debug)]
pub struct Node {
    name: String,
    role: Role,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    url: Url,
    rpc: DynProvider,
    process: Mutex<Option<Process>>,
}

/// A block as its JSON-RPC shows it: what two nodes must agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockId {
    /// Hash of the header.
    pub hash: B256,
    /// State root.
    pub state_root: B256,
    /// Transactions in it, deposits included.
    pub transactions: usize,
}

impl Node {
    /// A node that is not started yet. `port` is the one that its arguments name.
    ///
    /// # Errors
    /// Never for a valid port.
    pub fn new(
        name: &str,
        role: Role,
        arguments: Vec<String>,
        environment: Vec<(String, String)>,
        port: u16,
        logs: &Path,
    ) -> eyre::Result<Self> {
        let url: Url = format!("http://127.0.0.1:{port}").parse()?;
        let rpc = ProviderBuilder::new().connect_http(url.clone()).erased();
        let log = logs.join(format!("{name}.log"));
        Ok(Self { name: name.to_owned(), role, arguments, environment, log, url, rpc, process: Mutex::new(None) })
    }

    /// Changes an option of the next start.
    ///
    /// # Errors
    /// When it is not started with such an option.
    pub fn set(&mut self, option: &str, value: &str) -> eyre::Result<()> {
        let position = self.arguments.iter().position(|one| one == option);
        let slot = position.and_then(|position| self.arguments.get_mut(position + 1));
        *slot.ok_or_else(|| eyre::eyre!("{} has no {option}", self.name))? = value.to_owned();
        Ok(())
    }

    /// Its program with its arguments, not started: for tests that want it to fail.
    ///
    /// # Errors
    /// When it is not built.
    pub fn command(&self) -> eyre::Result<Command> {
        let name = match self.role {
            Role::Sequencer | Role::Follower => "sequencer",
            Role::Challenger => "challenger",
            Role::Liar => "liar",
        };
        let mut command = Command::new(files::program(name)?);
        command.args(&self.arguments).envs(self.environment.iter().map(|(key, value)| (key, value)));
        Ok(command)
    }

    /// Starts it; it resumes from its data. Does not wait until it answers.
    ///
    /// # Errors
    /// When it runs already or is not built.
    pub fn start(&self) -> eyre::Result<()> {
        let mut process = self.process();
        ensure!(process.is_none(), "{} runs already", self.name);
        *process = Some(Process::start(&self.name, &mut self.command()?, &self.log)?);
        Ok(())
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// When it ends, or does not answer within 30 s.
    pub async fn start_and_wait(&self) -> eyre::Result<()> {
        self.start()?;
        let url = self.url.clone();
        eventually(&format!("{} answers", self.name), Patience::secs(30), async || {
            let answers = match self.role {
                Role::Challenger => tokio::net::TcpStream::connect(url.authority()).await.is_ok(),
                Role::Liar => true,
                Role::Sequencer | Role::Follower => self.rpc.get_chain_id().await.is_ok(),
            };
            // A node that has ended gives its reason at once, as the value.
            Ok(self.check_alive().map_or_else(|error| Some(Err(error)), |()| answers.then_some(Ok(()))))
        })
        .await?
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self) -> eyre::Result<()> {
        self.process().take().ok_or_eyre("the node does not run")?.kill()
    }

    /// Ctrl-C; it must end by itself, and well.
    ///
    /// # Errors
    /// When it does not run, does not end, or ends with an error.
    pub fn stop(&self) -> eyre::Result<()> {
        let status = self.process().take().ok_or_eyre("the node does not run")?.interrupt()?;
        ensure!(status.success(), "{} ended with {status} after an interrupt", self.name);
        Ok(())
    }

    /// Whether it runs.
    ///
    /// # Errors
    /// When it does not, with the end of its log.
    pub fn check_alive(&self) -> eyre::Result<()> {
        self.process().as_mut().ok_or_eyre("the node does not run")?.check_alive()
    }

    /// All that it has logged.
    ///
    /// # Errors
    /// When there is no log.
    pub fn log(&self) -> eyre::Result<String> {
        std::fs::read_to_string(&self.log).wrap_err_with(|| format!("{} has no log", self.name))
    }

    /// Its name, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Of its JSON-RPC, or of a challenger's status.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// One JSON-RPC call.
    ///
    /// # Errors
    /// The node's answer, or that there was none.
    pub async fn call_raw(&self, method: &'static str, params: Value) -> eyre::Result<Value> {
        self.rpc.raw_request(method.into(), params).await.wrap_err_with(|| format!("{} {method}", self.name))
    }

    /// Many calls of one method in one batch: an answer or a refusal for each.
    ///
    /// # Errors
    /// When there was no answer to the batch.
    pub async fn call_many(&self, method: &'static str, params: &[Value]) -> eyre::Result<Vec<eyre::Result<Value>>> {
        let mut batch = BatchRequest::new(self.rpc.client());
        let calls = params.iter().map(|params| batch.add_call::<_, Value>(method, params)).collect::<Result<Vec<_>, _>>()?;
        batch.send().await.wrap_err_with(|| format!("{} {method}, {} at once", self.name, params.len()))?;
        let mut answers = Vec::with_capacity(calls.len());
        for call in calls {
            answers.push(call.await.map_err(eyre::Report::from));
        }
        Ok(answers)
    }

    /// Number of the block behind `latest`, `safe` or `finalized`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn head(&self, tag: &str) -> eyre::Result<u64> {
        let block = self.call_raw("eth_getBlockByNumber", json!([tag, false])).await?;
        Ok(u64::from_str_radix(field(&block, "number")?.trim_start_matches("0x"), 16)?)
    }

    /// What it has at a height.
    ///
    /// # Errors
    /// When there is no answer or no such block.
    pub async fn block(&self, number: u64) -> eyre::Result<BlockId> {
        let block = self.call_raw("eth_getBlockByNumber", json!([format!("0x{number:x}"), false])).await?;
        ensure!(!block.is_null(), "{} has no block {number}", self.name);
        Ok(BlockId {
            hash: field(&block, "hash")?.parse()?,
            state_root: field(&block, "stateRoot")?.parse()?,
            transactions: block["transactions"].as_array().map_or(0, Vec::len),
        })
    }

    /// Waits until the head behind `tag` is at least `number`.
    ///
    /// # Errors
    /// When it is not in time.
    pub async fn reaches(&self, tag: &str, number: u64, patience: Patience) -> eyre::Result<()> {
        let what = format!("block {number} is {tag} on {}", self.name);
        eventually(&what, patience, async || {
            let head = self.head(tag).await?;
            ensure!(head >= number, "{tag} is at {head}");
            Ok(Some(()))
        })
        .await
    }

    /// Balance in wei, of the latest state.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn balance(&self, account: Address) -> eyre::Result<U256> {
        Ok(self.rpc.get_balance(account).await?)
    }

    /// Next nonce by the block behind `tag`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn nonce(&self, account: Address, tag: &str) -> eyre::Result<u64> {
        let nonce = self.call_raw("eth_getTransactionCount", json!([account, tag])).await?;
        let text = nonce.as_str().ok_or_eyre("a nonce is a string")?;
        Ok(u64::from_str_radix(text.trim_start_matches("0x"), 16)?)
    }

    /// Code of an account.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn code(&self, account: Address) -> eyre::Result<Bytes> {
        Ok(self.rpc.get_code_at(account).await?)
    }

    /// `eth_call` on the latest state.
    ///
    /// # Errors
    /// When it reverts or there is no answer.
    pub async fn call(&self, to: Address, data: Bytes) -> eyre::Result<Bytes> {
        let answer = self.call_raw("eth_call", json!([{ "to": to, "data": data }, "latest"])).await?;
        Ok(serde_json::from_value(answer)?)
    }

    /// Sends a signed transaction.
    ///
    /// # Errors
    /// The node's refusal.
    pub async fn send(&self, signed: &Bytes) -> eyre::Result<B256> {
        Ok(serde_json::from_value(self.call_raw("eth_sendRawTransaction", json!([signed])).await?)?)
    }

    /// Whether a transaction succeeded; none while it is in no block.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn succeeded(&self, hash: B256) -> eyre::Result<Option<bool>> {
        let receipt = self.call_raw("eth_getTransactionReceipt", json!([hash])).await?;
        if receipt.is_null() {
            return Ok(None);
        }
        Ok(Some(field(&receipt, "status")? == "0x1"))
    }
}

pub(crate) fn field<'a>(object: &'a Value, name: &str) -> eyre::Result<&'a str> {
    object[name].as_str().ok_or_else(|| eyre::eyre!("{name} is missing in {object}"))
}

/// Fails at the first block, from genesis to `tip`, that two nodes do not have in common. Returns how many transactions there are.
///
/// # Errors
/// Names the block.
pub async fn same_chain(left: &Node, right: &Node, tip: u64) -> eyre::Result<usize> {
    let mut transactions = 0;
    for number in 0..=tip {
        let (ours, theirs) = (left.block(number).await?, right.block(number).await?);
        ensure!(ours == theirs, "{} and {} differ at block {number}: {ours:?}, {theirs:?}", left.name, right.name);
        transactions += ours.transactions;
    }
    Ok(transactions)
}
