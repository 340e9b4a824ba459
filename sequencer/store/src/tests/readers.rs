//! Readers that are held while the chain goes on.

use super::*;
use gainsay_execute::{Account, trie::account_proof};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

fn busy(number: u64) -> Vec<Act> {
    let account = (number % 40) as u8;
    vec![Act::Balance(account, number), Act::Slot((number % 5) as u8, (number % 24) as u8, number % 3), Act::Balance(7, number)]
}

#[test]
fn a_reader_answers_the_same_across_epochs() {
    let mut harness = Harness::new(4, History::Archive);
    let mut held = Vec::new();
    for number in 1..=30 {
        harness.push(&busy(number), true).unwrap();
        held.push((harness.latest(), harness.model().latest().clone()));
        if number % 7 == 0 {
            harness.writer().settle().unwrap();
        }
    }
    for (state, expected) in &held {
        assert_same(state, expected).unwrap();
    }
}

#[test]
fn proofs_of_any_block_are_those_of_its_root_whatever_was_proved_before() {
    let mut harness = Harness::new(4, History::Archive);
    let mut held = Vec::new();
    for number in 1..=12 {
        harness.push(&busy(number), true).unwrap();
        held.push((harness.latest(), harness.model().latest().clone()));
        if number % 5 == 0 {
            harness.writer().settle().unwrap();
        }
        // Twice the same, then an older one: some are made of tries that are at hand, some are not.
        for place in [held.len() - 1, held.len() - 1, held.len() / 2] {
            let (state, expected) = &held[place];
            let nodes = state.nodes().unwrap();
            for address in Model::addresses() {
                let proof = account_proof(state.block().header.state_root, address, &[], &nodes).unwrap();
                let found = proof.account.map(|found| Account { nonce: found.nonce, balance: found.balance, code_hash: found.code_hash });
                assert_eq!(found, expected.account(&address), "block {}", place + 1);
            }
        }
    }
}

#[test]
fn a_reader_of_a_block_that_was_taken_off_is_right_or_says_so() {
    let mut harness = Harness::new(4, History::Archive);
    for number in 1..=10 {
        harness.push(&busy(number), true).unwrap();
        harness.writer().settle().unwrap();
    }
    let (above, expected) = (harness.latest(), harness.model().latest().clone());
    let below = harness.writer().store().state_at(5).unwrap().unwrap();
    harness.unwind(6).unwrap();
    harness.check();
    match assert_same(&above, &expected) {
        Err(StoreError::Dropped { number: 8 }) => {}
        other => panic!("{other:?}"),
    }
    assert_same(&below, harness.model().at(5)).unwrap();
    let mut fork = |from: u64| (from..from + 9).for_each(|number| harness.push(&busy(number), false).unwrap());
    fork(100);
    harness.writer().settle().unwrap();
    harness.check();
    assert!(matches!(assert_same(&above, &expected), Err(StoreError::Dropped { number: 8 })));
    assert_same(&below, harness.model().at(5)).unwrap();
}

#[test]
fn a_pruned_state_is_refused_and_its_pages_and_journals_are_gone() {
    let mut harness = Harness::new(4, History::Window(8 * BLOCK_TIME));
    let mut all = Harness::new(4, History::Archive);
    let mut held = None;
    for number in 1..=60 {
        for harness in [&mut harness, &mut all] {
            harness.push(&busy(number), true).unwrap();
            harness.finalize(number).unwrap();
            harness.writer().settle().unwrap();
        }
        if number == 3 {
            held = Some(harness.latest());
        }
    }
    let store = harness.writer().store().clone();
    let oldest = store.oldest_state();
    assert!((44..=52).contains(&oldest), "{oldest}");
    let error = store.state_at(20).unwrap_err();
    assert!(matches!(error, StoreError::Pruned { number: 20, oldest: named } if named == oldest), "{error}");
    assert!(error.to_string().contains(&format!("block {oldest}")), "{error}");
    let held = held.unwrap();
    assert!(matches!(held.account(Address::ZERO), Err(StoreError::Pruned { .. })));
    assert!(store.block(20).unwrap().is_some(), "blocks stay");
    harness.check();
    let count = |harness: &Harness, letter| harness.database.keys(letter).len();
    for letter in *b"ajgw" {
        let (few, many) = (count(&harness, letter), count(&all, letter));
        assert!(few * 2 < many, "{few} of {many} keys with {}", char::from(letter));
    }
    assert!(harness.database.keys(b'j').iter().all(|key| *key > keys::journal(oldest)));
}

#[test]
fn only_what_is_kept_can_be_unwound() {
    let mut harness = Harness::new(4, History::Window(0));
    for number in 1..=30 {
        harness.push(&busy(number), true).unwrap();
        harness.finalize(number).unwrap();
        harness.writer().settle().unwrap();
    }
    let oldest = harness.writer().store().oldest_state();
    harness.unsafe_above(oldest);
    let error = harness.unwind(oldest - 1).unwrap_err();
    assert!(matches!(error, StoreError::TooDeep { number, oldest: named } if number == oldest && named == oldest), "{error}");
    harness.unwind(oldest).unwrap();
    harness.check();
}

#[test]
fn a_block_with_another_root_is_refused_and_changes_nothing() {
    let mut harness = Harness::new(4, History::Archive);
    harness.push(&busy(1), true).unwrap();
    let (_, block) = harness.make(harness.tip, &busy(2));
    let (_, other) = harness.make(harness.tip, &busy(3));
    let wrong = ExecutedBlock { changes: other.changes, ..block };
    let mut commit = Commit::new(harness.writer().store());
    commit.push_block(&wrong, 0).unwrap();
    let error = harness.writer().apply(commit).unwrap_err();
    assert!(matches!(error, StoreError::Root { number: 2, .. }), "{error}");
    harness.check();
    harness.push(&busy(4), true).unwrap();
    harness.check();
}

#[test]
fn readers_see_whole_blocks_while_blocks_come_and_go() {
    let mut harness = Harness::new(3, History::Window(5 * BLOCK_TIME));
    let store = harness.writer().store().clone();
    let done = AtomicBool::new(false);
    let made = std::sync::Mutex::new(HashMap::from([(harness.tip, Flat::default())]));
    let looks = thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut looks = 0;
                    while !done.load(Ordering::Relaxed) {
                        let number = store.heads().latest.number;
                        for state in [store.latest_state().map(Some), store.state_at(number.saturating_sub(5))] {
                            let state = match state {
                                Ok(Some(state)) => state,
                                Ok(None) | Err(StoreError::Pruned { .. } | StoreError::Dropped { .. }) => continue,
                                Err(error) => panic!("{error}"),
                            };
                            let Some(expected) = made.lock().unwrap().get(&state.block().header.hash()).cloned() else { continue };
                            match assert_same(&state, &expected) {
                                Ok(()) => looks += 1,
                                Err(StoreError::Pruned { .. } | StoreError::Dropped { .. }) => {}
                                Err(error) => panic!("{error}"),
                            }
                        }
                    }
                    looks
                })
            })
            .collect();
        for number in 1..=200 {
            harness.push(&busy(number), number % 2 == 0).unwrap();
            made.lock().unwrap().insert(harness.tip, harness.model().latest().clone());
            if number % 9 == 0 {
                let to = harness.number() - 4;
                harness.unwind(to).unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).sum::<u64>()
    });
    assert!(looks > 50, "{looks} looks are too few to tell");
    harness.check();
}

#[test]
fn readers_do_not_wait_for_a_commit_that_waits_for_the_disk() {
    let mut harness = Harness::new(3, History::Archive);
    for number in 1..=8 {
        harness.push(&busy(number), true).unwrap();
    }
    harness.writer().settle().unwrap();
    let (store, gate, states) = (harness.writer().store().clone(), harness.database.gate(), harness.model().clone());
    thread::scope(|scope| {
        let closed = gate.lock().unwrap();
        let commit = scope.spawn(|| harness.push(&busy(9), true).unwrap());
        // The commit cannot end before the gate opens, however long this takes.
        for _ in 0..50 {
            let latest = store.latest_state().unwrap();
            assert_eq!(latest.block().header.number, 8);
            assert_same(&latest, states.at(8)).unwrap();
            assert_same(&store.state_at(4).unwrap().unwrap(), states.at(4)).unwrap();
        }
        assert!(!commit.is_finished());
        drop(closed);
        commit.join().unwrap();
    });
    assert_eq!(store.heads().latest.number, 9);
    harness.check();
}

#[test]
fn what_is_laid_over_a_block_is_seen_by_its_readers_and_is_in_no_trie() {
    let mut harness = Harness::new(4, History::Archive);
    for number in 1..=6 {
        harness.push(&busy(number), true).unwrap();
    }
    let (before, unedited) = (harness.latest(), harness.model().latest().clone());
    let mut edited = harness.model().clone();
    let edits = edited.push(&[Act::Balance(7, 1_000_000), Act::Slot(1, 2, 5)]);
    harness.writer().edit(&edits).unwrap();
    assert_same(&before, &unedited).unwrap();
    let tip = harness.latest();
    assert_same(&tip, edited.latest()).unwrap();
    let address = Model::addresses().nth(7).unwrap();
    let proof = account_proof(tip.block().header.state_root, address, &[], &tip.nodes().unwrap()).unwrap();
    assert_eq!(proof.account.map(|found| found.balance), unedited.account(&address).map(|found| found.balance));

    // The next block is the chain's own: its root knows nothing of what was not handed in with it. Block 6 shows it for as long as it is part of the chain.
    for number in 7..=12 {
        harness.push(&busy(number), true).unwrap();
        harness.writer().settle().unwrap();
    }
    assert_same(&harness.latest(), harness.model().latest()).unwrap();
    let old = harness.writer().store().state_at(6).unwrap().unwrap();
    assert_same(&old, edited.latest()).unwrap();

    harness.writer().edit(&StateChanges::default()).unwrap();
    let tip = harness.latest();
    harness.writer().edit(&edits).unwrap();
    harness.writer().edit(&StateChanges::default()).unwrap();
    assert_same(&harness.latest(), harness.model().latest()).unwrap();
    assert_same(&tip, harness.model().latest()).unwrap();
}
