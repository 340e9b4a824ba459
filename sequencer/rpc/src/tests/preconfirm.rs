//! What is said of a block while it is open, and requests that wait for their block.

use super::node::{CHAIN_ID, Node, signer, wallet};
use crate::{Limits, Preconfirmation, PreconfirmedLog, PreconfirmedTransaction, RpcServer, methods};
use alloy::{
    network::{NetworkTransactionBuilder as _, TransactionBuilder as _},
    providers::Provider as _,
    rpc::types::TransactionRequest,
};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, B256, Bytes, U256};
use jsonrpsee::{
    core::client::{ClientT as _, Subscription, SubscriptionClientT as _},
    rpc_params,
    ws_client::{WsClient, WsClientBuilder},
};
use serde_json::{Value, json};
use std::time::Duration;

const SUBSCRIBE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"gainsay_subscribe","params":["preconfirmations"]}"#;

async fn subscribe(server: &RpcServer) -> (WsClient, Subscription<Preconfirmation>) {
    let client = WsClientBuilder::default().build(format!("ws://{}", server.address())).await.expect("connects");
    let subscription = client.subscribe("gainsay_subscribe", rpc_params!["preconfirmations"], "gainsay_unsubscribe").await;
    (client, subscription.expect("subscribes"))
}

fn sealed(block_number: u64) -> Preconfirmation {
    Preconfirmation::Sealed { block_number, block_hash: B256::repeat_byte(2), transactions: 1 }
}

/// A signed payment of signer `who`.
pub(super) async fn signed(who: u8, nonce: u64) -> (B256, Bytes) {
    let request = TransactionRequest::default().with_to(Address::repeat_byte(7)).with_value(U256::from(1)).with_nonce(nonce);
    let request = request.with_gas_limit(21_000).with_chain_id(CHAIN_ID).with_max_fee_per_gas(5_000).with_max_priority_fee_per_gas(1);
    let envelope = request.build(&alloy::network::EthereumWallet::from(signer(who))).await.expect("signs");
    (*envelope.tx_hash(), envelope.encoded_2718().into())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_subscriber_hears_of_the_open_block() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    assert!(!node.preconfirmations.are_wanted(), "nothing is made for nobody");
    let (one, mut first) = subscribe(&server).await;
    let (_two, mut second) = subscribe(&server).await;
    node.preconfirmations.wanted().await;
    node.preconfirmations.announce(&sealed(1));
    node.preconfirmations.announce(&Preconfirmation::Abandoned { block_number: 2 });
    for subscription in [&mut first, &mut second] {
        assert_eq!(subscription.next().await.unwrap().unwrap(), sealed(1));
        assert_eq!(subscription.next().await.unwrap().unwrap(), Preconfirmation::Abandoned { block_number: 2 });
    }
    let nothing: Result<Value, _> = one.request("gainsay_preconfirmations", rpc_params![]).await;
    assert!(nothing.is_err());
}

#[tokio::test]
async fn a_subscriber_who_reads_too_slowly_is_dropped_with_an_error() {
    let node = Node::new();
    let module = methods::module(node.backend(), Limits::default()).expect("a table");
    let (answer, mut messages) = module.raw_json_request(SUBSCRIBE, 1).await.expect("well-formed");
    assert!(answer.get().contains("result"), "{answer}");
    node.preconfirmations.wanted().await;
    // Nobody else runs on this thread meanwhile.
    for number in 0..2_000 {
        node.preconfirmations.announce(&sealed(number));
    }
    let first: Value = serde_json::from_str(messages.recv().await.expect("a message").get()).unwrap();
    assert_eq!(first["params"]["error"]["code"], json!(-32005), "{first}");
    let words = first["params"]["error"]["message"].as_str().unwrap_or_default();
    assert!(words.contains("too slowly: 976 announcements are missed"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_who_wait_gets_the_receipt_of_the_own_transaction() {
    let node = Node::new();
    node.set_mining(false);
    let server = node.serve(Limits::default()).await;
    let mut waiting = Vec::new();
    for who in 0..3 {
        for nonce in 0..4 {
            let (hash, bytes) = signed(who, nonce).await;
            let provider = wallet(&server, who);
            waiting.push(tokio::spawn(async move {
                let receipt: Value = provider.raw_request("eth_sendRawTransactionSync".into(), json!([bytes])).await.expect("a receipt");
                assert_eq!(receipt["transactionHash"], json!(hash));
                receipt["blockNumber"].clone()
            }));
        }
    }
    while node.pooled() < 12 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    node.mine();
    for task in waiting {
        assert_eq!(task.await.expect("no panic"), json!("0x1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_receipt_ends_after_the_time_given() {
    let node = Node::new();
    node.set_mining(false);
    let server = node.serve(Limits::default()).await;
    let (hash, bytes) = signed(0, 0).await;
    let refused = wallet(&server, 0).raw_request::<_, Value>("eth_sendRawTransactionSync".into(), json!([bytes, "0x32"])).await;
    let error = refused.expect_err("nobody makes a block").to_string();
    assert!(error.contains(&format!("transaction {hash} was accepted but is in no block after 50 ms")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_transaction_is_not_waited_for() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let (_, bytes) = signed(200, 0).await;
    let refused = wallet(&server, 0).raw_request::<_, Value>("eth_sendRawTransactionSync".into(), json!([bytes])).await;
    assert!(refused.expect_err("no ether").to_string().contains("insufficient funds"));
}

#[tokio::test]
async fn one_who_reads_nothing_of_large_announcements_is_dropped_before_they_fill_the_memory_and_others_are_not() {
    let node = Node::new();
    let module = methods::module(node.backend(), Limits::default()).expect("a table");
    let (_, mut stalled) = module.raw_json_request(SUBSCRIBE, 1).await.expect("well-formed");
    let (_, mut quick) = module.raw_json_request(SUBSCRIBE, 1).await.expect("well-formed");
    let log = PreconfirmedLog { address: Address::ZERO, topics: vec![], data: vec![7; 1 << 20].into(), log_index: 0 };
    let transaction = PreconfirmedTransaction {
        hash: B256::ZERO,
        transaction_index: 0,
        from: Address::ZERO,
        to: None,
        status: 1,
        gas_used: 1,
        effective_gas_price: 1,
        l1_fee: U256::ZERO,
        contract_address: None,
        logs: vec![log],
    };
    for number in 0..100 {
        let transactions = vec![transaction.clone()];
        node.preconfirmations.announce(&Preconfirmation::Executed { block_number: number, timestamp_ms: 1, transactions });
        let read: Value = serde_json::from_str(quick.recv().await.expect("a message").get()).expect("JSON");
        assert_eq!(read["params"]["result"]["blockNumber"], json!(format!("{number:#x}")));
        assert!(node.preconfirmations.unread() < 80 << 20, "{number}: {} bytes", node.preconfirmations.unread());
    }
    let mut last = Value::Null;
    while let Some(message) = stalled.recv().await {
        last = serde_json::from_str(message.get()).expect("JSON");
    }
    assert_eq!(last["params"]["error"]["code"], json!(-32005), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_a_transaction_that_is_dropped_is_told_at_once() {
    let node = Node::new();
    node.set_mining(false);
    let server = node.serve(Limits::default()).await;
    let (hash, bytes) = signed(0, 0).await;
    let provider = wallet(&server, 0);
    let request = json!([bytes, "0xea60"]);
    let waiting = tokio::spawn(async move { provider.raw_request::<_, Value>("eth_sendRawTransactionSync".into(), request).await });
    while node.pooled() < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    node.inclusions.refuse(&B256::ZERO, &"another one");
    node.inclusions.refuse(&hash, &"nonce too low");
    let answer = tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("long before the minute is over").expect("no panic");
    let error = answer.expect_err("there is no receipt").to_string();
    assert!(error.contains("-32000") && error.contains(&format!("transaction {hash} was dropped: nonce too low")), "{error}");
}
