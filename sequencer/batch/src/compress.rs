//! The sequencer's side of the payload's compression.

use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use gainsay_types::batch::Batch;
use std::io::{self, Write};

/// Bytes of a signature in a batch's encoding, at whose end all of them stand. They do not compress.
const SIGNATURE: usize = 64;
/// Most bytes of one uncompressed meta-block (RFC 7932, section 9.2: MLEN has up to six nibbles).
const MOST_STORED: usize = 1 << 24;
/// An empty last meta-block.
const END: u8 = 0b11;

/// One brotli stream of `bytes`, as the protocol wants it: no large window. `quality` is 0 (fast) to 11 (small).
///
/// # Errors
/// Only when the encoder refuses its parameters.
pub fn compress(bytes: &[u8], quality: u8) -> io::Result<Vec<u8>> {
    let mut stream = Vec::with_capacity(bytes.len() / 2);
    brotli::BrotliCompress(&mut &bytes[..], &mut stream, &parameters(bytes.len(), quality))?;
    Ok(stream)
}

/// Like [`compress`], of a batch's encoding. Signatures are not looked at but stored: that takes a third of the time, and less room too, since
/// an encoder that looks for something in them finds some.
///
/// # Errors
/// Only when the encoder refuses its parameters.
pub fn compress_batch(batch: &Batch, encoded: &[u8], quality: u8) -> io::Result<Vec<u8>> {
    let transactions: usize = batch.blocks.iter().map(|block| block.transactions.len()).sum();
    let Some((columns, signatures)) = encoded.len().checked_sub(transactions * SIGNATURE).map(|at| encoded.split_at(at)) else {
        return compress(encoded, quality);
    };
    let mut writer = CompressorWriter::with_params(Vec::with_capacity(encoded.len()), 1 << 16, &parameters(columns.len(), quality));
    writer.write_all(columns)?;
    if signatures.is_empty() {
        return Ok(writer.into_inner());
    }
    // After a flush the stream is at the boundary of a byte and between two meta-blocks.
    writer.flush()?;
    let mut stream = std::mem::take(writer.get_mut());
    signatures.chunks(MOST_STORED).for_each(|stored| store(&mut stream, stored));
    stream.push(END);
    Ok(stream)
}

/// An uncompressed meta-block that is not the last: ISLAST 0 (1 bit), MNIBBLES 2 for six nibbles (2 bits), MLEN - 1 (24 bits), ISUNCOMPRESSED 1
/// (1 bit), zeroes up to the next byte, the bytes.
fn store(stream: &mut Vec<u8>, bytes: &[u8]) {
    // RFC 7932 forbids more nibbles than the length needs.
    let nibbles = if bytes.len() <= 1 << 16 {
        4
    } else if bytes.len() <= 1 << 20 {
        5
    } else {
        6
    };
    let head = (nibbles - 4) << 1 | (bytes.len() as u32 - 1) << 3 | 1 << (3 + 4 * nibbles);
    stream.extend_from_slice(&head.to_le_bytes()[..(4 + 4 * nibbles as usize).div_ceil(8)]);
    stream.extend_from_slice(bytes);
}

fn parameters(size_hint: usize, quality: u8) -> BrotliEncoderParams {
    BrotliEncoderParams { quality: i32::from(quality), lgwin: 24, large_window: false, size_hint, ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_types::{
        batch::BatchBlock,
        payload::{decompress, envelope},
        testing::{Dice, any_batch, busy_mix, erc20_payout},
    };

    fn round_trip(batch: &Batch, quality: u8) -> usize {
        let encoded = batch.encode();
        let stream = compress_batch(batch, &encoded, quality).unwrap();
        assert_eq!(decompress(&envelope(&stream).unwrap()).unwrap(), encoded);
        stream.len()
    }

    #[test]
    fn batches_of_all_sizes_decompress_to_what_they_were_at_every_quality() {
        for quality in 0..=11 {
            for (blocks, transactions) in [(0, 0), (3, 0), (1, 1), (5, 4), (20, 30)] {
                round_trip(&any_batch(&mut Dice::new(u64::from(quality)), blocks, transactions), quality);
            }
        }
    }

    #[test]
    fn lengths_around_those_that_need_another_nibble_decompress_to_what_they_were() {
        let mut dice = Dice::new(1);
        let transactions: Vec<_> = (0..(1 << 14) + 1).map(|_| erc20_payout(&mut dice)).collect();
        for count in [1 << 10, (1 << 10) + 1, 1 << 14, (1 << 14) + 1] {
            let block = BatchBlock { delay_ms: 0, deposits: 0, transactions: transactions[..count].to_vec() };
            let size = round_trip(&Batch { blocks: vec![block] }, 2);
            assert!(size > count * SIGNATURE);
        }
    }

    #[test]
    fn stored_signatures_take_less_room_than_compressed_ones() {
        let mut dice = Dice::new(2);
        let transactions = (0..3000).map(|_| busy_mix(&mut dice)).collect();
        let batch = Batch { blocks: vec![BatchBlock { delay_ms: 0, deposits: 0, transactions }] };
        let whole = compress(&batch.encode(), 10).unwrap().len();
        let stored = round_trip(&batch, 10);
        assert!(stored <= whole, "{stored} and {whole}");
    }
}
