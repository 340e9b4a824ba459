//! Reading a preimage whole.
#![allow(unsafe_code)]

use crate::syscall::{Word, key, part};
use alloc::vec::Vec;
use core::ops::Deref;

/// The bytes behind a key, where the machine wrote them.
pub struct Preimage {
    words: Vec<Word>,
    /// Bytes; the words hold exactly as many, rounded up.
    length: usize,
}

/// The preimage of `wanted`; none if it is longer than `limit` bytes. What the oracle has no answer for has length 0.
#[must_use]
pub fn preimage(wanted: [u8; 32], limit: usize) -> Option<Preimage> {
    key(wanted);
    let mut length = Word([0; 32]);
    // SAFETY: a word of our own.
    unsafe { part(0, &raw mut length) };
    let (high, low) = length.0.split_at(24);
    let low = u64::from_be_bytes(low.try_into().ok()?);
    let length = usize::try_from(low).ok().filter(|length| *length <= limit && high.iter().all(|byte| *byte == 0))?;
    let count = length.div_ceil(32);
    let mut words = Vec::<Word>::with_capacity(count);
    let start = words.as_mut_ptr();
    for index in 0..count {
        // SAFETY: the vector has room for `count` words.
        unsafe { part(index + 1, start.add(index)) };
    }
    // SAFETY: the machine has written all of them.
    unsafe { words.set_len(count) };
    Some(Preimage { words, length })
}

impl Deref for Preimage {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: words are 32 bytes without padding, and there are enough for `length`.
        unsafe { core::slice::from_raw_parts(self.words.as_ptr().cast(), self.length) }
    }
}

impl AsRef<[u8]> for Preimage {
    fn as_ref(&self) -> &[u8] {
        self
    }
}
