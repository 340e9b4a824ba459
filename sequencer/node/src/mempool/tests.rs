//! What comes in, on a real chain.

use super::{SubmitFailure, latest::is_contract};
use crate::tests::{World, transfer};
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    primitives::{Signature, U256},
};
use gainsay_pool::Rejection;
use gainsay_types::Transaction;

#[test]
fn an_account_with_delegated_code_may_send_and_a_contract_may_not() {
    let delegated = [&[0xef, 0x01, 0x00][..], &[7; 20]].concat();
    assert_eq!([&delegated[..], &[], &[0x60, 0x00], &[0xef]].map(is_contract), [false, false, true, true]);
}

#[test]
fn a_signature_that_is_none_is_refused_as_such() {
    let world = World::new();
    let unsigned = TxEip1559 { chain_id: 42026, gas_limit: 60_000, max_fee_per_gas: 10_000_000_000, ..TxEip1559::default() };
    let forged = TxEnvelope::from(unsigned.into_signed(Signature::new(U256::ZERO, U256::ONE, false))).encoded_2718();
    let forged = Transaction::decode(&forged).expect("a transaction by its form");
    let error = world.pool.submit(forged).expect_err("nobody signed it");
    assert!(matches!(error, SubmitFailure::Invalid(_)), "{error}");
    assert_eq!(error.to_string(), "invalid sender");
}

#[test]
fn the_same_transaction_is_not_taken_twice() {
    let world = World::new();
    world.pool.submit(transfer(0).into_transaction()).expect("a good transaction");
    let error = world.pool.submit(transfer(0).into_transaction()).expect_err("it is there");
    assert!(matches!(error, SubmitFailure::Rejected(Rejection::AlreadyKnown)), "{error}");
}
