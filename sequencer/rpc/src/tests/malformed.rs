//! Whatever comes in, a JSON-RPC answer comes out, and never one that blames this software.

use super::node::Node;
use crate::{Limits, methods};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// Words that methods look for, and others.
fn word() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "(latest|pending|safe|finalized|earliest|newHeads|logs|blocks|)".prop_map(Value::from),
        "0x[0-9a-fA-F]{0,80}".prop_map(Value::from),
        any::<u64>().prop_map(|number| json!(format!("0x{number:x}"))),
        (0u64..4).prop_map(|number| json!(format!("0x{number:x}"))),
        prop::collection::vec(any::<u8>(), 20).prop_map(|bytes| json!(alloy_primitives::Bytes::from(bytes))),
        prop::collection::vec(any::<u8>(), 32).prop_map(|bytes| json!(alloy_primitives::Bytes::from(bytes))),
        any::<String>().prop_map(Value::from),
    ]
}

fn field() -> impl Strategy<Value = String> {
    let known = "(from|to|gas|gasPrice|maxFeePerGas|maxPriorityFeePerGas|value|data|input|nonce|type|accessList|authorizationList\
                 |blockHash|blockNumber|fromBlock|toBlock|address|topics|requireCanonical)";
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

struct World {
    runtime: tokio::runtime::Runtime,
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
        let module = methods::module(node.backend(), Limits::default()).unwrap();
        // Subscriptions answer later, over their own connection.
        let names = module.method_names().filter(|name| !name.contains("subscribe")).collect();
        World { runtime, module, names }
    })
}

fn answer(request: &str) -> Value {
    let world = world();
    let (answer, _) = world.runtime.block_on(world.module.raw_json_request(request, 1)).expect("an answer");
    serde_json::from_str(answer.get()).expect("JSON")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_parameters_get_a_result_or_an_error_that_says_what_is_wrong(which: prop::sample::Index, params in prop_oneof![
        4 => prop::collection::vec(anything(), 0..5).prop_map(Value::from),
        1 => anything().prop_filter("params are structured", |value| value.is_array() || value.is_object()),
    ]) {
        let method = which.get(&world().names);
        let answer = answer(&json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }).to_string());
        prop_assert_eq!(&answer["id"], &json!(7));
        match answer.get("error") {
            None => prop_assert!(answer.get("result").is_some()),
            Some(error) => {
                let code = error["code"].as_i64().unwrap();
                prop_assert!([-32000, -32005, -32602, 3].contains(&code), "{} {}: {}", method, params, error);
                prop_assert!(!error["message"].as_str().unwrap().is_empty());
            }
        }
    }
}

#[test]
fn required_parameters_are_asked_for_by_their_place() {
    let answer = answer(&json!({ "jsonrpc": "2.0", "id": 7, "method": "eth_getBalance", "params": [] }).to_string());
    assert_eq!(answer["error"]["message"], json!("missing value for required argument 0"));
    assert_eq!(answer["error"]["code"], json!(-32602));
}
