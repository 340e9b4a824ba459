//! What comes in, on a real chain.

use super::{SubmitFailure, latest::is_contract};
use crate::{
    builder::Bell,
    client::OwnPool,
    tests::{World, paying, transfer},
};
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    primitives::{Bytes, Signature, U256},
    providers::{Provider, RootProvider},
};
use gainsay_build::Rejected;
use gainsay_execute::Fault;
use gainsay_pool::Rejection;
use gainsay_rpc::{Backend, L1Progress, Limits, Preconfirmations, serve};
use gainsay_types::{RecoveredTransaction, Transaction};
use std::{sync::Arc, time::Duration};
use tokio::{sync::broadcast, task::JoinHandle};

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

/// Sends a transaction and waits for its receipt, which does not come. Returns once the pool has the transaction.
async fn wait_in_vain(world: &World, url: &str, transaction: &RecoveredTransaction) -> JoinHandle<String> {
    let (raw, hash) = (Bytes::from(transaction.transaction().encode()), transaction.transaction().hash());
    let provider: RootProvider = RootProvider::new_http(url.parse().expect("a url"));
    let waiting = tokio::spawn(async move {
        let answer = provider.raw_request::<_, serde_json::Value>("eth_sendRawTransactionSync".into(), (raw, "0xea60")).await;
        answer.expect_err("no block is made").to_string()
    });
    while world.pool.lock().get(&hash).is_none() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    waiting
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_a_transaction_that_leaves_the_pool_is_told_why() {
    let world = World::new();
    let backend = Backend {
        store: world.core.chain.store().clone(),
        config: Arc::new(world.core.chain.config().clone()),
        client: Arc::new(OwnPool { pool: world.pool.clone(), bell: Bell::default() }),
        latest: world.core.latest(),
        l1: Arc::new(L1Progress::default),
        pending: broadcast::channel(1).0,
        preconfirmations: Preconfirmations::default(),
        inclusions: world.inclusions.clone(),
        version: String::new(),
    };
    let server = serve("127.0.0.1:0".parse().expect("an address"), backend, Limits::default()).await.expect("a free port");
    let url = format!("http://{}", server.address());
    let ended = |waiting: JoinHandle<String>| async {
        tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("long before a minute").expect("no panic")
    };
    let replaced = wait_in_vain(&world, &url, &transfer(0)).await;
    let better = paying(0, 20_000_000_000);
    let rejected = wait_in_vain(&world, &url, &better).await;
    let (hash, sender) = (better.transaction().hash(), better.sender());
    let error = ended(replaced).await;
    assert!(error.contains(&format!("was dropped: it was replaced by transaction {hash}")), "{error}");
    assert!(!rejected.is_finished(), "it waits in the pool");
    world.pool.lock().reject(&[Rejected { hash, fault: Fault::NonceMax { address: sender } }]);
    let error = ended(rejected).await;
    assert!(error.contains(&format!("transaction {hash} was dropped: nonce has max value")), "{error}");
}
