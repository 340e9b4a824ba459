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
        let result = BrotliDecompressStream(&mut available_in, &mut read, stream, &mut space, &mut written, &mut piece, &mut total, &mut decoder);
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
