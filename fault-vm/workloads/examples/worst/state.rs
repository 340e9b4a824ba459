//! State that is read or written for the first time in a block.

use crate::{
    case::Case,
    code::{CONTRACT, GAS, call, contract, endless, until},
};
use alloy_primitives::{Address, Bytes, U256};
use gainsay_execute::genesis::GenesisAccount;

/// Slots of the contract, from 0.
const SLOTS: u64 = 100_000;
/// Accounts that there are, from [`FIRST`].
const ACCOUNTS: u64 = 50_000;
/// Contracts of 24 kB that there are, each with another code.
const CONTRACTS: u64 = 600;
const FIRST: u64 = 0x20_0000_0000;
const START: &str = "64 2000000000";

/// Reads: name, what comes first, what is repeated.
const READS: &[(&str, &str, &str)] = &[
    ("BALANCE of an account, cold", START, "80 31 50 603d 01"),
    ("BALANCE of nobody, cold", "64 3000000000", "80 31 50 603d 01"),
    ("EXTCODEHASH of an account, cold", START, "80 3f 50 603d 01"),
    ("STATICCALL of an account, cold", START, "5f5f5f5f 84 5a fa 50 603d 01"),
];

fn account(number: u64) -> Address {
    Address::from_word(U256::from(FIRST + number).into())
}

fn accounts() -> Vec<(Address, GenesisAccount)> {
    (0..ACCOUNTS).map(|number| (account(number), GenesisAccount { balance: U256::from(number + 1), ..GenesisAccount::default() })).collect()
}

/// STOP, the number, then JUMPDESTs as far as code may go.
fn codes() -> Vec<(Address, GenesisAccount)> {
    let code = |number: u64| [&[0][..], &number.to_be_bytes(), &[0x5b; 24_567]].concat();
    (0..CONTRACTS).map(|number| (account(number), contract(code(number).into()))).collect()
}

/// The contract of the case has slots.
fn with_slots(name: &'static str, code: Bytes) -> Case {
    Case::new(name, move || {
        let storage = (0..SLOTS).map(|slot| (U256::from(slot), U256::from(slot + 2))).collect();
        let account = GenesisAccount { storage, ..contract(code.clone()) };
        let mut world = crate::case::chain([(CONTRACT, account)]);
        let transaction = crate::world::Signer::new(0).send(0, CONTRACT, 0, GAS, Bytes::new());
        world.append(crate::world::calldata(vec![(0, vec![transaction])]));
        world
    })
}

pub(crate) fn cases() -> Vec<Case> {
    let reads = READS.iter().map(|(name, start, body)| call(name, endless(start, body), Bytes::new(), GAS, accounts));
    let size = call("EXTCODESIZE of 24 kB, cold", endless(START, "80 3b 50 6001 01"), Bytes::new(), GAS / 2, codes);
    let run = call("STATICCALL of 24 kB, cold", endless(START, "5f5f5f5f 84 5a fa 50 6001 01"), Bytes::new(), GAS / 2, codes);
    let fresh = until("64 4000000000", "5f5f5f5f 6001 85 5a f1 50 6001 01", 60_000);
    let fresh_slots = until("64 4000000000", "6001 81 55 6001 01", 40_000);
    reads
        .chain([
            size,
            run,
            with_slots("SLOAD, cold", endless("5f", "80 54 50 603d 01")),
            with_slots("SSTORE of another value, cold", until("5f", "6001 81 55 603d 01", 10_000)),
            with_slots("SSTORE of zero, cold", until("5f", "5f 81 55 603d 01", 10_000)),
            with_slots("SSTORE of a fresh slot", fresh_slots),
            call("CALL that makes an account", fresh, Bytes::new(), GAS, accounts),
        ])
        .collect()
}
