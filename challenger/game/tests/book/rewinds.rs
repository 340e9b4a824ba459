//! L1 reorganisations, and L1 nodes that lie.

use crate::{
    agreement,
    random::happenings,
    world::{ALICE, LIAR, OTHER, SETTINGS, World},
};
use gainsay_game::{
    act::Act,
    book::{Book, TooDeep},
    decide::{Policy, decide},
};
use gainsay_types::testing::cases;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(96)))]

    #[test]
    fn after_any_rewinds_the_ledger_is_what_the_surviving_blocks_alone_say(happenings in happenings(250)) {
        let mut world = World::new();
        for happening in happenings {
            happening.happen(&mut world);
            agreement::check(&world);
        }
        let reread = world.reread();
        prop_assert_eq!(reread.ledger(), world.book.ledger());
    }

    /// Logs are left out, told twice or told in another order.
    #[test]
    fn logs_that_contradict_each_other_are_counted_and_crash_nothing(
        happenings in happenings(120),
        faults in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..3), 1..12),
    ) {
        let mut world = World::new();
        happenings.into_iter().for_each(|happening| happening.happen(&mut world));
        let mut told = world.told();
        for (index, fault) in faults {
            if told.is_empty() { break }
            let at = index.index(told.len());
            match fault {
                0 => drop(told.remove(at)),
                1 => told.insert(at, told[at].clone()),
                _ => {
                    let other = (at * 7 + 1) % told.len();
                    told.swap(at, other);
                }
            }
        }
        let mut book = Book::new();
        for (place, (block, event)) in told.iter().enumerate() {
            book.apply(block, std::slice::from_ref(event));
            if place % 5 == 0 {
                book.settle(block.number.saturating_sub(20));
            }
            for me in [ALICE, LIAR, OTHER] {
                let plan = decide(book.ledger(), me, &world.chain(), world.now, &SETTINGS, Policy { propose: true, second: true, list: false });
                let alarmed = plan.alarms.iter().any(|alarm| matches!(alarm, gainsay_game::decide::Alarm::Contradiction { .. }));
                prop_assert_eq!(alarmed, book.ledger().contradictions() > 0);
            }
        }
    }
}

#[test]
fn what_is_settled_cannot_be_taken_back() {
    let mut world = World::new();
    let end = world.true_end(&world.confirmed().id);
    world.stake(ALICE, end);
    world.settle(0);
    let before = world.book.ledger().clone();
    assert_eq!(world.book.rewind(3), Err(TooDeep { to: 3, settled: 4 }));
    assert_eq!(world.book.ledger(), &before);
    assert_eq!(world.book.rewind(4), Ok(()));
}

#[test]
fn a_reader_keeps_the_ledger_that_it_was_given() {
    let mut world = World::new();
    let given = world.book.ledger().clone();
    let end = world.true_end(&world.confirmed().id);
    world.stake(ALICE, end);
    assert_eq!(given.stakes().count(), 0);
    assert_eq!(world.ledger().stakes().count(), 1);
}

#[test]
fn what_can_never_matter_again_is_forgotten() {
    let mut world = World::new();
    let fork = world.confirmed().id;
    let (honest, truth) = world.stake(ALICE, world.true_end(&fork));
    let (liar, _) = world.stake(LIAR, world.false_end(&fork, 1));
    let (sides, points) = {
        let ledger = world.book.ledger().clone();
        let rivals = world.rivals(ledger.stake(&honest).unwrap(), ledger.stake(&liar).unwrap()).unwrap();
        (rivals, world.points(1))
    };
    world.act(ALICE, Act::OpenAndDissect { rivals: sides, points });
    world.pass(SETTINGS.window);
    let state = Box::new(world.ledger().matches().next().unwrap().state.clone());
    world.act(ALICE, Act::Timeout { m: state });
    world.act(ALICE, Act::Confirm { id: truth });
    world.act(ALICE, Act::Withdraw { stake: honest });
    world.settle(0);
    assert_eq!((world.ledger().stakes().count(), world.ledger().matches().count()), (2, 1), "the prize is still to be had");
    let state = Box::new(world.ledger().matches().next().unwrap().state.clone());
    world.act(ALICE, Act::Reward { m: state, winner: honest });
    assert_eq!((world.ledger().stakes().count(), world.ledger().matches().count()), (2, 1), "L1 could take the reward back");
    world.settle(0);
    assert_eq!((world.ledger().stakes().count(), world.ledger().matches().count()), (0, 0));
    agreement::check(&world);
}

#[test]
fn a_loser_is_kept_as_long_as_a_record_of_it_can_be_cleared() {
    let mut world = World::new();
    let fork = world.confirmed().id;
    let (loser, first) = world.stake(OTHER, world.true_end(&fork));
    world.append_batch();
    world.pass(SETTINGS.period);
    let deep = world.advance(loser, world.true_end(&first));
    let (winner, _) = world.stake(LIAR, world.false_end(&fork, 1));
    world.defeat(LIAR, OTHER);
    world.stake(ALICE, world.true_end(&fork));
    world.defeat(ALICE, LIAR);
    let state = Box::new(world.ledger().match_of(&winner, &loser).unwrap().state.clone());
    world.act(OTHER, Act::Reward { m: state, winner });
    world.settle(0);
    assert_eq!(world.ledger().matches_of(&loser).count(), 0, "the winner lost too, and its share is burned");
    assert_eq!(world.ledger().live(&deep), 1);
    world.act(LIAR, Act::Evict { stake: loser, id: deep });
    assert_eq!((world.ledger().live(&deep), world.ledger().contradictions()), (0, 0));
    world.settle(0);
    assert!(world.ledger().stake(&loser).is_none());
    agreement::check(&world);
}
