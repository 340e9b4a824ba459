//! When the next block comes, what honest players want to do in it, and what of that is kept out.

use super::{Game, Sending};
use crate::{
    fault::Fault,
    honest::{Honest, Waiting},
    setup::Turn,
};

impl Game<'_> {
    /// What each honest player wants to do in a block at `time`, since when.
    pub(super) fn plans(&self, time: u64) -> Result<Vec<Waiting>, Fault> {
        let chain = Self::derived(self.runs, &self.l1);
        let plan = |(player, honest): (usize, &Honest)| {
            let (due, alarms) = honest.due(self.l1.ledger(), &chain, self.clock, time, &self.setup.settings);
            match alarms.into_iter().next() {
                Some(alarm) => Err(Fault::Alarm { player, alarm: Box::new(alarm) }),
                None => Ok(due),
            }
        };
        self.honest.iter().enumerate().map(plan).collect()
    }

    /// The time of the next block: as the script has it, but no honest player waits for longer than is allowed.
    pub(super) fn next_time(&self, turn: &Turn) -> u64 {
        let mut time = self.clock + turn.gap.max(1);
        if turn.last_second {
            let ends = self.l1.ledger().matches().filter(|found| self.l1.ledger().is_ongoing(found));
            let last = ends.map(|found| found.deadline(self.setup.settings.extension) - 1).filter(|last| *last > self.clock).min();
            time = time.min(last.unwrap_or(time));
        }
        // What waits already, and then what comes up in between.
        time = time.min(self.latest(self.clock));
        loop {
            let latest = self.latest(time);
            if time <= latest {
                return time;
            }
            time = latest;
        }
    }

    /// The latest time of the next block that leaves nobody honest waiting too long, as far as there is something to do at `time`.
    pub(super) fn latest(&self, time: u64) -> u64 {
        let chain = Self::derived(self.runs, &self.l1);
        let latest = self.honest.iter().map(|honest| {
            let due = honest.due(self.l1.ledger(), &chain, self.clock, time, &self.setup.settings).0;
            honest.latest(&due, self.clock, self.setup.reaction)
        });
        latest.min().unwrap_or(u64::MAX).max(self.clock + 1)
    }

    /// What is kept out of the block, and what the honest players do in it.
    pub(super) fn choose(&self, plans: &[Waiting], mask: u64, time: u64) -> Result<(Vec<Waiting>, Sending), Fault> {
        let chain = Self::derived(self.runs, &self.l1);
        let (mut all_held, mut acts) = (Vec::new(), Vec::new());
        let mut bit = 0;
        for (player, (honest, plan)) in self.honest.iter().zip(plans).enumerate() {
            let left = honest.budget - Honest::cost(plan, self.clock, time, self.setup.reaction);
            let mut held = Vec::new();
            for (todo, since) in plan {
                let wanted = mask >> (bit % 64) & 1 == 1;
                bit += 1;
                // It must be possible to let it into the next block.
                if wanted && (since + self.setup.reaction > time || left > 0) {
                    held.push((todo.clone(), *since));
                    continue;
                }
                let done = honest.acts(todo, self.l1.ledger(), chain, self.l1.court().parts())?;
                acts.extend(done.into_iter().map(|act| (player, act)));
            }
            all_held.push(held);
        }
        Ok((all_held, acts))
    }

    pub(super) fn charge(&mut self, plans: &[Waiting], time: u64) {
        for (honest, plan) in self.honest.iter_mut().zip(plans) {
            honest.budget -= Honest::cost(plan, self.clock, time, self.setup.reaction);
        }
    }
}
