#![allow(missing_docs)]

//! When a player does nothing, and what it says then.

#[path = "../../../sequencer/chain/tests/support/mod.rs"]
mod support;

use alloy::primitives::B256;
use gainsay_game::book::Book;
use gainsay_l1::{Heads, L1Block, L1Event, RollupEvent};
use gainsay_play::waiting::Waiting;
use gainsay_shell::follow::RollupView;
use support::{L1, Posted, deposit, follow, open};

fn block(number: u64) -> L1Block {
    L1Block { number, hash: B256::repeat_byte(number as u8), parent_hash: B256::ZERO, timestamp: 12 * number }
}

fn view() -> RollupView {
    let heads = Heads { latest: block(9), safe: block(5), finalized: block(3) };
    RollupView { heads: Some(heads), read: 9, read_hash: block(9).hash, caught_up: true, ..RollupView::default() }
}

#[test]
fn disputes_that_are_not_read_to_the_newest_block_are_not_acted_on() {
    assert_eq!(Waiting::for_l1(&view()).map(|heads| heads.latest), Ok(block(9)));
    assert_eq!(Waiting::for_l1(&RollupView::default()).err(), Some(Waiting::L1Unread));
    let behind = RollupView { read: 4, caught_up: false, ..view() };
    let waiting = Waiting::for_l1(&behind).expect_err("it is behind");
    assert_eq!(waiting, Waiting::L1Behind { read: 4, newest: 9 });
    assert!(waiting.to_string().contains("up to block 4"), "{waiting}");
}

#[test]
fn logs_that_contradict_each_other_are_not_acted_on() {
    let mut book = Book::new();
    book.apply(&block(7), &[L1Event::Rollup(RollupEvent::AssertionConfirmed { id: B256::repeat_byte(1) })]);
    let lied_to = RollupView { ledger: book.ledger().clone(), ..view() };
    let waiting = Waiting::for_l1(&lied_to).expect_err("no such assertion was created");
    assert!(matches!(&waiting, Waiting::Contradiction { block: 7, .. }) && waiting.to_string().contains("another L1 node"), "{waiting}");
}

#[test]
fn an_inbox_of_another_fork_of_l1_is_waited_for_and_one_that_is_behind_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), false), L1::new());
    assert_eq!(Waiting::for_chain(&chain, 0, B256::ZERO).unwrap(), Some(Waiting::InboxUnread));
    l1.mine(vec![deposit(0, 5)]);
    l1.post(Vec::new(), 1, Posted::Calldata);
    follow(&mut chain, &l1);
    let tip = *l1.tip();
    assert_eq!(Waiting::for_chain(&chain, tip.number, tip.hash).unwrap(), None);
    assert_eq!(Waiting::for_chain(&chain, tip.number + 1, B256::repeat_byte(1)).unwrap(), None, "the inbox is a block behind");
    let other = Waiting::for_chain(&chain, tip.number, B256::repeat_byte(1)).unwrap();
    assert_eq!(other, Some(Waiting::OtherL1 { number: tip.number }));
}

#[test]
fn a_reason_survives_json() {
    let reasons = [
        Waiting::L1Unread,
        Waiting::L1Behind { read: 1, newest: 2 },
        Waiting::InboxUnread,
        Waiting::OtherL1 { number: 3 },
        Waiting::ReadBack { sent: 4, read: 3 },
        Waiting::Contradiction { block: 5, contradiction: "two roots".to_owned() },
    ];
    for reason in reasons {
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<Waiting>(&json).unwrap(), reason, "{json}");
    }
}
