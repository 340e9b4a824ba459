//! How many blocks go into a batch, so that what is sent is full.
//!
//! Blobs are paid whole, and blocks are packed whole: the last blob of the longest run that fits is seldom full. So shorter runs that nearly fill
//! fewer blobs are looked at as well, and the run that fills what it pays for best is taken.

use crate::{PackError, compress_batch, packer::Waiting};
use gainsay_types::{
    batch::Batch,
    payload::{ENVELOPE_HEAD, MAX_DECOMPRESSED, envelope},
};

/// Compressions in the search for the longest run. Each narrows it; the best that fits is taken.
const MOST_TRIES: usize = 8;
/// What is left free when a run is aimed at a boundary, as a share: estimates are that good.
const MARGIN: f64 = 0.001;
/// A run that ends at another boundary is tried if it is expected to fill so much more of what it pays for.
const WORTHWHILE: f64 = 0.003;
/// Runs tried at other boundaries.
const MOST_DETOURS: usize = 2;

/// What a payload may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes that are paid for together: a blob, or all that one batch of calldata may have.
    pub(crate) unit: usize,
    /// Most bytes.
    pub(crate) capacity: usize,
}

impl Room {
    /// Units that a payload of this length takes.
    const fn units(self, payload: usize) -> usize {
        payload.div_ceil(self.unit)
    }

    /// The share of what is paid for that is used.
    fn filled(self, payload: usize) -> f64 {
        payload as f64 / (self.units(payload) * self.unit).min(self.capacity).max(1) as f64
    }
}

/// A payload and how many blocks it holds.
#[derive(Clone, Debug)]
pub(crate) struct Fitted {
    pub(crate) blocks: usize,
    pub(crate) payload: Vec<u8>,
}

/// Packs all `blocks`, or as many of them as fit and fill the room well. Starts the search at `guess` blocks.
pub(crate) fn fit(blocks: &[Waiting], room: Room, guess: usize, quality: u8) -> Result<Fitted, PackError> {
    let longest = longest(blocks, room, guess, quality)?;
    if longest.blocks == blocks.len() { Ok(longest) } else { fullest(blocks, room, longest, quality) }
}

/// The longest run that fits, or nearly.
fn longest(blocks: &[Waiting], room: Room, guess: usize, quality: u8) -> Result<Fitted, PackError> {
    let mut best: Option<Fitted> = None;
    // Runs up to `best` fit; a run of `too_many` does not.
    let mut too_many = blocks.len() + 1;
    let mut next = guess.clamp(1, blocks.len());
    for _ in 0..MOST_TRIES {
        match pack(blocks, next, room.capacity, quality)? {
            Attempt::Fits(payload) => {
                let more = estimate(blocks, next, payload.len()).run_of(room.capacity);
                best = Some(Fitted { blocks: next, payload });
                if more <= next || next + 1 >= too_many {
                    break;
                }
                next = more.min(too_many - 1);
            }
            Attempt::TooLarge(size) => {
                too_many = next;
                let least = best.as_ref().map_or(1, |best| best.blocks + 1);
                if least >= too_many {
                    break;
                }
                next = estimate(blocks, next, size).run_of(room.capacity).clamp(least, too_many - 1);
            }
        }
    }
    match best {
        Some(best) => Ok(best),
        None => first_block(blocks, room.capacity, quality),
    }
}

/// The run that fills what it pays for best: `longest`, or one that ends at a boundary before, but not before half of it.
fn fullest(blocks: &[Waiting], room: Room, longest: Fitted, quality: u8) -> Result<Fitted, PackError> {
    let estimate = estimate(blocks, longest.blocks, longest.payload.len());
    let units = room.units(longest.payload.len());
    let mut detours: Vec<(usize, usize, f64)> = (units.div_ceil(2)..units)
        .map(|units| {
            let run = estimate.run_of(units * room.unit);
            (units, run, estimate.bytes_of(run) / (units * room.unit) as f64)
        })
        .filter(|&(_, run, _)| run > 0)
        .collect();
    detours.sort_by(|left, right| right.2.total_cmp(&left.2));
    let mut best = longest;
    for (units, run, expected) in detours.into_iter().take(MOST_DETOURS) {
        if expected < room.filled(best.payload.len()) + WORTHWHILE {
            break;
        }
        if let Attempt::Fits(payload) = pack(blocks, run, units * room.unit, quality)?
            && room.filled(payload.len()) > room.filled(best.payload.len())
        {
            best = Fitted { blocks: run, payload };
        }
    }
    Ok(best)
}

/// The last resort: one block alone.
fn first_block(blocks: &[Waiting], capacity: usize, quality: u8) -> Result<Fitted, PackError> {
    match pack(blocks, 1, capacity, quality)? {
        Attempt::Fits(payload) => Ok(Fitted { blocks: 1, payload }),
        Attempt::TooLarge(_) => {
            Err(PackError::BlockTooLarge { number: blocks.first().map_or(0, |waiting| waiting.pending.number), capacity })
        }
    }
}

/// What runs compress to, judged by one that was compressed.
struct Estimate {
    /// Weight of the first so many blocks, from none to all.
    weights: Vec<usize>,
    /// Bytes for each unit of weight.
    ratio: f64,
}

fn estimate(blocks: &[Waiting], run: usize, payload: usize) -> Estimate {
    let mut weights = vec![0];
    weights.extend(blocks.iter().scan(0, |sum, waiting| {
        *sum += waiting.weight;
        Some(*sum)
    }));
    let ratio = payload as f64 / weights[run.min(blocks.len())].max(1) as f64;
    Estimate { weights, ratio }
}

impl Estimate {
    fn bytes_of(&self, run: usize) -> f64 {
        self.weights[run] as f64 * self.ratio
    }

    /// The longest run that is expected to fit.
    fn run_of(&self, capacity: usize) -> usize {
        let most = capacity as f64 * (1.0 - MARGIN);
        self.weights.partition_point(|&weight| weight as f64 * self.ratio <= most).saturating_sub(1)
    }
}

enum Attempt {
    /// The payload.
    Fits(Vec<u8>),
    /// The bytes that it has, or would have if they grew as the limit does that it exceeds.
    TooLarge(usize),
}

fn pack(blocks: &[Waiting], count: usize, capacity: usize, quality: u8) -> Result<Attempt, PackError> {
    let batch = Batch { blocks: blocks.iter().take(count).map(|waiting| waiting.pending.block.clone()).collect() };
    let encoded = batch.encode();
    if encoded.len() > MAX_DECOMPRESSED {
        return Ok(Attempt::TooLarge((capacity as f64 * encoded.len() as f64 / MAX_DECOMPRESSED as f64) as usize + 1));
    }
    let stream = compress_batch(&batch, &encoded, quality).map_err(|source| PackError::Compress { source })?;
    match envelope(&stream) {
        Some(payload) if payload.len() <= capacity => Ok(Attempt::Fits(payload)),
        _ => Ok(Attempt::TooLarge(stream.len() + ENVELOPE_HEAD)),
    }
}
