//! One move of a match: where the rival's dissection first leaves the truth, and what the round asks for.

use crate::{
    act::Act,
    assertions::Assertion,
    dissection::{Dissection, LAST, POINTS},
    matches::{MatchView, round},
    stretch::Stretch,
    truth::{Truth, opening_hash, run_says},
};
use alloy::primitives::B256;
use gainsay_bindings::Matches::{Rivals, Segment};
use gainsay_machine::ProofError;

/// Why there is no move.
#[derive(Debug, thiserror::Error)]
pub enum PlayError<E: std::error::Error + 'static> {
    /// The player's side of the truth is not to be had.
    #[error("cannot tell what is true below the fork: {source}")]
    Truth {
        /// Why.
        source: E,
    },
    /// The rival says what this player holds true.
    #[error("nothing to dispute: round {round} of the rival says what is held true here")]
    NothingToDispute {
        /// The round that was to be answered.
        round: u8,
    },
    /// The player's stake has claimed what it does not hold true.
    #[error("the stake is bound to the end {bound}, but {held} is held true here: its claim is false and the match cannot be won")]
    BoundToFalse {
        /// What it must end with.
        bound: B256,
        /// What is held true.
        held: B256,
    },
    /// L1 starts the run elsewhere: another program or another config.
    #[error(
        "L1 starts the run of block step {block_step} at {expected}, here it starts at {found}: this player has another program or chain config than the contracts"
    )]
    ForeignRun {
        /// Block steps from the fork's end state.
        block_step: u64,
        /// Hash of the machine's state there, on L1.
        expected: B256,
        /// The same here.
        found: B256,
    },
    /// Answers about the truth do not fit together.
    #[error("what is held true contradicts itself: {what} is {found} where {expected} was said before")]
    Contradiction {
        /// Of which hash.
        what: &'static str,
        /// It was.
        expected: B256,
        /// It is.
        found: B256,
    },
    /// Another number of answers than questions.
    #[error("asked for {expected} hashes, got {found}")]
    Count {
        /// Asked for.
        expected: usize,
        /// Got.
        found: usize,
    },
    /// The proof of the step proves nothing.
    #[error("the proof of the machine step is none: {0}")]
    Proof(#[from] ProofError),
    /// The match is in no round, or was not followed from its start.
    #[error("round {round} asks for no move here: the logs of the match are not complete, or it is over")]
    Round {
        /// Dissections so far.
        round: u8,
    },
}

/// Opens a match with the first dissection of the player's stake, `rivals.first`.
///
/// # Errors
/// If the truth is not to be had, or is not what the stake has claimed.
pub fn open<T: Truth>(rivals: Rivals, fork: &Assertion, truth: &mut T) -> Result<Act, PlayError<T::Error>> {
    let points = first_points(rivals.firstEnd, fork, truth)?;
    Ok(Act::OpenAndDissect { rivals, points })
}

/// The next move of the stake on turn. It says nothing on whether there is time left, nor whether both stakes live.
///
/// # Errors
/// If the truth is not to be had, or leaves nothing to say.
pub fn play<T: Truth>(m: &MatchView, fork: &Assertion, truth: &mut T) -> Result<Act, PlayError<T::Error>> {
    match (m.round(), &m.dissection) {
        (round::FIRST, _) => Ok(Act::Dissect { m: Box::new(m.state.clone()), points: first_points(m.state.end, fork, truth)? }),
        (round, Some(rival)) if round::divides(round) => divide(m, rival, fork, truth),
        (round::BLOCK, Some(rival)) => enter_machine(m, rival, fork, truth),
        (round::STEP, Some(rival)) => step(m, rival, fork, truth),
        (round, _) => Err(PlayError::Round { round }),
    }
}

/// The first dissection without its end, if that is the claim.
fn first_points<T: Truth>(claim: B256, fork: &Assertion, truth: &mut T) -> Result<Box<[B256; POINTS]>, PlayError<T::Error>> {
    let held = hashes(&Stretch::FORK, &Stretch::FORK.leaf_positions(), fork, truth)?;
    match held.split_last() {
        Some((end, points)) if *end == claim => array(points),
        Some((end, _)) => Err(PlayError::BoundToFalse { bound: claim, held: *end }),
        None => Err(PlayError::Count { expected: POINTS + 1, found: 0 }),
    }
}

/// Names the first segment that is disputed and divides it.
fn divide<T: Truth>(m: &MatchView, rival: &Dissection, fork: &Assertion, truth: &mut T) -> Result<Act, PlayError<T::Error>> {
    let (segment, end) = disputed(m, rival, fork, truth)?;
    if m.round() != round::RUN {
        check_bound(m, &segment, end)?;
    }
    let narrowed = m.stretch.narrowed(segment.index);
    let points = array(&hashes(&narrowed, &narrowed.points(), fork, truth)?)?;
    Ok(Act::Move { m: Box::new(m.state.clone()), segment, points, end })
}

/// Names the first block step that is disputed and divides its run.
fn enter_machine<T: Truth>(m: &MatchView, rival: &Dissection, fork: &Assertion, truth: &mut T) -> Result<Act, PlayError<T::Error>> {
    let (segment, end) = disputed(m, rival, fork, truth)?;
    check_bound(m, &segment, end)?;
    let run = m.stretch.into_machine(segment.index);
    let block_step = m.stretch.narrowed(segment.index).from();
    let from = truth.state(fork, block_step).map_err(|source| PlayError::Truth { source })?;
    agree("the state of the chain where the block step starts", segment.start, from.hash())?;
    let last = truth.run_end(fork, block_step).map_err(|source| PlayError::Truth { source })?;
    agree("the end of the block step that its run says", end, run_says(&from, &last))?;
    let mut held = hashes(&run, &run.leaf_positions(), fork, truth)?;
    agree("the state of the machine after its run", opening_hash(&last), held.pop().unwrap_or_default())?;
    Ok(Act::EnterMachine { m: Box::new(m.state.clone()), segment, from, last: Box::new(last), points: array(&held)? })
}

/// Names the first machine step that is disputed, and proves it.
fn step<T: Truth>(m: &MatchView, rival: &Dissection, fork: &Assertion, truth: &mut T) -> Result<Act, PlayError<T::Error>> {
    let Stretch::Machine { block_step, .. } = m.stretch else { return Err(PlayError::Round { round: m.round() }) };
    let (segment, _) = disputed(m, rival, fork, truth)?;
    let at = m.stretch.narrowed(segment.index).from();
    let proven = truth.proof(fork, block_step, at).map_err(|source| PlayError::Truth { source })?;
    agree("the state of the machine before the step", segment.start, proven.before())?;
    if proven.next()?.hash() == segment.end {
        return Err(PlayError::NothingToDispute { round: m.round() });
    }
    Ok(Act::Step {
        m: Box::new(m.state.clone()),
        segment,
        state: proven.proof.state.encode().into(),
        proof: proven.proof.encode_memory().into(),
        part: proven.proof.part.map(|_| (proven.proof.state.hart.preimage_key, proven.part_index())),
        preimage: proven.preimage.map(Box::new),
    })
}

/// The first segment of the rival's dissection whose end is not what is held true, opened, and the end that is.
fn disputed<T: Truth>(m: &MatchView, rival: &Dissection, fork: &Assertion, truth: &mut T) -> Result<(Segment, B256), PlayError<T::Error>> {
    // Where a run starts, the contract has worked out: from the program, the inbox and the config that it knows. Other starts are the mover's own points.
    let start = (m.round() == round::RUN).then_some(m.stretch.from());
    let steps: Vec<u64> = start.into_iter().chain(m.stretch.leaf_positions()).collect();
    let held = hashes(&m.stretch, &steps, fork, truth)?;
    let (before, ends) = held.split_at(held.len().saturating_sub(rival.leaves().len()));
    check_start(m, before)?;
    let first = (0..=LAST).zip(rival.leaves().iter().zip(ends)).find(|(_, (said, held))| said != held);
    let (index, (_, end)) = first.ok_or_else(|| PlayError::NothingToDispute { round: m.round() })?;
    Ok((rival.segment(index, m.state.start), *end))
}

/// At the end of the whole stretch the mover stays with what it has claimed.
fn check_bound<E: std::error::Error>(m: &MatchView, segment: &Segment, held: B256) -> Result<(), PlayError<E>> {
    let bound = m.state.end;
    if segment.index == LAST && held != bound { Err(PlayError::BoundToFalse { bound, held }) } else { Ok(()) }
}

fn check_start<E: std::error::Error>(m: &MatchView, held: &[B256]) -> Result<(), PlayError<E>> {
    let expected = m.state.start;
    match (m.stretch, held.first()) {
        (Stretch::Machine { block_step, .. }, Some(&found)) if found != expected => {
            Err(PlayError::ForeignRun { block_step, expected, found })
        }
        _ => Ok(()),
    }
}

fn hashes<T: Truth>(stretch: &Stretch, steps: &[u64], fork: &Assertion, truth: &mut T) -> Result<Vec<B256>, PlayError<T::Error>> {
    let held = match *stretch {
        Stretch::Blocks { .. } => truth.block_hashes(fork, steps),
        Stretch::Machine { block_step, .. } => truth.run_hashes(fork, block_step, steps),
    }
    .map_err(|source| PlayError::Truth { source })?;
    if held.len() == steps.len() { Ok(held) } else { Err(PlayError::Count { expected: steps.len(), found: held.len() }) }
}

fn array<E: std::error::Error>(points: &[B256]) -> Result<Box<[B256; POINTS]>, PlayError<E>> {
    points.try_into().map(Box::new).map_err(|_| PlayError::Count { expected: POINTS, found: points.len() })
}

fn agree<E: std::error::Error>(what: &'static str, expected: B256, found: B256) -> Result<(), PlayError<E>> {
    if expected == found { Ok(()) } else { Err(PlayError::Contradiction { what, expected, found }) }
}
