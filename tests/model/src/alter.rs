//! Acts with one thing in them changed: what a contract must refuse, and for the same reason as the rules.

use alloy::primitives::{B256, Bytes, U256, aliases::U40};
use gainsay_bindings::Matches::{Match, Opening, Rivals, Segment};
use gainsay_game::{
    act::{Act, Claim},
    dissection::POINTS,
};
use gainsay_types::State;

/// The act with one thing changed, by choice; acts of which nothing can be changed as they are.
#[must_use]
pub fn altered(act: Act, choice: u64) -> Act {
    // The lowest digits say what, the others how.
    let (what, how) = (choice % 64, choice / 64);
    if how.is_multiple_of(8) {
        return misplaced(act, what);
    }
    match act {
        Act::Stake { parent, claims } if what < 8 => Act::Stake { parent: word(parent, how), claims },
        Act::Stake { parent, claims } => Act::Stake { parent, claims: claims_of(claims, what, how) },
        Act::Advance { stake, claims } if what < 8 => Act::Advance { stake: stake_of(stake, how), claims },
        Act::Advance { stake, claims } => Act::Advance { stake, claims: claims_of(claims, what, how) },
        Act::Withdraw { stake } => Act::Withdraw { stake: stake_of(stake, how) },
        Act::Confirm { id } => Act::Confirm { id: word(id, how) },
        Act::Evict { stake, id } if what < 32 => Act::Evict { stake: stake_of(stake, how), id },
        Act::Evict { stake, id } => Act::Evict { stake, id: word(id, how) },
        Act::OpenAndDissect { rivals, points } => Act::OpenAndDissect { rivals: rivals_of(rivals, what, how), points },
        Act::Open { rivals } => Act::Open { rivals: rivals_of(rivals, what, how) },
        Act::Dissect { mut m, points } => {
            match_of(&mut m, what, how);
            Act::Dissect { m, points }
        }
        Act::Move { mut m, mut segment, mut points, mut end } => {
            match what {
                0..16 => match_of(&mut m, what, how),
                16..40 => segment_of(&mut segment, what, how),
                40..48 => points[how as usize % 31] = word(end, how),
                48..56 => end = word(end, how),
                _ => end = segment.end,
            }
            Act::Move { m, segment, points, end }
        }
        Act::EnterMachine { mut m, mut segment, mut from, mut last, points } => {
            match what {
                0..16 => match_of(&mut m, what, how),
                16..40 => segment_of(&mut segment, what, how),
                40..52 => from = state_of(from, how),
                _ => *last = opening_of(*last, how),
            }
            Act::EnterMachine { m, segment, from, last, points }
        }
        Act::Step { mut m, mut segment, mut state, mut proof, part, preimage } => {
            match what {
                0..8 => match_of(&mut m, what, how),
                8..24 => segment_of(&mut segment, what, how),
                24..40 => state = bytes_of(&state, how),
                _ => proof = bytes_of(&proof, how),
            }
            Act::Step { m, segment, state, proof, part, preimage }
        }
        Act::Timeout { mut m } => {
            match_of(&mut m, what, how);
            Act::Timeout { m }
        }
        Act::Reward { mut m, winner } if what < 32 => {
            match_of(&mut m, what, how);
            Act::Reward { m, winner }
        }
        Act::List { parent, end } if what < 32 => Act::List { parent: word(parent, how), end },
        Act::List { parent, end } => Act::List { parent, end: state_of(end, how) },
        Act::Reward { m, winner } => Act::Reward { m, winner: stake_of(winner, how) },
        other @ (Act::Claim { .. } | Act::Load(_)) => other,
    }
}

/// Another kind of move in the same match: not what its round asks for.
fn misplaced(act: Act, what: u64) -> Act {
    let points = Box::new([B256::repeat_byte(what as u8); POINTS]);
    match act {
        Act::Dissect { m, points } => {
            let segment = Segment { index: what as u8, start: m.start, end: m.dissection, proof: Vec::new() };
            let end = m.end;
            Act::Move { m, segment, points, end }
        }
        Act::Move { m, segment, .. } if what.is_multiple_of(2) => {
            Act::Step { m, segment, state: Bytes::new(), proof: Bytes::new(), part: None, preimage: None }
        }
        Act::Move { m, points, .. } => Act::Dissect { m, points },
        Act::EnterMachine { m, segment, points, last, .. } => {
            let end = last.output;
            Act::Move { m, segment, points, end }
        }
        Act::Step { m, segment, .. } => {
            let end = m.end;
            Act::Move { m, segment, points, end }
        }
        Act::Timeout { m } => Act::Dissect { m, points },
        other => other,
    }
}

/// One bit more or less, or nothing at all.
fn word(word: B256, how: u64) -> B256 {
    let mut changed = word;
    changed.0[how as usize / 8 % 32] ^= 1 << (how % 8);
    if how.is_multiple_of(5) { B256::ZERO } else { changed }
}

/// Another stake of the same owner, or nobody's.
fn stake_of(stake: U256, how: u64) -> U256 {
    match how % 3 {
        0 => stake ^ U256::from(1),
        1 => U256::ZERO,
        _ => stake ^ U256::from(1) << 200usize,
    }
}

/// Near, far, and the last there is.
fn number(number: u64, how: u64) -> u64 {
    match how % 4 {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => u64::MAX,
        _ => 0,
    }
}

fn claims_of(mut claims: Vec<Claim>, what: u64, how: u64) -> Vec<Claim> {
    let last = claims.len().saturating_sub(1);
    match (what, claims.get_mut(last)) {
        (8..12, _) => claims.clear(),
        (12..16, Some(claim)) => {
            let again = *claim;
            claims.push(again);
        }
        (16..24, Some(claim)) => claim.inputs_hash = word(claim.inputs_hash, how),
        (_, Some(claim)) => claim.end = state_of(claim.end, how),
        (_, None) => {}
    }
    claims
}

fn state_of(state: State, how: u64) -> State {
    match how % 5 {
        0 => State { output_root: word(state.output_root, how / 5), ..state },
        1 => State { l2_block_number: number(state.l2_block_number, how / 5), ..state },
        2 => State { batch_index: number(state.batch_index, how / 5), ..state },
        3 => State { batch_offset: number(state.batch_offset, how / 5), ..state },
        _ => State { deposit_index: number(state.deposit_index, how / 5), ..state },
    }
}

fn opening_of(opening: Opening, how: u64) -> Opening {
    match how % 4 {
        0 => Opening { output: word(opening.output, how / 4), ..opening },
        1 => Opening { status: (how / 4) as u8, ..opening },
        2 => Opening { step: number(opening.step, how / 4), ..opening },
        _ => Opening { memoryRoot: word(opening.memoryRoot, how / 4), ..opening },
    }
}

fn rivals_of(rivals: Rivals, what: u64, how: u64) -> Rivals {
    match what % 7 {
        0 => Rivals { fork: word(rivals.fork, how), ..rivals },
        1 => Rivals { inputsHash: word(rivals.inputsHash, how), ..rivals },
        2 => Rivals { start: word(rivals.start, how), ..rivals },
        3 => Rivals { first: stake_of(rivals.first, how), ..rivals },
        4 => Rivals { firstEnd: word(rivals.firstEnd, how), ..rivals },
        5 => Rivals { second: rivals.first, ..rivals },
        _ => Rivals { secondEnd: rivals.firstEnd, ..rivals },
    }
}

fn match_of(m: &mut Match, what: u64, how: u64) {
    match what % 8 {
        0 => m.mover = stake_of(m.mover, how),
        1 => m.rival = stake_of(m.rival, how),
        2 => m.start = word(m.start, how),
        3 => m.end = word(m.end, how),
        4 => m.since ^= U40::from(1),
        5 => m.moverClock ^= 1,
        6 => m.round = m.round.wrapping_add(how as u8),
        _ => std::mem::swap(&mut m.mover, &mut m.rival),
    }
}

fn segment_of(segment: &mut Segment, what: u64, how: u64) {
    match what % 8 {
        0 => segment.index ^= 1 << (how % 8),
        1 => segment.index = how as u8,
        2 => segment.start = word(segment.start, how),
        3 => segment.end = word(segment.end, how),
        4 => {
            let place = how as usize % segment.proof.len().max(1);
            if let Some(sibling) = segment.proof.get_mut(place) {
                *sibling = word(*sibling, how);
            }
        }
        5 => drop(segment.proof.pop()),
        6 => segment.proof.push(word(segment.end, how)),
        _ => std::mem::swap(&mut segment.start, &mut segment.end),
    }
}

/// A bit changed, shorter, longer, or gone.
fn bytes_of(bytes: &Bytes, how: u64) -> Bytes {
    let mut changed = bytes.to_vec();
    match how % 8 {
        0 => changed.clear(),
        1 => drop(changed.pop()),
        2 => changed.push(how as u8),
        3 => changed.extend_from_slice(bytes),
        _ => {
            let place = (how / 64) as usize % changed.len().max(1);
            if let Some(byte) = changed.get_mut(place) {
                *byte ^= 1 << (how / 8 % 8);
            }
        }
    }
    changed.into()
}
