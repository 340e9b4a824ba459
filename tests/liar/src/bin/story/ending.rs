//! When the story is over, and how.

use crate::people::{People, Side, owner_of};
use alloy::primitives::Address;
use gainsay_game::ledger::{Ledger, StakeStatus};

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Every liar has lost a bond, and whoever won against one has left with what it earned.
    Caught,
    /// An honest stake has lost.
    HonestLost,
}

/// The end, or what it still waits for.
///
/// # Errors
/// What is missing.
pub(crate) fn ending(ledger: &Ledger, people: &People) -> Result<Ending, String> {
    let honest = |address: &Address| people.side(address) == Side::Honest;
    if ledger.stakes().any(|stake| honest(&stake.owner) && stake.status == StakeStatus::Defeated) {
        return Ok(Ending::HonestLost);
    }
    for liar in &people.liars {
        if ledger.stakes_of(&liar.address).next().is_none() {
            return Err(format!("{} has staked nothing", liar.name));
        }
        if !ledger.stakes_of(&liar.address).any(|stake| stake.status == StakeStatus::Defeated) {
            return Err(format!("the stake of {} still stands", liar.name));
        }
    }
    let winners = ledger.matches().filter_map(|found| found.outcome).map(|outcome| owner_of(&outcome.winner));
    let mut paid = false;
    for winner in winners.filter(honest) {
        let name = people.name(&winner);
        if ledger.stakes_of(&winner).any(|stake| stake.is_live()) {
            return Err(format!("the stake of {name}, which has won, has not left"));
        }
        if !ledger.owed(&winner).is_zero() {
            return Err(format!("{name} has not been paid what it is owed"));
        }
        if unrewarded(ledger, &winner) {
            return Err(format!("moves of {name} are not rewarded"));
        }
        paid = true;
    }
    if paid { Ok(Ending::Caught) } else { Err("nobody honest has won a match".to_owned()) }
}

/// Whether moves of its stakes against losers can still be rewarded.
fn unrewarded(ledger: &Ledger, owner: &Address) -> bool {
    ledger.stakes_of(owner).any(|stake| {
        ledger.matches_of(&stake.id).any(|found| {
            let lost = found.rival_of(stake.id).and_then(|rival| ledger.stake(&rival));
            found.moves_of(stake.id) > 0 && lost.is_some_and(|rival| rival.status == StakeStatus::Defeated)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Named;
    use alloy::primitives::{B256, U256, aliases::U40};
    use gainsay_bindings::Matches::Match;
    use gainsay_game::book::Book;
    use gainsay_l1::{L1Block, L1Event, MatchesEvent, RollupEvent};
    use gainsay_types::{State, assertion_id};

    /// The state that an assertion of the test claims.
    fn end(index: u8) -> State {
        State::genesis(B256::repeat_byte(index))
    }

    /// The first assertion, and two below it.
    fn nodes() -> [B256; 3] {
        let first = assertion_id(B256::ZERO, end(0).hash());
        [first, assertion_id(first, end(1).hash()), assertion_id(first, end(2).hash())]
    }

    fn people() -> People {
        let named = |name: &str, byte| vec![Named { name: name.to_owned(), address: Address::repeat_byte(byte) }];
        People { honest: named("challenger", 1), liars: named("liar", 2) }
    }

    fn stake(byte: u8) -> U256 {
        U256::from_be_slice(Address::repeat_byte(byte).as_slice()) << 96
    }

    fn rollup(events: impl IntoIterator<Item = RollupEvent>) -> Vec<L1Event> {
        events.into_iter().map(L1Event::Rollup).collect()
    }

    /// A fork with one stake on each child, and a match.
    fn dispute() -> Book {
        let nodes = nodes();
        let created = |index: u8, parent| RollupEvent::AssertionCreated {
            id: nodes[usize::from(index)],
            parent,
            end: end(index),
            target: 1,
            inputs_hash: B256::ZERO,
        };
        let placed = |byte, node| {
            let (stake, owner) = (stake(byte), Address::repeat_byte(byte));
            [RollupEvent::StakePlaced { stake, owner }, RollupEvent::StakeMoved { stake, assertion: node }]
        };
        let mut book = Book::new();
        let mut events = rollup([created(0, B256::ZERO), created(1, nodes[0])]);
        events.extend(rollup(placed(2, nodes[1])));
        events.extend(rollup([created(2, nodes[0])]));
        events.extend(rollup(placed(1, nodes[2])));
        apply(&mut book, 1, &events);
        book
    }

    fn opened() -> MatchesEvent {
        let (mover, rival) = (stake(2), stake(1));
        let state = Match {
            mover,
            moverNode: nodes()[1],
            rival,
            rivalNode: nodes()[2],
            start: end(0).hash(),
            end: end(1).hash(),
            dissection: end(2).hash(),
            since: U40::from(2),
            moverClock: 9,
            rivalClock: 9,
            moverMoves: 0,
            rivalMoves: 0,
            round: 0,
        };
        MatchesEvent::Opened { id: gainsay_game::matches::match_id(mover, rival), state }
    }

    fn apply(book: &mut Book, number: u64, events: &[L1Event]) {
        let block = L1Block { number, hash: B256::with_last_byte(9), parent_hash: B256::ZERO, timestamp: number };
        book.apply(&block, events);
    }

    #[test]
    fn the_story_goes_on_until_the_winner_has_left_and_was_paid() {
        let (people, mut book) = (people(), dispute());
        let missing = |book: &Book| ending(book.ledger(), &people).unwrap_err();
        assert_eq!(missing(&book), "the stake of liar still stands");
        let (winner, loser) = (stake(1), stake(2));
        let MatchesEvent::Opened { id, .. } = opened() else { unreachable!() };
        let won = L1Event::Matches(MatchesEvent::Won { id, winner, loser, by_clock: true });
        let mut events = vec![L1Event::Matches(opened()), won];
        events.extend(rollup([RollupEvent::StakeDefeated { stake: loser, assertion: nodes()[1], burned: U256::from(5) }]));
        apply(&mut book, 2, &events);
        assert_eq!(missing(&book), "the stake of challenger, which has won, has not left");
        let left = RollupEvent::StakeWithdrawn { stake: winner, amount: U256::from(10) };
        apply(&mut book, 3, &rollup([RollupEvent::AssertionConfirmed { id: nodes()[2] }, left]));
        assert_eq!(missing(&book), "challenger has not been paid what it is owed");
        let owner = Address::repeat_byte(1);
        apply(&mut book, 4, &rollup([RollupEvent::Paid { owner, to: owner, amount: U256::from(10) }]));
        assert_eq!(missing(&book), "moves of challenger are not rewarded");
        let rewarded = L1Event::Matches(MatchesEvent::Rewarded { id, winner, loser, moves: 1 });
        apply(&mut book, 5, &[rewarded]);
        assert_eq!(ending(book.ledger(), &people), Ok(Ending::Caught));
        assert_eq!(book.ledger().contradictions(), 0, "{:?}", book.ledger().contradiction());
    }

    #[test]
    fn an_honest_stake_that_loses_ends_it_at_once() {
        let mut book = dispute();
        apply(&mut book, 2, &rollup([RollupEvent::StakeDefeated { stake: stake(1), assertion: nodes()[2], burned: U256::from(5) }]));
        assert_eq!(ending(book.ledger(), &people()), Ok(Ending::HonestLost));
    }
}
