//! States of older blocks: what is kept, and what is told of the others.

use super::{
    node::{Node, signer, wallet},
    raw::payment,
    wire::ask,
};
use crate::{Limits, RpcServer};
use alloy::providers::Provider as _;
use alloy_primitives::{Address, U256};
use gainsay_store::History;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const PAYEE: Address = Address::repeat_byte(0x77);
/// More than two epochs of the store.
const BLOCKS: u64 = 200;

async fn answer(server: &RpcServer, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    ask(server, request.to_string().as_bytes()).await
}

/// A node whose every block pays 5 wei, all of them final.
async fn with_blocks(history: History) -> (Arc<Node>, RpcServer) {
    let node = Node::with_history(history);
    let server = node.serve(Limits::default()).await;
    let wallet = wallet(&server, 0);
    for nonce in 0..BLOCKS {
        let _ = wallet.send_transaction(payment(nonce)).await.expect("is taken");
    }
    node.derive();
    node.finalize();
    // The oldest states go while blocks come.
    for nonce in BLOCKS..2 * BLOCKS {
        if history != History::Archive && node.store().oldest_state() > 2 {
            break;
        }
        let _ = wallet.send_transaction(payment(nonce)).await.expect("is taken");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // More than one may go at a time: until no other does.
    let mut oldest = None;
    while oldest.replace(node.store().oldest_state()) != Some(node.store().oldest_state()) {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    (node, server)
}

/// Everything that reads the state after a block.
fn reads(block: &str) -> Vec<(&'static str, Value)> {
    let call = json!({ "from": signer(0).address(), "to": PAYEE, "value": "0x1" });
    vec![
        ("eth_getBalance", json!([PAYEE, block])),
        ("eth_getCode", json!([PAYEE, block])),
        ("eth_getStorageAt", json!([PAYEE, "0x0", block])),
        ("eth_getStorageValues", json!([{ PAYEE.to_string(): ["0x0"] }, block])),
        ("eth_getTransactionCount", json!([signer(0).address(), block])),
        ("eth_getProof", json!([PAYEE, [], block])),
        ("eth_call", json!([call, block])),
        ("eth_estimateGas", json!([call, block])),
        ("eth_createAccessList", json!([call, block])),
        ("eth_simulateV1", json!([{ "blockStateCalls": [{ "calls": [call] }] }, block])),
        ("debug_traceCall", json!([call, block, {}])),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_not_kept_any_more_is_refused_with_the_oldest_that_is() {
    let (node, server) = with_blocks(History::Window(0)).await;
    let oldest = node.store().oldest_state();
    assert!(oldest > 2, "nothing is pruned: {oldest}");
    let refused = |after: u64| {
        json!({
            "code": 4444,
            "message": format!(
                "pruned history unavailable: the state after block {after} is pruned, the oldest kept is that after block {oldest}: ask a node that keeps an archive"
            ),
        })
    };
    for (method, params) in reads("0x1") {
        assert_eq!(answer(&server, method, params).await["error"], refused(1), "{method}");
    }
    // A block is traced on the state before it.
    let block = answer(&server, "eth_getBlockByNumber", json!(["0x2", false])).await["result"].clone();
    for (method, params) in [
        ("debug_traceBlockByNumber", json!(["0x2"])),
        ("debug_traceBlockByHash", json!([block["hash"]])),
        ("debug_traceTransaction", json!([block["transactions"][0]])),
        ("debug_traceTransaction", json!([block["transactions"][0], { "tracer": "callTracer" }])),
    ] {
        assert_eq!(answer(&server, method, params).await["error"], refused(1), "{method}");
    }
    for (method, params) in reads(&format!("{oldest:#x}")) {
        assert!(answer(&server, method, params.clone()).await["error"].is_null(), "{method} {params}");
    }
    let receipt = answer(&server, "eth_getTransactionReceipt", json!([block["transactions"][0]])).await;
    assert_eq!(receipt["result"]["blockNumber"], json!("0x2"), "blocks and receipts stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_answers_for_every_block() {
    let (node, server) = with_blocks(History::Archive).await;
    assert_eq!(node.store().oldest_state(), 0);
    for number in [1, 2, 63, 64, 65, 130, BLOCKS] {
        let block = format!("{number:#x}");
        for (method, params) in reads(&block) {
            assert!(answer(&server, method, params.clone()).await["error"].is_null(), "{method} {params}");
        }
        let balance = answer(&server, "eth_getBalance", json!([PAYEE, block])).await;
        assert_eq!(balance["result"], json!(U256::from(5 * number)));
        let proof = answer(&server, "eth_getProof", json!([PAYEE, [], block])).await;
        assert_eq!(proof["result"]["balance"], balance["result"]);
        let trace = answer(&server, "debug_traceBlockByNumber", json!([block, { "tracer": "callTracer" }])).await;
        assert_eq!(trace["result"][0]["result"]["value"], json!("0x5"), "{trace}");
    }
}
