//! One match in words, move by move.

use super::{
    Report,
    words::{ROUNDS, duration, place, stake, steps, thousands, time_left},
};
use gainsay_play::report::{MatchReport, MoveReport, Standing, StretchReport};
use std::fmt;

/// Parts into which a dissection divides.
const WIDTH: u64 = 32;

/// A match that is not told of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// None has such an id.
    #[error(
        "no match has an id that begins with {wanted}: `challenger status` lists those known. One that is over and paid is known no more"
    )]
    None {
        /// What was asked for.
        wanted: String,
    },
    /// Several have.
    #[error("{wanted} is the beginning of {count} ids of matches: give more of it")]
    Several {
        /// What was asked for.
        wanted: String,
        /// How many there are.
        count: usize,
    },
    /// It is still to be opened.
    #[error("match {id} is not open yet; next: {next}{}", error.as_ref().map(|error| format!("; {error}")).unwrap_or_default())]
    NotOpen {
        /// Its id.
        id: String,
        /// What happens next.
        next: String,
        /// Why it cannot be opened yet.
        error: Option<String>,
    },
}

/// A match of a report, and how its sides are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The match.
    pub game: &'a MatchReport,
    /// Whether its own side is known to tell the truth.
    pub honest: bool,
    now: u64,
    names: [String; 2],
}

impl Report {
    /// The match whose id begins with `wanted`, with or without 0x.
    ///
    /// # Errors
    /// When there is not exactly one.
    pub fn find(&self, wanted: &str) -> Result<Found<'_>, FindError> {
        let digits = wanted.trim().trim_start_matches("0x").trim_end_matches('…').to_lowercase();
        let is_it = |id: &dyn fmt::LowerHex| format!("{id:x}").trim_start_matches("0x").starts_with(&digits);
        let mut found = Vec::new();
        if let Some(play) = &self.play {
            let names = || ["this challenger".to_owned(), "the rival".to_owned()];
            let own = play.matches.iter().filter(|m| is_it(&m.id));
            found.extend(own.map(|game| Found { game, honest: true, now: play.l1_time, names: names() }));
        }
        for other in self.others.iter().filter(|other| is_it(&other.game.id)) {
            let game = &other.game;
            let names =
                if other.agreed { ["the honest side".to_owned(), "the rival".to_owned()] } else { [stake(&game.own), stake(&game.rival)] };
            found.push(Found { game, honest: other.agreed, now: self.l1.time, names });
        }
        let wanted = || format!("0x{digits}");
        match (found.pop(), found.len()) {
            (Some(one), 0) => Ok(one),
            (Some(_), more) => Err(FindError::Several { wanted: wanted(), count: more + 1 }),
            (None, _) => Err(self.not_open(&is_it).unwrap_or_else(|| FindError::None { wanted: wanted() })),
        }
    }

    fn not_open(&self, is_it: &dyn Fn(&dyn fmt::LowerHex) -> bool) -> Option<FindError> {
        let opening = self.play.as_ref()?.opening.iter().find(|opening| is_it(&opening.id))?;
        Some(FindError::NotOpen { id: opening.id.to_string(), next: opening.next.clone(), error: opening.error.clone() })
    }
}

impl Found<'_> {
    /// Whether nobody can move in it any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.game.standing, Standing::Won | Standing::Lost | Standing::Void)
    }

    /// Whether the truth has lost it.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.honest && matches!(self.game.standing, Standing::Lost)
    }

    fn name(&self, own: bool) -> &str {
        let [first, second] = &self.names;
        if own { first } else { second }
    }

    fn head(&self) -> String {
        let MatchReport { id, fork, own, rival, own_node, rival_node, .. } = self.game;
        let (first, second) = (self.name(true), self.name(false));
        format!(
            "match {id}\n  below assertion {fork}\n  {first}: stake {}, on {own_node}\n  {second}: stake {}, on {rival_node}",
            stake(own),
            stake(rival)
        )
    }

    /// A move in a line: its number, the seconds since the one before it, and what it did.
    fn told(&self, index: usize) -> Option<String> {
        let one = self.game.history.get(index)?;
        let before = index.checked_sub(1).and_then(|before| self.game.history.get(before));
        let after = before.map(|before| format!("+{}", duration(one.time.saturating_sub(before.time)))).unwrap_or_default();
        Some(format!("  {:>2} {after:>12}  {} {}", index + 1, self.name(one.own), self.did(one)))
    }

    fn did(&self, one: &MoveReport) -> String {
        let other = self.name(!one.own);
        let parts = steps(&StretchReport { len: one.stretch.len / WIDTH, ..one.stretch });
        match (one.kind.as_str(), one.segment, one.stretch.block_step) {
            ("dissected", None, _) => {
                format!("divides all {} below the fork into {WIDTH} parts of {parts} each", steps(&one.stretch))
            }
            ("machineEntered", _, Some(step)) => format!(
                "says that block step {} is wrong, and divides the machine run that computes it: 2^40 steps, into {WIDTH} parts of {parts}",
                thousands(step.saturating_add(1))
            ),
            ("dissected", Some(segment), _) => format!(
                "says that part {} of {WIDTH} goes wrong, and divides it into {WIDTH} of {parts} each: {}",
                segment.saturating_add(1),
                place(&one.stretch)
            ),
            ("step", _, _) => format!("has L1 compute one of the {}: it does not end as {other} says", place(&one.stretch)),
            ("timeout", _, _) => format!("shows that the time of {other} is over"),
            (kind, _, _) => format!("made a move of the kind {kind}: this program is older than the one that it asks"),
        }
    }

    fn clocks(&self) -> String {
        let running = self.now.saturating_sub(self.game.since);
        let clock = |own: bool, shown: u64| {
            let on_turn = match self.game.standing {
                Standing::OwnTurn => own,
                Standing::RivalsTurn => !own,
                _ => false,
            };
            let left = if on_turn { shown.saturating_sub(running) } else { shown };
            format!("{} {}{}", self.name(own), duration(left), if on_turn { ", running" } else { "" })
        };
        format!("clocks   {}; {}", clock(true, self.game.own_clock), clock(false, self.game.rival_clock))
    }

    fn standing(&self) -> String {
        let m = self.game;
        let (own, rival) = (self.name(true), self.name(false));
        let by = match m.history.last().map(|last| last.kind.as_str()) {
            Some("timeout") => "by the clock",
            _ => "by the step that L1 computed",
        };
        match m.standing {
            Standing::OwnTurn | Standing::RivalsTurn => {
                let who = self.name(m.standing == Standing::OwnTurn);
                let range = steps(&m.stretch);
                let error = m.error.as_ref().map(|error| format!("\n         it cannot be computed: {error}")).unwrap_or_default();
                format!(
                    "round    {} of {ROUNDS}: a divergence within {range}\nnext     {who} on turn: {}; until L1 time {}, {}{error}",
                    m.round,
                    m.next,
                    m.deadline,
                    time_left(m, self.now)
                )
            }
            Standing::Won => format!("outcome  {own} has won {by}; next: {}", m.next),
            Standing::Lost => format!("outcome  {rival} has won {by}"),
            Standing::Void => "outcome  void: one of the two stakes has left, or has lost another match".to_owned(),
        }
    }
}

/// The whole match.
impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.head())?;
        writeln!(f, "moves    {}", self.game.history.len())?;
        for index in 0..self.game.history.len() {
            writeln!(f, "{}", self.told(index).unwrap_or_default())?;
        }
        if !self.is_over() {
            writeln!(f, "{}", self.clocks())?;
        }
        writeln!(f, "{}", self.standing())
    }
}

/// What was told of a match that is being followed.
#[derive(Clone, Debug, Default)]
pub struct Story {
    moves: Option<Vec<MoveReport>>,
    over: bool,
}

impl Story {
    /// The lines that are new since the last call: all of them at first. Moves that a reorganisation of L1 undid are named as such.
    pub fn news(&mut self, found: &Found<'_>) -> Vec<String> {
        let history = &found.game.history;
        let mut lines = Vec::new();
        if self.moves.is_none() {
            lines.push(found.head());
        }
        let told = self.moves.as_deref().unwrap_or_default();
        let kept = told.iter().zip(history).take_while(|(told, now)| told == now).count();
        if kept < told.len() {
            lines.push(format!("     L1 was reorganised, which undid {}: the match goes on after move {kept}", moves(told.len() - kept)));
        }
        lines.extend((kept..history.len()).filter_map(|index| found.told(index)));
        if found.is_over() && !self.over {
            lines.push(found.standing());
        }
        self.over = found.is_over();
        self.moves = Some(history.clone());
        lines
    }
}

fn moves(count: usize) -> String {
    format!("{count} move{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
