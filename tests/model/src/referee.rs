//! What must hold after every block and in the end.

use crate::{fault::Fault, honest::Honest, l1::L1, report::Report, setup::Setup, truth::Derived};
use alloy::primitives::{Address, B256, U256};
use gainsay_game::{
    act::Act,
    court::{Refusal, owner_of},
    decide::OwnChain,
    ledger::StakeStatus,
    settings::Settings,
};
use std::collections::BTreeMap;

/// Looks at everything after every block.
#[derive(Clone, Debug)]
pub(crate) struct Referee {
    settings: Settings,
    reaction: u64,
    anarchy: bool,
    /// Confirmed assertions that were judged already.
    judged: BTreeMap<B256, u64>,
    report: Report,
}

impl Referee {
    pub(crate) fn new(setup: &Setup) -> Self {
        Self {
            settings: setup.settings,
            reaction: setup.reaction,
            anarchy: setup.anarchy,
            judged: BTreeMap::new(),
            report: Report::default(),
        }
    }

    pub(crate) fn done(&mut self, act: &Act) {
        *self.report.done.entry(act.name()).or_default() += 1;
    }

    pub(crate) fn refused(&mut self, refusal: &Refusal) {
        *self.report.refused.entry(refusal.name()).or_default() += 1;
    }

    pub(crate) fn reorged(&mut self) {
        self.report.reorgs += 1;
        // What is confirmed may be another assertion now.
        self.judged.clear();
    }

    /// After every block.
    pub(crate) fn look(&mut self, l1: &L1<'_>, chain: &Derived<'_>, honest: &[Honest]) -> Result<(), Fault> {
        Self::money(l1)?;
        for player in honest {
            if let Some(lost) = l1.ledger().stakes_of(&player.address).find(|stake| stake.status == StakeStatus::Defeated) {
                return Err(Fault::HonestDefeated { stake: lost.id });
            }
        }
        if self.anarchy {
            return Ok(());
        }
        self.clocks(l1, honest)?;
        self.confirmed(l1, chain)?;
        self.delay(l1, chain, honest)
    }

    /// INVARIANT: the clock of an honest stake never reaches zero.
    fn clocks(&mut self, l1: &L1<'_>, honest: &[Honest]) -> Result<(), Fault> {
        let ledger = l1.ledger();
        for player in honest {
            for stake in ledger.stakes_of(&player.address).filter(|stake| stake.is_live()) {
                for found in ledger.matches_of(&stake.id).filter(|found| ledger.is_ongoing(found)) {
                    let clock = if found.on_turn() == stake.id { found.state.moverClock } else { found.state.rivalClock };
                    if clock == 0 {
                        return Err(Fault::ClockEmpty { match_id: found.id, stake: stake.id });
                    }
                    self.report.least_clock = self.report.least_clock.min(u64::from(clock));
                }
            }
        }
        Ok(())
    }

    /// INVARIANT: money in is money out, burned, or held for somebody.
    fn money(l1: &L1<'_>) -> Result<(), Fault> {
        let court = l1.court();
        let bond = court.settings().bond;
        let mut accounted = U256::ZERO;
        let mut owners = Vec::new();
        for (id, record) in court.stake_records() {
            accounted += record.prize + if record.status == StakeStatus::Live { bond } else { U256::ZERO };
            owners.push(owner_of(*id));
        }
        owners.dedup();
        accounted += owners.iter().map(|owner| court.owed(owner)).sum::<U256>();
        let held = court.money().held();
        if held == accounted { Ok(()) } else { Err(Fault::Money { held, accounted }) }
    }

    /// INVARIANT: nothing false is ever confirmed.
    fn confirmed(&mut self, l1: &L1<'_>, chain: &Derived<'_>) -> Result<(), Fault> {
        let court = l1.court();
        let mut id = court.latest_confirmed();
        while !self.judged.contains_key(&id) {
            let Some(record) = court.assertion(&id) else { break };
            let true_end = court.assertion(&record.parent).map(|parent| chain.end_state(&parent.end, parent.target));
            if true_end.is_some_and(|end| end != Some(record.end)) {
                return Err(Fault::FalseConfirmed { id });
            }
            self.judged.insert(id, l1.now());
            self.report.confirmed += u64::from(true_end.is_some());
            self.measure(l1, &record.parent);
            id = record.parent;
        }
        Ok(())
    }

    /// How much of the allowed delay a fork that was just decided took.
    fn measure(&mut self, l1: &L1<'_>, fork: &B256) {
        let Some(first) = l1.court().assertion(fork).and_then(|fork| fork.first_child_at) else { return };
        let from = (first + self.settings.window).max(self.judged.get(fork).copied().unwrap_or_default());
        let taken = l1.now().saturating_sub(from);
        self.report.delay = self.report.delay.max(taken * 1000 / (self.settings.clock + 14 * self.settings.extension));
    }

    /// INVARIANT: the truth is confirmed within W + C + 14E of its fork's first child, where somebody honest stands behind it.
    fn delay(&self, l1: &L1<'_>, chain: &Derived<'_>, honest: &[Honest]) -> Result<(), Fault> {
        let court = l1.court();
        let id = court.latest_confirmed();
        let Some(fork) = court.assertion(&id) else { return Ok(()) };
        let Some(first) = fork.first_child_at else { return Ok(()) };
        let Some(end) = chain.end_state(&fork.end, fork.target) else { return Ok(()) };
        let child = gainsay_types::assertion_id(id, end.hash());
        let live = |owner| l1.ledger().stakes_on(&child).any(|stake| stake.owner == owner && stake.is_live());
        let Settings { window, clock, extension, .. } = self.settings;
        if !honest.iter().any(|player| live(player.address)) {
            return Ok(());
        }
        // Where the parent was confirmed only later, its children wait for it. Then somebody confirms.
        let since = self.judged.get(&id).copied().unwrap_or_default();
        let bound = (first + window + clock + 14 * extension).max(since) + self.slack();
        if l1.now() > bound { Err(Fault::Late { fork: id, now: l1.now(), bound }) } else { Ok(()) }
    }

    /// Seconds in which somebody honest calls `confirm` once it is possible.
    const fn slack(&self) -> u64 {
        self.reaction
    }

    /// In the end: every move of an honest stake against a loser is rewarded.
    fn rewarded(l1: &L1<'_>, owner: Address) -> Result<(), Fault> {
        let court = l1.court();
        for (id, m) in court.matches() {
            for (winner, moves, loser) in [(m.mover, m.moverMoves, m.rival), (m.rival, m.rivalMoves, m.mover)] {
                let lost = court.stake_record(&loser).is_some_and(|stake| stake.status == StakeStatus::Defeated);
                if owner_of(winner) == owner && moves > 0 && lost {
                    return Err(Fault::Unrewarded { match_id: *id, stake: winner });
                }
            }
        }
        Ok(())
    }

    /// In the end: INVARIANT: no honest player has less than before, and whose moves earned something has more.
    pub(crate) fn report(mut self, l1: &L1<'_>, honest: &[Honest]) -> Result<Report, Fault> {
        let court = l1.court();
        for (player, honest) in honest.iter().enumerate() {
            let stakes = court.stake_records().filter(|(id, _)| owner_of(**id) == honest.address).count();
            let bonded = court.settings().bond * U256::from(stakes);
            let (paid, earned) = (l1.paid(&honest.address), l1.earned(&honest.address));
            if paid != bonded + earned {
                return Err(Fault::Loss { player, bonded, paid, moves: earned });
            }
            self.report.earned += earned;
            Self::rewarded(l1, honest.address)?;
        }
        self.report.reopened = l1.reopened();
        self.report.defeated += court.stake_records().filter(|(_, record)| record.status == StakeStatus::Defeated).count() as u64;
        Ok(self.report)
    }
}
