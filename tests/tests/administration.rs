//! What an operator does to a running sequencer over its private port: blocks and batches are stopped and go on, and the log says more.

use alloy::{
    eips::eip2718::Encodable2718,
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
};
use eyre::{OptionExt, ensure};
use gainsay_tests::{Node, Options, Patience, Setup, accounts, eventually, free_port};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// Seconds after which a batch is posted.
const INTERVAL: &str = "1";
/// In this time a block would be built, many times over.
const MANY_BLOCKS: Duration = Duration::from_secs(1);
/// In this time a batch would be on L1.
const A_BATCH: Duration = Duration::from_secs(3);

/// A node with an administration.
struct Office {
    node: Node,
    admin: DynProvider,
}

impl Office {
    async fn open(setup: &Setup, extra: &[&str]) -> eyre::Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let options = [&["--admin-address", &address, "--batch-interval", INTERVAL], extra].concat();
        let node = setup.sequencer_with("sequencer", &options)?;
        node.start_and_wait().await?;
        Ok(Self { node, admin: ProviderBuilder::new().connect_http(format!("http://{address}").parse()?).erased() })
    }

    async fn ask(&self, method: &'static str, params: Value) -> eyre::Result<Value> {
        Ok(self.admin.raw_request(method.into(), params).await?)
    }

    /// Code and words with which it refuses.
    async fn refusal(&self, method: &'static str, params: Value) -> eyre::Result<(i64, String)> {
        let outcome = self.admin.raw_request::<_, Value>(method.into(), params).await;
        let error = outcome.err().and_then(|error| error.as_error_resp().cloned()).ok_or_eyre("it was not refused")?;
        Ok((error.code, error.message.into_owned()))
    }
}

/// Transfers of one wei, signed one after the other.
struct Sender {
    chain_id: u64,
    wallet: EthereumWallet,
    nonce: u64,
}

impl Sender {
    fn new(chain_id: u64) -> eyre::Result<Self> {
        Ok(Self { chain_id, wallet: EthereumWallet::from(accounts::signer(0)?), nonce: 0 })
    }

    async fn sign(&mut self) -> eyre::Result<Bytes> {
        let request = TransactionRequest::default()
            .with_to(Address::repeat_byte(0x77))
            .with_value(U256::ONE)
            .with_nonce(self.nonce)
            .with_chain_id(self.chain_id)
            .with_gas_limit(21_000)
            .with_max_fee_per_gas(1_000_000_000)
            .with_max_priority_fee_per_gas(1_000_000);
        self.nonce += 1;
        Ok(request.build(&self.wallet).await?.encoded_2718().into())
    }

    /// Sends one, and waits until it is in a block.
    async fn transfer(&mut self, node: &Node) -> eyre::Result<()> {
        let hash = node.send(&self.sign().await?).await?;
        included(node, hash).await
    }
}

async fn included(node: &Node, hash: B256) -> eyre::Result<()> {
    let succeeded = eventually("the transfer is in a block", Patience::secs(20), async || node.succeeded(hash).await).await?;
    ensure!(succeeded, "the transfer reverted");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_stops_and_starts_blocks_and_batches() -> eyre::Result<()> {
    let setup = Setup::start(Options::default()).await?;
    let office = Office::open(&setup, &[]).await?;
    let mut sender = Sender::new(setup.l2_chain_id()?)?;
    sender.transfer(&office.node).await?;

    keeps_its_ports_apart(&office).await?;
    blocks_stop_and_go_on(&office, &mut sender).await?;
    batches_stop_and_go_on(&setup, &office, &mut sender).await?;
    the_log_says_more(&office, &mut sender).await?;

    // Started again as one that waits for its turn.
    office.node.stop()?;
    let office = Office::open(&setup, &["--stopped"]).await?;
    ensure!(office.ask("admin_sequencerActive", json!([])).await? == false, "it has started by itself");
    let hash = waits(&office.node, &sender.sign().await?).await?;
    let head = office.node.block(office.node.head("latest").await?).await?.hash;
    office.ask("admin_startSequencer", json!([head])).await?;
    included(&office.node, hash).await
}

async fn keeps_its_ports_apart(office: &Office) -> eyre::Result<()> {
    for method in ["admin_sequencerActive", "admin_stopSequencer", "admin_setLogLevel"] {
        let refused = office.node.call_raw(method, json!([])).await.err().map(|error| format!("{error:#}")).unwrap_or_default();
        ensure!(refused.contains("-32601"), "the public port answers {method} with: {refused}");
    }
    ensure!(office.refusal("eth_chainId", json!([])).await?.0 == -32601, "the private port serves users");
    Ok(())
}

/// A transaction is taken, and stays in the pool.
async fn waits(node: &Node, signed: &Bytes) -> eyre::Result<B256> {
    let head = node.head("latest").await?;
    let hash = node.send(signed).await?;
    sleep(MANY_BLOCKS).await;
    ensure!(node.head("latest").await? == head && node.succeeded(hash).await?.is_none(), "it builds blocks");
    ensure!(node.call_raw("txpool_status", json!([])).await?["pending"] == "0x1", "the transaction is not in the pool");
    Ok(hash)
}

async fn blocks_stop_and_go_on(office: &Office, sender: &mut Sender) -> eyre::Result<()> {
    let node = &office.node;
    ensure!(office.ask("admin_sequencerActive", json!([])).await? == true, "it is not active");
    let head: B256 = serde_json::from_value(office.ask("admin_stopSequencer", json!([])).await?)?;
    ensure!(node.block(node.head("latest").await?).await?.hash == head, "it stopped at another block than it says");
    ensure!(office.ask("admin_sequencerActive", json!([])).await? == false, "it is still active");
    let again = office.refusal("admin_stopSequencer", json!([])).await?;
    ensure!(again == (-32000, "sequencer not running".to_owned()), "stopped twice: {again:?}");

    let hash = waits(node, &sender.sign().await?).await?;
    let (code, words) = office.refusal("admin_startSequencer", json!([B256::ZERO])).await?;
    ensure!(code == -32000 && words.contains(&head.to_string()), "started on another block: {code} {words}");
    office.ask("admin_startSequencer", json!([head])).await?;
    included(node, hash).await
}

async fn batches_stop_and_go_on(setup: &Setup, office: &Office, sender: &mut Sender) -> eyre::Result<()> {
    let node = &office.node;
    let tip = node.head("latest").await?;
    node.reaches("safe", tip, Patience::secs(30)).await?;
    office.ask("admin_stopBatcher", json!([])).await?;
    ensure!(office.ask("admin_batcherActive", json!([])).await? == false, "the batcher is still active");
    let posted = setup.batches().await?;
    sender.transfer(node).await?;
    sleep(A_BATCH).await;
    ensure!(setup.batches().await? == posted, "a batch was posted");
    let refused = office.refusal("admin_flushBatcher", json!([])).await?;
    ensure!(refused == (-32000, "batcher is not running".to_owned()), "flushed while it was stopped: {refused:?}");

    office.ask("admin_startBatcher", json!([])).await?;
    office.ask("admin_flushBatcher", json!([])).await?;
    let tip = node.head("latest").await?;
    node.reaches("safe", tip, Patience::secs(30)).await
}

async fn the_log_says_more(office: &Office, sender: &mut Sender) -> eyre::Result<()> {
    let detailed = || office.node.log().map(|log| log.contains("DEBUG"));
    ensure!(!detailed()?, "the log has details already");
    let (code, words) = office.refusal("admin_setLogLevel", json!(["=="])).await?;
    ensure!(code == -32000 && words.contains("=="), "a level that is none is refused with {code} {words}");
    office.ask("admin_setLogLevel", json!(["debug"])).await?;
    sender.transfer(&office.node).await?;
    eventually("the log has details", Patience::secs(10), async || Ok(detailed()?.then_some(()))).await?;
    office.ask("admin_setLogLevel", json!(["info"])).await?;
    Ok(())
}
