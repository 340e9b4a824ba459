//! What a player tells of itself.

use crate::waiting::Waiting;
use alloy::primitives::{Address, B256, U256};
use gainsay_game::{
    ledger::{Ledger, Stake},
    matches::{Kind, MatchView, Played},
    stretch::Stretch,
};
use serde::{Deserialize, Serialize};

/// All that a player knows of its own game. Wei are hex strings in JSON, as everywhere in Ethereum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlayReport {
    /// Whose stakes it plays.
    pub address: Address,
    /// Number of the L1 block that this is about.
    pub l1_block: u64,
    /// Time of that block, seconds.
    pub l1_time: u64,
    /// Why it does nothing at all; none while it plays.
    pub waiting: Option<Waiting>,
    /// Why it claims nothing now.
    pub idle: Option<String>,
    /// What an operator has to see to.
    pub alarms: Vec<String>,
    /// Its stakes.
    pub stakes: Vec<StakeReport>,
    /// Its matches, those that are over last.
    pub matches: Vec<MatchReport>,
    /// Matches that it is about to open.
    pub opening: Vec<OpeningReport>,
    /// What it has sent since the process began.
    pub spent: Spent,
    /// Wei bound in stakes that live.
    pub bonds: U256,
    /// Wei that the Rollup owes it.
    pub owed: U256,
    /// What was sent last without effect.
    pub last_error: Option<String>,
}

/// A stake of the player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StakeReport {
    /// Its id.
    pub id: U256,
    /// `live`, `withdrawn` or `defeated`.
    pub status: String,
    /// The assertion on which it stands.
    pub tip: B256,
}

/// A match that is about to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpeningReport {
    /// The match.
    pub id: B256,
    /// The assertion on whose children both stand.
    pub fork: B256,
    /// The player's stake.
    pub own: U256,
    /// The other stake.
    pub rival: U256,
    /// What happens next.
    pub next: String,
    /// Why it cannot be computed, if it cannot.
    pub error: Option<String>,
}

/// A match of the player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MatchReport {
    /// The match.
    pub id: B256,
    /// The assertion on whose children both stand.
    pub fork: B256,
    /// The player's stake.
    pub own: U256,
    /// The other stake.
    pub rival: U256,
    /// The assertion on which the player's stake stands here.
    pub own_node: B256,
    /// The assertion on which the other stands.
    pub rival_node: B256,
    /// Moves so far that divided something: 0 to 11.
    pub round: u8,
    /// What the last dissection divides.
    pub stretch: StretchReport,
    /// How it stands.
    pub standing: Standing,
    /// Since when whoever is on turn is, L1 time in seconds.
    pub since: u64,
    /// From when on whoever is on turn loses, L1 time in seconds.
    pub deadline: u64,
    /// Seconds that the player's clock showed at `since`. Whoever is on turn has at least the least time of a move beside it.
    pub own_clock: u64,
    /// The same of the other.
    pub rival_clock: u64,
    /// What happens next.
    pub next: String,
    /// All moves so far.
    pub history: Vec<MoveReport>,
    /// Why the next move cannot be computed, if it cannot.
    pub error: Option<String>,
}

/// How a match stands for the player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// The player is on turn.
    OwnTurn,
    /// The rival is on turn.
    RivalsTurn,
    /// The player has won it.
    Won,
    /// The player has lost it.
    Lost,
    /// A stake has left, or has lost elsewhere: nobody loses it.
    Void,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::OwnTurn, Self::RivalsTurn, Self::Won, Self::Lost, Self::Void];

    /// As in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnTurn => "ownTurn",
            Self::RivalsTurn => "rivalsTurn",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Void => "void",
        }
    }

    /// Of a match in which `own` plays.
    #[must_use]
    pub fn of(ledger: &Ledger, m: &MatchView, own: &U256) -> Self {
        match m.outcome {
            Some(outcome) if outcome.winner == *own => Self::Won,
            Some(_) => Self::Lost,
            None if !ledger.is_ongoing(m) => Self::Void,
            None if m.on_turn() == *own => Self::OwnTurn,
            None => Self::RivalsTurn,
        }
    }
}

/// What a dissection divides, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StretchReport {
    /// The block step whose machine run it is; none where block steps are divided. Counted from the fork's end state.
    pub block_step: Option<u64>,
    /// Steps before it.
    pub from: u64,
    /// Steps in it.
    pub len: u64,
}

impl From<Stretch> for StretchReport {
    fn from(stretch: Stretch) -> Self {
        let block_step = match stretch {
            Stretch::Blocks { .. } => None,
            Stretch::Machine { block_step, .. } => Some(block_step),
        };
        Self { block_step, from: stretch.from(), len: stretch.len() }
    }
}

/// A move of a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MoveReport {
    /// Whether the player made it.
    pub own: bool,
    /// The round that it answered.
    pub round: u8,
    /// `dissected`, `machineEntered`, `step` or `timeout`.
    pub kind: String,
    /// The segment that it named, if a log tells it.
    pub segment: Option<u8>,
    /// What it divided. For the step, the steps of which it is one; by the clock, what would have been divided next.
    pub stretch: StretchReport,
    /// L1 time, seconds.
    pub time: u64,
}

/// What was sent since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spent {
    /// Transactions that did what they should.
    pub transactions: u64,
    /// Those that had no effect, whether they were mined or not.
    pub failures: u64,
    /// Gas of the former.
    pub gas: u64,
    /// Wei paid for that gas.
    pub wei: U256,
}

impl MatchReport {
    /// Of a match in which `own` plays; `extension` is the least time of a move, seconds.
    #[must_use]
    pub fn of(ledger: &Ledger, m: &MatchView, own: U256, extension: u64) -> Self {
        let mut stretch = Stretch::FORK;
        let history = m.history.iter().map(|played| {
            stretch = divided(stretch, played);
            MoveReport {
                own: played.mover == own,
                round: played.round,
                kind: kind(played.kind).to_owned(),
                segment: played.segment,
                stretch: stretch.into(),
                time: played.time,
            }
        });
        let state = &m.state;
        let mine = (state.moverNode, u64::from(state.moverClock));
        let other = (state.rivalNode, u64::from(state.rivalClock));
        let ((own_node, own_clock), (rival_node, rival_clock)) = if state.mover == own { (mine, other) } else { (other, mine) };
        let standing = Standing::of(ledger, m, &own);
        Self {
            id: m.id,
            fork: m.fork,
            own,
            rival: m.rival_of(own).unwrap_or_default(),
            own_node,
            rival_node,
            round: m.round(),
            stretch: m.stretch.into(),
            standing,
            since: state.since.to(),
            deadline: m.deadline(extension),
            own_clock,
            rival_clock,
            next: next(standing).to_owned(),
            history: history.collect(),
            error: None,
        }
    }
}

/// What a move divides, given what the one before it divided.
fn divided(before: Stretch, played: &Played) -> Stretch {
    match (played.kind, played.segment) {
        (Kind::Dissected, Some(segment)) => before.narrowed(segment),
        (Kind::MachineEntered, Some(segment)) => before.into_machine(segment),
        _ => before,
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Dissected => "dissected",
        Kind::MachineEntered => "machineEntered",
        Kind::Step => "step",
        Kind::Timeout => "timeout",
    }
}

/// What happens next where the player has nothing to compute.
const fn next(standing: Standing) -> &'static str {
    match standing {
        Standing::OwnTurn => "its own move",
        Standing::RivalsTurn => "the rival's move, or its time is over",
        Standing::Won => "the rewards, once the stake has left",
        Standing::Lost | Standing::Void => "nothing",
    }
}

impl From<&Stake> for StakeReport {
    fn from(stake: &Stake) -> Self {
        Self { id: stake.id, status: stake.status.to_string(), tip: stake.tip }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::aliases::U40;
    use gainsay_bindings::Matches::Match;
    use gainsay_game::matches::Outcome;

    fn view() -> MatchView {
        let (node, state) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let m = Match {
            mover: U256::from(7),
            moverNode: node,
            rival: U256::from(9),
            rivalNode: state,
            start: state,
            end: state,
            dissection: state,
            since: U40::from(1_000),
            moverClock: 50,
            rivalClock: 60,
            moverMoves: 0,
            rivalMoves: 1,
            round: 1,
        };
        let mut view = MatchView::opened(B256::repeat_byte(3), B256::repeat_byte(4), m);
        view.stretch = view.stretch.narrowed(1).narrowed(2).into_machine(5);
        view.history.push(gainsay_game::matches::Played {
            mover: U256::from(9),
            round: 0,
            segment: None,
            time: 1_000,
            kind: Kind::Dissected,
        });
        view
    }

    #[test]
    fn a_match_is_told_from_the_side_of_the_own_stake() {
        let (ledger, mut view) = (Ledger::default(), view());
        let report = MatchReport::of(&ledger, &view, U256::from(7), 4);
        assert_eq!((report.own, report.rival, report.deadline), (U256::from(7), U256::from(9), 1_050));
        assert_eq!(report.stretch, StretchReport { block_step: Some(1024 + 2 * 32 + 5), from: 0, len: 1 << 40 });
        assert_eq!((report.own_clock, report.rival_clock, report.since), (50, 60, 1_000));
        assert_ne!(report.own_node, report.rival_node);
        assert!(!report.history[0].own && MatchReport::of(&ledger, &view, U256::from(9), 4).history[0].own);
        // The ledger knows neither stake, so neither lives.
        assert_eq!(report.standing, Standing::Void);
        view.outcome = Some(Outcome { winner: U256::from(9), by_clock: true });
        assert_eq!(Standing::of(&ledger, &view, &U256::from(7)), Standing::Lost);
        assert_eq!(Standing::of(&ledger, &view, &U256::from(9)), Standing::Won);
    }

    #[test]
    fn each_move_says_what_it_divided() {
        let mut view = view();
        let moves =
            [(1, Some(3), Kind::Dissected), (2, Some(4), Kind::Dissected), (3, Some(5), Kind::MachineEntered), (11, None, Kind::Step)];
        for (round, segment, kind) in moves {
            view.history.push(Played { mover: U256::from(7), round, segment, time: 2_000, kind });
        }
        let report = MatchReport::of(&Ledger::default(), &view, U256::from(7), 4);
        let stretches: Vec<_> = report.history.iter().map(|one| one.stretch).collect();
        let run = StretchReport { block_step: Some(3 * 1024 + 4 * 32 + 5), from: 0, len: 1 << 40 };
        let blocks = |from, len| StretchReport { block_step: None, from, len };
        assert_eq!(stretches, [blocks(0, 1 << 15), blocks(3 << 10, 1 << 10), blocks((3 << 10) + 128, 32), run, run]);
    }

    #[test]
    fn a_report_survives_json_in_camel_case() {
        let matches = vec![MatchReport::of(&Ledger::default(), &view(), U256::from(7), 4)];
        let waiting = Some(Waiting::ReadBack { sent: 4, read: 3 });
        let report = PlayReport { matches, waiting, owed: U256::from(1) << 70, ..PlayReport::default() };
        let json = serde_json::to_string(&report).expect("encodes");
        for name in [
            "\"lastError\":",
            "\"blockStep\":1093",
            "\"ownClock\":50",
            "\"standing\":\"void\"",
            "\"owed\":\"0x400000000000000000\"",
            "\"reason\":\"readBack\"",
        ] {
            assert!(json.contains(name), "{name} is not in {json}");
        }
        assert_eq!(serde_json::from_str::<PlayReport>(&json).expect("decodes"), report);
    }
}
