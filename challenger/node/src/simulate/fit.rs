//! Whether the moves fit into the times that the chain gives.

use super::{Line, Side};
use gainsay_game::settings::Settings;
use serde::Serialize;

/// Most moves that a side makes in one match, `timeout` included.
const MOVES: f64 = 7.0;
/// Machine steps that the longest run may take for its payload and messages, whatever the block gas limit: the guest's stated bound.
const WORST_FIXED: u64 = 2_100_000_000;
/// Machine steps that it may take for each gas of the block gas limit, with tries as deep as they can be: the guest's stated bound.
const WORST_PER_GAS: u64 = 1_880;

/// How the own side's computing compares with the chain's times. Seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fit {
    /// The longest move, what it loads included.
    pub longest: f64,
    /// All moves together.
    pub all: f64,
    /// Bytes that traces held at most.
    pub held: usize,
    /// E: least time for each move.
    pub extension: u64,
    /// C: time for all moves of a match together.
    pub clock: u64,
    /// Machine steps of the longest run that a block of this chain can have, by the guest's stated bound.
    pub worst_steps: u64,
    /// The longest move of such a run, at this speed.
    pub worst: f64,
}

impl Fit {
    pub(super) fn of(lines: &[Line], length: u64, settings: &Settings, block_gas_limit: u64) -> Self {
        let own: Vec<&Line> = lines.iter().filter(|line| line.side == Side::Own).collect();
        // A load goes with the step after it: one turn.
        let turns = own.iter().fold((Vec::new(), 0.0), |(mut turns, before), line| {
            let turn = before + line.seconds;
            if line.act == "load" {
                return (turns, turn);
            }
            turns.push(turn);
            (turns, 0.0)
        });
        let longest = turns.0.iter().copied().fold(0.0, f64::max);
        let worst_steps = WORST_FIXED.saturating_add(WORST_PER_GAS.saturating_mul(block_gas_limit));
        Self {
            longest,
            all: turns.0.iter().sum(),
            held: own.iter().map(|line| line.held).max().unwrap_or_default(),
            extension: settings.extension,
            clock: settings.clock,
            worst_steps,
            worst: longest * worst_steps as f64 / length.max(1) as f64,
        }
    }

    /// Whether a player that needs so long for each move never loses by the clock, as long as L1 takes its transactions.
    #[must_use]
    pub fn holds(&self, longest: f64) -> bool {
        longest < self.extension as f64 && MOVES * longest < self.clock as f64
    }

    /// What is left of C for transactions that L1 does not take, when all moves take so long.
    #[must_use]
    pub fn clock_left(&self, longest: f64) -> f64 {
        self.clock as f64 - MOVES * longest
    }

    /// Different lies about the worst block, each about another run, that one worker meets at once: their clocks run at the same time.
    #[must_use]
    pub fn lies_at_once(&self) -> u64 {
        let of_one = self.all * self.worst / self.longest.max(f64::MIN_POSITIVE);
        if of_one > 0.0 { (self.clock_left(self.worst).max(0.0) / of_one) as u64 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::U256;

    fn line(side: Side, act: &'static str, seconds: f64, held: usize) -> Line {
        Line { number: 1, side, act, about: String::new(), seconds, held, gas: None }
    }

    fn settings(extension: u64, clock: u64) -> Settings {
        Settings { bond: U256::ONE, window: 3 * clock, clock, extension, period: 1 }
    }

    #[test]
    fn the_longest_turn_counts_with_what_it_loads_and_the_rivals_do_not() {
        let lines = [
            line(Side::Rival, "move", 90.0, 9_000),
            line(Side::Own, "enter machine", 4.0, 700),
            line(Side::Own, "move", 1.0, 500),
            line(Side::Own, "load", 2.0, 500),
            line(Side::Own, "step", 3.0, 500),
        ];
        let fit = Fit::of(&lines, 1_000_000_000, &settings(10, 100), 30_000_000);
        assert_eq!((fit.longest, fit.all, fit.held), (5.0, 10.0, 700));
        assert_eq!((fit.worst_steps, fit.worst), (58_500_000_000, 292.5));
        assert_eq!((fit.clock_left(fit.longest), fit.lies_at_once()), (65.0, 0));
        // At this speed, a move of the worst block takes 292.5 s and all of them take 585 s.
        let roomy = Fit { clock: 10_000, ..fit };
        assert_eq!(roomy.lies_at_once(), (10_000 - 2_048) / 585);
    }

    #[test]
    fn moves_must_fit_into_the_extension_one_by_one_and_into_the_clock_together() {
        let fit = |extension, clock| Fit::of(&[line(Side::Own, "move", 5.0, 0)], 1, &settings(extension, clock), 0);
        assert!(fit(6, 36).holds(5.0));
        assert!(!fit(5, 36).holds(5.0), "not within E");
        assert!(!fit(6, 35).holds(5.0), "not within C");
    }
}
