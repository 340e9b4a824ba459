//! Subscriptions: what is announced, and that nobody has to wait for whoever reads slowly.

use super::{
    node::{Node, echo, signer, wallet},
    wire::Socket,
};
use crate::{Backend, L1Progress, Limits, RpcServer, serve};
use alloy::{network::TransactionBuilder as _, providers::Provider as _, rpc::types::TransactionRequest};
use alloy_primitives::{Address, B256, U256};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::timeout;

fn subscribe(params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": params }).to_string()
}

/// A socket with one subscription.
async fn subscribed(server: &RpcServer, params: Value) -> Socket {
    let mut socket = Socket::open(server).await.expect("it listens");
    let answer = socket.ask(&subscribe(params)).await;
    assert!(answer["result"].is_string(), "{answer}");
    socket
}

/// What is announced next.
async fn next(socket: &mut Socket) -> Value {
    let message = timeout(Duration::from_secs(20), socket.receive()).await.expect("in time").expect("it goes on");
    let message: Value = serde_json::from_slice(&message).expect("JSON");
    assert_eq!(message["method"], json!("eth_subscription"), "{message}");
    message["params"]["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_costs_the_others_nothing() {
    const BLOCKS: u64 = 1_500;
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        let mut socket = Socket::open(&server).await.expect("it listens");
        for _ in 0..40 {
            socket.send(subscribe(json!(["newHeads"])).as_bytes(), false).await.expect("it reads");
        }
        silent.push(socket);
    }
    let mut reader = subscribed(&server, json!(["newHeads"])).await;
    let mining = tokio::task::spawn_blocking({
        let node = node.clone();
        move || (0..BLOCKS).for_each(|_| node.mine())
    });
    let started = Instant::now();
    for number in 1..=BLOCKS {
        assert_eq!(next(&mut reader).await["number"], json!(format!("0x{number:x}")));
    }
    mining.await.expect("no panic");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    // 320 subscriptions have more than 300 MB to come: far more than sockets hold.
    let mut late = subscribed(&server, json!(["newHeads"])).await;
    node.mine();
    assert_eq!(next(&mut late).await["number"], json!(format!("0x{:x}", BLOCKS + 1)), "nor is anybody refused");
    assert_eq!(next(&mut reader).await["number"], json!(format!("0x{:x}", BLOCKS + 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_announced_to_those_whose_filter_they_match() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let deploy = TransactionRequest::default().with_deploy_code(echo());
    let receipt = provider.send_transaction(deploy).await.expect("is taken").get_receipt().await.expect("a block");
    let contract = receipt.contract_address.expect("it is created");
    let one = B256::with_last_byte(1);
    let mut all = subscribed(&server, json!(["logs", {}])).await;
    let mut matching = subscribed(&server, json!(["logs", { "address": contract, "topics": [[one, B256::ZERO]] }])).await;
    let mut other = subscribed(&server, json!(["logs", { "address": Address::repeat_byte(9) }])).await;
    let mut topic = subscribed(&server, json!(["logs", { "topics": [null, one] }])).await;
    let call = TransactionRequest::default().with_from(signer(0).address()).with_to(contract).with_input(B256::repeat_byte(3));
    let sent = provider.send_transaction(call).await.expect("is taken").get_receipt().await.expect("a block");
    for socket in [&mut all, &mut matching] {
        let log = next(socket).await;
        assert_eq!((&log["transactionHash"], &log["removed"]), (&json!(sent.transaction_hash), &json!(false)));
        assert_eq!((&log["address"], &log["topics"], &log["logIndex"]), (&json!(contract), &json!([one]), &json!("0x0")));
    }
    for socket in [&mut other, &mut topic] {
        assert!(timeout(Duration::from_millis(200), socket.receive()).await.is_err(), "it matches nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_transactions_are_announced_by_hash_or_whole() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    node.set_mining(false);
    let mut hashes = subscribed(&server, json!(["newPendingTransactions"])).await;
    let mut whole = subscribed(&server, json!(["newPendingTransactions", true])).await;
    let payment = TransactionRequest::default().with_to(Address::repeat_byte(7)).with_value(U256::from(5));
    let hash = *wallet(&server, 0).send_transaction(payment).await.expect("is taken").tx_hash();
    assert_eq!(next(&mut hashes).await, json!(hash));
    let transaction = next(&mut whole).await;
    assert_eq!((&transaction["hash"], &transaction["from"]), (&json!(hash), &json!(signer(0).address())));
    assert_eq!((&transaction["value"], &transaction["blockHash"]), (&json!("0x5"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_the_node_catches_up_is_told_at_once_and_when_it_changes() {
    let node = Node::new();
    let caught_up = Arc::new(AtomicBool::new(false));
    let l1 = {
        let caught_up = caught_up.clone();
        move || L1Progress { highest: Some(9), caught_up: caught_up.load(Ordering::SeqCst) }
    };
    let backend = Backend { l1: Arc::new(l1), ..node.backend() };
    let server = serve("127.0.0.1:0".parse().expect("an address"), backend, Limits::default()).await.expect("a free port");
    let mut socket = subscribed(&server, json!(["syncing"])).await;
    assert_eq!(next(&mut socket).await["l1HighestBlock"], json!("0x9"));
    caught_up.store(true, Ordering::SeqCst);
    assert_eq!(next(&mut socket).await, json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_none_and_a_filter_that_is_none_are_refused() {
    let server = Node::new().serve(Limits::default()).await;
    let mut socket = Socket::open(&server).await.expect("it listens");
    let refused = socket.ask(&subscribe(json!(["newMoons"]))).await;
    assert_eq!(refused["error"], json!({ "code": -32602, "message": "no \"newMoons\" subscription in eth namespace" }));
    let refused = socket.ask(&subscribe(json!(["logs", { "topics": 5 }]))).await;
    assert_eq!(refused["error"]["code"], json!(-32602), "{refused}");
    let refused = socket.ask(&subscribe(json!([]))).await;
    assert_eq!(refused["error"], json!({ "code": -32602, "message": "missing value for required argument 0" }));
    let ended = socket.ask(&json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_unsubscribe", "params": ["0x77"] }).to_string()).await;
    assert_eq!(ended["result"], json!(false), "there is no such subscription");
}
