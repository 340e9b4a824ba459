//! Simulated blocks: order, gas, state roots, transfers.

use super::{World, at, config, contract, rich};
use alloy_primitives::{B256, U256};
use gainsay_execute::genesis::{GenesisAccount, GenesisAlloc, genesis_block};
use gainsay_types::Millis;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The root that a state with these accounts has.
fn root(accounts: impl IntoIterator<Item = (alloy_primitives::Address, GenesisAccount)>) -> B256 {
    let alloc = GenesisAlloc(accounts.into_iter().collect());
    genesis_block(&config(), Millis(0), 7, &alloc).expect("a genesis").header.state_root
}

fn code_of(world: &World, payload: Value) -> i32 {
    world.simulate(payload).expect_err("refused").code()
}

#[test]
fn a_simulated_transfer_has_the_root_of_the_state_after_it() {
    let world = World::of([(at(1), rich(1000)), (at(3), rich(5))]);
    let blocks =
        world.simulate(json!({ "blockStateCalls": [{ "calls": [{ "from": at(1), "to": at(2), "value": "0x64" }] }] })).expect("runs");
    let after = [(at(1), GenesisAccount { nonce: U256::from(1), ..rich(900) }), (at(2), rich(100)), (at(3), rich(5))];
    assert_eq!(blocks[0].inner.header.state_root, root(after));
    assert_eq!(blocks[0].inner.header.parent_hash, world.header.hash());
}

#[test]
fn slots_that_an_override_hides_are_not_in_the_root() {
    let slots =
        |slots: &[(u64, u64)]| slots.iter().map(|(slot, value)| (U256::from(*slot), U256::from(*value))).collect::<BTreeMap<_, _>>();
    let account = |storage| GenesisAccount { storage, ..contract("0x00") };
    let world = World::of([(at(1), account(slots(&[(1, 1), (2, 2)]))), (at(2), rich(1))]);
    let slot = |number: u64| format!("{:#066x}", U256::from(number));
    let with = |overrides: Value| {
        let blocks =
            world.simulate(json!({ "blockStateCalls": [{ "stateOverrides": { at(1).to_string(): overrides } }, {}] })).expect("runs");
        assert_eq!(blocks[0].inner.header.state_root, blocks[1].inner.header.state_root, "nothing happens in the second block");
        blocks[0].inner.header.state_root
    };
    let of = |storage| root([(at(1), account(storage)), (at(2), rich(1))]);
    assert_eq!(with(json!({ "state": { slot(3): slot(3) } })), of(slots(&[(3, 3)])));
    assert_eq!(with(json!({ "state": {} })), of(slots(&[])));
    assert_eq!(with(json!({ "stateDiff": { slot(1): slot(0), slot(3): slot(3) } })), of(slots(&[(2, 2), (3, 3)])));
}

#[test]
fn contracts_that_are_created_and_destroyed_are_in_the_root_and_out_of_it() {
    let world = World::of([(at(1), rich(1000))]);
    // Writes slot 1, deploys one byte of code.
    let create = json!({ "from": at(1), "input": "0x6001600155600160005360016000f3", "value": "0x5" });
    // Writes slot 1 and destroys itself at once, for the sender.
    let destroy = json!({ "from": at(1), "input": "0x600160015533ff", "value": "0x5" });
    let blocks = world.simulate(json!({ "blockStateCalls": [{ "calls": [create] }, { "calls": [destroy] }] })).expect("runs");
    let made = GenesisAccount { storage: BTreeMap::from([(U256::from(1), U256::from(1))]), balance: U256::from(5), ..contract("0x01") };
    let sender = |nonce: u64| GenesisAccount { nonce: U256::from(nonce), ..rich(995) };
    let created = at(1).create(0);
    assert_eq!(blocks[0].calls[0].return_data.as_ref(), [1]);
    assert_eq!(blocks[0].inner.header.state_root, root([(at(1), sender(1)), (created, made.clone())]));
    assert_eq!(blocks[1].inner.header.state_root, root([(at(1), sender(2)), (created, made)]));
}

#[test]
fn gaps_are_filled_and_later_blocks_see_the_hashes_of_earlier_ones() {
    // Returns the hash of block 2.
    let hash_of_two = json!({ "input": "0x6002405f5260205ff3" });
    let blocks = World::of([])
        .simulate(json!({ "blockStateCalls": [{ "blockOverrides": { "number": "0x2", "time": "0x1000" } }, { "blockOverrides": { "number": "0x5" }, "calls": [hash_of_two] }] }))
        .expect("runs");
    let numbers: Vec<(u64, u64)> = blocks.iter().map(|block| (block.inner.header.number, block.inner.header.timestamp)).collect();
    assert_eq!(numbers, [(1, 552), (2, 4096), (3, 4108), (4, 4120), (5, 4132)]);
    assert_eq!(blocks[4].calls[0].return_data.as_ref(), blocks[1].inner.header.hash.as_slice());
    for (before, after) in blocks.iter().zip(&blocks[1..]) {
        assert_eq!(after.inner.header.parent_hash, before.inner.header.hash);
    }
}

#[test]
fn blocks_that_cannot_follow_each_other_are_refused() {
    let world = World::of([]);
    assert_eq!(code_of(&world, json!({ "blockStateCalls": [] })), -32602);
    assert_eq!(code_of(&world, json!({ "blockStateCalls": [{ "blockOverrides": { "number": "0x0" } }] })), -38020);
    assert_eq!(code_of(&world, json!({ "blockStateCalls": [{ "blockOverrides": { "time": "0x21c" } }] })), -38021);
    assert_eq!(code_of(&world, json!({ "blockStateCalls": [{ "blockOverrides": { "number": "0x101" } }] })), -38026);
    let huge = json!({ "blockStateCalls": [{ "blockOverrides": { "number": "0xffffffffffffffffffffffffffff" } }] });
    assert_eq!(code_of(&world, huge), -38026);
    assert_eq!(code_of(&world, json!({ "blockStateCalls": [{ "blockOverrides": { "time": "0xffffffffffffffff" } }, {}] })), -38021);
    assert_eq!(world.simulate(json!({ "blockStateCalls": [{ "blockOverrides": { "number": "0x100" } }] })).expect("runs").len(), 256);
}

#[test]
fn validation_checks_nonces_and_fees() {
    let world = World::of([(at(1), GenesisAccount { nonce: U256::from(5), ..rich(u64::MAX) })]);
    let call = |fields: Value| {
        let mut call = json!({ "from": at(1), "to": at(2), "maxFeePerGas": "0xff", "gas": "0x5208" });
        call.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        json!({ "blockStateCalls": [{ "calls": [call] }], "validation": true })
    };
    assert_eq!(code_of(&world, call(json!({ "nonce": "0x4" }))), -38010);
    assert_eq!(code_of(&world, call(json!({ "nonce": "0x6" }))), -38011);
    assert_eq!(code_of(&world, call(json!({ "maxFeePerGas": "0x1" }))), -38012);
    assert_eq!(code_of(&world, call(json!({ "gas": "0x5207" }))), -38013);
    assert_eq!(code_of(&world, call(json!({ "value": U256::MAX }))), -38014);
    assert_eq!(code_of(&world, call(json!({ "gas": "0xffffffff" }))), -38015);
    let long = format!("0x{}", "00".repeat(49_153));
    let creation = json!({ "blockStateCalls": [{ "calls": [{ "from": at(1), "input": long }] }] });
    assert_eq!(code_of(&world, creation), -38025);
    assert_eq!(world.simulate(call(json!({ "nonce": "0x5" }))).expect("runs")[0].inner.header.gas_used, 21_000);
}

#[test]
fn all_blocks_share_one_allowance_of_gas() {
    // Burns all it has: every call uses its whole limit.
    let world = World::of([(at(2), contract("0xfe"))]);
    let call = json!({ "to": at(2), "gas": "0x1c9c380" });
    let blocks = world.simulate(json!({ "blockStateCalls": [{ "calls": [call] }, { "calls": [call] }] })).expect("runs");
    assert_eq!((blocks[0].calls[0].gas_used, blocks[1].calls[0].gas_used), (30_000_000, 20_000_000));
    assert_eq!(code_of(&world, json!({ "blockStateCalls": [{ "calls": [call] }, { "calls": [call, call] }] })), -38013);
}

#[test]
fn only_transfers_that_last_are_logged() {
    let sends = |to: &str, then: &str| contract(&format!("0x5f5f5f5f600573{}5af150{then}", to.repeat(20)));
    // 0x11 sends 5 on and stops; 0x22 sends 5 on and reverts.
    let world = World::of([(at(1), rich(1000)), (at(0x11), sends("33", "00")), (at(0x22), sends("33", "5f5ffd"))]);
    let run = |to: u8, trace: bool| {
        let call = json!({ "from": at(1), "to": at(to), "value": "0x5" });
        world.simulate(json!({ "blockStateCalls": [{ "calls": [call] }], "traceTransfers": trace })).expect("runs").remove(0)
    };
    let kept = run(0x11, true);
    let parties: Vec<_> = kept.calls[0].logs.iter().map(|log| (log.topics()[1], log.topics()[2])).collect();
    assert_eq!(parties, [(at(1).into_word(), at(0x11).into_word()), (at(0x11).into_word(), at(0x33).into_word())]);
    assert!(kept.inner.header.logs_bloom.is_zero(), "no receipt has them");
    assert!(kept.calls[0].logs.iter().all(|log| log.block_hash == Some(kept.inner.header.hash)));
    assert!(run(0x11, false).calls[0].logs.is_empty());
    let reverted = run(0x22, true);
    assert_eq!((reverted.calls[0].status, reverted.calls[0].logs.len()), (false, 0));
    assert_eq!(reverted.calls[0].error.as_ref().map(|error| error.code), Some(3));
}
