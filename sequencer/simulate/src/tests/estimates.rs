//! Estimates of random contracts that call each other, keep 1/64 of their gas and give some back.

use super::{World, at, rich};
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, U256};
use gainsay_execute::{CallStatus, genesis::GenesisAccount};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Slots of each contract that hold something before.
const FILLED: u8 = 8;
/// Estimates may be higher than needed by so many thousandths.
const SLACK: u64 = 15;

/// What a contract does before and after it calls the next one.
#[derive(Clone, Debug)]
struct Level {
    before: Vec<(u8, u8)>,
    after: Vec<(u8, u8)>,
    /// Wei that it hands on.
    value: u8,
}

fn level() -> impl Strategy<Value = Level> {
    // Zeroes over what is there are refunded.
    let writes = || prop::collection::vec((0..FILLED + 2, 0u8..3), 0..5);
    (writes(), writes(), 0u8..2).prop_map(|(before, after, value)| Level { before, after, value })
}

impl Level {
    /// Writes, calls `next` with all gas that may be handed on, reverts if that fails, and writes.
    fn code(&self, next: Option<Address>) -> Vec<u8> {
        let write = |(slot, value): &(u8, u8)| [0x60, *value, 0x60, *slot, 0x55];
        let mut code: Vec<u8> = self.before.iter().flat_map(write).collect();
        let after: Vec<u8> = self.after.iter().flat_map(write).collect();
        if let Some(next) = next {
            code.extend([0x5f, 0x5f, 0x5f, 0x5f, 0x60, self.value, 0x73]);
            code.extend(next.as_slice());
            // GAS, CALL, ISZERO, then a jump to the end.
            code.extend([0x5a, 0xf1, 0x15, 0x61]);
            let end = code.len() + 3 + after.len() + 1;
            code.extend((end as u16).to_be_bytes());
            code.push(0x57);
        }
        code.extend(after);
        code.push(0x00);
        code.extend([0x5b, 0x5f, 0x5f, 0xfd]);
        code
    }
}

fn contracts(levels: &[Level]) -> World {
    let storage = (0..FILLED).map(|slot| (U256::from(slot), U256::from(1))).collect::<std::collections::BTreeMap<_, _>>();
    let place = |index: usize| at(0x40 + index as u8);
    let accounts = levels.iter().enumerate().map(|(index, level)| {
        let next = (index + 1 < levels.len()).then(|| place(index + 1));
        let (code, balance, nonce) = (level.code(next).into(), U256::from(1_000), U256::from(1));
        (place(index), GenesisAccount { code, balance, nonce, storage: storage.clone() })
    });
    World::of(accounts.chain([(at(0x33), rich(1_000_000))]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_estimate_is_enough_however_deep_the_calls_and_whatever_is_refunded_and_little_less_is_not(
        levels in prop::collection::vec(level(), 1..9),
        value in 0u64..3,
    ) {
        let world = contracts(&levels);
        let call: Value = json!({ "from": at(0x33), "to": at(0x40), "value": format!("{value:#x}") });
        let request: TransactionRequest = serde_json::from_value(call.clone()).expect("a request");
        let used = world.scene().call(request.clone()).expect("runs");
        prop_assert_eq!(&used.status, &CallStatus::Success);
        let gas = world.scene().estimate_gas(request).expect("an estimate");
        prop_assert!(gas >= used.gas_used, "{gas} is less than the {} that were used", used.gas_used);
        prop_assert!(world.succeeds(&call, gas), "{gas} is not enough");
        let less = gas - 1 - gas * SLACK / 1000;
        prop_assert!(!world.succeeds(&call, less), "{less} would do, {gas} was estimated");
    }
}
