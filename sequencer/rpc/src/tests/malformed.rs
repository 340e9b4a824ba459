//! Whatever comes in, a JSON-RPC answer comes out, and never one that blames this software.

use super::{
    node::Node,
    wire::{Socket, ask},
};
use crate::{Limits, RpcServer, methods};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Words that methods look for, and others.
fn word() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "(latest|pending|safe|finalized|earliest|newHeads|logs|blocks|syncing|callTracer|prestateTracer|)".prop_map(Value::from),
        "0x[0-9a-fA-F]{0,80}".prop_map(Value::from),
        any::<u64>().prop_map(|number| json!(format!("0x{number:x}"))),
        (0u64..4).prop_map(|number| json!(format!("0x{number:x}"))),
        (60usize..90).prop_map(|digits| json!(format!("0x{}", "f".repeat(digits)))),
        prop::collection::vec(any::<u8>(), 20).prop_map(|bytes| json!(alloy_primitives::Bytes::from(bytes))),
        prop::collection::vec(any::<u8>(), 32).prop_map(|bytes| json!(alloy_primitives::Bytes::from(bytes))),
        any::<String>().prop_map(Value::from),
    ]
}

fn field() -> impl Strategy<Value = String> {
    let known = "(from|to|gas|gasPrice|maxFeePerGas|maxPriorityFeePerGas|value|data|input|nonce|type|accessList|authorizationList\
                 |blockHash|blockNumber|fromBlock|toBlock|address|topics|requireCanonical|balance|code|state|stateDiff\
                 |movePrecompileToAddress|blockStateCalls|blockOverrides|stateOverrides|calls|validation|traceTransfers\
                 |returnFullTransactions|number|time|gasLimit|baseFeePerGas|tracer|tracerConfig|timeout|onlyTopCall|diffMode)";
    prop_oneof![4 => known.prop_map(|name| name), 1 => any::<String>()]
}

fn anything() -> impl Strategy<Value = Value> {
    word().prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((field(), inner), 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn params() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => prop::collection::vec(anything(), 0..5).prop_map(Value::from),
        1 => anything().prop_filter("params are structured", |value| value.is_array() || value.is_object()),
    ]
}

struct World {
    runtime: tokio::runtime::Runtime,
    server: RpcServer,
    module: jsonrpsee::RpcModule<methods::Context>,
    names: Vec<&'static str>,
}

/// One chain with a few blocks, for all cases.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let node = Node::new();
        node.deposit();
        node.mine();
        let limits = Limits { call_gas: 1_000_000, request_bytes: 1 << 20, ..Limits::default() };
        let server = runtime.block_on(node.serve(limits));
        let module = methods::module(node.backend(), limits).unwrap();
        // Subscriptions answer later, over their own connection.
        let mut names: Vec<_> = module.method_names().filter(|name| !name.contains("subscribe")).collect();
        names.sort_unstable();
        World { runtime, server, module, names }
    })
}

fn answer(request: &str) -> Value {
    let world = world();
    let (answer, _) = world.runtime.block_on(world.module.raw_json_request(request, 1)).expect("an answer");
    serde_json::from_str(answer.get()).expect("JSON")
}

fn request(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }).to_string()
}

/// A result, or an error that blames the request.
fn check(method: &str, params: &Value, answer: &Value) -> Result<(), TestCaseError> {
    prop_assert_eq!(&answer["id"], &json!(7));
    let Some(error) = answer.get("error") else {
        prop_assert!(answer.get("result").is_some());
        return Ok(());
    };
    let code = error["code"].as_i64().unwrap();
    // Simulations have codes of their own, from -38000 on.
    let known = [-32000, -32005, -32602, 3].contains(&code) || (-38_100..=-38_000).contains(&code);
    prop_assert!(known, "{} {}: {}", method, params, error);
    prop_assert!(!error["message"].as_str().unwrap().is_empty());
    Ok(())
}

/// Each method by its name, so that none is left to chance.
#[test]
fn any_parameters_of_any_method_get_a_result_or_an_error_that_says_what_is_wrong() {
    for method in &world().names {
        let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
        let outcome = runner.run(&params(), |params| check(method, &params, &answer(&request(method, &params))));
        outcome.unwrap_or_else(|error| panic!("{method}: {error}"));
    }
}

/// What makes a request wrong below JSON-RPC.
#[derive(Clone, Debug)]
enum Damage {
    Cut(prop::sample::Index),
    Byte(prop::sample::Index, u8),
    Deep(usize),
    Digits(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        (any::<prop::sample::Index>(), 0x80u8..).prop_map(|(place, byte)| Damage::Byte(place, byte)),
        (100usize..100_000).prop_map(Damage::Deep),
        (100usize..100_000).prop_map(Damage::Digits),
    ]
}

impl Damage {
    fn applied(&self, method: &str, params: &Value) -> Vec<u8> {
        let raw = |params: String| format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{params}}}"#).into_bytes();
        let mut bytes = raw(params.to_string());
        match self {
            Self::Cut(place) => bytes.truncate(place.index(bytes.len())),
            // Nowhere is a byte of a longer character right on its own.
            Self::Byte(place, byte) => {
                let place = place.index(bytes.len());
                bytes.insert(place, *byte);
            }
            Self::Deep(depth) => return raw(format!("[{}{}]", "[".repeat(*depth), "]".repeat(*depth))),
            Self::Digits(digits) => return raw(format!("[{}, \"0x{}\"]", "9".repeat(*digits), "f".repeat(*digits))),
        }
        bytes
    }
}

#[test]
fn damaged_requests_are_answered_over_http_and_over_websocket() {
    let World { runtime, server, names, .. } = world();
    let mut socket = runtime.block_on(Socket::open(server)).expect("it listens");
    let mut runner = TestRunner::new(ProptestConfig::with_cases(300));
    let cases = (any::<prop::sample::Index>(), params(), damage(), any::<bool>());
    let socket = std::cell::RefCell::new(&mut socket);
    let outcome = runner.run(&cases, |(which, params, damage, binary)| {
        let method: &&str = which.get(names);
        let body = damage.applied(method, &params);
        let http = runtime.block_on(ask(server, &body));
        let mut socket = socket.borrow_mut();
        let websocket = runtime.block_on(async {
            socket.send(&body, binary).await.map_err(|error| TestCaseError::fail(error.to_string()))?;
            let answer = tokio::time::timeout(Duration::from_secs(20), socket.receive()).await;
            answer.ok().flatten().ok_or_else(|| TestCaseError::fail("the WebSocket gives no answer"))
        })?;
        let websocket: Value = serde_json::from_slice(&websocket).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for answer in [http, websocket] {
            // Deep or long parameters may be none that the method looks at.
            let code = answer["error"]["code"].as_i64();
            let fine = answer.get("result").is_some();
            prop_assert!(fine || matches!(code, Some(-32700 | -32600 | -32601 | -32602 | -32000 | -32005)), "{answer}");
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// Bytes of memory that this process holds.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: usize = status.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    pages * 4096
}

#[test]
fn what_is_large_and_worthless_leaves_nothing_behind() {
    let World { runtime, server, .. } = world();
    let bodies = [
        format!("[{}]", vec!["1"; 500_000].join(",")),
        format!("[{}", "[".repeat(1_000_000)),
        request("eth_getLogs", &json!([{ "topics": vec![vec!["0x"; 1]; 100_000] }])),
        request("eth_getBalance", &json!(vec!["x"; 200_000])),
        request(&"m".repeat(1_000_000), &json!([])),
        format!("{{\"jsonrpc\":\"2.0\",\"id\":\"{}\",\"method\":5}}", "i".repeat(1_000_000)),
    ];
    let send = || {
        for body in &bodies {
            let answer = runtime.block_on(ask(server, body.as_bytes()));
            assert!(answer["error"]["code"].is_i64(), "{}", &body[..60]);
            assert!(answer["error"]["message"].as_str().is_some_and(|words| words.len() < 1_000), "it is not told back whole");
        }
    };
    send();
    let (before, started) = (resident(), Instant::now());
    for _ in 0..8 {
        send();
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes more after requests of 40 MB in all, in {:?}", started.elapsed());
}

#[test]
fn required_parameters_are_asked_for_by_their_place() {
    let answer = answer(&json!({ "jsonrpc": "2.0", "id": 7, "method": "eth_getBalance", "params": [] }).to_string());
    assert_eq!(answer["error"]["message"], json!("missing value for required argument 0"));
    assert_eq!(answer["error"]["code"], json!(-32602));
}
