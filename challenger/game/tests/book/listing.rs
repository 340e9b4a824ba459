//! Games: what is listed, in which order, and what never is.

use crate::world::{ALICE, GAMES, LIAR, OTHER, SETTINGS, World};
use alloy::primitives::{Address, B256, U256};
use gainsay_game::{
    act::Act,
    assertions::Assertion,
    decide::{Policy, Todo, decide},
};

const LISTER: Policy = Policy { propose: false, second: false, list: true };

/// The true line, so many assertions deep, and the stake of another that built it.
fn line(depth: usize) -> (World, U256, Vec<B256>) {
    let mut world = World::new();
    let (stake, mut tip) = world.stake(OTHER, world.true_end(&world.confirmed().id));
    let mut ids = vec![tip];
    while ids.len() < depth {
        world.append_batch();
        world.pass(SETTINGS.period);
        tip = world.advance(stake, world.true_end(&tip));
        ids.push(tip);
    }
    (world, stake, ids)
}

fn listing(assertion: &Assertion) -> Act {
    Act::List { parent: assertion.parent, end: assertion.end }
}

/// What the plan of who lists has to list now.
fn planned(world: &World) -> Vec<Act> {
    let todos = world.plan(ALICE, LISTER).todos;
    todos.into_iter().filter_map(|todo| if let Todo::Act(act @ Act::List { .. }) = todo { Some(act) } else { None }).collect()
}

#[test]
fn the_right_path_is_listed_one_assertion_after_the_other_parents_first() {
    let (mut world, _, ids) = line(4);
    for (place, id) in ids.iter().enumerate() {
        let next = listing(&world.assertion(id));
        assert_eq!(planned(&world), std::slice::from_ref(&next));
        world.act(ALICE, next);
        assert!(world.ledger().listed(id));
        assert_eq!(world.court.game_of(id), Some(GAMES.create(2 + place as u64)));
    }
    assert_eq!(planned(&world), []);
}

#[test]
fn who_is_not_there_for_it_lists_nothing() {
    let (world, ..) = line(3);
    for policy in [Policy { list: false, ..LISTER }, Policy { propose: true, second: true, list: false }] {
        let plan = world.plan(OTHER, policy);
        assert!(!plan.todos.iter().any(|todo| matches!(todo, Todo::Act(Act::List { .. }))), "{plan:?}");
    }
}

#[test]
fn the_first_assertion_of_all_is_never_listed() {
    let mut world = World::new();
    assert_eq!(planned(&world), []);
    let genesis = world.confirmed();
    let refusal = world.block(1, &[(ALICE, listing(&genesis))]).remove(0).unwrap_err();
    assert_eq!(refusal.name(), "ParentNotListed");
}

#[test]
fn what_somebody_else_has_listed_is_passed_over() {
    let (mut world, _, ids) = line(3);
    for id in &ids[..2] {
        world.act(LIAR, listing(&world.assertion(id)));
    }
    assert_eq!(planned(&world), [listing(&world.assertion(&ids[2]))]);
}

#[test]
fn a_false_assertion_is_never_listed_nor_what_comes_below_it() {
    let (mut world, stake, ids) = line(1);
    world.append_batch();
    world.pass(SETTINGS.period);
    let fork = world.confirmed().id;
    let (liar, _) = world.stake(LIAR, world.false_end(&fork, 1));
    world.act(ALICE, listing(&world.assertion(&ids[0])));
    world.pass(SETTINGS.period);
    world.advance(liar, world.false_end(&world.ledger().stake(&liar).unwrap().tip, 2));
    assert_eq!(planned(&world), [], "the true one has no child yet");
    let next = world.advance(stake, world.true_end(&ids[0]));
    assert_eq!(planned(&world), [listing(&world.assertion(&next))], "a rival does not keep the true line from being listed");
}

#[test]
fn nothing_is_listed_below_a_false_assertion_that_is_confirmed() {
    let mut world = World::new();
    let (liar, lie) = world.stake(LIAR, world.false_end(&world.confirmed().id, 1));
    world.append_batch();
    world.pass(SETTINGS.window);
    world.act(LIAR, Act::Confirm { id: lie });
    world.advance(liar, world.true_end(&lie));
    assert_eq!(planned(&world), []);
}

#[test]
fn what_is_not_settled_is_not_listed_although_another_claims_it() {
    // The first child of genesis claims what genesis does: nothing has to be derived for it.
    let (mut world, _, ids) = line(2);
    world.act(ALICE, listing(&world.assertion(&ids[0])));
    assert_eq!(planned(&world), [listing(&world.assertion(&ids[1]))]);
    let mut behind = world.chain();
    behind.settled = 0;
    let plan = decide(world.ledger(), ALICE, &behind, world.now, &SETTINGS, LISTER);
    assert_eq!(plan.todos, []);
}

#[test]
fn the_latest_confirmed_assertion_is_listed_although_nobody_listed_those_before_it() {
    let (mut world, _, ids) = line(3);
    world.pass(SETTINGS.window);
    for id in &ids[..2] {
        world.act(OTHER, Act::Confirm { id: *id });
    }
    let next = listing(&world.assertion(&ids[1]));
    assert_eq!(planned(&world), std::slice::from_ref(&next));
    world.act(ALICE, next);
    assert_eq!(planned(&world), [listing(&world.assertion(&ids[2]))]);
    assert!(!world.ledger().listed(&ids[0]));
}

#[test]
fn whatever_has_a_time_comes_before_listing() {
    let (mut world, ..) = line(1);
    let fork = world.confirmed().id;
    let (honest, _) = world.stake(ALICE, world.true_end(&fork));
    let (liar, _) = world.stake(LIAR, world.false_end(&fork, 1));
    world.open(liar, honest);
    let (late, _) = world.stake(LIAR, world.false_end(&fork, 2));
    let todos = world.plan(ALICE, LISTER).todos;
    assert!(
        matches!(&todos[..], [Todo::Play { .. }, Todo::Open { rivals, .. }, Todo::Act(Act::List { .. })] if rivals.second == late),
        "{todos:?}"
    );
}

#[test]
fn what_a_reorganisation_took_off_the_list_is_listed_again() {
    let (mut world, _, ids) = line(2);
    for id in &ids {
        world.act(ALICE, listing(&world.assertion(id)));
    }
    world.rewind(1);
    assert!(world.ledger().listed(&ids[0]) && !world.ledger().listed(&ids[1]));
    assert_eq!(planned(&world), [listing(&world.assertion(&ids[1]))]);
}

#[test]
fn games_refuses_what_is_unknown_listed_already_or_too_early() {
    let (mut world, _, ids) = line(2);
    let [first, second] = [0, 1].map(|place| world.assertion(&ids[place]));
    let refused = |world: &mut World, act: Act| world.block(1, &[(ALICE, act)]).remove(0).unwrap_err();
    let unknown = Act::List { parent: first.parent, end: second.end };
    assert_eq!(refused(&mut world, unknown).name(), "UnknownAssertion");
    let early = refused(&mut world, listing(&second));
    assert_eq!(
        (early.name(), early.to_string()),
        ("ParentNotListed", format!("Games refuses it: ParentNotListed {{ parent: {} }}", first.id))
    );
    world.act(LIAR, listing(&first));
    let again = refused(&mut world, listing(&first));
    assert_eq!(again.name(), "AlreadyListed");
    assert_eq!(again.output()[..][16..], GAMES.create(2)[..]);
    assert_ne!(GAMES, Address::ZERO);
}
