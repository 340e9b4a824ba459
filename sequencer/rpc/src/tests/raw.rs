//! What is hashed, as bytes, and what waits in the pool.

use super::node::{Node, signer, wallet};
use crate::Limits;
use alloy::{
    network::TransactionBuilder as _,
    providers::{DynProvider, Provider as _},
    rpc::types::TransactionRequest,
};
use alloy_consensus::{Block, proofs::ordered_trie_root_with_encoder};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_rlp::Decodable as _;
use op_alloy_consensus::OpTxEnvelope;
use serde_json::{Value, json};
use std::borrow::Cow;

pub(super) async fn ask<T: serde::de::DeserializeOwned>(provider: &DynProvider, method: &'static str, params: Value) -> T {
    let answer: Value = provider.raw_request(Cow::Borrowed(method), params).await.expect(method);
    serde_json::from_value(answer).expect(method)
}

pub(super) fn payment(nonce: u64) -> TransactionRequest {
    TransactionRequest::default().with_to(Address::repeat_byte(0x77)).with_value(U256::from(5)).with_nonce(nonce).with_gas_limit(21_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_blocks_and_receipts_have_the_hash_and_the_roots_of_their_header() {
    let node = Node::new();
    node.set_mining(false);
    node.deposit();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let sent = *provider.send_transaction(payment(0)).await.expect("is taken").tx_hash();
    let pooled: Bytes = ask(&provider, "debug_getRawTransaction", json!([sent])).await;
    assert_eq!(keccak256(&pooled), sent);
    node.mine();
    for number in ["0x1", "0x2"] {
        let header: Bytes = ask(&provider, "debug_getRawHeader", json!([number])).await;
        let told: Value = ask(&provider, "eth_getBlockByNumber", json!([number, false])).await;
        assert_eq!(told["hash"], json!(keccak256(&header)));
        let raw: Bytes = ask(&provider, "debug_getRawBlock", json!([number])).await;
        let block = Block::<OpTxEnvelope>::decode(&mut raw.as_ref()).expect("a block");
        assert_eq!((block.header.hash_slow(), block.body.transactions.len()), (keccak256(&header), 1));
        let root = ordered_trie_root_with_encoder(&block.body.transactions, |transaction, out| transaction.encode_2718(out));
        assert_eq!(root, block.header.transactions_root);
        let receipts: Vec<Bytes> = ask(&provider, "debug_getRawReceipts", json!([number])).await;
        assert_eq!(ordered_trie_root_with_encoder(&receipts, |receipt, out| out.extend_from_slice(receipt)), block.header.receipts_root);
    }
    for method in ["debug_getRawTransaction", "eth_getRawTransactionByHash"] {
        let included: Bytes = ask(&provider, method, json!([sent])).await;
        assert_eq!(included, pooled);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raw_transaction_is_found_by_its_hash_and_by_its_place() {
    let node = Node::new();
    node.set_mining(false);
    node.deposit();
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    let sent = *provider.send_transaction(payment(0)).await.expect("is taken").tx_hash();
    let pooled: Bytes = ask(&provider, "eth_getRawTransactionByHash", json!([sent])).await;
    assert_eq!(keccak256(&pooled), sent, "in the pool");
    node.mine();
    for number in ["0x1", "0x2"] {
        let block: Value = ask(&provider, "eth_getBlockByNumber", json!([number, false])).await;
        let (by_number, by_hash) = ("eth_getRawTransactionByBlockNumberAndIndex", "eth_getRawTransactionByBlockHashAndIndex");
        for (method, block_is) in [(by_number, json!(number)), (by_hash, block["hash"].clone())] {
            let raw: Bytes = ask(&provider, method, json!([block_is, "0x0"])).await;
            assert_eq!(json!(keccak256(&raw)), block["transactions"][0], "{method}");
            assert_eq!(ask::<Value>(&provider, method, json!([block_is, "0x1"])).await, json!("0x"), "{method}: none there");
        }
        assert_eq!(ask::<Value>(&provider, by_number, json!(["0x9", "0x0"])).await, json!("0x"));
        assert_eq!(ask::<Value>(&provider, by_hash, json!([sent, "0x0"])).await, json!("0x"), "no block has this hash");
    }
    assert_eq!(ask::<Value>(&provider, "eth_getRawTransactionByHash", json!([keccak256(sent)])).await, json!("0x"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_tells_what_is_ready_and_what_waits_for_a_nonce() {
    let node = Node::new();
    node.set_mining(false);
    let server = node.serve(Limits::default()).await;
    let provider = wallet(&server, 0);
    for nonce in [0, 1, 3] {
        let _ = provider.send_transaction(payment(nonce)).await.expect("is taken");
    }
    let status: Value = ask(&provider, "txpool_status", json!([])).await;
    assert_eq!(status, json!({ "pending": "0x2", "queued": "0x1" }));
    let sender = signer(0).address().to_string();
    let content: Value = ask(&provider, "txpool_content", json!([])).await;
    assert_eq!(content["pending"][&sender]["1"]["nonce"], json!("0x1"));
    assert_eq!(content["queued"][&sender]["3"]["blockHash"], Value::Null);
    let own: Value = ask(&provider, "txpool_contentFrom", json!([sender])).await;
    assert_eq!(own, json!({ "pending": content["pending"][&sender], "queued": content["queued"][&sender] }));
    let other: Value = ask(&provider, "txpool_contentFrom", json!([Address::ZERO])).await;
    assert_eq!(other, json!({ "pending": {}, "queued": {} }));
    let lines: Value = ask(&provider, "txpool_inspect", json!([])).await;
    let line = lines["queued"][&sender]["3"].as_str().expect("a line");
    assert!(line.starts_with("0x7777777777777777777777777777777777777777: 5 wei + 21000 gas × "), "{line}");
}
