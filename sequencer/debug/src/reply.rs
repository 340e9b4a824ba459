//! The answer while it is written: JSON, of bounded length.

use crate::DebugError;
use serde_json::value::RawValue;
use std::io::{self, Write};

/// JSON text that does not grow beyond its limit.
#[derive(Debug)]
pub(crate) struct Reply {
    text: Vec<u8>,
    limit: usize,
    full: bool,
}

impl Reply {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { text: Vec::new(), limit, full: false }
    }

    /// Whether something did not fit. Then it is no JSON any more.
    pub(crate) const fn is_full(&self) -> bool {
        self.full
    }

    /// Bytes that are left.
    pub(crate) const fn room(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> bool {
        self.full |= bytes.len() > self.room();
        if !self.full {
            self.text.extend_from_slice(bytes);
        }
        !self.full
    }

    /// Hex digits of bytes.
    pub(crate) fn push_hex(&mut self, bytes: &[u8]) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.full |= bytes.len().saturating_mul(2) > self.room();
        if self.full {
            return;
        }
        // Half of a byte is an index below 16.
        self.text.extend(bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
    }

    /// A number in decimal.
    pub(crate) fn push_number(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.push_bytes(&digits[start..]);
    }

    /// # Errors
    /// When it does not fit or is no JSON.
    pub(crate) fn push_json(&mut self, value: &impl serde::Serialize) -> Result<(), DebugError> {
        let written = serde_json::to_writer(&mut *self, value);
        self.check()?;
        Ok(written?)
    }

    /// # Errors
    /// When something did not fit.
    pub(crate) const fn check(&self) -> Result<(), DebugError> {
        if self.full { Err(DebugError::Size { limit: self.limit }) } else { Ok(()) }
    }

    /// # Errors
    /// When something did not fit.
    pub(crate) fn into_json(self) -> Result<Box<RawValue>, DebugError> {
        self.check()?;
        let text = String::from_utf8(self.text).map_err(serde::de::Error::custom).map_err(|source| DebugError::Encoding { source })?;
        Ok(RawValue::from_string(text)?)
    }
}

impl Write for Reply {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.push_bytes(bytes) { Ok(bytes.len()) } else { Err(io::ErrorKind::FileTooLarge.into()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_holds_what_fits_and_remembers_that_something_did_not() {
        let mut reply = Reply::new(12);
        reply.push("[");
        reply.push_number(120);
        reply.push(",");
        reply.push_json(&"0x").unwrap();
        assert_eq!((reply.room(), reply.is_full()), (3, false));
        reply.push_hex(&[0x1f]);
        assert!(reply.push_json(&[1, 2]).unwrap_err().to_string().contains("more than 12 bytes"));
        reply.push("]");
        assert!(matches!(reply.into_json(), Err(DebugError::Size { limit: 12 })));
    }

    #[test]
    fn numbers_and_hex_are_written_in_full() {
        let mut reply = Reply::new(100);
        reply.push("[");
        reply.push_number(u64::MAX);
        reply.push(",");
        reply.push_number(0);
        reply.push(",\"0x");
        reply.push_hex(&[0, 0xab, 0xff]);
        reply.push("\"]");
        assert_eq!(reply.into_json().unwrap().get(), "[18446744073709551615,0,\"0x00abff\"]");
    }
}
