//! The server below the methods: HTTP, batches, limits.

use super::node::Node;
use crate::{Limits, RpcServer, ServeError, serve};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Sends a request as it is; status line with headers, and body.
async fn http(server: &RpcServer, method: &str, body: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "{method} / HTTP/1.1\r\nhost: localhost\r\norigin: http://example.org\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

pub(super) async fn post(server: &RpcServer, body: &[u8]) -> Value {
    let (_, body) = http(server, "POST", body).await;
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn call(id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId" })
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_may_read_from_any_origin() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let (head, _) = http(&server, "OPTIONS", b"").await;
    assert!(head.starts_with("http/1.1 200") && head.contains("access-control-allow-origin: *"), "{head}");
    assert!(head.contains("access-control-allow-headers: *") && head.contains("access-control-allow-methods: post"), "{head}");
    let (head, body) = http(&server, "POST", call(1).to_string().as_bytes()).await;
    assert!(head.contains("access-control-allow-origin: *") && body.contains("0x385"), "{head} {body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_answered_and_bounded() {
    let node = Node::new();
    let server = node.serve(Limits { batch_calls: 3, ..Limits::default() }).await;
    let batch = |count: u64| Value::from((0..count).map(call).collect::<Vec<_>>()).to_string();
    let answers = post(&server, batch(3).as_bytes()).await;
    assert_eq!(answers.as_array().map(Vec::len), Some(3));
    let refused = post(&server, batch(4).as_bytes()).await;
    assert_eq!(refused["error"]["code"], json!(-32010), "{refused}");
}

/// One thread serves all: without turns it would end the batch before it looked at anybody else.
#[tokio::test(flavor = "current_thread")]
async fn a_long_batch_of_transactions_lets_others_have_their_turn() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let raw = super::preconfirm::signed(0, 7).await.1;
    let send = |id: u64| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_sendRawTransaction", "params": [raw] });
    let batch = Value::from((0..1_000).map(send).collect::<Vec<_>>()).to_string();
    let ended = std::cell::RefCell::new(Vec::new());
    let long = async {
        let answers = post(&server, batch.as_bytes()).await;
        ended.borrow_mut().push("batch");
        answers
    };
    let short = async {
        // By now the batch is being worked on.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        post(&server, call(1).to_string().as_bytes()).await;
        ended.borrow_mut().push("call");
    };
    let (answers, ()) = tokio::join!(long, short);
    assert_eq!(answers.as_array().map(Vec::len), Some(1_000));
    assert_eq!(*ended.borrow(), ["call", "batch"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_size_limit_are_refused() {
    let node = Node::new();
    let server = node.serve(Limits { request_bytes: 1_000, ..Limits::default() }).await;
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "web3_sha3", "params": ["0x".to_owned() + &"00".repeat(1_000)] });
    let (head, _) = http(&server, "POST", request.to_string().as_bytes()).await;
    assert!(head.starts_with("http/1.1 413"), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_queries_are_bounded_by_blocks_and_by_results() {
    let node = Node::new();
    node.mine();
    node.mine();
    let server = node.serve(Limits { log_blocks: 2, ..Limits::default() }).await;
    let query = |from: &str| json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [{ "fromBlock": from }] }).to_string();
    assert_eq!(post(&server, query("0x1").as_bytes()).await["result"], json!([]));
    assert_eq!(post(&server, query("0x0").as_bytes()).await["error"]["code"], json!(-32005));
    assert_eq!(post(&server, query("0x9").as_bytes()).await["error"]["code"], json!(-32602));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_one_clear_error_and_a_stopped_server_frees_it() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let address = server.address();
    let error = serve(address, node.backend(), Limits::default()).await.expect_err("is in use");
    assert!(matches!(error, ServeError::Listen { address: at, .. } if at == address));
    assert!(error.to_string().contains("stop what uses the port"), "{error}");
    server.stop().await;
    // A connection of another test may have been given the number meanwhile; it does not keep it.
    let again = async {
        loop {
            match serve(address, node.backend(), Limits::default()).await {
                Ok(server) => return server.stop().await,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), again).await.expect("it is free");
}

#[test]
fn any_bytes_get_a_json_rpc_answer() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let node = Node::new();
    let server = runtime.block_on(node.serve(Limits::default()));
    let shapes = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..200),
        any::<String>().prop_map(|text| format!("{{{text}").into_bytes()),
        any::<String>().prop_map(|text| json!({ "jsonrpc": "2.0", "id": 1, "method": format!("x_{text}") }).to_string().into_bytes()),
        any::<String>().prop_map(|text| json!({ "jsonrpc": text, "id": null, "method": 5 }).to_string().into_bytes()),
    ];
    proptest!(ProptestConfig::with_cases(150), |(body in shapes)| {
        let answer = runtime.block_on(post(&server, &body));
        let code = answer["error"]["code"].as_i64();
        prop_assert!(matches!(code, Some(-32700 | -32600 | -32601)), "{answer}");
    });
}
