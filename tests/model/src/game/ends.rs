//! L1 goes back, and the game comes to its end.

use super::{Game, START};
use crate::{fault::Fault, setup::Turn};
use alloy::primitives::U256;
use gainsay_game::{decide::Policy, settings::Settings};

impl Game<'_> {
    /// L1 undoes blocks, if the time that this takes from the honest players can be paid for. Then their transactions of those blocks may come again as
    /// they were, in a block of their own.
    pub(super) fn reorg(&mut self, turn: &Turn) -> Result<bool, Fault> {
        let Some(before) = self.l1.time_before(turn.reorg as usize) else { return Ok(false) };
        let lost = self.clock - before;
        // One second more for the block that comes again, one for the block after it.
        if before <= START || self.honest.iter().any(|honest| honest.budget < lost + 2) {
            return Ok(false);
        }
        self.l1.reorg(turn.reorg as usize)?;
        self.referee.reorged();
        let number = self.l1.block().number;
        let kept = self.sent.partition_point(|(block, _, _)| *block <= number);
        let undone = self.sent.split_off(kept);
        for honest in &mut self.honest {
            honest.budget -= lost + 1;
        }
        self.blocks += 1;
        self.l1.begin_block(self.clock + 1, U256::from(self.blocks).into());
        if turn.again {
            self.act(undone.into_iter().map(|(_, player, act)| (player, act)).collect(), true)?;
        }
        let time = self.clock + 1;
        self.clock = time;
        self.l1.end_block()?;
        // They have waited for as long as they may.
        let since = time - self.setup.reaction;
        let chain = Self::derived(self.runs, &self.l1);
        let waiting: Vec<_> =
            self.honest.iter().map(|honest| honest.plan(self.l1.ledger(), &chain, time, &self.setup.settings).todos).collect();
        for (honest, todos) in self.honest.iter_mut().zip(waiting) {
            honest.waiting = todos.into_iter().map(|todo| (todo, since)).collect();
        }
        self.look()?;
        Ok(true)
    }

    /// No more deeds, and nothing new to claim: the honest players bring everything to its end and leave.
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        let Settings { window, clock, extension, period, .. } = self.setup.settings;
        for honest in &mut self.honest {
            honest.policy = Policy::default();
        }
        // Forks that follow each other have windows at the same time; some may have begun late.
        let end = self.clock + 4 * (window + clock + 14 * extension) + period;
        let slow = Turn { gap: self.setup.reaction, ..Turn::default() };
        let idle = Turn { gap: window, ..Turn::default() };
        while self.clock < end {
            let quiet = self.honest.iter().all(|honest| honest.waiting.is_empty());
            let ongoing = self.l1.ledger().matches().any(|found| self.l1.ledger().is_ongoing(found));
            if !quiet || ongoing {
                self.turn(&slow)?;
                continue;
            }
            if self.settled(end)? {
                return Ok(());
            }
            self.turn(&idle)?;
        }
        let chain = Self::derived(self.runs, &self.l1);
        for (player, honest) in self.honest.iter().enumerate() {
            let left = honest.plan(self.l1.ledger(), &chain, self.clock, &self.setup.settings);
            if !left.todos.is_empty() || self.l1.ledger().stakes_of(&honest.address).any(|stake| stake.is_live()) {
                return Err(Fault::Endless { now: self.clock, player, left: format!("{left:?}") });
            }
        }
        Ok(())
    }

    /// Whether honest players have nothing to do now nor ever, and have left.
    pub(super) fn settled(&self, end: u64) -> Result<bool, Fault> {
        let chain = Self::derived(self.runs, &self.l1);
        Ok(self.honest.iter().all(|honest| {
            let idle = |time| honest.plan(self.l1.ledger(), &chain, time, &self.setup.settings).todos.is_empty();
            let left = self.l1.ledger().stakes_of(&honest.address).all(|stake| !stake.is_live());
            left && idle(self.clock) && idle(end)
        }))
    }
}
