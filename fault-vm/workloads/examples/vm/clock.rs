//! Time and memory of this process.

use std::{fs, time::Instant};

/// A span of time on the processor: time in which others had it does not count, where the system tells.
pub(crate) struct Clock {
    wall: Instant,
    on_cpu: Option<u64>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), on_cpu: nanoseconds_on_cpu() }
    }

    /// Seconds since the start.
    pub(crate) fn seconds(&self) -> f64 {
        match (self.on_cpu, nanoseconds_on_cpu()) {
            (Some(start), Some(end)) => (end - start) as f64 / 1e9,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

fn nanoseconds_on_cpu() -> Option<u64> {
    // The scheduler brings its count up to date when a thread gives up the processor.
    std::thread::yield_now();
    fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

/// Bytes of memory that this process has now.
pub(crate) fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes: u64 = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// The value in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
