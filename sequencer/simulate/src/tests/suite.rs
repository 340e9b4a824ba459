//! The cases of ethereum/execution-apis, on the state after its last block.

use super::{World, allowance, config};
use crate::{Base, Scene, revert_message};
use alloy::rpc::types::TransactionRequest;
use alloy_consensus::{Block, Sealable, TxEnvelope};
use alloy_rlp::Decodable;
use gainsay_execute::{CallStatus, genesis::GenesisAlloc};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// What depends on a block hash or on a root of Ethereum's own system contracts.
const MASKED: [&str; 4] = ["hash", "parentHash", "stateRoot", "blockHash"];

fn folder() -> Option<PathBuf> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let folder = std::env::var_os("GAINSAY_DATA").map_or_else(beside, PathBuf::from);
    if folder.join("execution-apis-tests").is_dir() {
        return Some(folder);
    }
    println!("not run: {} is not here; set GAINSAY_DATA to the folder that holds execution-apis-tests/", folder.display());
    None
}

/// The suite's head, with its header and hashes.
fn head(folder: &std::path::Path) -> World {
    let genesis: Value = serde_json::from_slice(&fs::read(folder.join("headstate-genesis.json")).expect("the state")).expect("JSON");
    let alloc: GenesisAlloc = serde_json::from_value(genesis["alloc"].clone()).expect("accounts");
    let mut world = World::new(&alloc);
    let bytes = fs::read(folder.join("execution-apis-tests/chain.rlp")).expect("the blocks");
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let block = Block::<TxEnvelope>::decode(&mut rest).expect("a block");
        world.header = block.header.seal_slow();
        world.state.block_hashes.insert(world.header.number, world.header.hash());
    }
    assert_eq!(world.config, config());
    world
}

fn answer(world: &World, method: &str, params: &[Value]) -> Result<Value, (i64, String)> {
    let request = || serde_json::from_value::<TransactionRequest>(params[0].clone()).expect("a request");
    let scene = || Scene::new(&world.config, &world.header, &world.state, allowance());
    let failed = |error: super::Failure| (i64::from(error.code()), error.to_string());
    match method {
        "eth_simulateV1" => {
            let payload = serde_json::from_value(params[0].clone()).map_err(|error| (-32602, error.to_string()))?;
            let base = Base { config: &world.config, header: &world.header, state: &world.state, nodes: &world.state };
            crate::simulate(base, payload, allowance()).map(|blocks| json!(blocks)).map_err(failed)
        }
        "eth_call" => {
            let outcome = scene().call(request()).map_err(failed)?;
            if outcome.status == CallStatus::Success { Ok(json!(outcome.output)) } else { Err((3, revert_message(&outcome.output))) }
        }
        "eth_estimateGas" => scene().estimate_gas(request()).map(|gas| json!(alloy_primitives::U64::from(gas))).map_err(failed),
        "eth_createAccessList" => scene().access_list(request()).map(|list| json!(list)).map_err(failed),
        other => panic!("no such method: {other}"),
    }
}

/// Calls that return hashes of simulated blocks, which depend on the state roots.
const RETURN_HASHES: [&str; 4] = [
    "ethSimulate-add-more-non-defined-BlockStateCalls-than-fit-but-now-with-fit",
    "ethSimulate-blockhash-complex",
    "ethSimulate-blockhash-start-before-head",
    "ethSimulate-overwrite-existing-contract",
];

fn without(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| !MASKED.contains(&name.as_str())).map(|(name, value)| (name.clone(), without(value))).collect()
        }
        Value::Array(values) => values.iter().map(without).collect(),
        other => other.clone(),
    }
}

/// Where two answers differ first, for the message.
fn difference(ours: &Value, theirs: &Value, path: &str) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            names.into_iter().find_map(|name| {
                difference(a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null), &format!("{path}.{name}"))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            (0..a.len()).find_map(|index| difference(&a[index], &b[index], &format!("{path}[{index}]")))
        }
        _ => (ours != theirs).then(|| format!("{path}: {ours} instead of {theirs}").chars().take(400).collect()),
    }
}

/// Not of a block below the head, nor of one that there is not: which one is asked for is not this crate's business.
fn is_about_the_head(request: &Value) -> bool {
    request["params"].get(1).is_none_or(|block| ["latest", "0x36"].contains(&block.as_str().unwrap_or_default()))
}

fn check(world: &World, method: &str, request: &Value, expected: &Value) -> Option<String> {
    let params = request["params"].as_array().expect("parameters");
    match (answer(world, method, params), expected.get("result")) {
        (Ok(ours), Some(theirs)) => difference(&without(&ours), &without(theirs), ""),
        (Err((code, _)), None) if json!(code) == expected["error"]["code"] => None,
        (Ok(ours), None) => Some(format!("succeeds instead of {}: {ours}", expected["error"]).chars().take(400).collect()),
        (Err((code, message)), _) => {
            Some(format!("{code} {message} instead of {}", expected.to_string().chars().take(300).collect::<String>()))
        }
    }
}

#[test]
fn the_cases_of_the_execution_apis_have_the_same_answers() {
    let Some(folder) = folder() else { return };
    let world = head(&folder);
    let (mut right, mut masked, mut wrong) = (0, 0, Vec::new());
    for method in ["eth_simulateV1", "eth_call", "eth_estimateGas", "eth_createAccessList"] {
        let mut files: Vec<PathBuf> = fs::read_dir(folder.join("execution-apis-tests").join(method))
            .expect("cases")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        for file in files {
            let text = fs::read_to_string(&file).expect("a case");
            let parse = |line: &str| serde_json::from_str::<Value>(&line[3..]).expect("JSON");
            let requests = text.lines().filter(|line| line.starts_with(">> ")).map(parse);
            let responses = text.lines().filter(|line| line.starts_with("<< ")).map(parse);
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            for (request, response) in requests.zip(responses).filter(|(request, _)| is_about_the_head(request)) {
                match check(&world, method, &request, &response) {
                    None => right += 1,
                    Some(what) if RETURN_HASHES.contains(&name.as_str()) && what.contains(".returnData: ") => masked += 1,
                    Some(what) => wrong.push(format!("{name}: {what}")),
                }
            }
        }
    }
    println!("{right} answers are right, {masked} have hashes of simulated blocks in them");
    assert!(wrong.is_empty(), "{right} right, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(right >= 100 && masked == RETURN_HASHES.len(), "the suite has fewer cases than it had: {right}, {masked}");
}
