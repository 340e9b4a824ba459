//! What is answered where it is asked for, and what is not.

use super::{
    node::{Node, signer},
    wire::ask,
};
use crate::Limits;
use serde_json::{Value, json};
use std::{sync::mpsc, time::Duration};

const PATIENCE: Duration = Duration::from_secs(20);

fn request(method: &str, params: &Value) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string().into_bytes()
}

/// Some of each kind.
fn at_hand() -> Vec<(&'static str, Value)> {
    let (rich, identity) = (signer(1).address(), "0x0000000000000000000000000000000000000004");
    vec![
        ("eth_getBalance", json!([rich, "latest"])),
        ("eth_getTransactionCount", json!([rich, "latest"])),
        ("eth_getStorageAt", json!([rich, "0x0", "latest"])),
        ("eth_getBlockByNumber", json!(["latest", false])),
        ("eth_getLogs", json!([{ "fromBlock": "latest" }])),
        ("eth_gasPrice", json!([])),
        ("eth_call", json!([{ "to": identity, "input": "0x2a" }, "latest"])),
    ]
}

/// The only thread that may wait does.
#[test]
fn what_is_in_memory_and_short_needs_no_other_thread_and_what_is_long_waits_for_one() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let node = Node::new();
        node.mine();
        let server = node.serve(Limits::default()).await;
        for (method, params) in at_hand() {
            // Now it is in memory.
            ask(&server, &request(method, &params)).await;
        }
        let (release, told) = mpsc::channel::<()>();
        let waits = tokio::task::spawn_blocking(move || told.recv());
        for (method, params) in at_hand() {
            let answer = tokio::time::timeout(PATIENCE, async { ask(&server, &request(method, &params)).await });
            let answer = answer.await.unwrap_or_else(|_| panic!("{method} waits for a thread"));
            assert!(!answer["result"].is_null(), "{method}: {answer}");
        }
        // A loop, by an override of the code.
        let looping = signer(1).address().to_string();
        let long = request("eth_call", &json!([{ "to": looping }, "latest", { looping.clone(): { "code": "0x5b5f56" } }]));
        let mut asked = Box::pin(ask(&server, &long));
        assert!(tokio::time::timeout(Duration::from_millis(300), &mut asked).await.is_err(), "it kept a thread that serves");
        drop(release);
        let answer = tokio::time::timeout(PATIENCE, asked).await.expect("there is a thread now");
        assert!(answer["error"]["message"].as_str().is_some_and(|words| words.starts_with("out of gas")), "{answer}");
        waits.await.unwrap().unwrap_err();
    });
}
