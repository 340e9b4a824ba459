//! Whatever a request says, there is an answer or an error.

use super::{World, at, contract, rich};
use crate::{Allowance, Base, Scene, Watch};
use alloy::rpc::types::{BlockOverrides, TransactionRequest, simulate::SimulatePayload, state::StateOverride};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::time::Duration;

fn quantity() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u8>().prop_map(|number| json!(format!("{number:#x}"))),
        any::<u64>().prop_map(|number| json!(format!("{number:#x}"))),
        Just(json!(format!("0x{}", "f".repeat(64)))),
        Just(json!("0x0")),
        Just(Value::Null),
        Just(json!("0x")),
        Just(json!(-1)),
    ]
}

fn account() -> impl Strategy<Value = Value> {
    (0u8..=0x12).prop_map(|last| {
        let address = if last < 0x0d { alloy_primitives::Address::with_last_byte(last) } else { at(last) };
        json!(address)
    })
}

fn data() -> impl Strategy<Value = Value> {
    prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| json!(alloy_primitives::hex::encode_prefixed(bytes)))
}

fn slots() -> impl Strategy<Value = Value> {
    let word = || any::<[u8; 32]>().prop_map(alloy_primitives::hex::encode_prefixed);
    prop::collection::vec((word(), word()), 0..3)
        .prop_map(|pairs| pairs.into_iter().map(|(slot, value)| (slot, json!(value))).collect::<Map<_, _>>().into())
}

/// Some of the fields.
fn fields(all: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let each: Vec<_> =
        all.into_iter().map(|(name, value)| prop::option::weighted(0.3, value).prop_map(move |value| (name, value))).collect();
    each.prop_map(|fields| fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into())
        .boxed()
}

fn call() -> BoxedStrategy<Value> {
    let quantities = ["gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "maxFeePerBlobGas", "value", "nonce", "chainId", "type"];
    let mut all: Vec<_> = quantities.into_iter().map(|name| (name, quantity().boxed())).collect();
    all.extend([("from", account().boxed()), ("to", account().boxed()), ("input", data().boxed())]);
    all.push((
        "blobVersionedHashes",
        prop::collection::vec(any::<[u8; 32]>().prop_map(|hash| json!(alloy_primitives::B256::from(hash))), 0..2)
            .prop_map(Value::Array)
            .boxed(),
    ));
    all.push(("accessList", account().prop_map(|address| json!([{ "address": address, "storageKeys": [] }])).boxed()));
    fields(all)
}

fn state_overrides() -> BoxedStrategy<Value> {
    let one = || {
        fields(vec![
            ("balance", quantity().boxed()),
            ("nonce", quantity().boxed()),
            ("code", data().boxed()),
            ("state", slots().boxed()),
            ("stateDiff", slots().boxed()),
            ("movePrecompileToAddress", account().boxed()),
        ])
    };
    prop::collection::vec((account(), one()), 0..4)
        .prop_map(|pairs| {
            pairs.into_iter().filter_map(|(address, fields)| Some((address.as_str()?.to_owned(), fields))).collect::<Map<_, _>>().into()
        })
        .boxed()
}

fn block_overrides() -> BoxedStrategy<Value> {
    let quantities = ["number", "time", "gasLimit", "baseFeePerGas", "blobBaseFee", "difficulty"];
    let mut all: Vec<_> = quantities.into_iter().map(|name| (name, quantity().boxed())).collect();
    all.push(("feeRecipient", account().boxed()));
    fields(all)
}

fn payload() -> BoxedStrategy<Value> {
    let block = (block_overrides(), state_overrides(), prop::collection::vec(call(), 0..3))
        .prop_map(|(block, state, calls)| json!({ "blockOverrides": block, "stateOverrides": state, "calls": calls }));
    (prop::collection::vec(block, 0..3), any::<[bool; 3]>())
        .prop_map(|(blocks, [transfers, validation, full])| {
            json!({ "blockStateCalls": blocks, "traceTransfers": transfers, "validation": validation, "returnFullTransactions": full })
        })
        .boxed()
}

fn world() -> World {
    World::of([(at(0x11), rich(u64::MAX)), (at(0x12), contract("0x5f545f5260205ff3"))])
}

fn small() -> Allowance {
    Allowance { gas: 300_000, watch: Watch::start(Duration::from_secs(5)), blocks: 16 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_simulation_of_anything_answers_or_says_why_not(payload in payload()) {
        let world = world();
        if let Ok(payload) = serde_json::from_value::<SimulatePayload>(payload) {
            let base = Base { config: &world.config, header: &world.header, state: &world.state, nodes: &world.state };
            match crate::simulate(base, payload, small()) {
                Ok(blocks) => {
                    let used: u64 = blocks.iter().map(|block| block.inner.header.gas_used).sum();
                    prop_assert!(used <= 300_000 && blocks.len() <= 16);
                }
                Err(error) => prop_assert!(error.code() < 0 && !error.to_string().is_empty()),
            }
        }
    }

    #[test]
    fn calls_of_anything_answer_or_say_why_not(call in call(), state in state_overrides(), block in block_overrides()) {
        let world = world();
        let mut scene = Scene::new(&world.config, &world.header, &world.state, small());
        let state = serde_json::from_value::<StateOverride>(state).map(|overrides| scene.override_state(&overrides));
        let block = serde_json::from_value::<BlockOverrides>(block).map(|overrides| scene.override_block(&overrides));
        for result in [state, block].into_iter().flatten() {
            if let Err(error) = result {
                prop_assert!(error.code() < 0);
            }
        }
        if let Ok(request) = serde_json::from_value::<TransactionRequest>(call) {
            let called = scene.call(request.clone());
            let listed = scene.access_list(request.clone());
            prop_assert_eq!(called.is_ok(), listed.is_ok());
            if let Ok(gas) = scene.estimate_gas(request.clone()) {
                let again = scene.call(TransactionRequest { gas: Some(gas), ..request });
                prop_assert!(again.is_ok_and(|outcome| outcome.status == gainsay_execute::CallStatus::Success), "an estimate of {} is not enough", gas);
            }
        }
    }
}
