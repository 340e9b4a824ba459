use super::*;
use alloy::primitives::Address;

const ID: B256 = B256::repeat_byte(1);
const MOVER: U256 = U256::from_limbs([1, 0, 0, 0]);
const RIVAL: U256 = U256::from_limbs([2, 0, 0, 0]);

fn opened(round: u8) -> MatchView {
    let leaf = B256::repeat_byte;
    let state = Match {
        mover: MOVER,
        moverNode: leaf(11),
        rival: RIVAL,
        rivalNode: leaf(12),
        start: leaf(13),
        end: leaf(14),
        dissection: leaf(15),
        since: seconds(1_000),
        moverClock: 500,
        rivalClock: 600,
        moverMoves: 0,
        rivalMoves: 0,
        round,
    };
    let mut view = MatchView::opened(ID, leaf(10), state);
    view.dissection = (round > 0).then(|| Dissection::new(&[leaf(16); POINTS], leaf(17)));
    view
}

fn dissected(mover: U256, segment: u8) -> MatchesEvent {
    MatchesEvent::Dissected { id: ID, mover, segment, points: Box::new([B256::ZERO; POINTS]), end: B256::ZERO, time: 1_100 }
}

fn entered(segment: u8) -> MatchesEvent {
    let (start, end) = (B256::repeat_byte(5), B256::ZERO);
    MatchesEvent::MachineEntered { id: ID, mover: MOVER, segment, start, points: Box::new([B256::ZERO; POINTS]), end, time: 1_100 }
}

#[test]
fn the_state_hash_is_of_thirteen_words() {
    let state = opened(3).state;
    assert_eq!(state.abi_encode().len(), 13 * 32);
    assert_eq!(match_hash(&state), keccak256(state.abi_encode()));
}

#[test]
fn the_deadline_is_what_the_clock_shows_and_at_least_the_extension() {
    let view = opened(0);
    assert_eq!((view.deadline(499), view.deadline(500), view.deadline(501)), (1_500, 1_500, 1_501));
    assert_eq!(view.deadline(u64::MAX), u64::MAX);
}

#[test]
fn a_turn_passes_with_the_clock_that_ran_and_the_move_that_counts() {
    let state = opened(4).state;
    let (start, end, root) = (B256::repeat_byte(1), B256::repeat_byte(2), B256::repeat_byte(3));
    let next = passed(&state, start, end, root, 1_100);
    assert_eq!((next.mover, next.rival, next.moverNode, next.rivalNode), (RIVAL, MOVER, state.rivalNode, state.moverNode));
    assert_eq!((next.start, next.end, next.dissection), (start, end, root));
    assert_eq!((next.moverClock, next.rivalClock, next.since), (600, 400, seconds(1_100)));
    assert_eq!((next.moverMoves, next.rivalMoves, next.round), (0, 1, 5));
    assert_eq!(passed(&state, start, end, root, 9_999).rivalClock, 0);
}

#[test]
fn events_that_cannot_come_next_are_refused_and_change_nothing() {
    let wrong = |round: u8, event: &MatchesEvent| {
        let mut view = opened(round);
        let fault = view.apply(event, 1_100).expect_err("it cannot come next");
        assert_eq!(view, opened(round));
        fault
    };
    let turn = MatchFault::Turn { id: ID, expected: MOVER, found: RIVAL };
    assert_eq!(wrong(1, &dissected(RIVAL, 0)), turn);
    for round in [round::BLOCK, round::STEP] {
        assert_eq!(wrong(round, &dissected(MOVER, 3)), MatchFault::Round { id: ID, round, segment: 3 });
    }
    assert_eq!(wrong(2, &dissected(MOVER, 32)), MatchFault::Round { id: ID, round: 2, segment: 32 });
    assert_eq!(wrong(2, &entered(1)), MatchFault::Round { id: ID, round: 2, segment: 1 });
    assert_eq!(wrong(3, &entered(32)), MatchFault::Round { id: ID, round: 3, segment: 32 });
    let won = |winner, by_clock| MatchesEvent::Won { id: ID, winner, loser: MOVER, by_clock };
    assert_eq!(wrong(11, &won(RIVAL, false)), turn);
    assert_eq!(wrong(11, &won(MOVER, true)), MatchFault::Turn { id: ID, expected: RIVAL, found: MOVER });
    assert_eq!(wrong(10, &won(MOVER, false)), MatchFault::Round { id: ID, round: 10, segment: 0 });
    let stake = U256::from_be_slice(Address::repeat_byte(9).as_slice());
    let rewarded = MatchesEvent::Rewarded { id: ID, winner: stake, loser: MOVER, moves: 1 };
    assert_eq!(wrong(1, &rewarded), MatchFault::Stranger { id: ID, stake });
    let other = MatchesEvent::Won { id: B256::ZERO, winner: RIVAL, loser: MOVER, by_clock: true };
    assert_eq!(wrong(1, &other), MatchFault::Other { id: ID, found: B256::ZERO });
}

#[test]
fn a_named_segment_becomes_the_next_stretch_with_the_rivals_end_to_answer_for() {
    let mut view = opened(1);
    view.apply(&dissected(MOVER, 31), 1_100).expect("round 1 is a move");
    assert_eq!((view.state.start, view.state.end), (B256::repeat_byte(16), B256::repeat_byte(17)));
    assert_eq!(view.stretch, Stretch::FORK.narrowed(31));
    let mut view = opened(3);
    view.stretch = Stretch::Blocks { from: 64, len: 32 };
    view.apply(&entered(0), 1_100).expect("round 3 enters the machine");
    assert_eq!((view.state.start, view.state.end, view.round()), (B256::repeat_byte(5), B256::ZERO, round::RUN));
    assert_eq!(view.stretch, Stretch::Machine { block_step: 64, from: 0, len: 1 << 40 });
    let told = Played { mover: MOVER, round: 3, segment: Some(0), time: 1_100, kind: Kind::MachineEntered };
    assert_eq!(view.history, [told]);
}

#[test]
fn the_winners_last_act_counts_as_a_move_and_rewards_take_the_count_away() {
    let mut view = opened(5);
    view.apply(&MatchesEvent::Won { id: ID, winner: RIVAL, loser: MOVER, by_clock: true }, 2_000).expect("the clock of the mover");
    assert_eq!((view.moves_of(RIVAL), view.moves_of(MOVER)), (1, 0));
    assert_eq!(view.outcome, Some(Outcome { winner: RIVAL, by_clock: true }));
    view.apply(&MatchesEvent::Rewarded { id: ID, winner: RIVAL, loser: MOVER, moves: 1 }, 3_000).expect("its moves");
    assert_eq!(view.moves_of(RIVAL), 0);
    assert_eq!((view.rival_of(MOVER), view.rival_of(RIVAL), view.rival_of(U256::ZERO)), (Some(RIVAL), Some(MOVER), None));
}
