//! What the ledger says is what the contracts hold.

use crate::world::{ALICE, LIAR, OTHER, SETTINGS, World};
use alloy::primitives::U256;
use gainsay_game::{court::AssertionRecord, ledger::StakeStatus};

/// Panics where ledger and contracts differ.
pub(crate) fn check(world: &World) {
    assert_eq!(world.ledger().contradiction(), None);
    assertions(world);
    stakes(world);
    matches(world);
    for owner in [ALICE, LIAR, OTHER] {
        assert_eq!(world.ledger().owed(&owner), world.court.owed(&owner));
    }
}

fn assertions(world: &World) {
    let (ledger, court) = (world.ledger(), &world.court);
    assert_eq!(ledger.assertions().iter().count(), court.assertions().count());
    assert_eq!(ledger.assertions().latest_confirmed().unwrap().id, court.latest_confirmed());
    for (id, record) in court.assertions() {
        let found = ledger.assertions().get(id).unwrap();
        assert_eq!((found.parent, found.end, found.target), (record.parent, record.end, record.target));
        assert_eq!((found.inputs_hash, found.l1_time), (record.inputs_hash, record.created_at));
        assert_eq!(found.confirmed_in.is_some(), record.confirmed);
        assert_eq!(ledger.listed(id), court.game_of(id).is_some());
        let times = ledger.fork(id);
        assert_eq!(times.map(|times| times.first_child_at), record.first_child_at);
        assert_eq!(times.and_then(|times| times.second_child_at), record.second_child_at);
        counters(world, id, record);
    }
}

/// Where something is still to be decided: stakes that left are forgotten, and stand on what is decided.
fn counters(world: &World, id: &alloy::primitives::B256, record: &AssertionRecord) {
    if !record.confirmed {
        assert_eq!(world.ledger().live(id) as u64, record.live);
    }
    if !record.child_confirmed {
        assert_eq!(world.ledger().live_children(id) as u64, record.live_children);
    }
}

fn stakes(world: &World) {
    let (ledger, court) = (world.ledger(), &world.court);
    assert!(ledger.stakes().all(|stake| court.stake_record(&stake.id).is_some()));
    for (id, record) in court.stake_records() {
        let Some(found) = ledger.stake(id) else {
            assert_ne!(record.status, StakeStatus::Live, "a live stake is forgotten");
            assert_eq!(unrewarded(world, *id), 0, "a stake is forgotten that has something to get");
            continue;
        };
        assert_eq!((found.status, found.tip, &found.records), (record.status, record.tip, &record.joined));
        assert_eq!(found.prize(SETTINGS.bond), record.prize);
        assert_eq!(found.moves_against, court.moves_against(id));
        for node in found.records.keys() {
            assert_eq!(ledger.stakes_on(node).filter(|stake| stake.id == *id).count(), 1);
        }
    }
}

/// Moves of a stake that can be or may become rewarded.
fn unrewarded(world: &World, stake: U256) -> u64 {
    let lost = |id| world.court.stake_record(&id).is_some_and(|record| record.status == StakeStatus::Defeated);
    let count = |(_, m): (_, &gainsay_bindings::Matches::Match)| match stake {
        id if id == m.mover && lost(m.rival) => u64::from(m.moverMoves),
        id if id == m.rival && lost(m.mover) => u64::from(m.rivalMoves),
        _ => 0,
    };
    world.court.matches().map(count).sum()
}

fn matches(world: &World) {
    let (ledger, court) = (world.ledger(), &world.court);
    assert!(ledger.matches().all(|found| court.match_of(&found.id).is_some()));
    for (id, state) in court.matches() {
        let sides = [state.mover, state.rival].map(|id| court.stake_record(&id).unwrap().status);
        let Some(found) = ledger.match_by_id(id) else {
            assert_ne!(sides, [StakeStatus::Live; 2], "a match is forgotten that goes on");
            assert!(sides[1] != StakeStatus::Defeated || state.moverMoves == 0);
            assert!(sides[0] != StakeStatus::Defeated || state.rivalMoves == 0);
            continue;
        };
        assert_eq!(&found.state, state);
        if sides != [StakeStatus::Live; 2] {
            assert!(found.dissection.is_none() && !ledger.is_ongoing(found), "leaves are kept of what is over");
        }
        for stake in [state.mover, state.rival] {
            assert_eq!(ledger.matches_of(&stake).filter(|found| found.id == *id).count(), 1);
        }
    }
}
