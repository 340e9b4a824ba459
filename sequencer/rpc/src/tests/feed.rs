//! Subscriptions over WebSocket.

use super::node::{Node, echo, signer, wallet};
use crate::{FeedBlock, Limits, RpcServer};
use alloy::{network::TransactionBuilder as _, providers::Provider as _, rpc::types::TransactionRequest};
use alloy_eips::eip2718::Decodable2718 as _;
use alloy_primitives::{Address, B256, U256};
use jsonrpsee::{
    core::client::{Subscription, SubscriptionClientT as _},
    rpc_params,
    ws_client::{WsClient, WsClientBuilder},
};
use op_alloy_consensus::OpTxEnvelope;
use serde_json::Value;
use std::time::Duration;

async fn connect(server: &RpcServer) -> WsClient {
    WsClientBuilder::default().build(format!("ws://{}", server.address())).await.expect("connects")
}

async fn feed(client: &WsClient, from: &str) -> Subscription<FeedBlock> {
    client.subscribe("gainsay_subscribe", rpc_params!["blocks", from], "gainsay_unsubscribe").await.expect("subscribes")
}

async fn topic(client: &WsClient, topic: &str) -> Subscription<Value> {
    client.subscribe("eth_subscribe", rpc_params![topic], "eth_unsubscribe").await.expect("subscribes")
}

async fn next<T: serde::de::DeserializeOwned>(subscription: &mut Subscription<T>) -> T {
    let item = tokio::time::timeout(Duration::from_secs(10), subscription.next()).await.expect("in time");
    item.expect("goes on").expect("is well-formed")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_gets_stored_blocks_then_live_ones() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let client = connect(&server).await;
    node.deposit();
    let payment = TransactionRequest::default().with_to(Address::ZERO).with_value(U256::from(1));
    let hash = *wallet(&server, 0).send_transaction(payment).await.unwrap().tx_hash();
    let mut blocks = feed(&client, "0x0").await;
    let genesis = next(&mut blocks).await;
    assert_eq!((genesis.number, genesis.deposit_first, genesis.deposit_count), (0, 1, 0));
    let first = next(&mut blocks).await;
    assert_eq!((first.number, first.deposit_first, first.deposit_count, first.parent_hash), (1, 1, 1, genesis.hash));
    assert_eq!(first.deposit_acc, node.store().deposit_acc(1).unwrap());
    assert_eq!(first.timestamp_ms, genesis.timestamp_ms + 1_250);
    let second = next(&mut blocks).await;
    assert_eq!((second.deposit_first, second.deposit_count, second.transactions.len()), (2, 0, 1));
    assert_eq!(OpTxEnvelope::decode_2718(&mut second.transactions[0].as_ref()).unwrap().tx_hash(), hash);
    node.mine();
    assert_eq!(next(&mut blocks).await.parent_hash, second.hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rollback_the_feed_goes_on_from_the_first_new_block() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let client = connect(&server).await;
    for _ in 0..3 {
        node.mine();
    }
    let mut blocks = feed(&client, "0x1").await;
    let mut old = Vec::new();
    for _ in 0..3 {
        old.push(next(&mut blocks).await);
    }
    node.roll_back(2);
    node.deposit();
    let replaced = next(&mut blocks).await;
    assert_eq!((replaced.number, replaced.parent_hash), (2, old[0].hash));
    assert_ne!(replaced.hash, old[1].hash);
    node.mine();
    assert_eq!(next(&mut blocks).await.parent_hash, replaced.hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_logs_and_pending_transactions_are_announced() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let client = connect(&server).await;
    let (mut heads, mut logs) = (topic(&client, "newHeads").await, topic(&client, "logs").await);
    let mut pending = topic(&client, "newPendingTransactions").await;
    let provider = wallet(&server, 0);
    let receipt =
        provider.send_transaction(TransactionRequest::default().with_deploy_code(echo())).await.unwrap().get_receipt().await.unwrap();
    let head = next(&mut heads).await;
    assert_eq!(head["hash"], serde_json::json!(receipt.block_hash));
    assert!(head.get("transactions").is_none() && head["logsBloom"].is_string());
    assert_eq!(next(&mut pending).await, serde_json::json!(receipt.transaction_hash));
    let call = TransactionRequest::default().with_from(signer(0).address()).with_to(receipt.contract_address.unwrap());
    provider.send_transaction(call.with_input(B256::repeat_byte(3))).await.unwrap().get_receipt().await.unwrap();
    let log = next(&mut logs).await;
    assert_eq!((log["blockNumber"].clone(), log["data"].clone()), ("0x2".into(), serde_json::json!(B256::repeat_byte(3))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_topic_is_refused() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let client = connect(&server).await;
    let refused = client.subscribe::<Value, _>("eth_subscribe", rpc_params!["newMoons"], "eth_unsubscribe").await;
    let error = refused.expect_err("is refused").to_string();
    assert!(error.contains("no \\\"newMoons\\\" subscription") || error.contains("no \"newMoons\" subscription"), "{error}");
}
