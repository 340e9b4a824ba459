#![allow(missing_docs)]

//! An L1 node that leaves out logs, as one with a broken or late index does.

use alloy::{primitives::Address, sol_types::SolEvent, transports::http::reqwest};
use eyre::ensure;
use gainsay_bindings::Rollup::StakePlaced;
use gainsay_chain::ChainError;
use gainsay_game::decide::Policy;
use gainsay_l1::{SecretKey, SendPolicy, TransactionManager};
use gainsay_play::{
    conduct::Honest,
    player::{PlayOptions, Player, PlayerError},
    waiting::Waiting,
};
use gainsay_shell::{
    follow::FollowError,
    open::{Node, NodePaths},
    supervisor::Supervisor,
};
use gainsay_tests::{Options, Setup, accounts};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

#[derive(Debug, thiserror::Error)]
enum TaskError {
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Player(#[from] PlayerError),
}

/// Between a player and L1: leaves out the logs of the first block in which a stake is placed, once.
async fn forgetful(node: String) -> eyre::Result<(String, Arc<AtomicBool>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (url, done) = (format!("http://{}", listener.local_addr()?), Arc::new(AtomicBool::new(false)));
    let forgot = done.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (node, forgot) = (node.clone(), forgot.clone());
            tokio::spawn(async move { serve(stream, &node, &forgot).await });
        }
    });
    Ok((url, done))
}

async fn serve(stream: TcpStream, node: &str, forgot: &AtomicBool) -> eyre::Result<()> {
    let (mut stream, http) = (BufReader::new(stream), reqwest::Client::new());
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            match line.to_ascii_lowercase().strip_prefix("content-length:") {
                Some(value) => length = value.trim().parse()?,
                None if line == "\r\n" => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let asked: Value = serde_json::from_slice(&body)?;
        let mut answer: Value = http.post(node).header("content-type", "application/json").body(body).send().await?.json().await?;
        let staked = json!(StakePlaced::SIGNATURE_HASH);
        let is_staked = |logs: &Vec<Value>| logs.iter().any(|log| log["topics"][0] == staked);
        if asked["method"] == "eth_getLogs" && answer["result"].as_array().is_some_and(is_staked) && !forgot.swap(true, Ordering::SeqCst) {
            answer["result"] = json!([]);
        }
        let answer = answer.to_string();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
        stream.write_all(format!("{head}{answer}").as_bytes()).await?;
        stream.flush().await?;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_that_an_l1_node_leaves_out_are_noticed_and_read_again() -> eyre::Result<()> {
    let params = vec![("/rollup/challengeWindow", 90.into()), ("/rollup/clock", 40.into()), ("/rollup/extension", 10.into())];
    let setup = Setup::start(Options { da: "calldata", params, ..Options::default() }).await?;
    let (l1, forgot) = forgetful(setup.l1.url().to_string()).await?;
    let network = setup.path("network");
    let paths = NodePaths {
        network: &network,
        l1_rpc: &l1,
        beacon: vec![&l1],
        data: setup.path("player"),
        poll: Duration::from_millis(250),
        keep_unsafe: false,
        history: gainsay_chain::History::default(),
    };
    let mut supervisor = Supervisor::<TaskError>::default();
    let node = Node::open(&paths).await?.start(&mut supervisor);
    let key = SecretKey::from_mnemonic(accounts::MNEMONIC, 1)?;
    let manager = TransactionManager::start(node.client.clone(), key, SendPolicy::default()).await?;
    let options = PlayOptions::new(Policy { propose: false, second: false, list: false }, 1);
    let (player, mut report) = Player::new(&node, manager, options, Honest)?;
    supervisor.spawn("player", |stop| async move { Ok(player.run(stop).await?) });

    let sequencer = setup.sequencer("sequencer")?;
    sequencer.start_and_wait().await?;
    // Something to claim.
    setup.deposit(Address::repeat_byte(1), 1).await?;
    let patience = Duration::from_secs(60);
    let told = report.wait_for(|report| {
        report.alarms.iter().any(|alarm| alarm.contains("hides logs")) || matches!(report.waiting, Some(Waiting::Contradiction { .. }))
    });
    drop(tokio::time::timeout(patience, told).await??);
    ensure!(forgot.load(Ordering::SeqCst), "nothing was left out");
    let mut rollup = node.rollup.clone();
    let whole = rollup.wait_for(|view| view.rewinds > 0 && view.caught_up && view.ledger.stakes().count() > 0);
    drop(tokio::time::timeout(patience, whole).await??);
    let healed = report.wait_for(|report| report.alarms.is_empty() && report.waiting.is_none());
    drop(tokio::time::timeout(patience, healed).await??);
    ensure!(rollup.borrow().ledger.contradiction().is_none(), "the logs still contradict each other");
    sequencer.stop()?;
    Ok(())
}
