//! The payload envelope: `length u32 ‖ brotli stream of that length ‖ zero bytes`.

use crate::heap::Heap;
use alloc::{vec, vec::Vec};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState};

/// Bytes that a payload may decompress to: 8 MiB.
pub const MAX_DECOMPRESSED: usize = 8 << 20;
/// Bytes in front of the brotli stream.
pub const ENVELOPE_HEAD: usize = 4;

/// Output is collected in pieces of this many bytes.
const PIECE: usize = 1 << 16;

/// Why a payload holds no batch encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Fewer than four bytes.
    #[error("the payload has {length} bytes: too short for its length field")]
    Short {
        /// Bytes found.
        length: usize,
    },
    /// The length field reaches beyond the payload.
    #[error("the payload's length field says {declared} bytes, but {available} follow")]
    Length {
        /// What the field says.
        declared: u32,
        /// Bytes that follow it.
        available: usize,
    },
    /// Bytes after the stream that are not zero.
    #[error("the payload's padding is not zero")]
    Padding,
    /// The bytes are no brotli stream (RFC 7932, no large window).
    #[error("the payload is no brotli stream")]
    Stream,
    /// The stream goes on beyond the length field.
    #[error("the payload's brotli stream is cut off")]
    Truncated,
    /// The stream ends before the length field says.
    #[error("{excess} bytes follow the payload's brotli stream within its declared length")]
    Trailing {
        /// Bytes after the end of the stream.
        excess: usize,
    },
    /// More than [`MAX_DECOMPRESSED`] bytes.
    #[error("the payload decompresses to more than 8 MiB")]
    TooLarge,
}

/// Puts a brotli stream into its envelope, without padding. `None` if it is longer than 2^32 - 1 bytes.
#[must_use]
pub fn envelope(stream: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(stream.len()).ok()?;
    let mut payload = Vec::with_capacity(ENVELOPE_HEAD.saturating_add(stream.len()));
    payload.extend_from_slice(&length.to_be_bytes());
    payload.extend_from_slice(stream);
    Some(payload)
}

/// Opens the envelope and decompresses the stream in it.
///
/// Takes at most [`MAX_DECOMPRESSED`] bytes of output and, inside the decoder, the window that the stream asks for (16 MiB at
/// most, since large windows are refused).
///
/// # Errors
/// On every deviation from the layout; the payload is then void.
pub fn decompress(payload: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let (head, rest) = payload.split_first_chunk::<ENVELOPE_HEAD>().ok_or(PayloadError::Short { length: payload.len() })?;
    let declared = u32::from_be_bytes(*head);
    let beyond = PayloadError::Length { declared, available: rest.len() };
    let (stream, padding) = rest.split_at_checked(usize::try_from(declared).map_err(|_| beyond)?).ok_or(beyond)?;
    if padding.iter().any(|&byte| byte != 0) {
        return Err(PayloadError::Padding);
    }
    inflate(stream)
}

/// Decompresses exactly one strict brotli stream, with nothing after it.
fn inflate(stream: &[u8]) -> Result<Vec<u8>, PayloadError> {
    // `new_strict` is what refuses large windows.
    let mut decoder = BrotliState::new_strict(Heap::default(), Heap::default(), Heap::default());
    let mut available_in = stream.len();
    let mut read = 0;
    let mut piece = vec![0; PIECE];
    let mut out = Vec::new();
    let mut total = 0;
    loop {
        let mut space = piece.len();
        let mut written = 0;
        let result =
            BrotliDecompressStream(&mut available_in, &mut read, stream, &mut space, &mut written, &mut piece, &mut total, &mut decoder);
        out.extend_from_slice(piece.get(..written).ok_or(PayloadError::Stream)?);
        if out.len() > MAX_DECOMPRESSED {
            return Err(PayloadError::TooLarge);
        }
        match result {
            BrotliResult::ResultSuccess if available_in == 0 => return Ok(out),
            BrotliResult::ResultSuccess => return Err(PayloadError::Trailing { excess: available_in }),
            BrotliResult::NeedsMoreInput => return Err(PayloadError::Truncated),
            // The decoder asks for room only after it has used what it had; without this the loop would not end.
            BrotliResult::NeedsMoreOutput if written == 0 => return Err(PayloadError::Stream),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultFailure => return Err(PayloadError::Stream),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Dice;
    use brotli::enc::{BrotliEncoderParams, writer::CompressorWriter};
    use proptest::prelude::*;
    use std::io::Write;

    fn compress(bytes: &[u8], large_window: bool) -> Vec<u8> {
        let params = BrotliEncoderParams { quality: 5, lgwin: if large_window { 26 } else { 22 }, large_window, ..Default::default() };
        let mut writer = CompressorWriter::with_params(Vec::new(), 4096, &params);
        writer.write_all(bytes).unwrap();
        writer.into_inner()
    }

    fn payload(bytes: &[u8]) -> Vec<u8> {
        envelope(&compress(bytes, false)).unwrap()
    }

    #[test]
    fn eight_mebibytes_are_read_and_one_byte_more_is_refused() {
        let most = vec![7; MAX_DECOMPRESSED];
        assert!(payload(&most).len() < 100);
        assert_eq!(decompress(&payload(&most)), Ok(most));
        assert_eq!(decompress(&payload(&vec![7; MAX_DECOMPRESSED + 1])), Err(PayloadError::TooLarge));
    }

    #[test]
    fn a_bomb_of_64_mebibytes_is_refused() {
        assert_eq!(decompress(&payload(&vec![0; 64 << 20])), Err(PayloadError::TooLarge));
    }

    #[test]
    fn a_large_window_is_refused() {
        let bytes = Dice::new(1).bytes(5000);
        let stream = compress(&bytes, true);
        assert_eq!(decompress(&envelope(&stream).unwrap()), Err(PayloadError::Stream));
        let mut lenient = Vec::new();
        brotli::BrotliDecompress(&mut &stream[..], &mut lenient).unwrap();
        assert_eq!(lenient, bytes, "the stream is valid where large windows are allowed");
    }

    #[test]
    fn two_streams_and_bytes_within_the_declared_length_are_refused() {
        let stream = compress(b"one", false);
        let twice = [&stream[..], &stream[..]].concat();
        assert_eq!(decompress(&envelope(&twice).unwrap()), Err(PayloadError::Trailing { excess: stream.len() }));
        let zero = [&stream[..], &[0]].concat();
        assert_eq!(decompress(&envelope(&zero).unwrap()), Err(PayloadError::Trailing { excess: 1 }));
    }

    #[test]
    fn padding_may_be_zero_bytes_only() {
        let mut padded = payload(b"batch");
        padded.resize(padded.len() + 1000, 0);
        assert_eq!(decompress(&padded), Ok(b"batch".to_vec()));
        let last = padded.len() - 1;
        padded[last] = 1;
        assert_eq!(decompress(&padded), Err(PayloadError::Padding));
    }

    #[test]
    fn a_stream_that_is_cut_off_is_refused() {
        let stream = compress(&Dice::new(2).bytes(300), false);
        for length in 0..stream.len() {
            let error = decompress(&envelope(&stream[..length]).unwrap()).unwrap_err();
            assert_eq!(error, PayloadError::Truncated, "{length}");
        }
    }

    #[test]
    fn lengths_beyond_the_payload_are_refused() {
        assert_eq!(decompress(&[0, 0, 1]), Err(PayloadError::Short { length: 3 }));
        assert_eq!(decompress(&[0, 0, 0, 2, 6]), Err(PayloadError::Length { declared: 2, available: 1 }));
        assert_eq!(decompress(&[0xff, 0xff, 0xff, 0xff, 6]), Err(PayloadError::Length { declared: u32::MAX, available: 1 }));
        assert_eq!(decompress(&[0, 0, 0, 0]), Err(PayloadError::Truncated));
        assert_eq!(decompress(&[0, 0, 0, 1, 6]), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn what_was_compressed_is_read(bytes in prop::collection::vec(any::<u8>(), 0..4000), padding in 0usize..200) {
            let mut payload = payload(&bytes);
            payload.resize(payload.len() + padding, 0);
            prop_assert_eq!(decompress(&payload), Ok(bytes));
        }

        #[test]
        fn random_streams_never_panic_and_stay_in_bounds(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let result = decompress(&envelope(&bytes).unwrap());
            prop_assert!(result.map_or(0, |out| out.len()) <= MAX_DECOMPRESSED);
        }

        #[test]
        fn changed_streams_never_panic_and_stay_in_bounds(seed: u64, index: prop::sample::Index, bit in 0u8..8) {
            let mut stream = compress(&Dice::new(seed).bytes(200).repeat(3), false);
            let index = index.index(stream.len());
            stream[index] ^= 1 << bit;
            let result = decompress(&envelope(&stream).unwrap());
            prop_assert!(result.map_or(0, |out| out.len()) <= MAX_DECOMPRESSED);
        }
    }
}
