//! Contracts that do one thing until their gas is used up.

use crate::{
    case::{Case, chain},
    world::{Signer, calldata},
};
use alloy_primitives::{Address, Bytes, U256, address};
use gainsay_execute::genesis::GenesisAccount;

/// The contract of a case.
pub(crate) const CONTRACT: Address = address!("00000000000000000000000000000000000000c1");
/// What it calls.
pub(crate) const CALLEE: Address = address!("00000000000000000000000000000000000000c2");
/// Gas of a transaction that measures opcodes: enough that what every block costs does not count.
pub(crate) const GAS: u64 = 3_000_000;
/// Bytes of code, at most.
const CODE: usize = 24_000;

/// Bytes from hexadecimal with spaces.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    alloy_primitives::hex::decode(&digits).unwrap_or_else(|error| panic!("{hex}: {error}"))
}

/// `start`, then `body` again and again until the gas is used up, which undoes all. Each body leaves the stack as it was, or grows it by nothing.
pub(crate) fn endless(start: &str, body: &str) -> Bytes {
    let (mut code, body) = (bytes(start), bytes(body));
    let top = code.len() as u16;
    code.push(0x5b);
    while code.len() + body.len() < CODE {
        code.extend(&body);
    }
    code.push(0x61);
    code.extend(top.to_be_bytes());
    code.push(0x56);
    code.into()
}

/// `start`, then `body` again and again while more than `reserve` gas is left. What it did stays.
pub(crate) fn until(start: &str, body: &str, reserve: u32) -> Bytes {
    let mut code = bytes(start);
    let top = code.len() as u16;
    code.push(0x5b);
    code.extend(bytes(body));
    // gas > reserve
    code.extend([0x5a, 0x63]);
    code.extend(reserve.to_be_bytes());
    code.extend([0x10, 0x61]);
    code.extend(top.to_be_bytes());
    code.extend([0x57, 0x00]);
    code.into()
}

pub(crate) fn contract(code: Bytes) -> GenesisAccount {
    GenesisAccount { code, nonce: U256::from(1), balance: U256::from(1_000_000_000), ..GenesisAccount::default() }
}

/// A block with one transaction that calls the contract with `input`. `others` are there as well.
pub(crate) fn call(name: &str, code: Bytes, input: Bytes, gas: u64, others: impl Fn() -> Vec<(Address, GenesisAccount)> + 'static) -> Case {
    Case::new(name, move || {
        let mut accounts = others();
        accounts.push((CONTRACT, contract(code.clone())));
        let mut world = chain(accounts);
        world.append(calldata(vec![(0, vec![Signer::new(0).send(0, CONTRACT, 0, gas, input.clone())])]));
        world
    })
}

/// A contract that does `body` until three million gas are used up.
pub(crate) fn endless_case(name: &str, start: &str, body: &str) -> Case {
    call(name, endless(start, body), Bytes::new(), GAS, Vec::new)
}
