//! When an execution has to end.

use crate::ReadError;
use revm::database_interface::DBErrorMarker;
use std::time::{Duration, Instant};

/// Jumps between two looks at the clock.
const JUMPS: u32 = 1024;

/// The time that one request may take. It is looked at where code can loop and where it reads: at jump targets, calls and database reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    end: Option<Instant>,
    limit: Duration,
    jumps: u32,
}

impl Watch {
    /// Starts now.
    #[must_use]
    pub fn start(limit: Duration) -> Self {
        Self { end: Instant::now().checked_add(limit), limit, jumps: 0 }
    }

    /// Never ends.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { end: None, limit: Duration::ZERO, jumps: 0 }
    }

    /// Looks at the clock.
    ///
    /// # Errors
    /// When the time is over.
    pub fn check<E: DBErrorMarker>(&self) -> Result<(), ReadError<E>> {
        match self.end {
            Some(end) if Instant::now() >= end => Err(ReadError::Timeout { limit: self.limit }),
            _ => Ok(()),
        }
    }

    /// Looks at the clock every so many jumps.
    pub(crate) fn jump<E: DBErrorMarker>(&mut self) -> Result<(), ReadError<E>> {
        self.jumps = self.jumps.wrapping_add(1);
        if self.jumps.is_multiple_of(JUMPS) { self.check() } else { Ok(()) }
    }
}
