//! The longest run of blocks whose payload fits.

use crate::{PackError, compress_batch, packer::PendingBlock};
use gainsay_types::{
    batch::Batch,
    payload::{ENVELOPE_HEAD, MAX_DECOMPRESSED, envelope},
};

/// Compressions in one search. Each narrows the run; the best that fits is taken.
const MOST_TRIES: usize = 8;
/// A payload that fills this share of its capacity (percent) is full enough.
const FULL_ENOUGH: usize = 97;

/// A payload and how many blocks it holds.
#[derive(Clone, Debug)]
pub(crate) struct Fitted {
    pub(crate) blocks: usize,
    pub(crate) payload: Vec<u8>,
}

/// Packs all `blocks`, or as many of them as fit `capacity` bytes. Starts the search at `guess` blocks.
pub(crate) fn fit(blocks: &[PendingBlock], capacity: usize, guess: usize, quality: u8) -> Result<Fitted, PackError> {
    let mut best: Option<Fitted> = None;
    // Runs up to `best` fit; a run of `too_many` does not.
    let mut too_many = blocks.len() + 1;
    let mut next = guess.clamp(1, blocks.len());
    for _ in 0..MOST_TRIES {
        match pack(blocks, next, capacity, quality)? {
            Attempt::Fits(payload) => {
                let full = payload.len() * 100 >= capacity * FULL_ENOUGH;
                let room = capacity as f64 / payload.len() as f64;
                let more = (next as f64 * room * 0.99) as usize;
                best = Some(Fitted { blocks: next, payload });
                if full || next + 1 >= too_many {
                    break;
                }
                next = more.clamp(next + 1, too_many - 1);
            }
            Attempt::TooLarge(share) => {
                too_many = next;
                let least = best.as_ref().map_or(1, |best| best.blocks + 1);
                if least >= too_many {
                    break;
                }
                let fewer = (next as f64 * share * 0.99) as usize;
                next = fewer.clamp(least, too_many - 1);
            }
        }
    }
    match best {
        Some(best) => Ok(best),
        None => first_block(blocks, capacity, quality),
    }
}

/// The last resort: one block alone.
fn first_block(blocks: &[PendingBlock], capacity: usize, quality: u8) -> Result<Fitted, PackError> {
    match pack(blocks, 1, capacity, quality)? {
        Attempt::Fits(payload) => Ok(Fitted { blocks: 1, payload }),
        Attempt::TooLarge(_) => Err(PackError::BlockTooLarge { number: blocks.first().map_or(0, |block| block.number), capacity }),
    }
}

enum Attempt {
    /// The payload.
    Fits(Vec<u8>),
    /// The share of the run that may fit.
    TooLarge(f64),
}

fn pack(blocks: &[PendingBlock], count: usize, capacity: usize, quality: u8) -> Result<Attempt, PackError> {
    let batch = Batch { blocks: blocks.iter().take(count).map(|pending| pending.block.clone()).collect() };
    let encoded = batch.encode();
    if encoded.len() > MAX_DECOMPRESSED {
        return Ok(Attempt::TooLarge(MAX_DECOMPRESSED as f64 / encoded.len() as f64));
    }
    let stream = compress_batch(&batch, &encoded, quality).map_err(|source| PackError::Compress { source })?;
    match envelope(&stream) {
        Some(payload) if payload.len() <= capacity => Ok(Attempt::Fits(payload)),
        _ => Ok(Attempt::TooLarge(capacity as f64 / (stream.len() + ENVELOPE_HEAD) as f64)),
    }
}
