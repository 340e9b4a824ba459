//! Why there may be no move: what a player is told that cannot have a right one.

use crate::{
    table::{ALICE, BOB, Table},
    truths::{Asked, Lie, Teller, landed},
};
use alloy::primitives::{B256, keccak256};
use gainsay_bindings::Matches::Opening;
use gainsay_game::{
    assertions::Assertion,
    court::Batches,
    matches::round,
    play::{PlayError, open, play},
    truth::Truth,
};
use gainsay_machine::Status;
use gainsay_trace::ProvenStep;
use gainsay_types::State;

fn lie() -> Lie {
    let state = State { output_root: B256::repeat_byte(0xee), ..landed() };
    Lie { block: 0, machine: 5, state, status: Status::HALTED }
}

/// A match that Bob opened, before the dissection of this round.
fn before(round: u8) -> Table {
    let mut table = Table::new(lie(), BOB);
    let act = table.open(BOB);
    table.act(BOB, &act).expect("the opening is legal");
    while table.view().round() < round {
        let (mover, act) = (table.on_turn(), table.next().expect("both sides have a move"));
        table.act(mover, &act).expect("a legal move");
    }
    table
}

/// The truth, except for one answer.
struct Confused {
    truth: Teller,
    about: &'static str,
}

impl Truth for Confused {
    type Error = Asked;

    fn block_hashes(&mut self, fork: &Assertion, steps: &[u64]) -> Result<Vec<B256>, Asked> {
        let mut held = self.truth.block_hashes(fork, steps)?;
        if self.about == "count" {
            held.pop();
        }
        Ok(held)
    }

    fn state(&mut self, fork: &Assertion, step: u64) -> Result<State, Asked> {
        let state = self.truth.state(fork, step)?;
        Ok(if self.about == "state" { state.skip_batch() } else { state })
    }

    fn run_hashes(&mut self, fork: &Assertion, block_step: u64, steps: &[u64]) -> Result<Vec<B256>, Asked> {
        let mut held = self.truth.run_hashes(fork, block_step, steps)?;
        if self.about == "run" {
            held[31] = B256::ZERO;
        }
        Ok(held)
    }

    fn run_end(&mut self, fork: &Assertion, block_step: u64) -> Result<Opening, Asked> {
        let last = self.truth.run_end(fork, block_step)?;
        Ok(if self.about == "end" { Opening { status: Status::FAILED.0, ..last } } else { last })
    }

    fn proof(&mut self, fork: &Assertion, block_step: u64, step: u64) -> Result<ProvenStep, Asked> {
        match self.about {
            "proof" => self.truth.proof(fork, block_step, step + 1),
            "memory" => self.truth.proof(fork, block_step, step).map(|mut proven| {
                proven.proof.memory.clear();
                proven
            }),
            "nothing" => Err(Asked),
            _ => self.truth.proof(fork, block_step, step),
        }
    }
}

fn told(table: &Table, about: &'static str) -> PlayError<Asked> {
    let truth = Teller::new(table.court.batches(), None);
    assert_eq!(table.on_turn(), ALICE);
    play(table.view(), &table.fork, &mut Confused { truth, about }).expect_err("there is no right move")
}

#[test]
fn answers_that_do_not_fit_together_are_never_sent() {
    let entering = before(round::BLOCK);
    for (about, what) in [("state", "the state of the chain"), ("end", "the end of the block step"), ("run", "the state of the machine")] {
        let error = told(&entering, about);
        assert!(matches!(error, PlayError::Contradiction { what: found, .. } if found.starts_with(what)), "{about}: {error}");
    }
    let step = before(round::STEP);
    assert!(matches!(told(&step, "proof"), PlayError::Contradiction { .. }));
    assert!(matches!(told(&step, "memory"), PlayError::Proof(_)));
    assert!(matches!(told(&step, "nothing"), PlayError::Truth { .. }));
    assert!(matches!(told(&before(1), "count"), PlayError::Count { expected: 32, found: 31 }));
}

#[test]
fn a_run_that_l1_starts_elsewhere_is_told_with_both_starts() {
    let mut table = before(round::BLOCK);
    let act = table.next().expect("Alice enters the machine");
    table.act(ALICE, &act).expect("a legal move");
    assert_eq!(table.view().round(), round::RUN);
    // Bob's inbox has another first batch.
    let other = Batches::new((1..=5u8).map(|i| keccak256([i + 1])).collect());
    let mut lies = Teller::new(&other, Some(lie()));
    let expected = table.view().state.start;
    let error = play(table.view(), &table.fork, &mut lies).expect_err("another run");
    assert!(matches!(error, PlayError::ForeignRun { block_step: 0, expected: start, found } if start == expected && found != start));
}

#[test]
fn no_match_is_opened_on_a_claim_that_is_held_false() {
    let table = Table::new(lie(), BOB);
    let mut truth = Teller::new(table.court.batches(), None);
    let error = open(table.rivals(BOB), &table.fork, &mut truth).expect_err("Bob's claim is false");
    assert!(matches!(error, PlayError::BoundToFalse { bound, held } if bound == lie().state.hash() && held == landed().hash()));
}
