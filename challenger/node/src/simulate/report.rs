//! What a simulation found, for people and for programs.

use super::Fit;
use serde::Serialize;
use std::fmt;

/// Machine steps from which on a run's speed says something about much longer ones.
const ENOUGH: u64 = 1_000_000_000;

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// Tells the truth.
    Own,
    /// Tells the lie.
    Rival,
}

impl Side {
    /// The one that it plays against.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Own => Self::Rival,
            Self::Rival => Self::Own,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Own => "own",
            Self::Rival => "rival",
        })
    }
}

/// A transaction of the match.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Which, from 1.
    pub number: u32,
    /// Who sends it.
    pub side: Side,
    /// What it does.
    pub act: &'static str,
    /// To what.
    pub about: String,
    /// Seconds that computing it took.
    pub seconds: f64,
    /// Bytes that the own side's traces hold then.
    pub held: usize,
    /// Gas that such a transaction costs on L1, if it was measured.
    pub gas: Option<u64>,
}

impl Line {
    /// What stands above the lines.
    pub const HEAD: &'static str = "  #  side   transaction       about                 computed in        gas  traces hold";
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, side, act, about, seconds, held, gas } = self;
        let gas = gas.map_or_else(String::new, grouped);
        let held = if *side == Side::Own { format!("{:.1} MB", *held as f64 / 1e6) } else { String::new() };
        write!(f, "{}", format!("{number:3}  {side:5}  {act:16}  {about:22}  {seconds:7.3} s  {gas:>9}  {held:>11}").trim_end())
    }
}

/// A whole dispute.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The disputed block.
    pub block: u64,
    /// Machine steps of its run.
    pub length: u64,
    /// The step at which the rival departs from the truth.
    pub at: u64,
    /// What that step was drawn from, if it was.
    pub seed: Option<u64>,
    /// Who made the first dissection.
    pub opener: Side,
    /// How the truth won: by the rival's clock, else by a machine step.
    pub by_clock: bool,
    /// All transactions.
    pub lines: Vec<Line>,
    /// Whether that is fast enough.
    pub fit: Fit,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fit { longest, all, held, extension, clock, worst_steps, worst } = self.fit;
        let seed = self.seed.map_or_else(String::new, |seed| format!(" (seed {seed})"));
        let moves = self.lines.iter().filter(|line| line.act != "load").count();
        let how = if self.by_clock { "since the rival has no step to show" } else { "by the step that L1 computes" };
        let (length, at) = (grouped(self.length), grouped(self.at));
        writeln!(f, "block {}: {length} machine steps, the rival departs at step {at}{seed}", self.block)?;
        writeln!(f, "the truth wins in {moves} moves, {how}")?;
        writeln!(f)?;
        writeln!(f, "longest own move   {longest:.3} s; all own moves {all:.3} s; traces held {:.1} MB at most", held as f64 / 1e6)?;
        let part = 100.0 * longest / extension as f64;
        writeln!(f, "E, for each move   {} s: the longest takes {part:.2} % of it", grouped(extension))?;
        let left = match self.fit.clock_left(longest) {
            left if left > 0.0 => format!("with seven such moves, {} s are left for what L1 delays", grouped(left as u64)),
            _ => "seven such moves take longer".to_owned(),
        };
        writeln!(f, "C, for all moves   {} s: {left}", grouped(clock))?;
        let (fits, steps) = (if self.fit.holds(worst) { "fits" } else { "does NOT fit" }, worst_steps as f64 / 1e9);
        writeln!(
            f,
            "worst block        {steps:.1} G machine steps by the stated bound; at this speed a move takes {}, which {fits}",
            duration(worst)
        )?;
        let hint = if self.length < ENOUGH { "; a longer run than this one tells more" } else { "" };
        write!(f, "                   one worker meets {} different lies about such blocks at once{hint}", grouped(self.fit.lies_at_once()))
    }
}

/// With commas between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn duration(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let grouped: Vec<String> = [0, 999, 1_000, 58_500_000_000].map(grouped).into();
        assert_eq!(grouped, ["0", "999", "1,000", "58,500,000,000"]);
    }

    #[test]
    fn a_line_stands_below_its_head() {
        let line = Line {
            number: 4,
            side: Side::Own,
            act: "enter machine",
            about: "2^40 machine steps".to_owned(),
            seconds: 1.2345,
            held: 1_500_000,
            gas: Some(104_573),
        };
        let text = line.to_string();
        assert_eq!(text, "  4  own    enter machine     2^40 machine steps        1.234 s    104,573       1.5 MB");
        assert_eq!(text.len(), Line::HEAD.len());
        let rival = Line { side: Side::Rival, gas: None, ..line };
        assert_eq!(rival.to_string(), "  4  rival  enter machine     2^40 machine steps        1.234 s");
    }
}
