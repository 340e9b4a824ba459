//! The sequencer's side of the payload's compression.

use brotli::enc::BrotliEncoderParams;
use std::io;

/// One brotli stream of `bytes`, as the protocol wants it: no large window. `quality` is 0 (fast) to 11 (small).
///
/// # Errors
/// Only when the encoder refuses its parameters.
pub fn compress(bytes: &[u8], quality: u8) -> io::Result<Vec<u8>> {
    let params =
        BrotliEncoderParams { quality: i32::from(quality), lgwin: 24, large_window: false, size_hint: bytes.len(), ..Default::default() };
    let mut stream = Vec::with_capacity(bytes.len() / 2);
    brotli::BrotliCompress(&mut &bytes[..], &mut stream, &params)?;
    Ok(stream)
}
