//! What a match refuses, and how.

use crate::{
    table::{ALICE, BOB, CLOCK, EXTENSION, NOBODY, Table},
    truths::{Lie, landed},
};
use alloy::primitives::{Address, B256, U256};
use gainsay_game::{
    act::Act,
    court::{Refusal, owner_of},
    play::{PlayError, play},
    truth::Truth,
};
use gainsay_machine::Status;
use gainsay_types::State;

const LIE: Lie = Lie {
    block: 40,
    machine: 5,
    state: State { output_root: B256::repeat_byte(0xee), l2_block_number: 7, batch_index: 1, batch_offset: 2, deposit_index: 3 },
    status: Status::HALTED,
};

fn name(result: Result<(), Refusal>) -> &'static str {
    result.expect_err("it is refused").name()
}

fn opened(opener: Address) -> Table {
    let mut table = Table::new(LIE, BOB);
    let act = table.open(opener);
    table.act(opener, &act).expect("the opening is legal");
    table
}

/// The name of the refusal of an act that is changed a little; nothing changes by trying.
fn refused(table: &mut Table, sender: Address, act: &Act) -> &'static str {
    let before = table.view.clone();
    let refusal = name(table.act(sender, act));
    assert_eq!(table.view, before);
    refusal
}

#[test]
fn a_move_is_refused_to_others_after_its_time_and_from_another_state() {
    let mut table = opened(BOB);
    while table.view().outcome.is_none() {
        let mover = table.on_turn();
        let Ok(act) = table.next() else { panic!("the step is Alice's") };
        let other = if mover == ALICE { BOB } else { ALICE };
        for sender in [other, NOBODY] {
            assert_eq!(refused(&mut table, sender, &act), "NotMover");
        }
        let deadline = table.view().deadline(EXTENSION);
        let m = Box::new(table.view().state.clone());
        table.now = deadline;
        assert_eq!(refused(&mut table, mover, &act), "TooLate");
        table.now = deadline - 1;
        assert_eq!(refused(&mut table, NOBODY, &Act::Timeout { m }), "TooEarly");
        table.act(mover, &act).expect("the last second is in time");
        assert_eq!(name(table.act(mover, &act)), "StateDiffers");
    }
}

#[test]
fn a_match_is_opened_once_between_live_rivals_from_the_forks_inputs() {
    let mut table = Table::new(LIE, BOB);
    let good = table.rivals(ALICE);
    let changed = |change: &dyn Fn(&mut gainsay_bindings::Matches::Rivals)| {
        let mut rivals = good.clone();
        change(&mut rivals);
        Act::Open { rivals }
    };
    let elsewhere = B256::repeat_byte(3);
    let cases: [(Act, &str); 7] = [
        (changed(&|rivals| rivals.start = elsewhere), "WrongStart"),
        (changed(&|rivals| rivals.fork = elsewhere), "WrongStart"),
        (changed(&|rivals| rivals.inputsHash = elsewhere), "InputsDiffer"),
        (changed(&|rivals| rivals.secondEnd = rivals.firstEnd), "NotRivals"),
        (changed(&|rivals| rivals.firstEnd = elsewhere), "NotRecorded"),
        (changed(&|rivals| rivals.second += U256::from(1)), "NotLive"),
        (changed(&|rivals| rivals.second = rivals.first), "NotRecorded"),
    ];
    for (act, expected) in cases {
        assert_eq!(name(table.act(NOBODY, &act)), expected, "{act:?}");
    }
    let Act::OpenAndDissect { rivals, points } = table.open(ALICE) else { panic!("an opening") };
    let act = Act::OpenAndDissect { rivals, points };
    assert_eq!(name(table.act(BOB, &act)), "NotMover");
    table.act(ALICE, &act).expect("the opening is legal");
    assert_eq!(name(table.act(ALICE, &act)), "AlreadyOpen");
    let turned = Act::Open { rivals: table.rivals(BOB) };
    assert_eq!(name(table.act(NOBODY, &turned)), "AlreadyOpen");
}

#[test]
fn what_is_dissected_is_disputed_opened_and_bound() {
    let mut table = opened(ALICE);
    // A lie at block 40 is in segment 0 of 32 at first.
    let Ok(Act::Move { m, segment, points, end }) = table.next() else { panic!("round 1 is a move") };
    let act = |segment: &gainsay_bindings::Matches::Segment, end| Act::Move {
        m: m.clone(),
        segment: segment.clone(),
        points: points.clone(),
        end,
    };
    assert_eq!(refused(&mut table, BOB, &act(&segment, segment.end)), "SameEnd");
    let mut wrong = segment.clone();
    wrong.end = end;
    assert_eq!(refused(&mut table, BOB, &act(&wrong, end)), "WrongOpening");
    wrong.index = 32;
    assert_eq!(refused(&mut table, BOB, &act(&wrong, end)), "NoSuchSegment");
    let dissection = table.view().dissection.clone().expect("Alice's");
    let last = dissection.segment(31, m.start);
    assert_eq!(refused(&mut table, BOB, &act(&last, B256::repeat_byte(9))), "BoundToEnd");
    table.act(BOB, &act(&last, LIE.state.hash())).expect("a later segment may be named");
    let dissect = Act::Dissect { m: Box::new(table.view().state.clone()), points };
    assert_eq!(refused(&mut table, ALICE, &dissect), "WrongRound");
}

#[test]
fn a_step_that_agrees_or_starts_elsewhere_is_refused() {
    let mut table = opened(BOB);
    while table.view().round() < 11 {
        let (mover, act) = (table.on_turn(), table.next().expect("both sides have a move"));
        table.act(mover, &act).expect("a legal move");
    }
    let Ok(act) = table.next() else { panic!("Alice has a step") };
    let Act::Step { m, segment, state, proof, part, preimage } = act.clone() else { panic!("round 11 is the step") };
    let with = |segment, state, proof| Act::Step { m: m.clone(), segment, state, proof, part, preimage: preimage.clone() };
    let dissection = table.view().dissection.clone().expect("Bob's");
    let before = dissection.segment(segment.index - 1, m.start);
    assert_eq!(refused(&mut table, ALICE, &with(before, state.clone(), proof.clone())), "WrongState");
    assert_eq!(refused(&mut table, ALICE, &with(segment.clone(), state.slice(1..), proof.clone())), "WrongStateLength");
    assert_eq!(refused(&mut table, ALICE, &with(segment.clone(), state.clone(), proof.slice(1..))), "WrongProofLength");
    let mut broken = proof.to_vec();
    broken[200] ^= 1;
    assert_eq!(refused(&mut table, ALICE, &with(segment.clone(), state, broken.into())), "WrongMemoryProof");
    table.act(ALICE, &act).expect("the machine contradicts Bob");
    assert_eq!(owner_of(table.alice), ALICE);
}

#[test]
fn rewards_wait_until_the_loser_has_lost_and_the_winner_has_left() {
    let mut table = opened(BOB);
    let (alice, bob) = (table.alice, table.bob);
    let reward = |table: &Table, winner| Act::Reward { m: Box::new(table.view().state.clone()), winner };
    let early = reward(&table, alice);
    assert_eq!(refused(&mut table, NOBODY, &early), "NoMoves");
    let early = reward(&table, bob);
    assert_eq!(refused(&mut table, NOBODY, &early), "NotDefeated");
    table.play_out();
    let stranger = reward(&table, U256::from(1));
    assert_eq!(refused(&mut table, NOBODY, &stranger), "NotInMatch");
    let staying = reward(&table, alice);
    assert_eq!(refused(&mut table, NOBODY, &staying), "NotLeft");
    let (stake, id) = (bob, gainsay_types::assertion_id(table.fork.id, table.lie.hash()));
    assert_eq!(refused(&mut table, NOBODY, &Act::Evict { stake, id }), "NotRecorded");
    assert_eq!(refused(&mut table, NOBODY, &Act::Evict { stake: alice, id }), "NotDefeated");
    assert_eq!(refused(&mut table, BOB, &Act::Withdraw { stake }), "NotLive");
    assert_eq!(refused(&mut table, ALICE, &Act::Withdraw { stake: alice }), "TipUnconfirmed");
    assert_eq!(refused(&mut table, NOBODY, &Act::Claim { to: NOBODY }), "NothingOwed");
}

#[test]
fn a_late_joiner_has_less_time_and_at_least_the_extension() {
    let mut table = opened(ALICE);
    // Alice made the first child, so her clock waits for the second; Bob came ten seconds later.
    let first_child_at = table.court.assertion(&table.fork.id).and_then(|fork| fork.first_child_at).expect("Alice's");
    let view = table.view();
    let bobs = CLOCK as u32 - 10;
    assert_eq!((view.state.moverClock, view.state.rivalClock), (bobs, CLOCK as u32));
    // Bob's turn began with the opening.
    table.now = table.view().state.since.to::<u64>() + 1_000;
    let act = table.next().expect("Bob has a move");
    table.act(BOB, &act).expect("in time");
    assert_eq!(table.view().state.rivalClock, bobs - 1_000);
    let late = Address::repeat_byte(0x7a);
    let second = table.court.next_stake_id(late);
    table.stake(late, table.lie).expect("joining is open");
    let rivals = gainsay_bindings::Matches::Rivals { second, ..table.rivals(ALICE) };
    table.view = None;
    table.act(NOBODY, &Act::Open { rivals }).expect("another pair");
    assert_eq!(table.on_turn(), late);
    assert_eq!(u64::from(table.view().state.moverClock), CLOCK - (table.now - first_child_at));
    table.now = first_child_at + CLOCK + 500;
    let later = Address::repeat_byte(0x7b);
    let second = table.court.next_stake_id(later);
    table.stake(later, table.lie).expect("joining is open until the window is over");
    let rivals = gainsay_bindings::Matches::Rivals { second, ..table.rivals(ALICE) };
    table.view = None;
    table.act(NOBODY, &Act::Open { rivals }).expect("another pair");
    assert_eq!(table.view().state.moverClock, 0);
    assert_eq!(table.view().deadline(EXTENSION), table.now + EXTENSION);
}

#[test]
fn a_player_that_holds_its_own_claim_false_says_so() {
    let mut table = opened(BOB);
    let mut honest = crate::truths::Teller::new(table.court.batches(), None);
    let view = table.view().clone();
    // Alice's own truth against Bob's, seen from Bob's chair.
    let act = table.next().expect("Alice has a move");
    table.act(ALICE, &act).expect("a legal move");
    let other = table.view().clone();
    assert!(matches!(play(&other, &table.fork, &mut honest), Err(PlayError::NothingToDispute { round: 2 })));
    let mut bound = view;
    bound.state.end = B256::repeat_byte(1);
    let leaf = table.lie.hash();
    bound.dissection = Some(gainsay_game::dissection::Dissection::new(&[landed().hash(); 31], leaf));
    let held = honest.block_hashes(&table.fork, &[1 << 15]).expect("the truth")[0];
    let result = play(&bound, &table.fork, &mut honest);
    assert!(matches!(result, Err(PlayError::BoundToFalse { bound, held: found }) if bound == B256::repeat_byte(1) && found == held));
    bound.dissection = None;
    assert!(matches!(play(&bound, &table.fork, &mut honest), Err(PlayError::Round { round: 1 })));
}
