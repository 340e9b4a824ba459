//! Every class of error, with its code and its words.

use super::{
    node::{Node, echo, signer, wallet},
    preconfirm::signed,
    wire::{Socket, ask, post},
};
use crate::{Limits, RpcServer};
use alloy::{network::TransactionBuilder as _, providers::Provider as _, rpc::types::TransactionRequest};
use alloy_primitives::{Address, B256, U256, hex};
use serde_json::{Value, json};

fn request(method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

async fn error(server: &RpcServer, method: &str, params: Value) -> Value {
    let answer = ask(server, request(method, params).as_bytes()).await;
    answer.get("error").unwrap_or_else(|| panic!("{method} is not refused: {answer}")).clone()
}

fn words(code: i32, message: &str) -> Value {
    json!({ "code": code, "message": message })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused_as_json_rpc_2_says() {
    let server = Node::new().serve(Limits::default()).await;
    for (body, code, message) in [
        (&b"{"[..], -32700, "Parse error"),
        (b"", -32700, "Parse error"),
        (b"\xff\xfe{}", -32700, "Parse error"),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3\x28\"}", -32600, "Invalid request"),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":[\"\xff\"", -32700, "Parse error"),
        (b"[]", -32600, "Invalid request"),
        (b"[1]", -32600, "Invalid request"),
        (br#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#, -32600, "Invalid request"),
        (br#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600, "Invalid request"),
    ] {
        let answer = ask(&server, body).await;
        let refused = if answer.is_array() { &answer[0]["error"] } else { &answer["error"] };
        assert_eq!(*refused, words(code, message), "{}", String::from_utf8_lossy(body));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_methods_and_bad_parameters_are_named() {
    let server = Node::new().serve(Limits::default()).await;
    for (method, params, code, message) in [
        ("eth_fillTransaction", json!([{}]), -32601, "the method eth_fillTransaction does not exist/is not available"),
        ("anvil_nodeInfo", json!([]), -32601, "the method anvil_nodeInfo does not exist/is not available"),
        ("eth_subscribe", json!(["newHeads"]), -32601, "notifications not supported"),
        ("eth_unsubscribe", json!(["0x1"]), -32601, "notifications not supported"),
        ("eth_getBalance", json!([]), -32602, "missing value for required argument 0"),
        ("eth_getBalance", json!({ "address": 1 }), -32602, "parameters must be an array, not an object"),
        ("gainsay_outputAtBlock", json!(["newest"]), -32602, "invalid argument 0: "),
        ("eth_getBlockByHash", json!(["0x12"]), -32602, "invalid argument 0: "),
        ("eth_call", json!([{ "to": 5 }]), -32602, "invalid argument 0: "),
    ] {
        let refused = error(&server, method, params).await;
        let message_is = refused["message"].as_str().expect("words");
        assert!(refused["code"] == json!(code) && message_is.starts_with(message), "{method}: {refused}");
        assert!(message.ends_with(": ") == (message_is.len() > message.len()), "{method}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_chain_does_not_have_is_named_with_what_it_has() {
    let server = Node::new().serve(Limits::default()).await;
    let none = "header not found: this node has no block 9 yet, its latest is 0: ask again later, or ask another node";
    for (method, params) in [
        ("eth_call", json!([{}, "0x9"])),
        ("eth_getCode", json!([Address::ZERO, "0x9"])),
        ("eth_getProof", json!([Address::ZERO, [], "0x9"])),
        ("gainsay_outputAtBlock", json!(["0x9"])),
        ("optimism_outputAtBlock", json!(["0x9"])),
    ] {
        assert_eq!(error(&server, method, params).await, words(-32000, none), "{method}");
    }
    let hash = B256::repeat_byte(3);
    let unknown = error(&server, "eth_getLogs", json!([{ "blockHash": hash }])).await;
    assert_eq!(unknown, words(-32000, &format!("header not found: this node has no block with hash {hash}")));
    for (from, to, message) in [
        ("0x0", "0x9", "block range extends beyond current head block: toBlock is 9, the latest block here is 0"),
        ("0x9", "0x9", "block range extends beyond current head block: toBlock is 9, the latest block here is 0"),
        ("0x9", "0x8", "invalid block range params: fromBlock 9 is after toBlock 8"),
        ("0x9", "latest", "invalid block range params: fromBlock 9 is after toBlock 0"),
    ] {
        let refused = error(&server, "eth_getLogs", json!([{ "fromBlock": from, "toBlock": to }])).await;
        assert_eq!(refused, words(-32602, message));
    }
    for (from, to) in [("0x0", "0x0"), ("0x0", "latest"), ("latest", "pending"), ("earliest", "safe")] {
        let answer = ask(&server, request("eth_getLogs", json!([{ "fromBlock": from, "toBlock": to }])).as_bytes()).await;
        assert_eq!(answer["result"], json!([]), "{from} to {to}: {answer}");
    }
    assert_eq!(error(&server, "eth_getFilterChanges", json!(["0x1"])).await, words(-32000, "filter not found"));
    assert_eq!(error(&server, "eth_getFilterLogs", json!(["0x1"])).await, words(-32000, "filter not found"));
}

/// Init code of a contract that reverts with what it is called with.
fn parrot() -> Vec<u8> {
    hex!("600a8060095f395ff3" "365f5f37365ffd0000").to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_tells_its_reason_and_what_the_evm_forbids_has_geths_words() {
    let server = Node::new().serve(Limits::default()).await;
    let deploy = TransactionRequest::default().with_deploy_code(parrot());
    let receipt = wallet(&server, 0).send_transaction(deploy).await.expect("is taken").get_receipt().await.expect("a block");
    let contract = receipt.contract_address.expect("it is created");
    let reason = hex!(
        "08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000568656c6c6f000000000000000000000000000000000000000000000000000000"
    );
    let panic = hex!("4e487b710000000000000000000000000000000000000000000000000000000000000011");
    for (data, message) in [
        (&[][..], "execution reverted"),
        (&reason[..], "execution reverted: hello"),
        (&panic[..], "execution reverted: arithmetic underflow or overflow"),
    ] {
        for method in ["eth_call", "eth_estimateGas"] {
            let refused = error(&server, method, json!([{ "to": contract, "data": hex::encode_prefixed(data) }])).await;
            assert_eq!(refused["code"], json!(3), "{refused}");
            assert!(refused["message"].as_str().is_some_and(|found| found.starts_with(message)), "{refused}");
            assert_eq!(refused["data"], json!(hex::encode_prefixed(data)));
        }
    }
    for (code, message) in
        [("0xfe", "invalid opcode"), ("0x56", "stack underflow"), ("0x5f56", "invalid jump destination"), ("0x5b5f56", "out of gas")]
    {
        let refused = error(&server, "eth_call", json!([{ "data": code, "gas": "0xfffff" }])).await;
        assert!(
            refused["code"] == json!(-32000) && refused["message"].as_str().is_some_and(|found| found.starts_with(message)),
            "{code}: {refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_cannot_be_executed_have_geths_words() {
    let server = Node::new().serve(Limits::default()).await;
    let (rich, poor) = (signer(0).address(), Address::repeat_byte(0x66));
    for (method, call, message) in [
        ("eth_call", json!({ "from": poor, "to": rich, "value": "0x1" }), "insufficient funds for gas * price + value"),
        ("eth_estimateGas", json!({ "from": poor, "to": rich, "value": "0x1" }), "insufficient funds for gas * price + value"),
        ("eth_call", json!({ "from": rich, "to": rich, "gas": "0x1" }), "intrinsic gas too low: "),
        ("eth_call", json!({ "from": rich, "to": rich, "maxFeePerGas": "0x1" }), "max fee per gas less than block base fee"),
        ("eth_estimateGas", json!({ "from": rich, "to": rich, "gas": "0x5207" }), "gas required exceeds allowance (20999)"),
    ] {
        let refused = error(&server, method, json!([call, "latest"])).await;
        assert!(
            refused["code"] == json!(-32000) && refused["message"].as_str().is_some_and(|found| found.starts_with(message)),
            "{method}: {refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_is_named_with_the_flag_that_raises_it() {
    let node = Node::new();
    for _ in 0..3 {
        node.mine();
    }
    let limits = Limits { log_blocks: 2, log_results: 1, filters: 1, proof_slots: 2, batch_calls: 2, ..Limits::default() };
    let server = node.serve(limits).await;
    let operator = |flag: &str| format!(", or have the node's operator raise {flag}");
    let range = error(&server, "eth_getLogs", json!([{ "fromBlock": "0x0" }])).await;
    let message = "query exceeds the range of 2 blocks: ask for fewer at a time".to_owned() + &operator("--rpc-max-log-blocks");
    assert_eq!(range, words(-32005, &message));
    let slots = error(&server, "eth_getProof", json!([Address::ZERO, ["0x0", "0x1", "0x2"], "latest"])).await;
    let message = "too many slots requested: 3, and 2 are allowed: ask for fewer at a time".to_owned() + &operator("--rpc-max-proof-slots");
    assert_eq!(slots, words(-32005, &message));
    ask(&server, request("eth_newBlockFilter", json!([])).as_bytes()).await;
    let filters = error(&server, "eth_newBlockFilter", json!([])).await;
    let message = "1 filters are installed, as many as this server keeps: try later, or subscribe over WebSocket".to_owned()
        + &operator("--rpc-max-filters");
    assert_eq!(filters, words(-32005, &message));
    let batch = format!("[{}]", vec![request("eth_chainId", json!([])); 3].join(","));
    let message = "batch too large: 3 calls, and 2 are allowed: send fewer at a time".to_owned() + &operator("--rpc-max-batch");
    assert_eq!(ask(&server, batch.as_bytes()).await["error"], words(-32010, &message));
    for _ in 0..2 {
        let deploy = TransactionRequest::default().with_deploy_code(echo());
        let receipt = wallet(&server, 0).send_transaction(deploy).await.expect("is taken").get_receipt().await.expect("a block");
        let call = TransactionRequest::default().with_to(receipt.contract_address.expect("it is created")).with_input(B256::repeat_byte(1));
        wallet(&server, 0).send_transaction(call).await.expect("is taken").get_receipt().await.expect("a block");
    }
    let wide = node.serve(Limits { log_blocks: 100, ..limits }).await;
    let logs = error(&wide, "eth_getLogs", json!([{ "fromBlock": "0x0" }])).await;
    let message = "query has more than 1 results: ask for fewer blocks at a time".to_owned() + &operator("--rpc-max-logs");
    assert_eq!(logs, words(-32005, &message));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_runs_out_of_what_the_server_allows_is_told_the_flag() {
    let server = Node::new().serve(Limits { call_gas: 80_000, ..Limits::default() }).await;
    let circle = json!({ "data": "0x5b5f56" });
    let message = "out of gas: 80000 gas are allowed: ask for less at a time, or have the node's operator raise --rpc-gas-cap";
    assert_eq!(error(&server, "eth_call", json!([circle])).await, words(-32000, message));
    let own = json!({ "data": "0x5b5f56", "gas": "0xea60" });
    assert_eq!(error(&server, "eth_call", json!([own])).await, words(-32000, "out of gas"), "its own limit is less");
    let estimate = error(&server, "eth_estimateGas", json!([circle])).await;
    assert_eq!(estimate, words(-32000, "gas required exceeds allowance (80000)"), "in geth's words");
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_and_connections_beyond_the_limits_are_named_too() {
    let node = Node::new();
    let server =
        node.serve(Limits { request_bytes: 1_000, response_bytes: 1_000, connections: 1, subscriptions: 1, ..Limits::default() }).await;
    let operator = |flag: &str| format!(", or have the node's operator raise {flag}");
    let (head, body) = post(&server, &[b' '; 1_001]).await.expect("an answer");
    let large: Value = serde_json::from_str(&body).expect("JSON");
    let message = "request too large: 1000 bytes are allowed: send less at a time".to_owned() + &operator("--rpc-max-request");
    assert!(head.starts_with("http/1.1 413") && head.contains("access-control-allow-origin: *"), "{head}");
    assert_eq!(large["error"], words(-32007, &message));
    let response = "response too large: 1000 bytes are allowed: ask for less at a time".to_owned() + &operator("--rpc-max-response");
    let block = request("eth_getBlockByNumber", json!(["latest", true]));
    assert_eq!(ask(&server, block.as_bytes()).await["error"], words(-32008, &response));
    let code = format!("[{}]", vec![request("eth_getBlockByNumber", json!(["latest", true])); 2].join(","));
    let batch = ask(&server, code.as_bytes()).await;
    assert_eq!(batch[0]["error"], words(-32008, &response), "each reply of a batch has the limit: {batch}");
    let many = format!("[{}]", vec![r#"{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion"}"#; 17].join(","));
    let many = ask(&server, many.as_bytes()).await;
    assert!(many.is_array() || many["error"] == words(-32011, &response), "and all together: {many}");
    let mut socket = Socket::open(&server).await.expect("it is the first");
    let subscribe = request("eth_subscribe", json!(["newHeads"]));
    assert!(socket.ask(&subscribe).await["result"].is_string());
    let message = "too many subscriptions: 1 are allowed on a connection: end some, or open another connection".to_owned()
        + &operator("--rpc-max-subscriptions");
    assert_eq!(socket.ask(&subscribe).await["error"], words(-32006, &message));
    let (head, body) = post(&server, b"{}").await.expect("an answer");
    let busy: Value = serde_json::from_str(&body).expect("JSON");
    let message = "too many connections: 1 requests and WebSockets at a time are allowed: try again later".to_owned()
        + &operator("--rpc-max-connections");
    assert!(head.starts_with("http/1.1 429"), "{head}");
    assert_eq!(busy["error"], words(-32009, &message));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_the_pool_refuses_gets_the_pools_words_and_nothing_else() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let (_, raw) = signed(0, 0).await;
    assert!(ask(&server, request("eth_sendRawTransaction", json!([raw])).as_bytes()).await["result"].is_string());
    let refused = error(&server, "eth_sendRawTransaction", json!([raw])).await;
    let sender = signer(0).address();
    assert_eq!(refused, words(-32000, &format!("nonce too low: address {sender}, tx: 0 state: 1")));
    assert_eq!(error(&server, "eth_sendRawTransaction", json!(["0xc0"])).await, words(-32000, "rlp: malformed transaction"));
    assert_eq!(error(&server, "eth_sendRawTransaction", json!(["0x7ec0"])).await, words(-32000, "transaction type not supported"));
    let poor = TransactionRequest::default().with_value(U256::MAX).with_to(Address::ZERO).with_from(sender);
    let refused = error(&server, "eth_estimateGas", json!([poor])).await;
    assert!(refused["message"].as_str().is_some_and(|found| found.starts_with("insufficient funds")), "{refused}");
}

/// Code that jumps in a circle; the second calls a precompile each time.
#[tokio::test(flavor = "multi_thread")]
async fn what_executes_for_too_long_is_ended() {
    let limits = Limits { call_gas: 1 << 60, call_time: std::time::Duration::from_millis(200), ..Limits::default() };
    let server = Node::new().serve(limits).await;
    let message = "execution aborted (timeout = 0.2s): ask for less at a time, or have the node's operator raise --rpc-call-timeout";
    let gas = format!("0x{:x}", 1u64 << 60);
    for circle in ["0x5b5f56", "0x5b5f5f5f5f60045afa505f56"] {
        for method in ["eth_call", "eth_createAccessList"] {
            let started = std::time::Instant::now();
            let refused = error(&server, method, json!([{ "data": circle, "gas": gas }, "latest"])).await;
            assert_eq!(refused, words(-32005, message), "{method}");
            assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
        }
    }
}
