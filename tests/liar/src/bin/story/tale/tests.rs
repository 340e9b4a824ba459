//! Telling is pure: transactions in, lines out.

use super::*;
use crate::people::Named;
use alloy::primitives::{Address, U256, aliases::U40};
use gainsay_bindings::{
    Matches::{self, Match, Opening, Rivals, Segment, State},
    Rollup::{RollupEvents, StakeDefeated},
};

fn address(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

fn stake(byte: u8) -> U256 {
    U256::from_be_slice(address(byte).as_slice()) << 96
}

fn tale() -> Tale {
    let named = |name: &str, byte| Named { name: name.to_owned(), address: address(byte) };
    let people = People { honest: vec![named("challenger", 1)], liars: vec![named("liar", 2), named("other liar", 3)] };
    let bond = U256::from(10).pow(U256::from(18));
    Tale::new(people, Settings { bond, window: 50, clock: 20, extension: 10, period: 4 }, 1_000)
}

fn deed(from: u8, time: u64, call: Call) -> Deed {
    Deed { from: address(from), call, done: true, gas: 84_000, fee: U256::ZERO, time, events: Vec::new() }
}

fn state(mover: u8, rival: u8) -> Match {
    Match {
        mover: stake(mover),
        moverNode: B256::ZERO,
        rival: stake(rival),
        rivalNode: B256::ZERO,
        start: B256::ZERO,
        end: B256::ZERO,
        dissection: B256::ZERO,
        since: U40::ZERO,
        moverClock: 0,
        rivalClock: 0,
        moverMoves: 0,
        rivalMoves: 0,
        round: 0,
    }
}

fn segment(index: u8) -> Segment {
    Segment { index, start: B256::ZERO, end: B256::repeat_byte(0xee), proof: Vec::new() }
}

fn opened(first: u8, second: u8) -> Call {
    let (fork, nothing) = (B256::ZERO, B256::ZERO);
    let rivals = Rivals {
        fork,
        inputsHash: nothing,
        start: nothing,
        first: stake(first),
        firstEnd: nothing,
        second: stake(second),
        secondEnd: nothing,
    };
    Call::Matches(Box::new(MatchesCalls::openAndDissect(Matches::openAndDissectCall { rivals, points: [nothing; 31] })))
}

fn moved(mover: u8, rival: u8, index: u8) -> Call {
    let call = Matches::moveCall { m: state(mover, rival), segment: segment(index), points: [B256::ZERO; 31], end: B256::ZERO };
    Call::Matches(Box::new(MatchesCalls::r#move(call)))
}

fn entered(mover: u8, rival: u8, index: u8) -> Call {
    let from = State { outputRoot: B256::ZERO, l2BlockNumber: 7, batchIndex: 1, batchOffset: 0, depositIndex: 0 };
    let nothing = B256::ZERO;
    let last = Opening {
        memoryRoot: nothing,
        input: nothing,
        output: nothing,
        preimageKey: nothing,
        registersHash: nothing,
        pc: 0,
        step: 0,
        status: 1,
    };
    let call = Matches::enterMachineCall { m: state(mover, rival), segment: segment(index), from, last, points: [nothing; 31] };
    Call::Matches(Box::new(MatchesCalls::enterMachine(call)))
}

/// What happened, without what it means.
fn facts(tale: &mut Tale, deed: &Deed) -> String {
    let told = tale.tell(deed, &Ledger::default()).into_iter().filter_map(|line| match line {
        Line::Fact(text) | Line::Honest(text) | Line::Lie(text) => Some(text),
        Line::Title(_) | Line::Aside(_) => None,
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn each_move_of_each_match_tells_what_is_left_of_its_own() {
    let mut tale = tale();
    let told = facts(&mut tale, &deed(1, 1_005, opened(1, 2)));
    assert!(told.contains("5 s challenger") && told.contains("challenger against liar") && told.contains("move  1"), "{told}");
    facts(&mut tale, &deed(1, 1_005, opened(1, 3)));
    let told = facts(&mut tale, &deed(2, 1_006, moved(2, 1, 1)));
    assert!(told.contains("move  2") && told.contains("1,024 block steps from 1,024 on"), "{told}");
    // The other match is where it was.
    let told = facts(&mut tale, &deed(3, 1_006, moved(3, 1, 31)));
    assert!(told.contains("move  2") && told.contains("1,024 block steps from 31,744 on"), "{told}");
    facts(&mut tale, &deed(1, 1_007, moved(1, 2, 2)));
    let told = facts(&mut tale, &deed(2, 1_008, entered(2, 1, 3)));
    assert!(told.contains("move  4") && told.contains("up to block 7") && told.contains("(block step 1,091,"), "{told}");
    let told = facts(&mut tale, &deed(1, 1_009, moved(1, 2, 1)));
    assert!(told.contains("34,359,738,368 instructions from 34,359,738,368 on"), "{told}");
    let games: Vec<_> = tale.games().map(|game| (game.moves, game.last - game.opened, game.won)).collect();
    assert!(games.contains(&(5, 4, None)) && games.contains(&(2, 1, None)), "{games:?}");
}

#[test]
fn a_bond_that_is_lost_is_told_with_its_owner_and_what_becomes_of_it() {
    let mut tale = tale();
    let call = Matches::timeoutCall { m: state(2, 1) };
    let mut deed = deed(1, 1_030, Call::Matches(Box::new(MatchesCalls::timeout(call))));
    let burned = U256::from(10).pow(U256::from(18)) / U256::from(4);
    deed.events = vec![RollupEvents::StakeDefeated(StakeDefeated { stakeId: stake(2), assertion: B256::ZERO, burned })];
    let told = facts(&mut tale, &deed);
    assert!(told.contains("the time of liar is over") && told.contains("liar has lost its bond: 0.25 ETH are burned, 0.75 ETH"), "{told}");
    assert_eq!(tale.games().next().and_then(|game| game.won), Some((stake(1), stake(2))));
}

#[test]
fn what_reverted_changes_nothing_and_an_explanation_comes_once() {
    let mut tale = tale();
    let reverted = Deed { done: false, ..deed(2, 1_001, opened(2, 1)) };
    assert!(facts(&mut tale, &reverted).contains("sent openAndDissect without effect"));
    assert_eq!(tale.games().count(), 0);
    let asides = |lines: Vec<Line>| lines.iter().filter(|line| matches!(line, Line::Aside(_))).count();
    assert_eq!(asides(tale.tell(&reverted, &Ledger::default())), 0);
    assert!(asides(tale.tell(&deed(2, 1_002, opened(2, 1)), &Ledger::default())) > 0);
    assert!(tale.tell(&deed(9, 1_003, Call::Other), &Ledger::default()).is_empty());
}
