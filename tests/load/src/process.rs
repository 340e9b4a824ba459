//! What a process has used, as Linux tells it.

use eyre::{OptionExt, WrapErr};
use std::{fs, time::Duration};

/// Clock ticks a second in /proc, on every Linux there is.
const TICKS: u64 = 100;

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Time on the processor, of all threads.
    pub(crate) cpu: Duration,
    /// Memory that is resident now, bytes.
    pub(crate) resident: u64,
    /// The most that ever was, bytes.
    pub(crate) peak: u64,
}

/// Asks about a process.
///
/// # Errors
/// When there is none with this number.
pub(crate) fn usage(pid: u32) -> eyre::Result<Usage> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).wrap_err_with(|| format!("there is no process {pid}"));
    let stat = read("stat")?;
    // The name, in brackets, may hold spaces.
    let fields: Vec<_> = stat.rsplit_once(')').ok_or_eyre("/proc changed its form")?.1.split_whitespace().collect();
    let field = |place: usize| -> eyre::Result<u64> { Ok(fields.get(place).ok_or_eyre("/proc changed its form")?.parse()?) };
    let ticks = field(11)? + field(12)?;
    let status = read("status")?;
    let kilobytes = |name: &str| -> eyre::Result<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or_eyre("/proc changed its form")?;
        Ok(line.split_whitespace().next().ok_or_eyre("/proc changed its form")?.parse::<u64>()? * 1_024)
    };
    Ok(Usage { cpu: Duration::from_millis(ticks * 1_000 / TICKS), resident: kilobytes("VmRSS:")?, peak: kilobytes("VmHWM:")? })
}
