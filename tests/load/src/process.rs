//! What a process has used, as Linux tells it.

use eyre::OptionExt;
use std::{fs, time::Duration};

/// Clock ticks a second in /proc, on every Linux there is.
const TICKS: u64 = 100;

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Time on the processor, of all threads.
    pub cpu: Duration,
    /// Memory that is resident now, bytes.
    pub resident: u64,
}

/// Asks about a process.
///
/// # Errors
/// When there is none with this number.
pub fn usage(pid: u32) -> eyre::Result<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold spaces.
    let fields: Vec<_> = stat.rsplit_once(')').ok_or_eyre("/proc changed its form")?.1.split_whitespace().collect();
    let field = |place: usize| -> eyre::Result<u64> { Ok(fields.get(place).ok_or_eyre("/proc changed its form")?.parse()?) };
    let ticks = field(11)? + field(12)?;
    Ok(Usage { cpu: Duration::from_millis(ticks * 1_000 / TICKS), resident: field(21)? * 4_096 })
}
