//! Brief calls: the same as whole ones, or none.

use super::{World, at, contract, rich};
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Bytes, hex};
use proptest::prelude::*;
use serde_json::{Value, json};

const GAS: u64 = 60_000;
/// Returns 7.
const RETURNS: &str = "0x60075f5260205ff3";
/// Returns the gas that is left.
const TELLS_GAS: &str = "0x5a5f5260205ff3";
/// Loops until there is no gas.
const LOOPS: &str = "0x5b5f56";
/// Reverts with one zero byte.
const REVERTS: &str = "0x60015ffd";

/// Calls 0x22..22 by STATICCALL with all gas, as compilers do it, and returns whether that went well with the 32 bytes that it returned.
const PROXY: &str = "0x60205f5f5f7322222222222222222222222222222222222222225afa60205260405ff3";
/// The same, but first puts the gas on the stack and looks at it.
const CURIOUS: &str = "0x5a5060205f5f5f7322222222222222222222222222222222222222225afa60205260405ff3";

fn request(value: &Value) -> TransactionRequest {
    serde_json::from_value(value.clone()).expect("a request")
}

/// What a brief call says, which must be what the whole one says; false if it says nothing.
fn answers(world: &World, call: &Value) -> bool {
    let whole = world.scene().call(request(call));
    let Some(brief) = world.scene().brief_call(request(call), GAS) else { return false };
    let whole = whole.expect("runs, since it does with little gas");
    assert_eq!((brief.status, brief.output, brief.logs), (whole.status, whole.output, whole.logs), "{call}");
    true
}

fn world(caller: &str, callee: &str) -> World {
    World::of([(at(0x11), contract(caller)), (at(0x22), contract(callee)), (at(0x33), rich(1_000))])
}

#[test]
fn a_short_call_is_answered_also_through_a_proxy_and_when_it_reverts() {
    let call = json!({ "to": at(0x11) });
    for (caller, callee) in [(RETURNS, RETURNS), (REVERTS, RETURNS), (PROXY, RETURNS), (PROXY, REVERTS)] {
        assert!(answers(&world(caller, callee), &call), "{caller} {callee}");
    }
    assert!(answers(&world(RETURNS, RETURNS), &json!({ "to": at(0x33), "from": at(0x33), "value": "0x1" })));
    assert!(answers(&world(RETURNS, RETURNS), &json!({ "to": at(0x11), "gas": "0x7530" })));
}

#[test]
fn who_looks_at_the_gas_or_has_too_little_of_it_gets_no_answer() {
    let call = json!({ "to": at(0x11) });
    for (caller, callee) in [(TELLS_GAS, RETURNS), (LOOPS, RETURNS), (PROXY, LOOPS), (PROXY, TELLS_GAS), (CURIOUS, RETURNS)] {
        assert!(!answers(&world(caller, callee), &call), "{caller} {callee}");
    }
}

#[test]
fn neither_do_calls_that_pay_for_gas_or_that_are_refused() {
    let world = world(RETURNS, RETURNS);
    for call in [
        json!({ "to": at(0x11), "from": at(0x33), "gasPrice": "0x1", "gas": "0x7530" }),
        json!({ "to": at(0x11), "from": at(0x33), "value": "0x10000" }),
        json!({ "to": at(0x11), "gas": "0x1" }),
        json!({ "to": at(0x11), "input": format!("0x{}", "11".repeat(10_000)) }),
    ] {
        assert!(world.scene().brief_call(request(&call), GAS).is_none(), "{call}");
    }
}

#[test]
fn precompiles_that_take_longer_than_their_gas_says_get_no_answer() {
    let world = World::of([]);
    let to = |last: u8| json!({ "to": alloy_primitives::Address::with_last_byte(last), "input": "0x00", "gas": "0x2faf080" });
    assert!((1..=4).all(|last| answers(&world, &to(last))));
    assert!((5..=0x11).all(|last| !answers(&world, &to(last))));
}

/// Code that often does something: calls to the other account, gas, jumps, memory, storage.
fn code() -> impl Strategy<Value = Bytes> {
    let call = |op: u8| [hex!("5f5f5f5f5f73").as_slice(), &[0x22; 20], &[0x5a, op]].concat();
    let part = prop_oneof![
        3 => prop::sample::select(vec![0x5f, 0x5a, 0x50, 0x80, 0x5b, 0x54, 0x55, 0x51, 0x52, 0x01, 0x20, 0x3d, 0x3e, 0x57, 0xf3, 0xfd, 0x00, 0xfe]).prop_map(|op: u8| vec![op]),
        2 => any::<u8>().prop_map(|word| vec![0x60, word]),
        1 => Just(call(0xf1)),
        1 => Just([hex!("5f5f5f5f73").as_slice(), &[0x22; 20], &[0x5a, 0xfa]].concat()),
        1 => Just([hex!("5f5f5f5f73").as_slice(), &[0x22; 20], &hex!("61ffff"), &[0xf4]].concat()),
        1 => Just(hex!("5f5ff050").to_vec()),
    ];
    prop::collection::vec(part, 1..24).prop_map(|parts| parts.concat().into())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_code_a_brief_answer_is_the_whole_one(caller in code(), callee in code()) {
        let world = world(&caller.to_string(), &callee.to_string());
        answers(&world, &json!({ "to": at(0x11), "input": "0x01" }));
    }
}
