//! How forks end: evictions, confirmations, and who is paid.

use crate::world::{ALICE, LIAR, OTHER, SETTINGS, World};
use alloy::primitives::{B256, U256};
use gainsay_game::{
    act::Act,
    decide::{Idle, Plan, Policy, Todo},
};
use gainsay_types::assertion_id;
use std::collections::BTreeSet;

const CHALLENGER: Policy = Policy { propose: false, second: false, list: false };
const PROPOSER: Policy = Policy { propose: true, second: false, list: false };
const WITH_SECOND: Policy = Policy { propose: true, second: true, list: false };

/// An own stake that has won a match on the true child of the first fork; both, and the loser.
fn won() -> (World, U256, B256, U256) {
    let mut world = World::new();
    let genesis = world.confirmed().id;
    let (honest, truth) = world.stake(ALICE, world.true_end(&genesis));
    let (liar, _) = world.stake(LIAR, world.false_end(&genesis, 1));
    world.defeat(ALICE, LIAR);
    (world, honest, truth, liar)
}

/// Goes on until the window of the latest confirmed assertion's fork is over.
fn close(world: &mut World) {
    let closes_at = world.ledger().fork(&world.confirmed().id).unwrap().closes_at(SETTINGS.window);
    world.pass(closes_at - world.now);
}

#[test]
fn the_true_child_is_confirmed_when_the_window_is_over_and_no_rival_is_left() {
    let (mut world, _, truth, _) = won();
    let confirm = Todo::Act(Act::Confirm { id: truth });
    let closes_at = world.ledger().fork(&world.confirmed().id).unwrap().closes_at(SETTINGS.window);
    world.pass(closes_at - world.now - 1);
    assert!(!world.plan(ALICE, CHALLENGER).todos.contains(&confirm));
    world.pass(1);
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, [confirm]);
}

#[test]
fn nothing_is_confirmed_while_a_rival_lives_nor_a_false_assertion_ever() {
    let mut world = World::new();
    let genesis = world.confirmed().id;
    world.stake(ALICE, world.true_end(&genesis));
    world.stake(LIAR, world.false_end(&genesis, 1));
    close(&mut world);
    assert!(world.plan(ALICE, CHALLENGER).todos.iter().all(|todo| !matches!(todo, Todo::Act(Act::Confirm { .. }))));
    world.defeat(LIAR, ALICE);
    assert!(world.plan(ALICE, PROPOSER).todos.is_empty());
}

#[test]
fn who_has_nothing_at_stake_leaves_the_confirmation_to_others_for_a_while() {
    let (mut world, _, truth, _) = won();
    close(&mut world);
    let confirm = Todo::Act(Act::Confirm { id: truth });
    assert_eq!(world.plan(OTHER, CHALLENGER).todos, []);
    assert!(world.plan(OTHER, PROPOSER).todos.contains(&confirm));
    world.pass(SETTINGS.extension);
    assert_eq!(world.plan(OTHER, CHALLENGER).todos, [confirm]);
}

#[test]
fn a_loser_is_evicted_where_its_record_would_block_the_next_confirmation() {
    let mut world = World::new();
    let genesis = world.confirmed().id;
    let (own, first) = world.stake(ALICE, world.true_end(&genesis));
    world.append_batch();
    world.pass(SETTINGS.period);
    let second = world.advance(own, world.true_end(&first));
    let (loser, _) = world.stake(OTHER, world.true_end(&genesis));
    let lie = world.advance(loser, world.false_end(&first, 1));
    world.stake(LIAR, world.false_end(&genesis, 1));
    world.defeat(LIAR, OTHER);
    world.defeat(ALICE, LIAR);
    let evict = Todo::Act(Act::Evict { stake: loser, id: lie });
    let plan = world.plan(ALICE, PROPOSER);
    assert!(!plan.todos.contains(&evict), "the fork above is still open");
    assert!(plan.todos.iter().all(|todo| !matches!(todo, Todo::Open { .. })), "it has lost already");
    close(&mut world);
    world.act(ALICE, Act::Confirm { id: first });
    assert!(world.plan(ALICE, PROPOSER).todos.contains(&evict));
    world.act(ALICE, Act::Evict { stake: loser, id: lie });
    close(&mut world);
    assert!(world.plan(ALICE, PROPOSER).todos.contains(&Todo::Act(Act::Confirm { id: second })));
}

#[test]
fn a_challenger_leaves_with_bond_and_prize_once_nothing_is_left_to_defend() {
    let (mut world, honest, truth, liar) = won();
    close(&mut world);
    world.act(ALICE, Act::Confirm { id: truth });
    let plan = world.plan(ALICE, CHALLENGER);
    assert_eq!((plan.todos, plan.idle), (vec![Todo::Act(Act::Withdraw { stake: honest })], Some(Idle::Leaving)));
    world.act(ALICE, Act::Withdraw { stake: honest });
    let reward = Act::Reward { m: Box::new(world.ledger().match_of(&honest, &liar).unwrap().state.clone()), winner: honest };
    let claim = Todo::Act(Act::Claim { to: ALICE });
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, [Todo::Act(reward.clone()), claim.clone()]);
    world.act(ALICE, reward);
    assert_eq!(world.ledger().owed(&ALICE), SETTINGS.bond + U256::from(501), "all of the half that is not burned");
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, [claim]);
    world.act(ALICE, Act::Claim { to: ALICE });
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, []);
}

#[test]
fn a_challenger_that_left_stakes_anew_where_a_lie_is_still_open() {
    let mut world = World::new();
    let genesis = world.confirmed().id;
    let (other, first) = world.stake(OTHER, world.true_end(&genesis));
    let (own, _) = world.stake(ALICE, world.true_end(&genesis));
    world.append_batch();
    world.pass(SETTINGS.period);
    let second = world.advance(other, world.true_end(&first));
    for id in [first, second] {
        close(&mut world);
        world.act(OTHER, Act::Confirm { id });
    }
    world.act(ALICE, Act::Withdraw { stake: own });
    world.act(ALICE, Act::Claim { to: ALICE });
    world.act(LIAR, Act::Stake { parent: second, claims: vec![world.claim(&second, world.false_end(&second, 1)).0] });
    let claim = world.claim(&second, world.true_end(&second)).0;
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, [Todo::Act(Act::Stake { parent: second, claims: vec![claim] })]);
    let next = world.court.next_stake_id(ALICE);
    assert_eq!(next, own + U256::from(1));
}

#[test]
fn a_challenger_on_a_confirmed_tip_goes_on_from_there_to_the_next_lie() {
    let (mut world, honest, truth, _) = won();
    close(&mut world);
    world.act(ALICE, Act::Confirm { id: truth });
    world.act(LIAR, Act::Stake { parent: truth, claims: vec![world.claim(&truth, world.false_end(&truth, 1)).0] });
    let claim = world.claim(&truth, world.true_end(&truth)).0;
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, [Todo::Act(Act::Advance { stake: honest, claims: vec![claim] })]);
}

#[test]
fn a_bond_that_came_back_is_claimed_before_it_is_staked_again() {
    let (mut world, honest, truth, _) = won();
    close(&mut world);
    world.act(ALICE, Act::Confirm { id: truth });
    world.act(ALICE, Act::Withdraw { stake: honest });
    let plan = world.plan(ALICE, PROPOSER);
    assert_eq!(plan.idle, Some(Idle::BondUnclaimed));
    assert!(matches!(&plan.todos[..], [Todo::Act(Act::Reward { .. }), Todo::Act(Act::Claim { .. })]), "{plan:?}");
}

#[test]
fn a_stake_above_what_is_confirmed_leaves_or_comes_past_it_with_its_next_claim() {
    let mut world = World::new();
    let genesis = world.confirmed().id;
    let (own, first) = world.stake(ALICE, world.true_end(&genesis));
    let (other, _) = world.stake(OTHER, world.true_end(&genesis));
    world.append_batch();
    world.pass(SETTINGS.period);
    let second = world.advance(other, world.true_end(&first));
    close(&mut world);
    world.act(OTHER, Act::Confirm { id: first });
    close(&mut world);
    world.act(OTHER, Act::Confirm { id: second });
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, [Todo::Act(Act::Withdraw { stake: own })]);
    let claims = [first, second].map(|parent| world.claim(&parent, world.true_end(&parent)).0).to_vec();
    let advance = Act::Advance { stake: own, claims };
    assert_eq!(world.plan(ALICE, PROPOSER).todos, [Todo::Act(advance.clone())]);
    // So does a challenger, once there is something to defend: it need not leave, claim its bond and enter again first.
    world.act(LIAR, Act::Stake { parent: second, claims: vec![world.claim(&second, world.false_end(&second, 1)).0] });
    assert_eq!(world.plan(ALICE, CHALLENGER).todos, [Todo::Act(advance.clone())]);
    world.act(ALICE, advance);
    let third = assertion_id(second, world.true_end(&second).hash());
    let stake = world.ledger().stake(&own).expect("it lives");
    assert_eq!((stake.tip, stake.records.keys().copied().collect::<BTreeSet<_>>()), (third, BTreeSet::from([first, third])));
    assert!(world.ledger().contradiction().is_none());
}

#[test]
fn a_proposer_that_has_earned_a_prize_goes_on_with_a_second_stake_and_lets_the_first_rest() {
    let (mut world, first, truth, _) = won();
    world.append_batch();
    let advances = |plan: &Plan| matches!(&plan.todos[..], [Todo::Act(Act::Advance { .. })]);
    assert!(advances(&world.plan(ALICE, WITH_SECOND)), "a second stake would come late to a dispute that anybody can still join");
    let tip = world.advance(first, world.true_end(&truth));
    close(&mut world);
    world.act(OTHER, Act::Confirm { id: truth });
    world.append_batch();
    assert!(advances(&world.plan(ALICE, PROPOSER)), "without a second bond it goes on");
    let claims = vec![world.claim(&truth, world.true_end(&truth)).0, world.claim(&tip, world.true_end(&tip)).0];
    let stake = Act::Stake { parent: truth, claims };
    assert_eq!(world.plan(ALICE, WITH_SECOND).todos, [Todo::Act(stake.clone())]);
    world.act(ALICE, stake);
    close(&mut world);
    world.append_batch();
    world.act(OTHER, Act::Confirm { id: tip });
    let plan = world.plan(ALICE, WITH_SECOND);
    let second = first + U256::from(1);
    assert!(matches!(&plan.todos[0], Todo::Act(Act::Advance { stake, .. }) if *stake == second), "{plan:?}");
    assert_eq!(plan.todos[1..], [Todo::Act(Act::Withdraw { stake: first })]);
}
