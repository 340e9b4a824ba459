//! Matches: which are opened, played and ended.

use crate::world::{ALICE, LIAR, OTHER, SETTINGS, World};
use alloy::primitives::{Address, B256, U256};
use gainsay_game::{
    act::Act,
    decide::{Alarm, Plan, Policy, Todo},
    matches::match_id,
};

const CHALLENGER: Policy = Policy { propose: false, second: false, list: false };

/// The honest stake on the true child, and liars on false ones, each on its own.
fn dispute(liars: &[Address]) -> (World, U256, Vec<U256>) {
    let mut world = World::new();
    let fork = world.confirmed().id;
    let (honest, _) = world.stake(ALICE, world.true_end(&fork));
    let liars = liars.iter().zip(1..).map(|(liar, variant)| world.stake(*liar, world.false_end(&fork, variant)).0).collect();
    (world, honest, liars)
}

fn opened(plan: &Plan) -> Vec<(U256, U256)> {
    let sides =
        plan.todos.iter().filter_map(|todo| if let Todo::Open { rivals, .. } = todo { Some((rivals.first, rivals.second)) } else { None });
    sides.collect()
}

fn played(plan: &Plan) -> Vec<B256> {
    plan.todos.iter().filter_map(|todo| if let Todo::Play { match_id, .. } = todo { Some(*match_id) } else { None }).collect()
}

#[test]
fn a_match_is_opened_with_every_live_rival() {
    let (mut world, honest, liars) = dispute(&[LIAR, OTHER, LIAR]);
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!(opened(&plan).len(), 3);
    assert!(liars.iter().all(|liar| opened(&plan).contains(&(honest, *liar))));
    for todo in &plan.todos {
        let Todo::Open { rivals, .. } = todo else { panic!("{todo:?}") };
        let points = world.points(1);
        world.act(ALICE, Act::OpenAndDissect { rivals: rivals.clone(), points });
    }
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, []);
}

#[test]
fn one_own_stake_is_enough_against_a_rival() {
    let (mut world, honest, _) = dispute(&[LIAR]);
    world.stake(ALICE, world.true_end(&world.confirmed().id));
    assert_eq!(opened(&world.plan(ALICE, CHALLENGER)).iter().map(|sides| sides.0).collect::<Vec<_>>(), [honest]);
}

#[test]
fn no_match_is_opened_from_a_false_assertion() {
    let mut world = World::new();
    let fork = world.confirmed().id;
    world.stake(ALICE, world.false_end(&fork, 1));
    world.stake(LIAR, world.false_end(&fork, 2));
    assert_eq!(opened(&world.plan(ALICE, CHALLENGER)), []);
}

#[test]
fn a_match_that_somebody_opened_without_a_dissection_is_played_from_its_first_round() {
    let (mut world, honest, liars) = dispute(&[LIAR]);
    // The later joiner is on turn: a second honest stake, which came after the liar.
    let (late, _) = world.stake(ALICE, world.true_end(&world.confirmed().id));
    for own in [honest, late] {
        world.open_bare(OTHER, own, liars[0]);
    }
    assert_eq!(played(&world.plan(ALICE, CHALLENGER)), [match_id(late, liars[0])]);
}

#[test]
fn moves_come_in_the_order_of_their_deadlines_and_late_ones_raise_the_alarm() {
    let (mut world, honest, liars) = dispute(&[LIAR, OTHER]);
    for liar in liars.iter().rev() {
        world.open(honest, *liar);
        world.play(&match_id(honest, *liar), 5);
    }
    let ids = [match_id(honest, liars[1]), match_id(honest, liars[0])];
    let deadlines = ids.map(|id| world.ledger().match_by_id(&id).unwrap().deadline(SETTINGS.extension));
    assert!(deadlines[0] < deadlines[1]);
    assert_eq!(played(&world.plan(ALICE, CHALLENGER)), ids);
    world.pass(deadlines[0] - world.now);
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!(played(&plan), ids[1..]);
    assert_eq!(plan.alarms, [Alarm::Overdue { match_id: ids[0], deadline: deadlines[0] }]);
}

#[test]
fn a_rival_whose_time_is_over_loses_by_the_clock() {
    let (mut world, honest, liars) = dispute(&[LIAR]);
    world.open(honest, liars[0]);
    let found = world.ledger().match_of(&honest, &liars[0]).unwrap().clone();
    let deadline = found.deadline(SETTINGS.extension);
    world.pass(deadline - world.now - 1);
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, []);
    world.pass(1);
    let timeout = Act::Timeout { m: Box::new(found.state) };
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, [Todo::Act(timeout.clone())]);
    world.act(ALICE, timeout);
    assert!(played(&world.plan(ALICE, CHALLENGER)).is_empty());
}

#[test]
fn a_match_that_one_side_left_by_losing_elsewhere_is_played_no_more() {
    let (mut world, honest, liars) = dispute(&[LIAR]);
    world.open(honest, liars[0]);
    world.play(&match_id(honest, liars[0]), 3);
    assert_eq!(played(&world.plan(ALICE, CHALLENGER)).len(), 1);
    world.stake(OTHER, world.true_end(&world.confirmed().id));
    world.defeat(OTHER, LIAR);
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, []);
}

#[test]
fn a_match_on_the_false_side_is_not_played() {
    let mut world = World::new();
    let fork = world.confirmed().id;
    let (honest, _) = world.stake(OTHER, world.true_end(&fork));
    let (mistaken, _) = world.stake(ALICE, world.false_end(&fork, 1));
    world.open(honest, mistaken);
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!(plan.todos, []);
    assert!(plan.alarms.contains(&Alarm::CannotWin { match_id: match_id(honest, mistaken), stake: mistaken }));
    world.pass(SETTINGS.window);
    assert!(!plan.alarms.iter().any(|alarm| matches!(alarm, Alarm::Overdue { .. })));
}

#[test]
fn joining_comes_before_all_moves_and_openings_before_moves_that_have_longer() {
    let (mut world, honest, liars) = dispute(&[LIAR]);
    world.open(honest, liars[0]);
    world.play(&match_id(honest, liars[0]), 3);
    let truth = world.ledger().stake(&honest).unwrap().tip;
    let fork = world.confirmed().id;
    let (deep, tip) = world.stake(OTHER, world.true_end(&fork));
    world.append_batch();
    world.pass(SETTINGS.period);
    world.advance(deep, world.false_end(&tip, 1));
    let (other, _) = world.stake(OTHER, world.false_end(&fork, 2));
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!(tip, truth);
    assert!(matches!(plan.todos[0], Todo::Act(Act::Advance { stake, .. }) if stake == honest));
    assert!(matches!(plan.todos[1], Todo::Play { .. }));
    assert!(matches!(plan.todos[2], Todo::Open { .. }));
    assert_eq!(opened(&plan), [(honest, other)]);
}
