//! A derived chain with real blobs, and its witnesses.

#![allow(unreachable_pub, dead_code)]

#[path = "../../../../sequencer/chain/tests/support/mod.rs"]
pub mod support;

use gainsay_chain::{Chain, witness::witness};
use gainsay_trace::Witness;
use gainsay_types::{Transaction, batch::BatchBlock, testing::Dice};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use support::{L1, Posted, call_contract, deposit, derive_all, follow, open, transfer, user_address};

fn block(deposits: u64, transactions: Vec<Transaction>) -> BatchBlock {
    BatchBlock { delay_ms: 0, deposits, transactions }
}

/// Two blocks and a closing one out of a blob, two out of calldata, one out of a forced batch; and a batch that is void.
pub fn derived(directory: &tempfile::TempDir) -> Chain {
    let (mut chain, mut l1) = (open(directory.path(), false), L1::with_real_blobs());
    l1.mine(vec![deposit(0, 5), deposit(1, 6)]);
    let first = vec![transfer(0, 0, user_address(1), 1), call_contract(1, 0, 1, 9)];
    l1.post(vec![block(1, first), block(0, vec![call_contract(1, 1, 2, 8)])], 2, Posted::Blobs);
    l1.mine(vec![deposit(2, 7)]);
    l1.post(vec![block(0, vec![call_contract(1, 2, 1, 0), transfer(2, 0, user_address(9), 3)])], 3, Posted::Calldata);
    l1.post_bytes(b"this is no payload", 3, Posted::Calldata);
    l1.mine(vec![deposit(3, 8)]);
    let (messages, ..) = l1.messages();
    l1.post_bytes(b"", messages, Posted::Forced);
    follow(&mut chain, &l1);
    derive_all(&mut chain, &l1);
    chain
}

pub fn of_step(chain: &Chain, index: u64) -> Arc<Witness> {
    Arc::new(witness(chain.store(), chain.config(), index, 64 << 20).expect("a witness"))
}

/// From `GAINSAY_SEED`, else from the clock; printed, so that a run can be repeated.
pub fn dice(name: &str) -> Dice {
    let given = std::env::var("GAINSAY_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64));
    eprintln!("{name}: GAINSAY_SEED={seed} repeats this run");
    Dice::new(seed)
}
