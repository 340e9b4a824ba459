//! The truth wins, wherever the lie departs, and its owner has more than before.

use crate::{
    table::{ALICE, BOB, BOND, NOBODY, Table, WINDOW},
    truths::{HALTS_AFTER, Lie, landed},
};
use alloy::primitives::{Address, B256, U256};
use gainsay_game::{
    act::Act,
    matches::{Kind, Outcome},
};
use gainsay_machine::Status;
use gainsay_types::{State, assertion_id};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    By(Address),
    Bare,
}

const OPENINGS: [Opening; 3] = [Opening::By(ALICE), Opening::By(BOB), Opening::Bare];

fn wrong_root() -> State {
    State { output_root: B256::repeat_byte(0xee), ..landed() }
}

fn start(lie: Lie, opening: Opening, late: Address) -> Table {
    let mut table = Table::new(lie, late);
    match opening {
        Opening::By(opener) => {
            let act = table.open(opener);
            table.act(opener, &act).expect("the opening is legal");
        }
        Opening::Bare => {
            let rivals = table.rivals(BOB);
            table.act(NOBODY, &Act::Open { rivals }).expect("anyone may open");
            assert_eq!(table.on_turn(), late);
        }
    }
    table
}

/// Plays a whole match, and sees that the truth wins by the rules and is paid.
fn truth_wins(lie: Lie, opening: Opening, late: Address) {
    let mut table = start(lie, opening, late);
    let opener = match opening {
        Opening::By(opener) => opener,
        Opening::Bare => late,
    };
    let acts = table.play_out();
    // Round 11 is the rival's of whoever dissected first. A lie has no machine step to show.
    let by_clock = opener == ALICE;
    assert_eq!(table.view().outcome, Some(Outcome { winner: table.alice, by_clock }), "{lie:?} {opening:?}");
    assert_eq!(table.view().history.len(), 12, "{lie:?} {opening:?}");
    // A stranger's opening is a transaction by itself.
    assert_eq!(acts, if opening == Opening::Bare { 13 } else { 12 }, "{lie:?} {opening:?}");
    let last = table.view().history.last().map(|played| played.kind);
    assert_eq!(last, Some(if by_clock { Kind::Timeout } else { Kind::Step }));
    if !by_clock {
        let stretch = table.view().stretch;
        assert_eq!(stretch.from() / 32, lie.machine / 32);
    }
    settle(&mut table);
}

/// The rest of it: confirmed, withdrawn, rewarded, paid; no wei is left.
fn settle(table: &mut Table) {
    let right = assertion_id(table.fork.id, landed().hash());
    table.now = table.now.max(50_020 + WINDOW);
    table.act(NOBODY, &Act::Confirm { id: right }).expect("no rival is left");
    table.act(ALICE, &Act::Withdraw { stake: table.alice }).expect("the tip is confirmed");
    let m = Box::new(table.view().state.clone());
    table.act(NOBODY, &Act::Reward { m, winner: table.alice }).expect("the moves of the winner");
    let all = U256::from(BOND) + U256::from(BOND - BOND / 2);
    assert_eq!(table.court.owed(&ALICE), all);
    table.act(ALICE, &Act::Claim { to: ALICE }).expect("it is owed");
    let money = *table.court.money();
    assert_eq!((money.paid, money.burned, money.held()), (all, U256::from(BOND / 2), U256::ZERO));
}

#[test]
fn the_truth_wins_in_twelve_moves_wherever_the_lie_departs_and_whoever_opens() {
    let blocks = [0, 1, 31, 32, 1023, 1024, (1 << 15) - 1];
    let steps = [0, 1, HALTS_AFTER - 1, HALTS_AFTER, 31, 32, 1 << 35, (1 << 40) - 1];
    for block in blocks {
        for machine in steps {
            for opening in OPENINGS {
                truth_wins(Lie { block, machine, state: wrong_root(), status: Status::HALTED }, opening, BOB);
            }
        }
    }
}

#[test]
fn the_truth_wins_against_a_run_that_is_said_to_have_failed() {
    for machine in [0, HALTS_AFTER - 1, HALTS_AFTER, (1 << 40) - 1] {
        for opening in OPENINGS {
            for status in [Status::FAILED, Status::MISALIGNED, Status(200)] {
                truth_wins(Lie { block: 77, machine, state: landed().skip_batch(), status }, opening, BOB);
            }
        }
    }
}

#[test]
fn who_joins_later_is_on_turn_in_a_match_that_a_stranger_opens() {
    for late in [ALICE, BOB] {
        truth_wins(Lie { block: 5, machine: 5, state: wrong_root(), status: Status::HALTED }, Opening::Bare, late);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_truth_wins_wherever_a_random_lie_departs(
        block in 0u64..1 << 15,
        machine in prop_oneof![0..=HALTS_AFTER, 0u64..1 << 40],
        opening in 0usize..3,
        root: [u8; 32],
    ) {
        let state = State { output_root: root.into(), ..landed() };
        prop_assume!(state != landed());
        truth_wins(Lie { block, machine, state, status: Status::HALTED }, OPENINGS[opening], BOB);
    }
}
