//! Moves: by a story, or any that the contracts take.

use super::{
    View,
    choice::{number, word},
};
use crate::truth::Story;
use alloy::primitives::B256;
use gainsay_bindings::Matches::{Match, Opening, Rivals};
use gainsay_game::{
    act::Act,
    matches::{MatchView, round},
    play,
    stretch::Stretch,
    truth::Truth,
};
use gainsay_machine::Status;
use gainsay_types::assertion_id;

impl View<'_> {
    /// Opens with the dissection of its story.
    pub(super) fn open(&self, rivals: Rivals) -> Option<Act> {
        let fork = self.ledger.assertions().get(&rivals.fork)?;
        let node = assertion_id(rivals.fork, rivals.firstEnd);
        play::open(rivals, fork, &mut self.story(&node)).ok()
    }

    /// The move of its story.
    pub(super) fn told(&self, found: &MatchView) -> Option<Act> {
        let fork = self.ledger.assertions().get(&found.fork)?;
        play::play(found, fork, &mut self.story(&found.state.moverNode)).ok()
    }

    /// Any move that the contracts take, as far as one can be known.
    pub(super) fn wild(&self, found: &MatchView, choice: u64) -> Option<Act> {
        let fork = self.ledger.assertions().get(&found.fork)?;
        let m: Box<Match> = Box::new(found.state.clone());
        let points = Box::new(std::array::from_fn(|index| word(choice, 100 + index as u64)));
        let Some(rival) = &found.dissection else { return Some(Act::Dissect { m, points }) };
        // Often the same place, so that the interesting ones are reached.
        let index = [0, 0, 1, 30, 31, (number(choice, 1) % 32) as u8][(number(choice, 2) % 6) as usize];
        let segment = rival.segment(index, m.start);
        let bound = index == 31 && found.round() != round::RUN;
        let end = if bound { m.end } else { word(choice, 3) };
        let place = found.stretch.narrowed(index).from();
        match found.round() {
            round::BLOCK => {
                let from = [self.story(&m.moverNode), self.story(&m.rivalNode), Story { chain: self.chain, lie: None }]
                    .into_iter()
                    .find_map(|mut story| story.state(fork, place).ok().filter(|state| state.hash() == segment.start))?;
                let last = Box::new(opening_that_says(end, choice));
                Some(Act::EnterMachine { m, segment, from, last, points })
            }
            round::STEP => {
                let Stretch::Machine { block_step, .. } = found.stretch else { return None };
                let proven = self.story(&m.moverNode).proof(fork, block_step, place).ok()?;
                Some(Act::Step {
                    m,
                    segment,
                    state: proven.proof.state.encode().into(),
                    proof: proven.proof.encode_memory().into(),
                    part: proven.proof.part.map(|_| (proven.proof.state.hart.preimage_key, proven.part_index())),
                    preimage: proven.preimage.map(Box::new),
                })
            }
            _ => Some(Act::Move { m, segment, points, end }),
        }
    }
}

/// A final state of the machine that says this end of the block step.
fn opening_that_says(end: B256, choice: u64) -> Opening {
    Opening {
        memoryRoot: word(choice, 20),
        input: word(choice, 21),
        output: end,
        preimageKey: B256::ZERO,
        registersHash: word(choice, 22),
        pc: choice,
        step: choice,
        status: Status::HALTED.0,
    }
}
