//! Calls, estimates, access lists and overrides.

use super::{Failure, World, at, contract, rich};
use crate::{Allowance, OverrideError, Refusal, Scene, SimulationError, Watch};
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{B256, U256, address, bytes};
use gainsay_execute::{CallStatus, genesis::GenesisAccount};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Returns slot 0.
const READS: &str = "0x5f545f5260205ff3";
/// Calls 0x22..22 with all gas, and reverts if that fails.
const FORWARDS: &str = "0x5f5f5f5f5f7322222222222222222222222222222222222222225af16022575f5ffd5b00";
/// Needs what 64 new slots cost: counts down from 64 and writes each.
const WRITES: &str = "0x60405b80805560019003806002570000";

fn request(value: &Value) -> TransactionRequest {
    serde_json::from_value(value.clone()).expect("a request")
}

fn word(scene: &mut Scene<'_, &gainsay_execute::memory::MemoryState>, call: &Value) -> U256 {
    let outcome = scene.call(request(call)).expect("runs");
    assert_eq!(outcome.status, CallStatus::Success);
    U256::from_be_slice(&outcome.output)
}

fn reader() -> World {
    let storage = BTreeMap::from([(U256::ZERO, U256::from(7)), (U256::from(1), U256::from(8))]);
    World::of([(at(0x11), GenesisAccount { storage, ..contract(READS) })])
}

#[test]
fn a_state_override_hides_all_slots_and_a_diff_only_its_own() {
    let (world, call) = (reader(), json!({ "to": at(0x11) }));
    let with = |overrides: Value| {
        let mut scene = world.scene();
        scene.override_state(&serde_json::from_value(json!({ at(0x11).to_string(): overrides })).expect("overrides")).expect("applies");
        word(&mut scene, &call)
    };
    let slot = |number: u64| format!("{:#066x}", U256::from(number));
    assert_eq!(word(&mut world.scene(), &call), U256::from(7));
    assert_eq!(with(json!({ "stateDiff": { slot(0): slot(9) } })), U256::from(9));
    assert_eq!(with(json!({ "stateDiff": { slot(1): slot(9) } })), U256::from(7));
    assert_eq!(with(json!({ "state": { slot(1): slot(9) } })), U256::ZERO);
    assert_eq!(with(json!({ "state": {} })), U256::ZERO);
    // Slot 1 instead of slot 0.
    assert_eq!(with(json!({ "code": "0x6001545f5260205ff3" })), U256::from(8));
}

#[test]
fn overrides_that_contradict_each_other_are_refused() {
    let world = reader();
    let apply = |overrides: Value| world.scene().override_state(&serde_json::from_value(overrides).expect("overrides"));
    let (one, two) = ("0x0000000000000000000000000000000000000001", "0x0000000000000000000000000000000000000002");
    let both = apply(json!({ one: { "state": {}, "stateDiff": {} } })).expect_err("both");
    assert!(matches!(both, SimulationError::Override(OverrideError::StateAndDiff { .. })), "{both}");
    let itself = apply(json!({ one: { "movePrecompileToAddress": one } })).expect_err("itself");
    assert_eq!(itself.code(), -38022);
    let taken = apply(json!({ one: { "movePrecompileToAddress": two }, two: { "balance": "0x1" } })).expect_err("overridden");
    assert_eq!((taken.code(), taken.to_string()), (-32000, format!("account {two} is already overridden")));
    let none = apply(json!({ at(0x11).to_string(): { "movePrecompileToAddress": two } })).expect_err("no precompile");
    assert_eq!(none.to_string(), format!("account {} is not a precompile", at(0x11)));
}

#[test]
fn a_moved_precompile_answers_at_its_new_address_only() {
    let world = reader();
    let (sha256, moved) = (address!("0000000000000000000000000000000000000002"), at(0x99));
    let mut scene = world.scene();
    let of = |scene: &mut Scene<'_, _>, to| scene.call(request(&json!({ "to": to, "input": "0x1234" }))).expect("runs").output;
    let digest = of(&mut scene, sha256);
    assert_eq!(digest.len(), 32);
    let overrides = json!({ sha256.to_string(): { "movePrecompileToAddress": moved } });
    scene.override_state(&serde_json::from_value(overrides).expect("overrides")).expect("applies");
    assert_eq!((of(&mut scene, moved), of(&mut scene, sha256).len()), (digest, 0));
}

#[test]
fn block_overrides_are_what_the_code_sees() {
    let world = World::of([]);
    let sees = |code: &str, overrides: Value| {
        let mut scene = world.scene();
        scene.override_block(&serde_json::from_value(overrides).expect("overrides")).expect("applies");
        // Init code that returns the word, as a call that creates.
        word(&mut scene, &json!({ "input": format!("{code}5f5260205ff3"), "maxFeePerGas": "0x0" }))
    };
    assert_eq!(sees("0x43", json!({ "number": "0xffffffffffffffffff" })), U256::from(0xff_ffff_ffff_ffff_ffffu128));
    assert_eq!(sees("0x42", json!({ "time": "0x9" })), U256::from(9));
    assert_eq!(sees("0x45", json!({ "gasLimit": "0x9" })), U256::from(9));
    assert_eq!(sees("0x41", json!({ "feeRecipient": at(1) })), U256::from_be_slice(at(1).as_slice()));
    assert_eq!(sees("0x4a", json!({ "blobBaseFee": "0x9" })), U256::from(9));
    let too_large =
        world.scene().override_block(&serde_json::from_value(json!({ "baseFeePerGas": "0xffffffffffffffffff" })).expect("overrides"));
    assert!(too_large.is_err());
}

#[test]
fn an_estimate_is_enough_and_little_more_than_needed() {
    let writes = (at(0x22), contract(WRITES));
    let world = World::of([(at(0x11), contract(FORWARDS)), writes, (at(0x33), rich(1_000_000))]);
    for (call, slack) in [
        (json!({ "from": at(0x33), "to": at(0x22) }), 15),
        // Of what the outer call has, one part in 64 stays behind at least.
        (json!({ "from": at(0x33), "to": at(0x11) }), 15),
        (json!({ "from": at(0x33), "to": at(0x44), "value": "0x1" }), 0),
        (json!({ "from": at(0x33), "input": "0x5b600a600a5500" }), 15),
    ] {
        let gas = world.scene().estimate_gas(request(&call)).expect("an estimate");
        assert!(world.succeeds(&call, gas), "{call}: {gas} is not enough");
        let less = gas - 1 - gas * slack / 1000;
        assert!(!world.succeeds(&call, less), "{call}: {less} would do, {gas} was estimated");
    }
}

#[test]
fn an_estimate_leaves_room_for_gas_that_is_refunded_later() {
    let storage = (1..=64u64).map(|slot| (U256::from(slot), U256::from(1))).collect();
    // As WRITES, but writes zeroes over ones.
    let clears = GenesisAccount { storage, ..contract("0x60405b5f815560019003806002570000") };
    let world = World::of([(at(0x22), clears), (at(0x33), rich(1))]);
    let call = json!({ "from": at(0x33), "to": at(0x22) });
    let used = world.scene().call(request(&call)).expect("runs");
    assert_eq!(used.status, CallStatus::Success);
    assert!(used.gas_used < used.gas_spent, "something is refunded");
    let gas = world.scene().estimate_gas(request(&call)).expect("an estimate");
    assert!(gas >= used.gas_spent && world.succeeds(&call, gas));
    assert!(!world.succeeds(&call, gas - 1 - gas * 15 / 1000));
}

#[test]
fn estimates_see_overrides() {
    let world = World::of([(at(0x22), contract(WRITES))]);
    let call = json!({ "from": at(0x33), "to": at(0x44), "value": "0x5" });
    let poor = world.scene().estimate_gas(request(&call)).expect_err("no ether");
    assert!(matches!(poor, SimulationError::Refused { refusal: Refusal::InsufficientFunds { .. }, .. }), "{poor}");
    let mut scene = world.scene();
    scene
        .override_state(&serde_json::from_value(json!({ at(0x33).to_string(): { "balance": "0x5" } })).expect("overrides"))
        .expect("applies");
    assert_eq!(scene.estimate_gas(request(&call)).expect("an estimate"), 21_000);
}

#[test]
fn who_names_no_sender_has_the_ether_that_it_sends() {
    let world = World::of([]);
    let call = json!({ "to": at(0x44), "value": "0x5" });
    let mut scene = world.scene();
    assert_eq!(scene.call(request(&call)).expect("runs").status, CallStatus::Success);
    // What the zero address has is asked by nobody in particular: nothing is left of the gift.
    let asks = json!({ "from": at(0x33), "input": "0x5f315f5260205ff3" });
    assert_eq!(word(&mut scene, &asks), U256::ZERO);
    let named = json!({ "from": at(0x33), "to": at(0x44), "value": "0x5" });
    assert!(world.scene().call(request(&named)).is_err());
}

#[test]
fn a_failed_call_has_an_access_list_too() {
    // Reads slots 1 and 2, asks for a balance, then reverts.
    let code = contract("0x600154506002545073555555555555555555555555555555555555555531505f5ffd");
    let world = World::of([(at(0x11), code)]);
    let found = world.scene().access_list(request(&json!({ "to": at(0x11) }))).expect("a list");
    assert_eq!(found.error.as_deref(), Some("execution reverted"));
    let slot = |number: u64| B256::from(U256::from(number));
    let expected = json!([{ "address": at(0x11), "storageKeys": [slot(1), slot(2)] }, { "address": at(0x55), "storageKeys": [] }]);
    assert_eq!(serde_json::to_value(&found.access_list).expect("JSON"), expected);
}

#[test]
fn a_loop_ends_with_its_time() {
    // Jumps to itself for as long as there is gas.
    let world = World::of([(at(0x11), contract("0x5b5f56"))]);
    let allowance = Allowance { gas: u64::MAX / 2, watch: Watch::start(Duration::from_millis(50)), blocks: 1 };
    let mut scene = Scene::new(&world.config, &world.header, &world.state, allowance);
    let start = Instant::now();
    let failure: Failure = scene.call(request(&json!({ "to": at(0x11) }))).expect_err("never ends");
    assert!(matches!(failure, SimulationError::Timeout { .. }), "{failure}");
    assert!(start.elapsed() < Duration::from_secs(20));
    // A call within the call, and an inspected one.
    let inner = json!({ "input": bytes!("5f5f5f5f5f7311111111111111111111111111111111111111115af100") });
    let mut scene =
        Scene::new(&world.config, &world.header, &world.state, Allowance { watch: Watch::start(Duration::from_millis(50)), ..allowance });
    let failure = scene.access_list(request(&inner)).expect_err("never ends");
    assert!(matches!(failure, SimulationError::Timeout { .. }), "{failure}");
}

#[test]
fn fees_and_chain_ids_that_make_no_sense_are_refused() {
    let world = World::of([(at(0x33), rich(u64::MAX))]);
    let refused = |fields: Value| {
        let mut call = json!({ "from": at(0x33), "to": at(0x44) });
        call.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        world.scene().call(request(&call)).expect_err("refused")
    };
    assert_eq!(refused(json!({ "gasPrice": "0x9", "maxFeePerGas": "0x9" })).code(), -32602);
    assert_eq!(refused(json!({ "chainId": "0x1" })).code(), -32602);
    assert_eq!(refused(json!({ "maxFeePerGas": "0x1" })).code(), -38012);
    assert_eq!(refused(json!({ "maxFeePerGas": "0x8", "maxPriorityFeePerGas": "0x9" })).code(), -32602);
    assert_eq!(refused(json!({ "gas": "0x1" })).code(), -38013);
    assert_eq!(refused(json!({ "input": "0x01", "data": "0x02" })).code(), -32602);
}
