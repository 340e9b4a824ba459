//! Running a message without a block, as `eth_call` and `eth_estimateGas` do.
#![allow(missing_docs)]

mod chain;

use alloy_primitives::{Address, Bytes, U256, bytes};
use chain::{Chain, ETHER, LOGGER, PROBE, REVERTER, RICH_CONTRACT, signer, transfer};
use gainsay_execute::{
    CallOutcome, CallRequest, CallStatus, ExecuteError, Fault, call,
    trie::{TrieState, account_proof},
};

const NOBODY: Address = Address::repeat_byte(0x99);

fn request(to: Address) -> CallRequest {
    CallRequest { from: NOBODY, to: Some(to), gas_limit: 1_000_000, ..CallRequest::default() }
}

fn run(chain: &Chain, request: CallRequest) -> Result<CallOutcome, Fault> {
    call(&chain.config, &chain.parent, request, &chain.state).map_err(|error| match error {
        ExecuteError::Fault(fault) => fault,
        ExecuteError::Database(never) => match never {},
    })
}

#[test]
fn a_call_needs_no_ether_and_gives_output_logs_and_gas() {
    let chain = Chain::new();
    let outcome = run(&chain, request(LOGGER)).unwrap();
    assert_eq!(outcome.status, CallStatus::Success);
    assert_eq!(outcome.logs.len(), 1);
    assert!(outcome.gas_used > 21_000 && outcome.gas_used < 23_000);
}

#[test]
fn a_revert_gives_its_data_and_a_halt_its_reason() {
    let chain = Chain::new();
    let outcome = run(&chain, request(REVERTER)).unwrap();
    assert_eq!((outcome.status, outcome.output), (CallStatus::Revert, Bytes::from(vec![0; 32])));
    let outcome = run(&chain, CallRequest { gas_limit: 21_001, ..request(LOGGER) }).unwrap();
    assert!(matches!(outcome.status, CallStatus::Halt(_)));
    assert_eq!(outcome.gas_used, 21_001);
}

#[test]
fn neither_nonce_nor_code_of_the_caller_is_checked() {
    let mut chain = Chain::new();
    chain.block(vec![], vec![signer(0).sign(transfer(0, NOBODY, 1))]);
    for from in [signer(0).address, RICH_CONTRACT] {
        let outcome = run(&chain, CallRequest { from, value: U256::from(1), ..request(NOBODY) }).unwrap();
        assert_eq!(outcome.status, CallStatus::Success);
    }
}

#[test]
fn value_and_gas_must_be_paid_but_no_l1_fee() {
    let chain = Chain::new();
    let broke = CallRequest { value: U256::from(1), ..request(LOGGER) };
    assert_eq!(run(&chain, broke), Err(Fault::InsufficientFunds { address: NOBODY, balance: U256::ZERO, needed: U256::from(1) }));
    let price = 2_000_000_000u128;
    let all = CallRequest {
        from: RICH_CONTRACT,
        gas_limit: 100_000,
        max_fee: price,
        value: U256::from(ETHER - 100_000 * price),
        ..request(NOBODY)
    };
    assert_eq!(run(&chain, all.clone()).unwrap().status, CallStatus::Success);
    let more = CallRequest { value: all.value + U256::from(1), ..all };
    let needed = U256::from(ETHER + 1);
    assert_eq!(run(&chain, more), Err(Fault::InsufficientFunds { address: RICH_CONTRACT, balance: U256::from(ETHER), needed }));
}

#[test]
fn a_fee_of_zero_is_allowed_and_then_the_base_fee_is_zero() {
    let chain = Chain::new();
    // Returns BASEFEE.
    let code = bytes!("485f5260205ff3");
    let create = CallRequest { to: None, data: code, ..request(NOBODY) };
    assert_eq!(run(&chain, create.clone()).unwrap().output, Bytes::from(vec![0; 32]));
    let low = CallRequest { max_fee: 1, from: RICH_CONTRACT, ..create.clone() };
    assert_eq!(run(&chain, low), Err(Fault::FeeBelowBaseFee { max_fee: 1, base_fee: 1_000_000_000 }));
    let paid = CallRequest { max_fee: 1_000_000_000, from: RICH_CONTRACT, ..create };
    assert_eq!(run(&chain, paid).unwrap().output, Bytes::from(U256::from(1_000_000_000).to_be_bytes_vec()));
}

#[test]
fn a_call_may_have_more_gas_than_a_transaction_or_a_block() {
    let chain = Chain::new();
    let outcome = run(&chain, CallRequest { gas_limit: 1_000_000_000, ..request(PROBE) }).unwrap();
    assert_eq!(outcome.status, CallStatus::Success);
}

#[test]
fn a_creation_gives_its_address_and_its_init_code_is_limited() {
    let chain = Chain::new();
    let create = CallRequest { to: None, data: bytes!("60015ff3"), ..request(NOBODY) };
    assert_eq!(run(&chain, create.clone()).unwrap().contract_address, Some(NOBODY.create(0)));
    let long = CallRequest { data: Bytes::from(vec![0; 49_153]), gas_limit: 10_000_000, ..create };
    assert_eq!(run(&chain, long), Err(Fault::InitCodeSize { length: 49_153, limit: 49_152 }));
}

#[test]
fn the_gas_of_a_call_is_what_the_transaction_uses() {
    let mut chain = Chain::new();
    let estimate = run(&chain, CallRequest { from: signer(0).address, ..request(LOGGER) }).unwrap();
    let mut tx = transfer(0, LOGGER, 0);
    tx.gas_limit = estimate.gas_spent;
    let block = chain.block(vec![], vec![signer(0).sign(tx)]);
    assert!(block.receipts[0].status());
    assert_eq!(block.header.gas_used, estimate.gas_used);
}

#[test]
fn a_call_on_an_old_root_sees_the_old_state() {
    let mut chain = Chain::new();
    let old = chain.parent.clone();
    chain.block(vec![], vec![signer(0).sign(transfer(0, NOBODY, 5))]);
    // Returns the balance of the caller.
    let create = CallRequest { to: None, data: bytes!("33315f5260205ff3"), ..request(NOBODY) };
    let at = |root| call(&chain.config, &old, create.clone(), TrieState::new(root, &chain.state)).unwrap().output;
    assert_eq!(at(old.state_root), Bytes::from(vec![0; 32]));
    assert_eq!(at(chain.parent.state_root), Bytes::from(U256::from(5).to_be_bytes_vec()));
}

#[test]
fn proofs_of_accounts_and_slots_verify() {
    let mut chain = Chain::new();
    let mut tx = transfer(0, PROBE, 0);
    tx.gas_limit = 1_000_000;
    chain.block(vec![], vec![signer(0).sign(tx)]);
    let root = chain.parent.state_root;
    let slots = [U256::from(0), U256::from(7), U256::from(99)];
    let proof = account_proof(root, PROBE, &slots, &chain.state).unwrap();
    let account = proof.account.unwrap();
    let key = |bytes: &[u8]| alloy_trie::Nibbles::unpack(alloy_primitives::keccak256(bytes));
    alloy_trie::proof::verify_proof(root, key(PROBE.as_slice()), Some(alloy_rlp::encode(account)), &proof.proof).unwrap();
    for (slot, storage) in slots.iter().zip(&proof.storage) {
        assert_eq!(storage.value, chain.slot(PROBE, slot.to()));
        let value = (!storage.value.is_zero()).then(|| alloy_rlp::encode(storage.value));
        alloy_trie::proof::verify_proof(account.storage_root, key(&slot.to_be_bytes::<32>()), value, &storage.proof).unwrap();
    }
    let absent = account_proof(root, NOBODY, &[], &chain.state).unwrap();
    assert_eq!(absent.account, None);
    alloy_trie::proof::verify_proof(root, key(NOBODY.as_slice()), None, &absent.proof).unwrap();
}
