//! Progress for people, on stderr.

use std::{
    io::{IsTerminal, Write, stderr},
    ops::ControlFlow,
    time::{Duration, Instant},
};

/// Between two lines where they stay.
const SELDOM: Duration = Duration::from_secs(10);
/// Between two where one replaces the other.
const OFTEN: Duration = Duration::from_millis(200);

/// Tells how far a run is, now and then.
#[derive(Debug)]
pub struct Progress {
    start: Instant,
    told: Option<Instant>,
    quiet: bool,
    terminal: bool,
}

impl Progress {
    /// From now on. A quiet one tells nothing.
    #[must_use]
    pub fn start(quiet: bool) -> Self {
        Self { start: Instant::now(), told: None, quiet, terminal: stderr().is_terminal() }
    }

    /// Since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Hears how many steps are done.
    pub fn tell(&mut self, steps: u64) -> ControlFlow<()> {
        let pause = if self.terminal { OFTEN } else { SELDOM };
        if !self.quiet && self.told.unwrap_or(self.start).elapsed() >= pause {
            self.told = Some(Instant::now());
            let end = if self.terminal { '\r' } else { '\n' };
            // Nobody listens: the run goes on.
            let _ = write!(stderr(), "  {} steps, {} a second{end}", grouped(steps), grouped(rate(steps, self.elapsed())));
        }
        ControlFlow::Continue(())
    }

    /// Leaves the line that the next text goes to empty.
    pub fn end(&self) {
        if self.told.is_some() && self.terminal {
            let _ = write!(stderr(), "\r{:60}\r", "");
        }
    }
}

/// Steps a second.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
pub fn rate(steps: u64, time: Duration) -> u64 {
    (steps as f64 / time.as_secs_f64().max(1e-9)) as u64
}

/// A number with commas.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let groups: Vec<String> = Some(head.to_owned()).filter(|head| !head.is_empty()).into_iter().chain(groups).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (123_456, "123,456"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_rate_is_by_the_second() {
        assert_eq!(rate(500, Duration::from_millis(250)), 2_000);
    }
}
