//! Choices among what there is.

use crate::truth::{Derived, Forgery, Lie, Twist};
use alloy::primitives::{B256, keccak256};
use gainsay_bindings::Matches::Rivals;
use gainsay_game::{assertions::Assertion, ledger::Ledger, matches::MatchView};
use gainsay_trace::MAX_STEPS;
use gainsay_types::BLOCK_STEPS_PER_ASSERTION;

/// Chooses one of so many; none of none.
pub(super) fn pick<T>(items: &[T], choice: u64) -> Option<&T> {
    items.get((choice % (items.len() as u64).max(1)) as usize)
}

/// Randomness that follows from a choice.
pub(super) fn word(choice: u64, what: u64) -> B256 {
    keccak256([choice.to_be_bytes(), what.to_be_bytes()].concat())
}

pub(super) fn number(choice: u64, what: u64) -> u64 {
    word(choice, what).0.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// A lie about what follows `parent`.
pub(super) fn lie_of(chain: &Derived<'_>, parent: &Assertion, choice: u64) -> Lie {
    let moves = parent.target.saturating_sub(parent.end.batch_index);
    let twist =
        *pick(&[Twist::Root, Twist::Blocks, Twist::Deposits, Twist::Offset, Twist::Behind], number(choice, 0)).unwrap_or(&Twist::Root);
    let last = BLOCK_STEPS_PER_ASSERTION - 1;
    let places = [0, 1, moves.saturating_sub(1), moves, moves + 1, 31, 32, 1023, 1024, last, number(choice, 1) % (last + 1)];
    let block_step = match pick(&places, number(choice, 2)) {
        // A chain that stays where it is must have somewhere to go.
        Some(place) if twist == Twist::Behind => place % moves.max(1),
        Some(place) => (*place).min(last),
        None => 0,
    };
    let forgery = if number(choice, 3).is_multiple_of(2) { Forgery::Jump } else { Forgery::Noise };
    let lie = Lie { seed: number(choice, 4) % 1_000, block_step, twist, machine_step: 0, forgery };
    Lie { machine_step: machine_step(chain, parent, block_step, choice), ..lie }
}

/// Where a run is left: at its beginning and end, where it reads, where segments meet, anywhere.
fn machine_step(chain: &Derived<'_>, parent: &Assertion, block_step: u64, choice: u64) -> u64 {
    let (reads, length) = match chain.run_below(parent, block_step) {
        Ok(run) => (run.reads().collect(), run.length()),
        Err(_) => (Vec::new(), 0),
    };
    let mut places = vec![0, length.saturating_sub(1), length, length + 1, 31, 32, (1 << 35) - 1, 1 << 35, MAX_STEPS - 1];
    places.extend([number(choice, 5) % (length + 1), number(choice, 5) % MAX_STEPS]);
    places.extend(reads);
    pick(&places, number(choice, 6)).copied().unwrap_or_default()
}

/// All pairs of live stakes on different children of one assertion, each pair once, without those that have a match.
pub(super) fn pairs(ledger: &Ledger) -> Vec<Rivals> {
    let mut pairs = Vec::new();
    for fork in ledger.assertions().iter() {
        let children: Vec<&Assertion> = ledger.assertions().children(fork.id).collect();
        for (place, child) in children.iter().enumerate() {
            for other in &children[place + 1..] {
                pairs.extend(pairs_between(ledger, fork, child, other));
            }
        }
    }
    pairs
}

fn pairs_between(ledger: &Ledger, fork: &Assertion, child: &Assertion, other: &Assertion) -> Vec<Rivals> {
    let live = |node: &Assertion| ledger.stakes_on(&node.id).filter(|stake| stake.is_live()).map(|stake| stake.id).collect::<Vec<_>>();
    let mut pairs = Vec::new();
    for first in live(child) {
        for second in live(other).into_iter().filter(|second| ledger.match_of(&first, second).is_none()) {
            pairs.push(Rivals {
                fork: fork.id,
                inputsHash: fork.inputs_hash,
                start: fork.end.hash(),
                first,
                firstEnd: child.end.hash(),
                second,
                secondEnd: other.end.hash(),
            });
        }
    }
    pairs
}

pub(super) fn swapped(rivals: Rivals) -> Rivals {
    let Rivals { first, firstEnd, second, secondEnd, .. } = rivals;
    Rivals { first: second, firstEnd: secondEnd, second: first, secondEnd: firstEnd, ..rivals }
}

pub(super) fn ongoing(ledger: &Ledger) -> Vec<&MatchView> {
    ledger.matches().filter(|found| ledger.is_ongoing(found)).collect()
}
