//! Claims, windows, confirmation: the Rollup's half of the court.

use crate::{
    table::{ALICE, BOB, BOND, CLOCK, EXTENSION, NOBODY, WINDOW},
    truths::{CONFIG, program},
};
use alloy::primitives::{Address, B256, U256, keccak256};
use gainsay_bindings::{Matches::Rivals, Rollup::RollupErrors};
use gainsay_game::{
    act::{Act, Claim},
    court::{Batches, Court, Deployment, MachineSteps, Refusal},
    ledger::StakeStatus,
    matches::match_id,
    settings::Settings,
};
use gainsay_l1::{L1Event, RollupEvent};
use gainsay_types::{State, assertion_id, inputs_hash};
use std::sync::Arc;

const START: u64 = 1_000;
const PERIOD: u64 = 100;
const CAROL: Address = Address::repeat_byte(0xca);

fn deployment() -> Deployment {
    Deployment {
        settings: Settings { bond: U256::from(BOND), window: WINDOW, clock: CLOCK, extension: EXTENSION, period: PERIOD },
        genesis: State::genesis(B256::repeat_byte(0x11)),
        batches: Batches::new((1..=5u8).map(|i| keccak256([i])).collect()),
        config_hash: CONFIG,
        program_root: program().root(),
        steps: Arc::new(MachineSteps),
        games: Address::ZERO,
    }
}

fn court() -> Court {
    Court::new(deployment(), START).expect("the parameters fit").0
}

/// A state within the inputs of genesis.
fn end(root: u8, batch_index: u64) -> State {
    State { l2_block_number: batch_index, batch_index, ..State::genesis(B256::repeat_byte(root)) }
}

/// The inputs of an assertion that was created over the first `target` batches.
fn inputs(court: &Court, target: u64) -> B256 {
    inputs_hash(target, court.batches().acc(target))
}

fn claim(court: &Court, parent: &B256, end: State) -> Claim {
    Claim { inputs_hash: court.assertion(parent).map(|parent| parent.inputs_hash).unwrap_or_default(), end }
}

fn stake(court: &mut Court, sender: Address, now: u64, end: State) -> Result<Vec<L1Event>, Refusal> {
    let parent = court.latest_confirmed();
    let claims = vec![claim(court, &parent, end)];
    court.act(sender, now, &Act::Stake { parent, claims })
}

fn name<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.expect_err("it is refused").name()
}

#[test]
fn the_first_assertion_is_confirmed_and_fixes_its_inputs() {
    let (court, events) = Court::new(deployment(), START).expect("the parameters fit");
    let (id, genesis) = (court.genesis_id(), deployment().genesis);
    assert_eq!(id, assertion_id(B256::ZERO, genesis.hash()));
    let created = RollupEvent::AssertionCreated { id, parent: B256::ZERO, end: genesis, target: 5, inputs_hash: inputs(&court, 5) };
    assert_eq!(events, [L1Event::Rollup(created), L1Event::Rollup(RollupEvent::AssertionConfirmed { id })]);
    assert_eq!(court.latest_confirmed(), id);
}

#[test]
fn parameters_that_contradict_each_other_are_refused() {
    let with = |change: &dyn Fn(&mut Deployment)| {
        let mut deployment = deployment();
        change(&mut deployment);
        Court::new(deployment, START).map(|_| ())
    };
    assert_eq!(with(&|_| ()), Ok(()));
    assert_eq!(with(&|d| d.settings.window = 2 * CLOCK + 1), Ok(()));
    let wrong: [&dyn Fn(&mut Deployment); 10] = [
        &|d| d.settings.window = 2 * CLOCK,
        &|d| d.settings.clock = EXTENSION - 1,
        &|d| d.settings.extension = 0,
        &|d| d.settings.period = 0,
        &|d| d.settings.period = 1 << 32,
        &|d| d.settings.window = 1 << 32,
        &|d| d.settings.bond = U256::ZERO,
        &|d| d.settings.bond = U256::from(u128::MAX) + U256::from(1),
        &|d| d.genesis.batch_index = 6,
        &|d| d.program_root = B256::ZERO,
    ];
    for change in wrong {
        assert_eq!(name(with(change)), "BadParams");
    }
}

#[test]
fn a_claim_creates_or_joins_and_each_stake_has_its_own_id() {
    let mut court = court();
    let root = court.genesis_id();
    let now = START + PERIOD;
    let (alice, bob) = (court.next_stake_id(ALICE), court.next_stake_id(BOB));
    let id = assertion_id(root, end(1, 5).hash());
    let told = |events: Vec<L1Event>| -> Vec<RollupEvent> {
        let rollup = |event| if let L1Event::Rollup(event) = event { Some(event) } else { None };
        events.into_iter().filter_map(rollup).collect()
    };
    let events = told(stake(&mut court, ALICE, now, end(1, 5)).expect("allowed"));
    let created = RollupEvent::AssertionCreated { id, parent: root, end: end(1, 5), target: 5, inputs_hash: inputs(&court, 5) };
    let (placed, moved) =
        (RollupEvent::StakePlaced { stake: alice, owner: ALICE }, RollupEvent::StakeMoved { stake: alice, assertion: id });
    assert_eq!(events, [placed, created, moved]);
    let events = told(stake(&mut court, BOB, now + 1, end(1, 5)).expect("joining is open"));
    let (placed, moved) = (RollupEvent::StakePlaced { stake: bob, owner: BOB }, RollupEvent::StakeMoved { stake: bob, assertion: id });
    assert_eq!(events, [placed, moved]);
    assert_eq!(court.assertion(&id).map(|found| (found.live, found.first, found.created_at)), Some((2, true, now)));
    assert_eq!(court.assertion(&root).map(|found| (found.live_children, found.second_child_at)), Some((2, None)));
    assert_eq!(court.next_stake_id(ALICE), alice + U256::from(1));
    assert_eq!(court.stake_record(&bob).map(|stake| (stake.status, stake.tip)), Some((StakeStatus::Live, id)));
}

#[test]
fn claims_are_refused_for_what_is_wrong_with_them() {
    let mut court = court();
    let now = START + PERIOD;
    assert_eq!(name(stake(&mut court, ALICE, now - 1, end(1, 5))), "ChildTooEarly");
    assert_eq!(name(stake(&mut court, ALICE, now, end(1, 6))), "BeyondTarget");
    let parent = court.genesis_id();
    let elsewhere = B256::repeat_byte(7);
    assert_eq!(name(court.act(ALICE, now, &Act::Stake { parent, claims: vec![] })), "NoClaims");
    let wrong = vec![Claim { inputs_hash: elsewhere, end: end(1, 5) }];
    assert_eq!(name(court.act(ALICE, now, &Act::Stake { parent, claims: wrong })), "InputsDiffer");
    let claims = vec![claim(&court, &parent, end(1, 5))];
    assert_eq!(name(court.act(ALICE, now, &Act::Stake { parent: elsewhere, claims })), "NotLatestConfirmed");
    // Nothing is left of what was tried.
    assert_eq!((court.assertions().count(), court.stake_records().count(), court.money().bonded), (1, 0, U256::ZERO));

    stake(&mut court, ALICE, now, end(1, 5)).expect("allowed");
    let (alice, tip) = (court.next_stake_id(ALICE) - U256::from(1), assertion_id(parent, end(1, 5).hash()));
    let advance = |court: &Court, end| Act::Advance { stake: alice, claims: vec![claim(court, &tip, end)] };
    let next = advance(&court, end(2, 5));
    assert_eq!(name(court.act(BOB, now, &next)), "NotOwner");
    assert_eq!(name(court.act(ALICE, now + PERIOD, &next)), "NothingToClaim");
    court.append_batch(keccak256([6]));
    let back = advance(&court, end(2, 4));
    assert_eq!(name(court.act(ALICE, now + PERIOD, &back)), "BeforeParent");
    court.act(ALICE, now + PERIOD, &next).expect("the inbox has grown");
    assert_eq!(name(court.act(BOB, now, &Act::Withdraw { stake: alice })), "NotOwner");
}

#[test]
fn a_list_of_claims_is_walked_whole_or_not_at_all() {
    let mut court = court();
    let now = START + PERIOD;
    let parent = court.genesis_id();
    stake(&mut court, ALICE, now, end(1, 5)).expect("allowed");
    let first = assertion_id(parent, end(1, 5).hash());
    court.append_batch(keccak256([6]));
    let alice = court.next_stake_id(ALICE) - U256::from(1);
    let second = claim(&court, &first, end(2, 5));
    court.act(ALICE, now + PERIOD, &Act::Advance { stake: alice, claims: vec![second] }).expect("the inbox has grown");
    let claims = vec![claim(&court, &parent, end(1, 5)), second];
    let mut wrong = claims.clone();
    wrong.push(Claim { inputs_hash: B256::ZERO, end: end(3, 6) });
    let before = (court.money().bonded, court.assertion(&first).map(|found| found.live));
    assert_eq!(name(court.act(BOB, now + PERIOD, &Act::Stake { parent, claims: wrong })), "InputsDiffer");
    assert_eq!((court.money().bonded, court.assertion(&first).map(|found| found.live)), before);
    assert_eq!(court.next_stake_id(BOB) & U256::from(u64::MAX), U256::ZERO);
    court.act(BOB, now + PERIOD, &Act::Stake { parent, claims }).expect("both can be joined");
    let below = assertion_id(first, end(2, 5).hash());
    let bob = court.next_stake_id(BOB) - U256::from(1);
    let record = court.stake_record(&bob).expect("placed");
    assert_eq!((record.tip, record.joined.len()), (below, 2));
    assert_eq!(court.assertion(&below).map(|found| found.live), Some(2));
}

#[test]
fn siblings_come_until_a_clock_before_the_end_and_joiners_until_the_end() {
    let mut court = court();
    let opened = START + PERIOD;
    stake(&mut court, ALICE, opened, end(1, 5)).expect("allowed");
    let last = opened + WINDOW - CLOCK - 1;
    let refusal = stake(&mut court.clone(), BOB, last + 1, end(2, 5)).expect_err("a clock before the end");
    assert!(matches!(refusal, Refusal::Rollup(RollupErrors::SiblingsClosed(at)) if at.closedAt == U256::from(last + 1)));
    // An only child may be joined even later.
    stake(&mut court.clone(), BOB, opened + WINDOW + 5, end(1, 5)).expect("no sibling");
    stake(&mut court, BOB, last, end(2, 5)).expect("the last second");
    stake(&mut court.clone(), CAROL, opened + WINDOW - 1, end(2, 5)).expect("the last second");
    assert_eq!(name(stake(&mut court, CAROL, opened + WINDOW, end(2, 5))), "JoiningClosed");
    assert_eq!(
        name(court.act(NOBODY, opened + WINDOW - 1, &Act::Confirm { id: assertion_id(court.genesis_id(), end(1, 5).hash()) })),
        "WindowOpen"
    );
}

#[test]
fn confirmed_is_what_has_a_live_stake_and_no_live_rival_once_the_window_is_over() {
    let mut court = court();
    let opened = START + PERIOD;
    let root = court.genesis_id();
    let (right, wrong) = (assertion_id(root, end(1, 5).hash()), assertion_id(root, end(2, 5).hash()));
    stake(&mut court, ALICE, opened, end(1, 5)).expect("allowed");
    stake(&mut court, BOB, opened, end(2, 5)).expect("allowed");
    let closed = opened + WINDOW;
    for id in [right, wrong] {
        assert_eq!(name(court.act(NOBODY, closed, &Act::Confirm { id })), "RivalsLeft");
    }
    assert_eq!(name(court.act(NOBODY, closed, &Act::Confirm { id: root })), "ForkDecided");
    assert_eq!(name(court.act(NOBODY, closed, &Act::Confirm { id: B256::ZERO })), "UnknownAssertion");
    let (alice, bob) = (court.next_stake_id(ALICE) - U256::from(1), court.next_stake_id(BOB) - U256::from(1));
    open_and_lose(&mut court, (ALICE, alice, end(1, 5)), (BOB, bob, end(2, 5)), closed);
    assert_eq!(name(court.act(NOBODY, closed + CLOCK, &Act::Confirm { id: wrong })), "NoLiveStake");
    court.act(NOBODY, closed + CLOCK, &Act::Confirm { id: right }).expect("no rival is left");
    assert_eq!(court.latest_confirmed(), right);
    let late = Act::Stake { parent: root, claims: vec![claim(&court, &root, end(1, 5))] };
    assert_eq!(name(court.act(CAROL, closed + CLOCK, &late)), "AlreadyConfirmed");
    let lost = Act::Stake { parent: root, claims: vec![claim(&court, &root, end(2, 5))] };
    assert_eq!(name(court.act(CAROL, closed + CLOCK, &lost)), "ForkDecided");
}

#[test]
fn what_is_confirmed_is_passed_over_on_the_way_down() {
    let mut court = court();
    let opened = START + PERIOD;
    let root = court.genesis_id();
    let ends = [end(1, 5), end(2, 5), end(3, 6)];
    stake(&mut court, ALICE, opened, ends[0]).expect("allowed");
    let (alice, first) = (court.next_stake_id(ALICE) - U256::from(1), assertion_id(root, ends[0].hash()));
    stake(&mut court, BOB, opened, ends[0]).expect("allowed");
    let bob = court.next_stake_id(BOB) - U256::from(1);
    court.append_batch(keccak256([6]));
    let second = assertion_id(first, ends[1].hash());
    for (above, end, later) in [(first, ends[1], 1), (second, ends[2], 2)] {
        let hop = Act::Advance { stake: alice, claims: vec![claim(&court, &above, end)] };
        court.act(ALICE, opened + later * PERIOD, &hop).expect("the inbox has grown");
    }
    let third = assertion_id(second, ends[2].hash());
    let claims = [(root, ends[0]), (first, ends[1]), (second, ends[2])].map(|(above, end)| claim(&court, &above, end)).to_vec();
    let now = opened + WINDOW + PERIOD;
    for id in [first, second] {
        court.act(NOBODY, now, &Act::Confirm { id }).expect("nobody is against it");
    }
    let records =
        |court: &Court, stake| court.stake_record(&stake).map(|stake| (stake.tip, stake.joined.clone().into_iter().collect::<Vec<_>>()));
    // A new stake is counted only below; one that stands above comes past it, and keeps what it had.
    court.act(CAROL, now, &Act::Stake { parent: root, claims: claims.clone() }).expect("the last one is open");
    assert_eq!(records(&court, court.next_stake_id(CAROL) - U256::from(1)), Some((third, vec![(third, now)])));
    court.act(BOB, now, &Act::Advance { stake: bob, claims: claims[1..].to_vec() }).expect("the last one is open");
    let mut both = vec![(first, opened), (third, now)];
    both.sort();
    assert_eq!(records(&court, bob), Some((third, both)));
    let live = |id| court.assertion(&id).map(|record| record.live);
    assert_eq!([first, second, third].map(live), [Some(2), Some(1), Some(3)]);
    // What is left must be one hop at least, and each one that is passed over must be right and name its inputs.
    let stake = |claims: &[Claim]| Act::Stake { parent: root, claims: claims.to_vec() };
    assert_eq!(name(court.clone().act(CAROL, now, &stake(&claims[..2]))), "AlreadyConfirmed");
    let mut other = claims.clone();
    other[1].end = end(9, 5);
    assert_eq!(name(court.clone().act(CAROL, now, &stake(&other))), "ForkDecided");
    other[1] = Claim { inputs_hash: B256::ZERO, ..claims[1] };
    assert_eq!(name(court.clone().act(CAROL, now, &stake(&other))), "InputsDiffer");
    let below = Act::Stake { parent: third, claims };
    assert_eq!(name(court.act(CAROL, now, &below)), "NotLatestConfirmed");
}

/// A match in which the opener's rival does not move. Each side: owner, stake, claim.
fn open_and_lose(court: &mut Court, opener: (Address, U256, State), loser: (Address, U256, State), now: u64) {
    let fork = court.genesis_id();
    let record = court.assertion(&fork).expect("the first").clone();
    let rivals = Rivals {
        fork,
        inputsHash: record.inputs_hash,
        start: record.end.hash(),
        first: opener.1,
        firstEnd: opener.2.hash(),
        second: loser.1,
        secondEnd: loser.2.hash(),
    };
    court.act(opener.0, now, &Act::OpenAndDissect { rivals, points: Box::new([B256::ZERO; 31]) }).expect("rivals");
    let id = match_id(opener.1, loser.1);
    let m = Box::new(court.match_of(&id).expect("it is open").clone());
    assert_eq!(m.mover, loser.1);
    court.act(NOBODY, now + CLOCK, &Act::Timeout { m }).expect("its time is over");
}

#[test]
fn who_alone_is_left_is_confirmed_whatever_it_claims() {
    let mut court = court();
    let opened = START + PERIOD;
    let root = court.genesis_id();
    for (owner, root) in [(ALICE, 1), (BOB, 2), (CAROL, 2)] {
        stake(&mut court, owner, opened, end(root, 5)).expect("allowed");
    }
    let newest = |court: &Court, owner| court.next_stake_id(owner) - U256::from(1);
    let (alice, bob, carol) = (newest(&court, ALICE), newest(&court, BOB), newest(&court, CAROL));
    open_and_lose(&mut court, (ALICE, alice, end(1, 5)), (BOB, bob, end(2, 5)), opened);
    open_and_lose(&mut court, (CAROL, carol, end(2, 5)), (ALICE, alice, end(1, 5)), opened);
    let status = |court: &Court, stake| court.stake_record(&stake).map(|stake| stake.status);
    assert_eq!(
        [alice, bob, carol].map(|stake| status(&court, stake).unwrap()),
        [StakeStatus::Defeated, StakeStatus::Defeated, StakeStatus::Live]
    );
    assert_eq!(court.assertion(&root).map(|root| root.live_children), Some(1));
    assert_eq!(court.money().burned, U256::from(2 * (BOND / 2)));
    court.act(NOBODY, opened + WINDOW, &Act::Confirm { id: assertion_id(root, end(2, 5).hash()) }).expect("Carol's");
    // Alice's moves against Bob are lost with her.
    let moves = court.matches().map(|(_, m)| m).find(|m| [m.mover, m.rival] == [bob, alice]).expect("theirs").clone();
    court.act(NOBODY, opened + WINDOW, &Act::Reward { m: Box::new(moves), winner: alice }).expect("both have lost");
    assert_eq!(court.money().burned, U256::from(2 * (BOND / 2) + (BOND - BOND / 2)));
    assert_eq!(court.owed(&ALICE), U256::ZERO);
}
