//! Reading with every length checked against what is left.

use super::BatchError;

/// The bytes not yet read.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn remaining(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], BatchError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(BatchError::Truncated { needed: count, left: self.0.len() })?;
        self.0 = rest;
        Ok(taken)
    }

    /// Fails unless `count` records of `size` bytes are left.
    pub(crate) fn check(&self, count: usize, size: usize) -> Result<(), BatchError> {
        let needed = count.checked_mul(size).ok_or(BatchError::Range)?;
        if needed > self.0.len() { Err(BatchError::Truncated { needed, left: self.0.len() }) } else { Ok(()) }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, BatchError> {
        let (&byte, rest) = self.0.split_first().ok_or(BatchError::Truncated { needed: 1, left: 0 })?;
        self.0 = rest;
        Ok(byte)
    }

    /// A big-endian u32, as a length.
    pub(crate) fn length(&mut self) -> Result<usize, BatchError> {
        let mut value = 0usize;
        for &byte in self.take(4)? {
            value = value.checked_mul(256).and_then(|value| value.checked_add(usize::from(byte))).ok_or(BatchError::Range)?;
        }
        Ok(value)
    }
}
