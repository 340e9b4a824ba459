//! Stores whose files are damaged.

use super::*;

/// Thirty blocks, an epoch every eight.
fn store() -> Harness {
    let mut harness = Harness::new(8, History::Archive);
    for number in 1..=30u8 {
        harness
            .push(&[Act::Balance(number, 1), Act::Slot(number % 5, number % 24, 1 + u64::from(number)), Act::Balance(30 - number, 7)], true)
            .unwrap();
        harness.writer().settle().unwrap();
    }
    harness.writer().flush().unwrap();
    harness
}

fn flip(harness: &Harness, key: &[u8]) {
    harness.database.edit(|entries| {
        let value = entries.get_mut(key).unwrap();
        let place = value.len() / 2;
        value[place] ^= 0x20;
    });
}

#[test]
fn a_tip_that_is_not_whole_is_unwound_to_the_newest_block_that_is() {
    for letter in *b"jhb" {
        for remove in [true, false] {
            // In a header any change of a byte is another hash, or none that can be read.
            let mut harness = store();
            let before = harness.tip;
            let key = [&[letter][..], &28u64.to_be_bytes()].concat();
            if remove {
                harness.database.edit(|entries| drop(entries.remove(&key)));
            } else if letter == b'b' {
                harness.database.edit(|entries| drop(entries.insert(key, vec![codec::VERSION])));
            } else {
                flip(&harness, &key);
            }
            let repair = harness.reopen().expect("is repaired");
            assert_eq!((repair.from.number, repair.from.hash, repair.to.number), (30, before, 27), "{}", char::from(letter));
            assert_eq!(repair.to.hash, harness.tip);
            harness.check();
            harness.push(&[Act::Balance(1, 9)], true).unwrap();
            harness.check();
            assert_eq!(harness.reopen(), None);
            harness.check();
        }
    }
}

#[test]
fn an_epoch_whose_pages_are_damaged_is_made_again_of_an_older_one() {
    let mut harness = store();
    let tip = harness.tip;
    // Of blocks 0, 8, 16, 24.
    let pages: Vec<_> = harness.database.keys(b'a').into_iter().filter(|key| serial_of(key) == 4).collect();
    assert!(!pages.is_empty());
    flip(&harness, &pages[0]);
    let repair = harness.reopen().expect("is repaired");
    assert_eq!((repair.from, harness.tip), (repair.to, tip), "no block is lost");
    harness.check();
    assert!(harness.database.keys(b'a').iter().all(|key| serial_of(key) != 4));
    for number in 31..=40u8 {
        harness.push(&[Act::Balance(number % 40, 3)], true).unwrap();
    }
    assert_eq!(harness.reopen(), None);
    harness.check();
}

#[test]
fn damage_without_an_older_epoch_says_what_to_do() {
    let mut harness = Harness::new(100, History::Archive);
    harness.push(&[Act::Balance(1, 1)], true).unwrap();
    harness.open = None;
    let page = harness.database.keys(b'a').remove(0);
    flip(&harness, &page);
    let error = Writer::over(harness.database.databases(), &genesis(), History::Archive).err().expect("is refused").to_string();
    assert!(error.contains("damaged") && error.contains("delete the data directory"), "{error}");
}

#[test]
fn a_damaged_page_or_journal_of_an_old_block_is_never_a_wrong_answer() {
    let mut harness = store();
    let keys: Vec<_> = b"aj".iter().flat_map(|letter| harness.database.keys(*letter)).collect();
    let (states, store) = (harness.model().clone(), harness.writer().store().clone());
    let mut errors = 0;
    for key in keys {
        flip(&harness, &key);
        store.old_states().clear();
        store.page_cache().clear();
        for number in 0..=30 {
            let read = store.state_at(number).and_then(|state| assert_same(&state.unwrap(), states.at(number)));
            if let Err(error) = read {
                assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
                errors += 1;
            }
        }
        flip(&harness, &key);
    }
    assert!(errors > 100, "{errors}");
    store.old_states().clear();
    store.page_cache().clear();
    harness.check();
}

#[test]
fn a_directory_of_an_older_version_is_refused_with_words() {
    let mut harness = store();
    harness.open = None;
    harness.database.edit(|entries| entries.get_mut(keys::HEADS).unwrap()[0] = codec::VERSION - 1);
    let error = Writer::over(harness.database.databases(), &genesis(), History::Archive).err().expect("is refused").to_string();
    assert!(error.contains(&format!("version {}", codec::VERSION - 1)) && error.contains("delete the data directory"), "{error}");
}

#[test]
fn a_crash_while_the_first_state_is_written_starts_again() {
    let whole = Memory::default();
    drop(Writer::over(whole.databases(), &genesis(), History::Archive).unwrap());
    let (_, batches) = whole.batches();
    assert!(batches >= 3);
    for kept in 0..=batches {
        let database = whole.crashed(kept);
        let (writer, repair) = Writer::over(database.databases(), &genesis(), History::Archive).unwrap();
        assert_eq!(repair, None);
        assert_eq!(writer.store().latest_state().unwrap().account(RICH).unwrap().unwrap().balance, U256::from(7));
    }
}
