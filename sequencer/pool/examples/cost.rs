//! What the pool costs, nanoseconds a transaction by part: `cargo run -p gainsay-pool --example cost`.
#![allow(missing_docs, clippy::print_stdout)]

use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{B256, TxKind, U256};
use gainsay_pool::{Account, Candidate, Limits, Pool, Rules};
use gainsay_types::{RecoveredTransaction, Transaction};
use op_alloy_consensus::OpTxEnvelope;
use std::time::{Duration, Instant};

const RULES: Rules = Rules { chain_id: 1, block_gas_limit: 1 << 30, min_base_fee: 1, max_transaction_bytes: 90_000 };
const SENDERS: u64 = 2_000;
const ROUNDS: u64 = 10;
const RICH: Account = Account { nonce: 0, balance: U256::MAX, is_contract: false };

fn signed(key: &PrivateKeySigner, nonce: u64, tip: u128) -> RecoveredTransaction {
    let transaction = TxEip1559 {
        chain_id: 1,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10_000 + tip,
        max_priority_fee_per_gas: tip,
        to: TxKind::Call(key.address()),
        ..TxEip1559::default()
    };
    let signature = key.sign_hash_sync(&transaction.signature_hash()).expect("it signs");
    let envelope = OpTxEnvelope::from(transaction.into_signed(signature));
    Transaction::new(envelope).and_then(Transaction::recover).expect("a good transaction")
}

fn main() {
    let keys: Vec<_> = (1..=SENDERS).map(|number| PrivateKeySigner::from_bytes(&B256::from(U256::from(number))).expect("a key")).collect();
    let mut pool = Pool::new(RULES, Limits::default(), 1_000);
    let [mut screen, mut insert, mut take, mut block] = [Duration::ZERO; 4];
    for round in 0..ROUNDS {
        let account = Account { nonce: round, ..RICH };
        let batch: Vec<_> = keys.iter().enumerate().map(|(at, key)| signed(key, round, 1 + (at as u128 * 37) % 500)).collect();
        let timer = Instant::now();
        batch.iter().for_each(|transaction| pool.screen(transaction.transaction()).expect("it is good"));
        screen += timer.elapsed();
        let timer = Instant::now();
        for transaction in batch {
            pool.insert(Candidate { transaction, account, l1_fee: U256::from(1) }).expect("there is room");
        }
        insert += timer.elapsed();
        let timer = Instant::now();
        while !pool.take(64).is_empty() {}
        take += timer.elapsed();
        let timer = Instant::now();
        pool.on_block(1_000 + round, keys.iter().map(|key| (key.address(), Account { nonce: round + 1, ..RICH })));
        pool.reopen();
        block += timer.elapsed();
        assert!(pool.is_empty(), "all of it was in the block");
    }
    for (part, time) in [("screen", screen), ("insert", insert), ("take", take), ("block", block)] {
        println!("{part:8} {:5} ns", time.as_nanos() / u128::from(SENDERS * ROUNDS));
    }
}
