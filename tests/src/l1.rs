//! L1: a real node (anvil) with its beacon endpoint, and control over its blocks.

use crate::{Patience, accounts, files, process::Process, wait::eventually};
use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256, U256, address},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::BlockNumberOrTag,
    transports::http::reqwest::Url,
};
use eyre::{Context, OptionExt};
use serde_json::{Value, json};
use std::{path::Path, process::Command};

/// Where public chains have Multicall3.
pub const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");
/// The account that puts it there; nobody has its key.
pub const MULTICALL3_SENDER: Address = address!("05f32B3cC3888453ff71B01135B34FF8e41263F2");

/// Seconds between two blocks.
const BLOCK_TIME: u64 = 1;

/// A running L1.
#[derive(Debug)]
pub struct L1 {
    process: Process,
    url: Url,
    provider: DynProvider,
}

impl L1 {
    /// Starts it on the port; a block every second.
    ///
    /// # Errors
    /// When anvil is not installed or does not answer within 20 s.
    pub async fn start(port: u16, chain_id: u64, logs: &Path) -> eyre::Result<Self> {
        let mut command = Command::new(files::foundry("anvil")?);
        command
            .args(["--port", &port.to_string()])
            .args(["--chain-id", &chain_id.to_string()])
            .args(["--block-time", &BLOCK_TIME.to_string()])
            // Finality four blocks behind: deep enough for the reorgs made here.
            .args(["--slots-in-an-epoch", "4", "--hardfork", "osaka"])
            .args(["--mnemonic", accounts::MNEMONIC])
            // Old states, which it leaves behind when it is killed: they go with the logs.
            .arg("--cache-path")
            .arg(logs.join("l1-states"));
        let process = Process::start("L1", &mut command, &logs.join("l1.log"))?;
        let url: Url = format!("http://127.0.0.1:{port}").parse()?;
        let mut wallet = EthereumWallet::default();
        for index in 0..10 {
            wallet.register_signer(accounts::signer(index)?);
        }
        // Nonces are asked for each time: a remembered one is wrong after a reorg.
        let provider = ProviderBuilder::default()
            .with_gas_estimation()
            .with_blob_gas_estimation()
            .with_simple_nonce_management()
            .fetch_chain_id()
            .wallet(wallet)
            .connect_http(url.clone())
            .erased();
        let l1 = Self { process, url, provider };
        eventually("L1 answers", Patience::secs(20), async || Ok(Some(l1.provider.get_block_number().await?))).await?;
        Ok(l1)
    }

    /// Of its JSON-RPC, and of its beacon API.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Signs for all ten accounts.
    #[must_use]
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Number of the latest block.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn height(&self) -> eyre::Result<u64> {
        Ok(self.provider.get_block_number().await?)
    }

    /// Hash of a block.
    ///
    /// # Errors
    /// When L1 does not answer or has no such block.
    pub async fn hash(&self, number: u64) -> eyre::Result<B256> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Number(number)).await?;
        Ok(block.ok_or_eyre("L1 has no such block")?.header.hash)
    }

    /// Waits until it is `blocks` further.
    ///
    /// # Errors
    /// When it stands still.
    pub async fn advance(&self, blocks: u64) -> eyre::Result<()> {
        let goal = self.height().await? + blocks;
        let patience = Patience::secs(20 + 4 * blocks * BLOCK_TIME);
        eventually("L1 advances", patience, async || Ok((self.height().await? >= goal).then_some(()))).await
    }

    /// Gives an account this balance in wei.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn fund(&self, account: Address, wei: U256) -> eyre::Result<()> {
        self.control("anvil_setBalance", json!([account, wei])).await?;
        Ok(())
    }

    /// Balance of an account in wei.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn balance(&self, account: Address) -> eyre::Result<U256> {
        Ok(self.provider.get_balance(account).await?)
    }

    /// Time of the latest block, seconds.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn time(&self) -> eyre::Result<u64> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await?;
        Ok(block.ok_or_eyre("L1 has no latest block")?.header.timestamp)
    }

    /// Lets time pass at once: the next block is `seconds` later.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn skip_time(&self, seconds: u64) -> eyre::Result<()> {
        self.control("evm_increaseTime", json!([seconds])).await?;
        self.control("anvil_mine", json!([1])).await?;
        Ok(())
    }

    /// Replaces the latest `depth` blocks by as many empty ones: their transactions are gone.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn reorg(&self, depth: u64) -> eyre::Result<()> {
        self.control("anvil_reorg", json!([depth, []])).await?;
        Ok(())
    }

    /// Stops making blocks.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn pause(&self) -> eyre::Result<()> {
        self.control("evm_setIntervalMining", json!([0])).await?;
        Ok(())
    }

    /// Makes blocks again.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn resume(&self) -> eyre::Result<()> {
        self.control("evm_setIntervalMining", json!([BLOCK_TIME])).await?;
        Ok(())
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// With the end of its log when it has ended.
    pub fn check_alive(&mut self) -> eyre::Result<()> {
        self.process.check_alive()
    }

    /// Hands in the transaction that puts Multicall3 at [`MULTICALL3`]: it was signed once for all chains.
    ///
    /// # Errors
    /// When L1 refuses.
    pub async fn put_multicall(&self) -> eyre::Result<B256> {
        let signed = files::multicall3()?;
        // What it pays with: 1,000,000 gas of 100 gwei.
        self.fund(MULTICALL3_SENDER, U256::from(100_000_000_000_000_000u64)).await?;
        Ok(*self.provider.send_raw_transaction(&signed).await?.tx_hash())
    }

    async fn control(&self, method: &'static str, params: Value) -> eyre::Result<Value> {
        self.provider.raw_request(method.into(), params).await.wrap_err(method)
    }
}
