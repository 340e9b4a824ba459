//! What `challenger status` shows, as JSON and in words.

use super::words;
use crate::{tracker::Tracker, verdict::Verdict};
use alloy::primitives::B256;
use gainsay_play::report::{MatchReport, PlayReport, Standing};
use gainsay_types::State;
use serde::{Deserialize, Serialize};
use std::fmt;

/// All that the challenger knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// L1 as it was read last.
    pub l1: L1Report,
    /// The own chain.
    pub chain: ChainReport,
    /// Verdicts by word.
    pub summary: Summary,
    /// All assertions, oldest first.
    pub assertions: Vec<AssertionReport>,
    /// The own game; none if it only watches.
    pub play: Option<PlayReport>,
    /// Matches between stakes of others.
    pub others: Vec<OtherMatch>,
}

/// A match between stakes of others, told from one of its sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OtherMatch {
    /// Whether the side from which it is told stands on what the challenger agrees with. If not, it is neither side that does, or not known yet.
    pub agreed: bool,
    /// The match.
    #[serde(flatten)]
    pub game: MatchReport,
}

/// L1 as it was read last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L1Report {
    /// The newest block there is.
    pub latest: u64,
    /// Its time, seconds.
    pub time: u64,
    /// The newest block read here.
    pub read: u64,
    /// The newest finalised block.
    pub finalized: u64,
}

/// The own chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainReport {
    /// Batches in the inbox.
    pub batches: u64,
    /// Batches derived.
    pub derived: u64,
    /// The newest L2 block derived.
    pub safe: u64,
    /// The newest L2 block derived from finalised L1 blocks.
    pub finalized: u64,
}

/// Verdicts by word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Assertions that the challenger agrees with.
    pub agree: u64,
    /// Assertions that it does not.
    pub disagree: u64,
    /// Assertions that continue such a one.
    pub descends_from_false: u64,
    /// Assertions without a verdict.
    pub pending: u64,
    /// Confirmed ones.
    pub confirmed: u64,
}

/// One assertion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssertionReport {
    /// Its id.
    pub id: B256,
    /// Its parent; zero for the first.
    pub parent: B256,
    /// The L1 block that created it.
    pub l1_number: u64,
    /// The state claimed.
    pub end: State,
    /// L1 has confirmed it.
    pub confirmed: bool,
    /// What the challenger holds of it.
    pub verdict: Verdict,
}

impl Report {
    /// Puts together what is known.
    #[must_use]
    pub fn new(l1: L1Report, chain: ChainReport, tracker: &Tracker, others: Vec<OtherMatch>) -> Self {
        let assertions: Vec<_> = tracker
            .assertions()
            .iter()
            .filter_map(|assertion| {
                Some(AssertionReport {
                    id: assertion.id,
                    parent: assertion.parent,
                    l1_number: assertion.l1_number,
                    end: assertion.end,
                    confirmed: assertion.confirmed_in.is_some(),
                    verdict: tracker.verdict(&assertion.id)?.clone(),
                })
            })
            .collect();
        Self { l1, chain, summary: Summary::of(&assertions), assertions, play: None, others }
    }
}

impl Summary {
    fn of(assertions: &[AssertionReport]) -> Self {
        let mut summary = Self::default();
        for assertion in assertions {
            summary.confirmed += u64::from(assertion.confirmed);
            *match assertion.verdict {
                Verdict::Agree => &mut summary.agree,
                Verdict::Disagree(_) => &mut summary.disagree,
                Verdict::DescendsFromFalse { .. } => &mut summary.descends_from_false,
                Verdict::Pending { .. } => &mut summary.pending,
            } += 1;
        }
        summary
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let behind = self.l1.latest.saturating_sub(self.l1.read);
        writeln!(f, "L1         block {} read, {behind} behind the newest; {} finalised", self.l1.read, self.l1.finalized)?;
        writeln!(f, "inbox      {} of {} batches derived", self.chain.derived, self.chain.batches)?;
        writeln!(f, "chain      block {} derived, {} from finalised L1 blocks", self.chain.safe, self.chain.finalized)?;
        let Summary { agree, disagree, descends_from_false, pending, confirmed } = self.summary;
        writeln!(
            f,
            "assertions {} in all, {confirmed} confirmed: {agree} agreed, {disagree} disagreed, {descends_from_false} on false ones, {pending} pending",
            self.assertions.len()
        )?;
        for assertion in &self.assertions {
            let confirmed = if assertion.confirmed { ", confirmed" } else { "" };
            let (block, l1) = (assertion.end.l2_block_number, assertion.l1_number);
            writeln!(f, "  {} up to block {block}, in L1 block {l1}{confirmed}: {}", assertion.id, assertion.verdict)?;
        }
        match &self.play {
            Some(play) => write_play(f, play)?,
            None => writeln!(f, "play       none: without a key it watches only")?,
        }
        self.write_others(f)
    }
}

impl Report {
    /// Whether it is about less than L1 has: after a start, or in a reorganisation.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.l1.read < self.l1.latest || self.play.as_ref().is_some_and(|play| play.waiting.is_some())
    }

    fn write_others(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.others.is_empty() {
            return Ok(());
        }
        writeln!(f, "others     {} matches between stakes of others", self.others.len())?;
        for OtherMatch { agreed, game } in &self.others {
            let own = words::stake(&game.own);
            let told = if *agreed { format!("{own}, which tells the truth,") } else { own };
            writeln!(f, "  {}", words::line(game, self.l1.time, &told, "the other"))?;
        }
        Ok(())
    }
}

fn write_play(f: &mut fmt::Formatter<'_>, play: &PlayReport) -> fmt::Result {
    let PlayReport { address, bonds, owed, spent, .. } = play;
    writeln!(f, "play       as {address}: {} bound in stakes, {} owed to it", words::ether(*bonds), words::ether(*owed))?;
    let (sent, failed, gas, wei) = (spent.transactions, spent.failures, words::thousands(spent.gas), words::ether(spent.wei));
    writeln!(f, "spent      {sent} transactions since its start, {gas} gas, {wei}; {failed} without effect")?;
    for alarm in &play.alarms {
        writeln!(f, "ALARM      {alarm}")?;
    }
    if let Some(waiting) = &play.waiting {
        writeln!(f, "waits      {waiting}")?;
    }
    if let Some(idle) = &play.idle {
        writeln!(f, "claims     nothing now: {idle}")?;
    }
    if let Some(error) = &play.last_error {
        writeln!(f, "failed     last: {error}")?;
    }
    for stake in &play.stakes {
        writeln!(f, "stake      {} is {}, on assertion {}", words::stake(&stake.id), stake.status, stake.tip)?;
    }
    let ongoing = play.matches.iter().filter(|m| matches!(m.standing, Standing::OwnTurn | Standing::RivalsTurn)).count();
    writeln!(f, "matches    {} in all, {ongoing} being played", play.matches.len())?;
    for m in &play.matches {
        writeln!(f, "  {}; next: {}", words::line(m, play.l1_time, "this side", "the rival"), m.next)?;
        if let Some(error) = &m.error {
            writeln!(f, "    its move cannot be computed: {error}")?;
        }
    }
    for opening in &play.opening {
        writeln!(f, "  {} against {}: to be opened; next: {}", words::short(&opening.id), words::stake(&opening.rival), opening.next)?;
        if let Some(error) = &opening.error {
            writeln!(f, "    it cannot be opened yet: {error}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_game::assertions::{Assertion, Assertions};

    #[test]
    fn a_report_survives_json_and_counts_its_verdicts() {
        let genesis = State::genesis(B256::repeat_byte(1));
        let mut tracker = Tracker::default();
        let first = Assertion {
            id: B256::repeat_byte(2),
            parent: B256::ZERO,
            end: genesis,
            target: 0,
            inputs_hash: B256::ZERO,
            l1_number: 3,
            l1_time: 4,
            confirmed_in: Some(3),
        };
        let mut tree = Assertions::default();
        tree.created(first.clone());
        tree.created(Assertion { id: B256::repeat_byte(3), parent: first.id, confirmed_in: None, ..first });
        tracker.observe(&tree, 0, &genesis);
        let report = Report::new(L1Report::default(), ChainReport::default(), &tracker, Vec::new());
        assert_eq!(report.summary, Summary { agree: 1, pending: 1, confirmed: 1, ..Summary::default() });
        let json = serde_json::to_string(&report).unwrap_or_default();
        assert!(json.contains(r#""verdict":"pending""#), "{json}");
        assert_eq!(serde_json::from_str::<Report>(&json).ok(), Some(report.clone()));
        assert!(report.to_string().contains("1 agreed"));
    }
}
