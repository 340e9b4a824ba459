//! A database that fails at one place, and calls in an order that nobody wants.

use super::*;
use crate::WriteBatch;
use std::sync::{Arc, Mutex};

fn with(harness: &mut Harness, from: u64, to: u64, act: impl Fn(u64) -> Act) {
    for number in from..=to {
        harness.push(&[act(number)], true).unwrap();
    }
}

fn balance(number: u64) -> Act {
    Act::Balance((number % 40) as u8, number)
}

/// Some write of the batch is to a key with this letter, and removes it or not.
fn writes(batch: &WriteBatch, letter: u8, removes: bool) -> bool {
    batch.writes().any(|(key, value)| key.first() == Some(&letter) && value.is_none() == removes)
}

#[test]
fn an_epoch_counts_though_what_is_done_after_it_fails() {
    let mut harness = Harness::new(4, History::Archive);
    with(&mut harness, 1, 3, balance);
    let is = |key: &[u8], batch: &WriteBatch| batch.writes().any(|(written, _)| written == key);
    harness.database.refuse(move |batch| is(keys::INDEX, batch) && !is(keys::HEADS, batch));
    with(&mut harness, 4, 4, balance);
    let error = harness.writer().settle().unwrap_err();
    assert!(error.to_string().contains("refuses"), "{error}");
    harness.database.refuse_nothing();
    assert_eq!(harness.writer().store().view().snapshot.base.number, 4);
    harness.check();
    with(&mut harness, 5, 13, balance);
    harness.writer().settle().unwrap();
    assert_eq!(harness.reopen(), None);
    harness.check();
}

#[test]
fn what_a_failed_epoch_left_is_gone_before_the_next_one_is_taken() {
    let mut harness = Harness::new(4, History::Archive);
    with(&mut harness, 1, 4, |_| Act::Slot(0, 1, 1));
    harness.writer().settle().unwrap();
    with(&mut harness, 5, 7, |_| Act::Slot(0, 1, 2));
    harness.database.refuse(|batch| writes(batch, b'g', false) || writes(batch, b'a', true));
    with(&mut harness, 8, 8, balance);
    harness.writer().settle().unwrap_err();
    harness.check();
    // Of blocks 0, 4, 8.
    let left = |harness: &Harness| harness.database.keys(b'a').iter().any(|key| serial_of(key) == 3);
    assert!(left(&harness), "nothing is left: the test is for nothing");
    harness.database.refuse_nothing();
    // As in the epoch before: its page does not have to be written again.
    with(&mut harness, 9, 9, |_| Act::Slot(0, 1, 1));
    harness.writer().settle().unwrap();
    assert!(!left(&harness));
    harness.check();
    with(&mut harness, 10, 20, balance);
    assert_eq!(harness.reopen(), None);
    harness.check();
}

#[test]
fn what_unwinding_could_not_remove_is_gone_before_the_next_epoch_is_taken() {
    let mut harness = Harness::new(4, History::Archive);
    with(&mut harness, 1, 4, |_| Act::Slot(0, 1, 1));
    harness.writer().settle().unwrap();
    with(&mut harness, 5, 8, |_| Act::Slot(0, 1, 2));
    harness.writer().settle().unwrap();
    harness.database.refuse(|batch| writes(batch, b'a', true));
    harness.unwind(4).unwrap_err();
    harness.tip = harness.ancestor(4);
    harness.check();
    harness.database.refuse_nothing();
    // The page that is left is none of those that the next epoch writes.
    with(&mut harness, 5, 9, balance);
    harness.writer().settle().unwrap();
    harness.check();
    assert_eq!(harness.reopen(), None);
    harness.check();
}

#[test]
fn an_epoch_is_not_pruned_before_its_record_is_gone() {
    let mut harness = Harness::new(4, History::Window(0));
    harness.database.refuse(|batch| writes(batch, b'g', true));
    let mut refused = 0;
    for number in 1..=20 {
        if number == 10 {
            harness.database.refuse_nothing();
        }
        harness.push(&[balance(number)], true).unwrap();
        harness.finalize(number).unwrap();
        refused += u64::from(harness.writer().settle().is_err());
        harness.check();
    }
    assert!(refused > 0);
    assert!(harness.writer().store().oldest_state() >= 12);
    assert_eq!(harness.reopen(), None);
    harness.check();
}

#[test]
fn nobody_sees_a_block_before_it_is_durable_if_it_is_to_be() {
    let mut harness = Harness::new(100, History::Archive);
    with(&mut harness, 1, 3, balance);
    let (_, block) = harness.make(harness.tip, &[balance(4)]);
    let store = harness.writer().store().clone();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (watched, noted) = (store.clone(), seen.clone());
    harness.database.at_flush(move || noted.lock().unwrap().push((watched.heads().latest.number, watched.header(4).unwrap().is_some())));
    let mut commit = Commit::new(&store);
    commit.push_block(&block, 0).unwrap();
    harness.writer().apply_durably(commit).unwrap();
    harness.tip = block.header.hash();
    // In the database it is, but no head names it.
    assert_eq!(*seen.lock().unwrap(), [(3, true)]);
    let (flushed, all) = harness.database.batches();
    assert_eq!(flushed, all);
    harness.check();
}

#[test]
fn a_block_that_is_replaced_while_it_is_read_is_one_of_the_two() {
    let mut harness = Harness::new(100, History::Archive);
    with(&mut harness, 1, 1, balance);
    let (old, new) = (harness.tip, harness.ancestor(0));
    let (_, other) = harness.make(new, &[balance(2)]);
    let (number, database) = (1, harness.database.clone());
    harness.reopen();
    // Another store has the other block's records.
    let donor = Memory::default();
    let (mut writer, _) = Writer::over(donor.databases(), &genesis(), History::Archive).unwrap();
    let mut commit = Commit::new(writer.store());
    commit.push_block(&other, 0).unwrap();
    writer.apply(commit).unwrap();
    let (header, body) = (keys::header(number), keys::body(number));
    let records: Vec<_> = [header, body.clone()].map(|key| (key.clone(), donor.get(&key).unwrap().unwrap())).into();
    harness.writer().store().recent().unwind(0);
    harness.database.at_get(body, move || {
        let records = records.clone();
        database.edit(|entries| entries.extend(records));
    });
    let read = harness.writer().store().stored_block(number).unwrap().unwrap();
    assert_ne!(read.header().header.hash(), old, "an old header with a new body");
    assert_eq!(read.header().header.hash(), other.header.hash());
}

#[test]
fn roots_of_a_block_that_never_comes_cost_no_tries() {
    let mut harness = Harness::new(4, History::Archive);
    with(&mut harness, 1, 9, balance);
    harness.writer().settle().unwrap();
    let (first, block) = harness.make(harness.tip, &[balance(3), Act::Slot(2, 2, 2)]);
    let (second, other) = harness.make(harness.tip, &[balance(3), Act::Delete(5)]);
    let (number, database) = (harness.number(), harness.database.clone());
    let mut roots = |changes: &StateChanges| harness.writer().roots(number, changes).unwrap().state_root;
    for _ in 0..2 {
        assert_eq!((roots(&first), roots(&second)), (block.header.state_root, other.header.state_root));
    }
    let looks = database.looks();
    for _ in 0..20 {
        assert_eq!((roots(&first), roots(&second)), (block.header.state_root, other.header.state_root));
    }
    assert_eq!(database.looks(), looks, "pages are read again");
    // Neither of them, and then the first.
    with(&mut harness, 10, 10, balance);
    harness.check();
    assert_eq!(harness.reopen(), None);
    harness.check();
}

#[test]
fn many_changes_end_an_epoch_as_many_blocks_do() {
    let mut harness = Harness::new(1_000, History::Archive);
    harness.writer().epoch_changes = 10;
    for number in 0..30 {
        harness.push(&[Act::Balance(number % 40, 1), Act::Slot(number % 5, number % 24, 1)], true).unwrap();
        harness.writer().settle().unwrap();
    }
    let base = harness.writer().store().view().snapshot.base.number;
    assert!(base >= 24, "the newest epoch is block {base}");
    harness.check();
}

#[test]
fn tries_made_for_proofs_are_not_kept_beyond_the_next_epoch() {
    let mut harness = Harness::new(4, History::Archive);
    with(&mut harness, 1, 5, balance);
    harness.writer().settle().unwrap();
    harness.latest().nodes().unwrap();
    assert!(harness.writer().store().last_tries().is_some());
    with(&mut harness, 6, 8, balance);
    harness.writer().settle().unwrap();
    assert!(!harness.writer().store().last_tries().is_some());
}
