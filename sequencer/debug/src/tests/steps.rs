//! Struct logs and deposits, entry by entry.

use super::{
    activity::Code,
    chain::{Chain, call, contract},
};
use alloy_primitives::{Address, Bytes, TxKind};
use gainsay_types::UserDeposit;
use revm::bytecode::opcode::*;
use serde_json::{Value, json};

/// Stores 7 in slot 1, calls itself without gas, then clears the slot.
fn code() -> Bytes {
    let code = Code::default().push(7).push(1).op([SSTORE]);
    let code = code.push(0).push(0).push(0).push(0).op([ADDRESS]).push(0).op([STATICCALL, POP]);
    code.push(0).push(1).op([SSTORE]).push(2).op([SLOAD]).push(0).op([MSTORE, STOP]).0.into()
}

fn logs(trace: &Value) -> &Vec<Value> {
    trace["structLogs"].as_array().unwrap()
}

fn word(number: u8) -> String {
    format!("0x{number:064x}")
}

#[test]
fn entries_tell_of_stack_storage_refunds_and_failures() {
    let mut chain = Chain::new([code()]);
    chain.block(&[], vec![call(0, 0, TxKind::Call(contract(0)), 0, 100_000, Bytes::new())]);
    let trace = chain.trace(1, 0, json!({}));
    let first = json!({ "pc": 0, "op": "PUSH1", "gas": 79_000, "gasCost": 3, "depth": 1, "refund": 0, "stack": [] });
    assert_eq!(logs(&trace)[0], first);
    let stores: Vec<_> = logs(&trace).iter().filter(|log| log["op"] == "SSTORE" && log["depth"] == 1).collect();
    assert_eq!(stores[0]["storage"], json!({ word(1): word(7) }));
    assert_eq!(stores[0]["stack"], json!(["0x7", "0x1"]));
    assert_eq!((&stores[0]["gasCost"], &stores[1]["gasCost"]), (&json!(22_100), &json!(100)));
    assert_eq!(stores[1]["storage"], json!({ word(1): word(0) }));
    let load = logs(&trace).iter().find(|log| log["op"] == "SLOAD").unwrap();
    assert_eq!((&load["storage"], &load["refund"]), (&json!({ word(1): word(0), word(2): word(0) }), &json!(19_900)));
    // The call without gas fails at its first instruction.
    let inside: Vec<_> = logs(&trace).iter().filter(|log| log["depth"] == 2).collect();
    assert_eq!(inside.len(), 1);
    assert_eq!((&inside[0]["error"], &inside[0]["gasCost"], &inside[0]["gas"]), (&json!("out of gas"), &json!(0), &json!(0)));
}

#[test]
fn parts_of_entries_are_left_out_or_put_in_as_asked() {
    let mut chain = Chain::new([code()]);
    chain.block(&[], vec![call(0, 0, TxKind::Call(contract(0)), 0, 100_000, Bytes::new())]);
    let bare = chain.trace(1, 0, json!({ "disableStack": true, "disableStorage": true }));
    assert!(logs(&bare).iter().all(|log| log["stack"].is_null() && log["storage"].is_null() && log["memory"].is_null()));
    let whole = chain.trace(1, 0, json!({ "enableMemory": true }));
    let last = logs(&whole).last().unwrap();
    assert_eq!((last["op"].as_str(), &last["memory"]), (Some("STOP"), &json!([word(0)])));
    assert!(logs(&whole)[0]["memory"].is_null());
}

fn deposit(to: Option<Address>, gas_limit: u64) -> UserDeposit {
    UserDeposit { from: Address::repeat_byte(0xd0), to, mint: 500, value: 200, gas_limit, data: Bytes::from_static(&[1; 40]) }
}

#[test]
fn deposits_mint_before_they_call_and_refused_ones_show_what_was_asked() {
    let mut chain = Chain::new([code()]);
    let to = Address::repeat_byte(0xab);
    // One that works, one whose gas is not enough to begin, and the same for a creation.
    chain.block(&[deposit(Some(to), 50_000), deposit(Some(to), 1_000), deposit(None, 1_000)], Vec::new());
    let calls: Vec<Value> = (0..3).map(|index| chain.trace(1, index, json!({ "tracer": "callTracer" }))).collect();
    assert_eq!((&calls[0]["value"], &calls[0]["error"]), (&json!("0xc8"), &Value::Null));
    for call in &calls[1..] {
        assert_eq!((&call["gasUsed"], &call["gas"], &call["error"]), (&json!("0x3e8"), &json!("0x3e8"), &json!("out of gas")));
        assert_eq!(call["input"], format!("0x{}", "01".repeat(40)));
    }
    assert_eq!((&calls[1]["type"], &calls[2]["type"]), (&json!("CALL"), &json!("CREATE")));
    let flat = chain.trace(1, 1, json!({ "tracer": "flatCallTracer" }));
    assert_eq!((flat.as_array().unwrap().len(), &flat[0]["action"]["to"]), (1, &json!(to)));
    let diff = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let minted: Vec<Value> = (0..3).map(|index| chain.trace(1, index, diff.clone())).collect();
    let from = Address::repeat_byte(0xd0).to_string().to_lowercase();
    assert_eq!(minted[0]["post"][&from], json!({ "balance": "0x12c", "nonce": 1 }));
    assert_eq!(minted[1]["post"][&from], json!({ "balance": "0x320", "nonce": 2 }));
    assert_eq!(minted[2]["post"][&from], json!({ "balance": "0x514", "nonce": 3 }));
    assert!(minted[1]["post"][to.to_string().to_lowercase()].is_null());
    let steps = chain.trace(1, 1, json!({}));
    assert_eq!(steps, json!({ "structLogs": [], "gas": 1_000, "failed": true, "returnValue": "0x" }));
}
