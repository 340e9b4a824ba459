//! What is claimed, and why not.

use crate::world::{ALICE, Chain, LIAR, OTHER, SETTINGS, World};
use alloy::primitives::{Address, B256};
use gainsay_game::{
    act::{Act, Claim},
    decide::{Alarm, Idle, OwnChain, Plan, Policy, Todo, decide},
};
use gainsay_types::assertion_id;

const NEWCOMER: Address = Address::repeat_byte(0xe5);
const CHALLENGER: Policy = Policy { propose: false, second: false, list: false };
const PROPOSER: Policy = Policy { propose: true, second: false, list: false };

/// The claims of a plan that has nothing else to do.
fn claims(plan: &Plan) -> &[Claim] {
    assert_eq!(plan.idle, None, "{plan:?}");
    match &plan.todos[..] {
        [Todo::Act(Act::Stake { claims, .. } | Act::Advance { claims, .. })] => claims,
        other => panic!("{other:?}"),
    }
}

/// Where these claims lead from `parent`.
fn destination(parent: B256, claims: &[Claim]) -> B256 {
    claims.iter().fold(parent, |parent, claim| assertion_id(parent, claim.end.hash()))
}

fn idle(plan: &Plan) -> Idle {
    assert_eq!(plan.todos, []);
    plan.idle.unwrap()
}

/// The true line, `depth` assertions deep, built by another.
fn line(world: &mut World, depth: usize) -> Vec<B256> {
    let (stake, mut tip) = world.stake(OTHER, world.true_end(&world.confirmed().id));
    let mut ids = vec![tip];
    while ids.len() < depth {
        world.append_batch();
        world.pass(SETTINGS.period);
        tip = world.advance(stake, world.true_end(&tip));
        ids.push(tip);
    }
    ids
}

#[test]
fn a_proposer_stakes_on_the_right_child_of_the_latest_confirmed_assertion_and_walks_on_in_the_same_call() {
    let mut world = World::new();
    let ids = line(&mut world, 3);
    world.append_batch();
    let genesis = world.confirmed().id;
    let plan = world.plan(ALICE, PROPOSER);
    assert_eq!(destination(genesis, claims(&plan)), ids[2], "the next claim is too early");
    world.pass(SETTINGS.period);
    let plan = world.plan(ALICE, PROPOSER);
    let next = assertion_id(ids[2], world.true_end(&ids[2]).hash());
    assert_eq!(destination(genesis, claims(&plan)), next);
    assert!(matches!(&plan.todos[0], Todo::Act(act) if world.court.clone().act(ALICE, world.now, act).is_ok()));
}

#[test]
fn a_proposer_advances_once_the_least_time_is_over_and_there_is_something_new() {
    let mut world = World::new();
    let (_, first) = world.stake(ALICE, world.true_end(&world.confirmed().id));
    let from = world.assertion(&first).l1_time + SETTINGS.period;
    assert_eq!(idle(&world.plan(ALICE, PROPOSER)), Idle::TooEarly { from });
    world.pass(SETTINGS.period);
    let second = destination(first, claims(&world.plan(ALICE, PROPOSER)));
    let stake = world.ledger().stakes_of(&ALICE).next().unwrap().id;
    assert_eq!(world.advance(stake, world.true_end(&first)), second);
    world.pass(SETTINGS.period);
    assert_eq!(idle(&world.plan(ALICE, PROPOSER)), Idle::NothingNew);
}

#[test]
fn nothing_is_claimed_that_is_not_settled_or_has_other_inputs() {
    let mut world = World::new();
    let (_, first) = world.stake(ALICE, world.true_end(&world.confirmed().id));
    world.pass(SETTINGS.period);
    let plan = |chain: &dyn Fn() -> Chain| decide(world.ledger(), ALICE, &chain(), world.now, &SETTINGS, PROPOSER);
    assert_eq!(destination(first, claims(&plan(&|| world.chain()))), assertion_id(first, world.true_end(&first).hash()));
    assert_eq!(idle(&plan(&|| Chain { settled: 0, ..world.chain() })), Idle::NotSettled);
    let other = gainsay_game::court::Batches::new(vec![B256::repeat_byte(9)]);
    assert_eq!(idle(&plan(&|| Chain { batches: other.clone(), settled: 1 })), Idle::OtherInputs);
    let none = gainsay_game::court::Batches::default();
    assert_eq!(idle(&plan(&|| Chain { batches: none.clone(), settled: 1 })), Idle::NotSettled);
}

#[test]
fn before_anything_is_read_nothing_is_claimed() {
    let world = World::new();
    let ledger = gainsay_game::ledger::Ledger::default();
    assert_eq!(idle(&decide(&ledger, ALICE, &world.chain(), 0, &SETTINGS, PROPOSER)), Idle::NoAssertions);
}

#[test]
fn a_challenger_stakes_nothing_as_long_as_nobody_lies() {
    let mut world = World::new();
    assert_eq!(idle(&world.plan(ALICE, CHALLENGER)), Idle::NothingDisputed);
    line(&mut world, 3);
    world.append_batch();
    world.pass(SETTINGS.period);
    assert_eq!(idle(&world.plan(ALICE, CHALLENGER)), Idle::NothingDisputed);
}

#[test]
fn a_challenger_creates_the_true_child_once_a_false_one_exists() {
    let mut world = World::new();
    let genesis = world.confirmed().id;
    world.stake(LIAR, world.false_end(&genesis, 1));
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!(claims(&plan), [world.claim(&genesis, world.true_end(&genesis)).0]);
}

#[test]
fn a_challenger_answers_a_false_assertion_on_which_nobody_stands_any_more() {
    let mut world = World::new();
    let genesis = world.confirmed().id;
    let (_, truth) = world.stake(OTHER, world.true_end(&genesis));
    world.stake(LIAR, world.false_end(&genesis, 1));
    world.defeat(OTHER, LIAR);
    assert_eq!(world.ledger().live(&assertion_id(genesis, world.false_end(&genesis, 1).hash())), 0);
    assert_eq!(destination(genesis, claims(&world.plan(ALICE, CHALLENGER))), truth, "anybody could still join it");
}

#[test]
fn a_challenger_walks_to_the_deepest_lie_and_no_further() {
    let mut world = World::new();
    let ids = line(&mut world, 4);
    let (stake, _) = world.stake(LIAR, world.true_end(&world.confirmed().id));
    world.advance(stake, world.true_end(&ids[0]));
    world.advance(stake, world.false_end(&ids[1], 1));
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!(destination(world.confirmed().id, claims(&plan)), ids[2]);
    let Todo::Act(act) = plan.todos[0].clone() else { panic!() };
    world.act(ALICE, act);
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!(plan.idle, Some(Idle::NothingDisputed));
}

#[test]
fn a_long_way_is_walked_in_several_calls() {
    let mut world = World::new();
    let ids = line(&mut world, 70);
    let Todo::Act(act) = world.plan(ALICE, PROPOSER).todos[0].clone() else { panic!() };
    assert!(matches!(&act, Act::Stake { claims, .. } if claims.len() == 64));
    world.act(ALICE, act);
    let plan = world.plan(ALICE, PROPOSER);
    assert_eq!(destination(ids[63], claims(&plan)[..6].as_ref()), ids[69]);
}

#[test]
fn a_challenger_comes_to_a_lie_that_is_further_off_than_one_call_reaches() {
    let mut world = World::new();
    let ids = line(&mut world, 66);
    let (stake, mut tip) = world.stake(LIAR, world.true_end(&world.confirmed().id));
    for _ in 1..66 {
        tip = world.advance(stake, world.true_end(&tip));
    }
    world.append_batch();
    world.pass(SETTINGS.period);
    world.advance(stake, world.false_end(&tip, 1));
    for _ in 0..2 {
        let Todo::Act(act) = world.plan(ALICE, CHALLENGER).todos[0].clone() else { panic!() };
        world.act(ALICE, act);
    }
    let truth = assertion_id(ids[65], world.true_end(&ids[65]).hash());
    assert_eq!(world.ledger().stakes_of(&ALICE).next().unwrap().tip, truth);
}

#[test]
fn a_fork_that_is_closed_is_waited_for_and_told() {
    let mut world = World::new();
    let fork = world.confirmed().id;
    world.stake(LIAR, world.false_end(&fork, 1));
    let t0 = world.now;
    world.pass(SETTINGS.window - SETTINGS.clock - 1);
    assert_eq!(claims(&world.plan(ALICE, CHALLENGER)).len(), 1);
    world.pass(1);
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!(idle(&plan), Idle::SiblingsClosed { fork, until: t0 + 600 });
    assert_eq!(plan.alarms, [Alarm::Undefended { fork }]);
}

#[test]
fn a_true_assertion_can_be_joined_until_the_window_is_over() {
    let mut world = World::new();
    let fork = world.confirmed().id;
    world.stake(OTHER, world.true_end(&fork));
    let t0 = world.now;
    world.stake(LIAR, world.false_end(&fork, 1));
    world.pass(SETTINGS.window - 2);
    assert_eq!(claims(&world.plan(ALICE, CHALLENGER)).len(), 1);
    world.pass(1);
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!(idle(&plan), Idle::JoiningClosed { fork, until: t0 + 1000 });
    assert_eq!(plan.alarms, [], "somebody is there");
}

#[test]
fn an_only_child_can_be_joined_as_long_as_it_is_not_confirmed() {
    let mut world = World::new();
    let ids = line(&mut world, 1);
    world.pass(SETTINGS.window);
    let plan = world.plan(ALICE, PROPOSER);
    let joins =
        plan.todos.iter().find_map(|todo| if let Todo::Act(Act::Stake { claims, .. }) = todo { Some(claims.clone()) } else { None });
    assert_eq!(destination(world.confirmed().id, &joins.unwrap()[..1]), ids[0]);
}

#[test]
fn a_fork_with_nobody_left_opens_again_for_all_its_children() {
    let mut world = World::new();
    let genesis = world.confirmed().id;
    let others = [0, 1].map(|_| world.stake(OTHER, world.true_end(&genesis)).0);
    let fork = world.ledger().stake(&others[0]).unwrap().tip;
    world.stake(ALICE, world.true_end(&genesis));
    world.stake(LIAR, world.false_end(&genesis, 1));
    world.append_batch();
    world.pass(SETTINGS.period);
    let lies = [(others[0], 1), (others[1], 2)].map(|(stake, variant)| (stake, world.advance(stake, world.false_end(&fork, variant))));
    let closes_at = world.now + SETTINGS.window;
    // Who stood below the fork loses above it, and keeps its record below.
    world.defeat(LIAR, OTHER);
    world.defeat(LIAR, OTHER);
    world.defeat(ALICE, LIAR);
    world.pass(closes_at.saturating_sub(world.now));
    world.act(ALICE, Act::Confirm { id: fork });
    for (stake, id) in lies {
        let plan = world.plan(NEWCOMER, PROPOSER);
        assert!(matches!(plan.idle, Some(Idle::SiblingsClosed { .. })));
        let evict = Act::Evict { stake, id };
        assert!(plan.todos.contains(&Todo::Act(evict.clone())));
        world.act(NEWCOMER, evict);
    }
    let plan = world.plan(NEWCOMER, PROPOSER);
    assert_eq!(claims(&plan), [world.claim(&fork, world.true_end(&fork)).0]);
    let Todo::Act(act) = plan.todos[0].clone() else { panic!() };
    world.act(NEWCOMER, act);
    let times = world.ledger().fork(&fork).unwrap();
    assert_eq!((times.first_child_at, times.second_child_at), (world.now, Some(world.now)));
    crate::agreement::check(&world);
}

#[test]
fn an_own_stake_on_a_false_assertion_raises_the_alarm_and_stays_where_it_is() {
    let mut world = World::new();
    let (stake, assertion) = world.stake(ALICE, world.false_end(&world.confirmed().id, 1));
    world.pass(SETTINGS.period);
    for policy in [PROPOSER, CHALLENGER] {
        let plan = world.plan(ALICE, policy);
        assert_eq!(idle(&plan), Idle::OwnTipFalse);
        assert_eq!(plan.alarms[0], Alarm::OwnTipFalse { stake, assertion });
    }
}

#[test]
fn below_a_false_assertion_that_is_confirmed_nothing_is_claimed() {
    let mut world = World::new();
    let (_, lie) = world.stake(LIAR, world.false_end(&world.confirmed().id, 1));
    world.pass(SETTINGS.window);
    world.act(LIAR, Act::Confirm { id: lie });
    let plan = world.plan(ALICE, PROPOSER);
    assert_eq!(idle(&plan), Idle::ConfirmedFalse);
    assert_eq!(plan.alarms, [Alarm::ConfirmedFalse { assertion: lie }]);
}

#[test]
fn the_chain_is_asked_for_each_assertion_on_the_right_path_once() {
    struct Counted<'a>(Chain, &'a std::cell::Cell<usize>);
    impl OwnChain for Counted<'_> {
        fn end_state(&self, parent: &gainsay_types::State, target: u64) -> Option<gainsay_types::State> {
            self.1.set(self.1.get() + 1);
            self.0.end_state(parent, target)
        }
        fn inputs_hash(&self, target: u64) -> Option<B256> {
            self.0.inputs_hash(target)
        }
        fn batch_count(&self) -> u64 {
            self.0.batch_count()
        }
    }
    let mut world = World::new();
    line(&mut world, 20);
    let asked = std::cell::Cell::new(0);
    let _ = decide(world.ledger(), ALICE, &Counted(world.chain(), &asked), world.now, &SETTINGS, PROPOSER);
    assert_eq!(asked.get(), 21);
}
