//! Events that the contracts cannot emit next: each is refused for its own reason, and changes nothing.

use crate::world::{ALICE, LIAR, OTHER, World, lie};
use alloy::primitives::{Address, B256, U256, aliases::U40};
use gainsay_bindings::Matches::Match;
use gainsay_game::{
    book::Book,
    ledger::{Contradiction, Ledger, StakeStatus},
    matches::match_id,
};
use gainsay_l1::{GamesEvent, L1Block, L1Event, MatchesEvent, RollupEvent};
use gainsay_types::assertion_id;

/// The honest stake, the liar, one that has lost to it, and the match of the first two.
fn world() -> (World, U256, U256, U256) {
    let mut world = World::new();
    let fork = world.confirmed().id;
    let (honest, _) = world.stake(ALICE, world.true_end(&fork));
    let (loser, _) = world.stake(OTHER, world.true_end(&fork));
    let (liar, _) = world.stake(LIAR, world.false_end(&fork, 1));
    world.defeat(LIAR, OTHER);
    world.open(honest, liar);
    (world, honest, liar, loser)
}

/// Everything that a reader can see, but for the contradictions.
fn seen(ledger: &Ledger) -> impl PartialEq + std::fmt::Debug {
    let owners = [ALICE, LIAR, OTHER, Address::ZERO];
    (
        ledger.assertions().clone(),
        ledger.assertions().iter().map(|found| (ledger.fork(&found.id).copied(), ledger.listed(&found.id))).collect::<Vec<_>>(),
        ledger.stakes().cloned().collect::<Vec<_>>(),
        ledger.matches().cloned().collect::<Vec<_>>(),
        owners.map(|owner| ledger.owed(&owner)),
    )
}

fn refused(world: &World, event: L1Event) -> Contradiction {
    let mut book: Book = world.book.clone();
    let block = L1Block { number: 10_000, hash: B256::ZERO, parent_hash: B256::ZERO, timestamp: world.now + 1 };
    book.apply(&block, &[event]);
    assert_eq!(seen(book.ledger()), seen(world.ledger()));
    assert_eq!(book.ledger().contradictions(), 1);
    let (number, contradiction) = book.ledger().contradiction().unwrap().clone();
    assert_eq!(number, 10_000);
    contradiction
}

#[test]
fn assertions_that_cannot_be_are_refused() {
    let (world, honest, ..) = world();
    let genesis = world.confirmed();
    let tip = world.ledger().stake(&honest).unwrap().tip;
    let unknown = B256::repeat_byte(7);
    let created =
        |parent, end: gainsay_types::State, id| RollupEvent::AssertionCreated { id, parent, end, target: 1, inputs_hash: B256::ZERO };
    let (first, other) = (genesis.end, lie(1, 9));
    let confirmed = |id| RollupEvent::AssertionConfirmed { id };
    let again = assertion_id(B256::ZERO, other.hash());
    let cases = [
        (created(genesis.id, other, unknown), Contradiction::WrongId { id: unknown }),
        (created(B256::ZERO, first, genesis.id), Contradiction::CreatedAgain { id: genesis.id }),
        (created(B256::ZERO, other, again), Contradiction::CreatedAgain { id: again }),
        (created(unknown, other, assertion_id(unknown, other.hash())), Contradiction::UnknownAssertion { id: unknown }),
        (confirmed(unknown), Contradiction::UnknownAssertion { id: unknown }),
        (confirmed(genesis.id), Contradiction::NotNext { id: genesis.id }),
        (RollupEvent::ForkReopened { parent: tip }, Contradiction::NoFork { parent: tip }),
    ];
    for (event, expected) in cases {
        assert_eq!(refused(&world, L1Event::Rollup(event)), expected);
    }
}

#[test]
fn stakes_that_cannot_be_or_move_are_refused() {
    let (world, honest, liar, loser) = world();
    let unknown = U256::from(5);
    let (genesis, lost) = (world.confirmed().id, B256::repeat_byte(7));
    let tip = world.ledger().stake(&honest).unwrap().tip;
    let wei = |amount| U256::from(amount);
    let not_live = Contradiction::WrongStatus { stake: loser, status: StakeStatus::Defeated };
    let live = |stake| Contradiction::WrongStatus { stake, status: StakeStatus::Live };
    let placed = |stake, owner| RollupEvent::StakePlaced { stake, owner };
    let cases = [
        (placed(honest, ALICE), Contradiction::NotNextStake { stake: honest, owner: ALICE }),
        (placed(honest + wei(1), LIAR), Contradiction::NotNextStake { stake: honest + wei(1), owner: LIAR }),
        (RollupEvent::StakeMoved { stake: unknown, assertion: tip }, Contradiction::UnknownStake { stake: unknown }),
        (RollupEvent::StakeMoved { stake: honest, assertion: lost }, Contradiction::UnknownAssertion { id: lost }),
        (RollupEvent::StakeMoved { stake: honest, assertion: tip }, Contradiction::NotBelowTip { stake: honest, assertion: tip }),
        (RollupEvent::StakeMoved { stake: loser, assertion: tip }, not_live.clone()),
        (RollupEvent::StakeWithdrawn { stake: honest, amount: wei(1001) }, Contradiction::TipUnconfirmed { stake: honest }),
        (RollupEvent::StakeWithdrawn { stake: loser, amount: wei(1001) }, not_live.clone()),
        (RollupEvent::StakeDefeated { stake: loser, assertion: tip, burned: wei(500) }, not_live),
        (
            RollupEvent::StakeDefeated { stake: honest, assertion: genesis, burned: wei(500) },
            Contradiction::NotRecorded { stake: honest, assertion: genesis },
        ),
        (RollupEvent::StakeEvicted { stake: honest, assertion: tip }, live(honest)),
        (RollupEvent::StakeEvicted { stake: loser, assertion: tip }, Contradiction::NotRecorded { stake: loser, assertion: tip }),
        (RollupEvent::PrizeAwarded { winner: liar, loser, amount: wei(1), lost: false }, live(liar)),
        (
            RollupEvent::PrizeAwarded { winner: loser, loser, amount: wei(502), lost: true },
            Contradiction::TooMuchAwarded { loser, amount: wei(502) },
        ),
        (RollupEvent::Paid { owner: ALICE, to: ALICE, amount: wei(1) }, Contradiction::NotOwed { owner: ALICE, amount: wei(1) }),
        (RollupEvent::Paid { owner: ALICE, to: ALICE, amount: wei(0) }, Contradiction::NotOwed { owner: ALICE, amount: wei(0) }),
    ];
    for (event, expected) in cases {
        assert_eq!(refused(&world, L1Event::Rollup(event)), expected);
    }
}

#[test]
fn what_is_wrong_with_the_list_of_games_keeps_nobody_from_playing() {
    let (world, honest, ..) = world();
    let tip = world.ledger().stake(&honest).unwrap().tip;
    let listed = |assertion, index| L1Event::Games(GamesEvent::Listed { assertion, index, game: Address::ZERO });
    let mut book: Book = world.book.clone();
    let block = L1Block { number: 10_000, hash: B256::ZERO, parent_hash: B256::ZERO, timestamp: world.now + 1 };
    book.apply(&block, &[listed(B256::repeat_byte(7), 0), listed(tip, 5), listed(tip, 5)]);
    assert!(book.ledger().contradiction().is_none() && book.ledger().listed(&tip));
}

#[test]
fn matches_that_cannot_begin_are_refused() {
    let (mut world, honest, liar, _) = world();
    let fork = world.confirmed().id;
    let (late, lie) = world.stake(LIAR, world.false_end(&fork, 2));
    world.open(honest, late);
    let started = world.told().into_iter().rev().find_map(|(_, event)| match event {
        L1Event::Matches(MatchesEvent::Opened { state, .. }) => Some(state),
        _ => None,
    });
    let good = Match { since: opened_at(&world), ..started.unwrap() };
    let id = match_id(honest, late);
    world.rewind(1);
    // In the next block it would be taken as it is.
    let mut book = world.book.clone();
    let block = L1Block { number: 10_000, hash: B256::ZERO, parent_hash: B256::ZERO, timestamp: world.now + 1 };
    book.apply(&block, &[L1Event::Matches(MatchesEvent::Opened { id, state: good.clone() })]);
    assert_eq!((book.ledger().contradictions(), book.ledger().match_by_id(&id).map(|found| found.fork)), (0, Some(fork)));
    let hash = B256::repeat_byte(3);
    let wrong = [
        Match { rival: liar, ..good.clone() },
        Match { rivalNode: hash, ..good.clone() },
        Match { rivalNode: good.moverNode, ..good.clone() },
        Match { moverNode: lie, ..good.clone() },
        Match { moverNode: fork, ..good.clone() },
        Match { start: hash, ..good.clone() },
        Match { end: hash, ..good.clone() },
        Match { dissection: hash, ..good.clone() },
        Match { since: Default::default(), ..good.clone() },
    ];
    for state in wrong {
        assert_eq!(refused(&world, L1Event::Matches(MatchesEvent::Opened { id, state })), Contradiction::WrongOpening { id });
    }
    let taken = match_id(honest, liar);
    let state = Match { rival: liar, ..good };
    assert_eq!(refused(&world, L1Event::Matches(MatchesEvent::Opened { id: taken, state })), Contradiction::WrongOpening { id: taken });
}

/// The time of the newest block, as a match keeps it.
fn opened_at(world: &World) -> U40 {
    U40::from(world.now)
}

#[test]
fn moves_that_cannot_come_next_are_refused() {
    let (mut world, honest, liar, loser) = world();
    let (id, over) = (match_id(honest, liar), match_id(liar, loser));
    let unknown = B256::repeat_byte(7);
    let points = world.points(1);
    let now = world.now + 1;
    let moved =
        |id, mover, time| MatchesEvent::Dissected { id, mover, segment: 1, points: points.clone(), end: B256::repeat_byte(8), time };
    let rewarded = |id, winner, loser, moves| MatchesEvent::Rewarded { id, winner, loser, moves };
    let cases = [
        (moved(unknown, liar, now), Contradiction::UnknownMatch { id: unknown }),
        (moved(over, loser, now), Contradiction::MatchOver { id: over }),
        (moved(id, loser, now), Contradiction::NotInMatch { id, stake: loser }),
        (moved(id, liar, now - 1), Contradiction::WrongTime { id, time: now - 1, now }),
        (MatchesEvent::Won { id: over, winner: liar, loser, by_clock: true }, Contradiction::MatchOver { id: over }),
        (rewarded(unknown, liar, loser, 1), Contradiction::UnknownMatch { id: unknown }),
        (rewarded(over, honest, loser, 1), Contradiction::NotInMatch { id: over, stake: honest }),
        (rewarded(over, liar, loser, 1), Contradiction::WrongReward { id: over, stake: liar, moves: 1 }),
        (rewarded(over, liar, loser, 0), Contradiction::WrongReward { id: over, stake: liar, moves: 0 }),
        (rewarded(id, honest, liar, 1), Contradiction::WrongStatus { stake: liar, status: StakeStatus::Live }),
    ];
    for (event, expected) in cases {
        assert_eq!(refused(&world, L1Event::Matches(event)), expected);
    }
    assert!(matches!(refused(&world, L1Event::Matches(moved(id, honest, now))), Contradiction::Match { .. }), "it is the liar's turn");
    let won = MatchesEvent::Won { id, winner: liar, loser: honest, by_clock: false };
    assert!(matches!(refused(&world, L1Event::Matches(won)), Contradiction::Match { .. }), "no step is asked for yet");
}
