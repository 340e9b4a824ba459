//! What the contracts were deployed with, as far as the game depends on it.

use alloy::primitives::U256;
use gainsay_l1::RollupSettings;

/// Parameters of the game; times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Wei of every stake.
    pub bond: U256,
    /// W: from an assertion's first child to the confirmation of one; above twice the clock.
    pub window: u64,
    /// C: time a party has for all its moves in a match; at least the extension.
    pub clock: u64,
    /// E: least time for each next move; above 0.
    pub extension: u64,
    /// M: least time between an assertion and its children; above 0.
    pub period: u64,
}

impl From<RollupSettings> for Settings {
    fn from(settings: RollupSettings) -> Self {
        let RollupSettings { bond, challenge_window, clock, extension, assertion_period } = settings;
        Self { bond, window: challenge_window, clock, extension, period: assertion_period }
    }
}
