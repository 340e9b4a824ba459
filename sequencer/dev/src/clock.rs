//! Which time the next block has.

use crate::DevError;
use gainsay_types::Millis;

/// The system's clock, moved as the developer wishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock {
    /// How far this clock is ahead of the system's, milliseconds.
    ahead: i64,
    /// Time of the next block alone, seconds.
    next: Option<u64>,
    /// Time between two blocks, seconds.
    interval: Option<u64>,
}

impl Clock {
    /// This clock's time.
    pub(crate) fn now(&self, system: Millis) -> Millis {
        Millis(system.0.saturating_add_signed(self.ahead))
    }

    /// Time of the next block, `least` milliseconds after its parent at the earliest.
    pub(crate) fn next(&self, system: Millis, parent: Millis, least: u64) -> Millis {
        let earliest = parent.plus(least);
        match (self.next, self.interval) {
            (Some(seconds), _) => Millis::from_secs(seconds).max(earliest),
            (None, Some(seconds)) => Millis(parent.0.saturating_add(seconds.saturating_mul(1000))).max(earliest),
            (None, None) => self.now(system).max(earliest),
        }
    }

    /// A block was made: one whose time was named sets the clock.
    pub(crate) fn made(&mut self, system: Millis, time: Millis) {
        if self.next.take().is_some() {
            self.set(system, time);
        }
    }

    /// Sets the clock. Returns by how many seconds it moved.
    pub(crate) fn set(&mut self, system: Millis, time: Millis) -> i64 {
        let before = self.now(system);
        self.ahead = difference(time, system);
        difference(time, before) / 1000
    }

    /// Moves the clock on. Returns how many seconds it is ahead of the system's then.
    pub(crate) fn increase(&mut self, seconds: u64) -> i64 {
        let millis = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        self.ahead = self.ahead.saturating_add(millis);
        self.ahead / 1000
    }

    /// Names the time of the next block, seconds.
    pub(crate) fn set_next(&mut self, seconds: u64, parent: Millis) -> Result<(), DevError> {
        if seconds < parent.secs() {
            return Err(DevError::Timestamp { asked: seconds, latest: parent.secs() });
        }
        self.next = Some(seconds);
        Ok(())
    }

    /// Fixes the time between blocks, seconds.
    pub(crate) const fn set_interval(&mut self, seconds: u64) {
        self.interval = Some(seconds);
    }

    /// Ends [`Self::set_interval`]; whether there was one.
    pub(crate) const fn remove_interval(&mut self) -> bool {
        self.interval.take().is_some()
    }
}

fn difference(later: Millis, earlier: Millis) -> i64 {
    let clamp = |millis: u64| i64::try_from(millis).unwrap_or(i64::MAX);
    clamp(later.0).saturating_sub(clamp(earlier.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: Millis = Millis(1_000_000);

    #[test]
    fn blocks_follow_the_systems_clock_and_never_their_parents_too_closely() {
        let clock = Clock::default();
        assert_eq!(clock.next(SYSTEM, Millis(5), 1), SYSTEM);
        assert_eq!(clock.next(SYSTEM, SYSTEM, 1), SYSTEM.plus(1));
        assert_eq!(clock.next(SYSTEM, Millis(2_000_000), 1), Millis(2_000_001));
    }

    #[test]
    fn a_named_time_holds_for_one_block_and_the_clock_goes_on_from_it() {
        let mut clock = Clock::default();
        clock.set_next(5_000, SYSTEM).expect("it is later");
        assert_eq!(clock.next(SYSTEM, SYSTEM, 1), Millis(5_000_000));
        clock.made(SYSTEM, Millis(5_000_000));
        assert_eq!(clock.next(SYSTEM.plus(7), Millis(5_000_000), 1), Millis(5_000_007));
        assert!(matches!(clock.set_next(4_999, Millis(5_000_999)), Err(DevError::Timestamp { asked: 4_999, latest: 5_000 })));
    }

    #[test]
    fn moving_the_clock_adds_up_and_says_so() {
        let mut clock = Clock::default();
        assert_eq!((clock.increase(10), clock.increase(5)), (10, 15));
        assert_eq!(clock.now(SYSTEM), Millis(1_015_000));
        assert_eq!(clock.set(SYSTEM, Millis(1_010_000)), -5);
        clock.increase(u64::MAX);
        assert!(clock.now(SYSTEM) > SYSTEM);
    }

    #[test]
    fn an_interval_counts_from_the_parent_until_it_is_removed() {
        let mut clock = Clock::default();
        clock.set_interval(60);
        assert_eq!(clock.next(SYSTEM, Millis(2_000), 1), Millis(62_000));
        assert!(clock.remove_interval() && !clock.remove_interval());
        assert_eq!(clock.next(SYSTEM, Millis(2_000), 1), SYSTEM);
    }
}
