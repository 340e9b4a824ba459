//! `debug_trace*` over HTTP: shapes, and the words of errors.

use super::{
    node::{Node, echo, signer, wallet},
    wire::ask,
};
use crate::{Limits, RpcServer};
use alloy::{network::TransactionBuilder as _, providers::Provider as _, rpc::types::TransactionRequest};
use alloy_primitives::{Address, B256, U256, hex};
use serde_json::{Value, json};
use std::time::Duration;

async fn answer(server: &RpcServer, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    ask(server, request.to_string().as_bytes()).await
}

async fn result(server: &RpcServer, method: &str, params: Value) -> Value {
    let answer = answer(server, method, params).await;
    answer.get("result").unwrap_or_else(|| panic!("{method}: {answer}")).clone()
}

async fn refusal(server: &RpcServer, method: &str, params: Value) -> (i64, String) {
    let answer = answer(server, method, params).await;
    let error = answer.get("error").unwrap_or_else(|| panic!("{method} is not refused: {answer}"));
    (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
}

/// A node with a contract (block 1) and a call of it (block 2).
async fn with_a_call(limits: Limits) -> (RpcServer, Address, B256) {
    let server = Node::new().serve(limits).await;
    let wallet = wallet(&server, 0);
    let deployed =
        wallet.send_transaction(TransactionRequest::default().with_deploy_code(echo())).await.unwrap().get_receipt().await.unwrap();
    let contract = deployed.contract_address.unwrap();
    let call = TransactionRequest::default()
        .with_to(contract)
        .with_input(hex!("0000000000000000000000000000000000000000000000000000000000000042"));
    let receipt = wallet.send_transaction(call).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    (server, contract, receipt.transaction_hash)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_traced_by_each_tracer() {
    let (server, contract, hash) = with_a_call(Limits::default()).await;
    let receipt = result(&server, "eth_getTransactionReceipt", json!([hash])).await;
    let trace = |options: Value| result(&server, "debug_traceTransaction", json!([hash, options]));
    let steps = trace(json!({})).await;
    assert_eq!(json!(format!("{:#x}", steps["gas"].as_u64().unwrap())), receipt["gasUsed"]);
    assert_eq!(steps["returnValue"], format!("0x{:064x}", 0x42));
    assert_eq!(steps["structLogs"][0]["op"], "PUSH0");
    let calls = trace(json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } })).await;
    assert_eq!((&calls["gasUsed"], &calls["to"], &calls["type"]), (&receipt["gasUsed"], &json!(contract), &json!("CALL")));
    assert_eq!(calls["logs"][0]["topics"], receipt["logs"][0]["topics"]);
    let flat = trace(json!({ "tracer": "flatCallTracer" })).await;
    assert_eq!((&flat[0]["transactionHash"], &flat[0]["blockNumber"]), (&json!(hash), &json!(2)));
    let diff = trace(json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } })).await;
    let slot = |number: u64| format!("0x{number:064x}");
    assert_eq!(diff["post"][json!(contract).as_str().unwrap()]["storage"], json!({ slot(0): slot(0x42) }));
    assert_eq!(trace(json!({ "tracer": "4byteTracer" })).await, json!({ "0x00000000-28": 1 }));
    assert_eq!(trace(json!({ "tracer": "noopTracer" })).await, json!({}));
    let both = trace(json!({ "tracer": "muxTracer", "tracerConfig": { "callTracer": {}, "4byteTracer": null } })).await;
    assert_eq!(both["callTracer"]["gasUsed"], receipt["gasUsed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_traced_by_number_by_hash_and_by_its_bytes() {
    let (server, _, hash) = with_a_call(Limits::default()).await;
    let block = result(&server, "eth_getBlockByNumber", json!(["0x2", false])).await;
    let options = json!({ "tracer": "callTracer" });
    let by_number = result(&server, "debug_traceBlockByNumber", json!(["0x2", options])).await;
    assert_eq!((by_number.as_array().unwrap().len(), &by_number[0]["txHash"]), (1, &json!(hash)));
    assert_eq!(by_number[0]["result"], result(&server, "debug_traceTransaction", json!([hash, options])).await);
    assert_eq!(by_number, result(&server, "debug_traceBlockByNumber", json!(["latest", options])).await);
    assert_eq!(by_number, result(&server, "debug_traceBlockByHash", json!([block["hash"], options])).await);
    let raw = result(&server, "debug_getRawBlock", json!(["0x2"])).await;
    assert_eq!(by_number, result(&server, "debug_traceBlock", json!([raw, options])).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_traced_with_overrides_and_in_the_middle_of_a_block() {
    let (server, contract, _) = with_a_call(Limits::default()).await;
    // Returns the first word of its storage.
    let reader = json!({ contract.to_string(): { "code": "0x5f545f5260205ff3" } });
    let call = json!({ "to": contract });
    let read = |index: Value| json!([call, "0x2", { "tracer": "callTracer", "stateOverrides": reader, "txIndex": index }]);
    assert_eq!(result(&server, "debug_traceCall", read(Value::Null)).await["output"], format!("0x{:064x}", 0x42));
    assert_eq!(result(&server, "debug_traceCall", read(json!("0x0"))).await["output"], format!("0x{:064x}", 0));
    let beyond = refusal(&server, "debug_traceCall", read(json!("0x7"))).await;
    assert_eq!(beyond, (-32000, "transaction index 7 is not in block 2, which has 1 transactions".to_owned()));
    let steps = result(&server, "debug_traceCall", json!([call, "latest"])).await;
    assert_eq!((steps["failed"].as_bool(), steps["structLogs"].as_array().unwrap().is_empty()), (Some(false), false));
    let from = signer(0).address();
    let poor = json!([{ "from": from, "to": contract, "value": U256::MAX }, "latest", {}]);
    let (code, message) = refusal(&server, "debug_traceCall", poor).await;
    assert!(code == -32000 && message.starts_with("insufficient funds"), "{code} {message}");
    let prestate = json!([{ "from": from, "to": contract }, "latest", { "tracer": "prestateTracer" }]);
    let prestate = result(&server, "debug_traceCall", prestate).await;
    let balance = result(&server, "eth_getBalance", json!([from, "latest"])).await;
    assert_eq!(prestate[json!(from).as_str().unwrap()]["balance"], balance);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_traced_is_refused_in_geths_words() {
    let (server, contract, hash) = with_a_call(Limits::default()).await;
    let one = B256::with_last_byte(1);
    for (method, params, code, message) in [
        ("debug_traceTransaction", json!([one]), -32000, "transaction not found".to_owned()),
        ("debug_traceBlockByHash", json!([one]), -32000, format!("block {one} not found")),
        ("debug_traceBlockByNumber", json!(["0x99"]), -32000, "block #153 not found".to_owned()),
        ("debug_traceBlockByNumber", json!(["0x0"]), -32000, "genesis is not traceable".to_owned()),
        ("debug_traceBlockByNumber", json!(["earliest"]), -32000, "genesis is not traceable".to_owned()),
        ("debug_traceBlockByNumber", json!(["pending"]), -32000, "tracing on top of pending is not supported".to_owned()),
        ("debug_traceTransaction", json!([hash, { "tracer": "{ step: function() {} }" }]), -32000, "tracer not found: ".to_owned()),
        ("debug_traceCall", json!([{ "to": contract }, "latest", { "tracer": "x" }]), -32000, "tracer not found: x; ".to_owned()),
        ("debug_traceTransaction", json!([hash, { "timeout": "soon" }]), -32602, "invalid timeout \"soon\": ".to_owned()),
        (
            "debug_traceTransaction",
            json!([hash, { "timeout": "1h" }]),
            -32005,
            "timeout of 3600s is more than this server allows: 30s".to_owned(),
        ),
        (
            "debug_traceTransaction",
            json!([hash, { "tracer": "callTracer", "tracerConfig": { "withLog": 1 } }]),
            -32602,
            "invalid tracerConfig of callTracer: ".to_owned(),
        ),
        ("debug_traceTransaction", json!([hash, { "timeout": "0s" }]), -32005, "execution timeout: ".to_owned()),
        ("debug_traceBlock", json!(["0xc0"]), -32602, "invalid argument 0: no block in RLP: ".to_owned()),
        ("debug_traceBlock", json!(["0x1234"]), -32602, "invalid argument 0: no block in RLP: ".to_owned()),
        ("debug_traceTransaction", json!([]), -32602, "missing value for required argument 0".to_owned()),
    ] {
        let (found, words) = refusal(&server, method, params.clone()).await;
        assert!(found == code && words.starts_with(&message), "{method} {params}: {found} {words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_stays_within_the_limits_of_the_server() {
    let limits = Limits { response_bytes: 3_000, call_time: Duration::from_secs(2), ..Limits::default() };
    let (server, _, hash) = with_a_call(limits).await;
    let (code, message) = refusal(&server, "debug_traceTransaction", json!([hash])).await;
    assert!(code == -32005 && message.starts_with("the trace takes more than 1976 bytes"), "{code} {message}");
    assert!(message.ends_with("raise --rpc-max-trace, and --rpc-max-response where that is less"), "{message}");
    let (code, message) = refusal(&server, "debug_traceTransaction", json!([hash, { "timeout": "13s" }])).await;
    assert!(code == -32005 && message.contains("12s") && message.contains("--rpc-call-timeout"), "{code} {message}");
    let short = result(&server, "debug_traceTransaction", json!([hash, { "tracer": "noopTracer" }])).await;
    assert_eq!(short, json!({}));
}
