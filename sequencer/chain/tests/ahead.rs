//! Looking ahead while catching up changes when things are done, and nothing else.

mod support;

use gainsay_chain::Chain;
use gainsay_types::{
    Transaction,
    batch::BatchBlock,
    testing::{Dice, any_transaction},
};
use std::path::Path;
use support::{L1, Posted, USERS, derive, derive_all, fingerprint, follow, fresh, open, produce, transfer, user_address};

/// More than a thread recovers at a time, three times over.
const SIZE: u64 = 200;
/// Long enough for the gas of a block.
const DELAY: u64 = 1_000;

fn transfers(block: u64) -> Vec<Transaction> {
    let numbers = block * SIZE..(block + 1) * SIZE;
    let user = |number: u64| u8::try_from(number % u64::from(USERS)).unwrap();
    numbers.map(|number| transfer(user(number), number / u64::from(USERS), user_address(user(number + 1)), 1 + number)).collect()
}

fn block(transactions: Vec<Transaction>) -> BatchBlock {
    BatchBlock { delay_ms: DELAY, deposits: 0, transactions }
}

/// A sequencer's chain of so many blocks.
fn built(path: &Path, blocks: u64) -> Chain {
    let mut chain = open(path, true);
    for number in 0..blocks {
        produce(&mut chain, DELAY, vec![], transfers(number));
    }
    chain
}

#[test]
fn large_blocks_over_several_batches_are_derived_as_they_were_built() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sequencer = built(one.path(), 6);
    let mut l1 = L1::new();
    l1.post(vec![block(transfers(0)), block(transfers(1)), block(transfers(2))], 0, Posted::Blobs);
    l1.post(vec![block(transfers(3))], 0, Posted::Calldata);
    l1.post_bytes(b"no payload", 0, Posted::Calldata);
    l1.post(vec![block(transfers(4)), block(transfers(5))], 0, Posted::Blobs);
    let mut follower = open(other.path(), false);
    follow(&mut follower, &l1);
    // The blobs come when they are asked for, the second time after the batch was looked at.
    derive_all(&mut follower, &l1);
    assert_eq!(follower.heads().latest, sequencer.heads().latest);
    assert_eq!(follower.executions(), 6);
    assert_eq!(follower.store().block(6).unwrap(), sequencer.store().block(6).unwrap());
}

#[test]
fn the_first_bad_signature_of_a_block_is_named_and_what_comes_before_it_is_derived() {
    let directory = tempfile::tempdir().unwrap();
    let (mut follower, mut l1) = (open(directory.path(), false), L1::new());
    let mut dice = Dice::new(11);
    let mut bad = std::iter::repeat_with(|| any_transaction(&mut dice)).filter(|transaction| transaction.clone().recover().is_err());
    let mut second = transfers(1);
    let (first_bad, other_bad) = (bad.next().unwrap(), bad.next().unwrap());
    second[100] = first_bad.clone();
    second[199] = other_bad;
    l1.post(vec![block(transfers(0)), block(second), block(transfers(2))], 0, Posted::Calldata);
    l1.post(vec![block(transfers(1))], 0, Posted::Calldata);
    follow(&mut follower, &l1);
    let steps = derive_all(&mut follower, &l1);
    let ignored: Vec<_> = steps.iter().flat_map(|step| &step.ignored).map(ToString::to_string).collect();
    assert_eq!(ignored.len(), 1, "{ignored:?}");
    assert!(ignored[0].contains(&first_bad.hash().to_string()), "{ignored:?}");
    assert_eq!(follower.heads().safe.l2_block_number, 2);
}

#[test]
fn batches_that_l1_replaces_are_forgotten_with_all_that_was_done_ahead() {
    let directory = tempfile::tempdir().unwrap();
    let (mut follower, mut l1) = (open(directory.path(), false), L1::new());
    for number in 0..3 {
        l1.post(vec![block(transfers(number))], 0, Posted::Calldata);
    }
    follow(&mut follower, &l1);
    derive(&mut follower, &l1, 1);
    l1.reorganise(2);
    let mut replaced = transfers(1);
    replaced.truncate(90);
    l1.post(vec![block(replaced)], 0, Posted::Calldata);
    follow(&mut follower, &l1);
    derive_all(&mut follower, &l1);
    assert_eq!(follower.store().block(2).unwrap().unwrap().transactions.len(), 90);
    assert_eq!(fingerprint(&mut follower), fresh(&l1));
}

#[test]
fn what_was_built_before_is_found_without_being_executed_or_recovered_ahead() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = built(directory.path(), 3);
    let mut l1 = L1::new();
    l1.post(vec![block(transfers(0)), block(transfers(1))], 0, Posted::Blobs);
    // One transaction less: executed again, with senders that nobody recovered ahead.
    let mut last = transfers(2);
    last.pop();
    l1.post(vec![block(last)], 0, Posted::Blobs);
    follow(&mut chain, &l1);
    let steps = derive_all(&mut chain, &l1);
    let known: Vec<_> = steps.iter().filter_map(|step| step.block).map(|block| block.known).collect();
    assert_eq!((known, chain.executions()), (vec![true, true, false], 1));
    assert_eq!(steps[2].dropped.transactions, transfers(2));
    assert_eq!(fingerprint(&mut chain), fresh(&l1));
}
