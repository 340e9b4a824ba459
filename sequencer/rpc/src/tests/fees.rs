//! What gas costs: on a quiet chain, and on a busy one.

use super::{
    node::{CHAIN_ID, Node, signer},
    wire::ask,
};
use crate::{Limits, RpcServer};
use alloy::{
    network::{NetworkTransactionBuilder as _, TransactionBuilder as _},
    rpc::types::TransactionRequest,
};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, Bytes, U256};
use serde_json::{Value, json};

async fn call(server: &RpcServer, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let answer = ask(server, request.as_bytes()).await;
    answer.get("result").or_else(|| answer.get("error")).unwrap_or_else(|| panic!("{answer}")).clone()
}

/// Sends a payment of signer `who`, with so many bytes of data at 40 gas each.
async fn pay(server: &RpcServer, who: u8, nonce: u64, tip: u128, bytes: usize) {
    let request = TransactionRequest::default().with_to(Address::repeat_byte(7)).with_value(U256::from(1)).with_nonce(nonce);
    let request = request.with_input(vec![1u8; bytes]).with_gas_limit(21_000 + 40 * bytes as u64).with_chain_id(CHAIN_ID);
    send(server, who, request, tip).await;
}

/// Takes 3,000,000 gas: code that jumps in a circle.
async fn burn(server: &RpcServer, who: u8, tip: u128) {
    let circle = TransactionRequest::default().with_deploy_code(vec![0x5b, 0x5f, 0x56]).with_nonce(0).with_gas_limit(3_000_000);
    send(server, who, circle.with_chain_id(CHAIN_ID), tip).await;
}

async fn send(server: &RpcServer, who: u8, request: TransactionRequest, tip: u128) {
    let request = request.with_max_fee_per_gas(1_000_000_000).with_max_priority_fee_per_gas(tip);
    let signed = request.build(&alloy::network::EthereumWallet::from(signer(who))).await.expect("signs");
    let sent = call(server, "eth_sendRawTransaction", json!([Bytes::from(signed.encoded_2718())])).await;
    assert!(sent.is_string(), "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_quiet_chain_the_least_tip_is_enough_whatever_others_pay() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    assert_eq!(call(&server, "eth_maxPriorityFeePerGas", json!([])).await, json!("0xf4240"), "an empty chain");
    pay(&server, 0, 0, 700_000_000, 0).await;
    assert_eq!(call(&server, "eth_maxPriorityFeePerGas", json!([])).await, json!("0xf4240"));
    // The next base fee, 1,000, on top.
    assert_eq!(call(&server, "eth_gasPrice", json!([])).await, json!("0xf4628"));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_busy_chain_the_suggestion_is_what_most_pay() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    node.set_mining(false);
    for (who, tip) in [(0, 50_000_000), (1, 60_000_000), (2, 70_000_000)] {
        burn(&server, who, tip).await;
    }
    node.mine();
    let latest = call(&server, "eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(latest["transactions"].as_array().map(Vec::len), Some(3), "all fit");
    assert_eq!(call(&server, "eth_maxPriorityFeePerGas", json!([])).await, json!(format!("0x{:x}", 60_000_000)));
    let history = call(&server, "eth_feeHistory", json!(["0x1", "latest", []])).await;
    let next = history["baseFeePerGas"][1].as_str().expect("the next block's").to_owned();
    assert_ne!(history["baseFeePerGas"][0], json!(next), "it rises above its target");
    node.mine();
    let block = call(&server, "eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(block["baseFeePerGas"], json!(next), "and that is what the next block has");
}

#[tokio::test(flavor = "multi_thread")]
async fn rewards_are_the_tips_below_which_that_part_of_the_gas_was_used() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    node.set_mining(false);
    // 21,000 gas, then 421,000: the small one is less than 5 % of the block.
    pay(&server, 0, 0, 5, 0).await;
    pay(&server, 1, 0, 9, 10_000).await;
    node.mine();
    node.mine();
    let history = call(&server, "eth_feeHistory", json!(["0x3", "latest", [0, 4.5, 5, 50, 100]])).await;
    assert_eq!(history["oldestBlock"], json!("0x0"));
    assert_eq!(
        history["reward"],
        json!([["0x0", "0x0", "0x0", "0x0", "0x0"], ["0x5", "0x5", "0x9", "0x9", "0x9"], ["0x0", "0x0", "0x0", "0x0", "0x0"]])
    );
    let lengths = |name: &str| history[name].as_array().map(Vec::len);
    assert_eq!((lengths("baseFeePerGas"), lengths("baseFeePerBlobGas")), (Some(4), Some(4)));
    assert_eq!((lengths("gasUsedRatio"), lengths("blobGasUsedRatio")), (Some(3), Some(3)));
    let ratio = history["gasUsedRatio"][1].as_f64().expect("a number");
    assert!((ratio - 442_000.0 / 30_000_000.0).abs() < 1e-9, "{ratio}");
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_are_bounded_and_refused_in_geths_words() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    for _ in 0..1_030 {
        node.mine();
    }
    let history = call(&server, "eth_feeHistory", json!(["0x500", "latest", [10]])).await;
    assert_eq!((history["gasUsedRatio"].as_array().map(Vec::len), &history["oldestBlock"]), (Some(1_024), &json!("0x7")));
    let history = call(&server, "eth_feeHistory", json!([2, "0x1"])).await;
    assert!(history["gasUsedRatio"].as_array().map(Vec::len) == Some(2) && history.get("reward").is_none(), "{history}");
    let refused = |message: &str| json!({ "code": -32000, "message": message });
    let many: Vec<_> = (0..101).map(|part| f64::from(part) / 2.0).collect();
    for (percentiles, message) in [
        (json!([101]), "invalid reward percentile: 101.000000"),
        (json!([-1]), "invalid reward percentile: -1.000000"),
        (json!([60, 50]), "invalid reward percentile: #0:60.000000 >= #1:50.000000"),
        (json!([5, 5]), "invalid reward percentile: #0:5.000000 >= #1:5.000000"),
        (json!(many), "invalid reward percentile: over the query limit 100"),
    ] {
        assert_eq!(call(&server, "eth_feeHistory", json!(["0x1", "latest", percentiles])).await, refused(message));
    }
    let beyond = call(&server, "eth_feeHistory", json!(["0x1", "0x1000"])).await;
    assert_eq!(beyond, refused("request beyond head block: requested 4096, head 1030"));
    let none = call(&server, "eth_feeHistory", json!(["0x0", "latest"])).await;
    assert_eq!((&none["oldestBlock"], none["gasUsedRatio"].as_array().map(Vec::len)), (&json!("0x0"), Some(0)));
}
