//! Transactions: of honest players, of hostile ones, by the script and by their own conduct.

use super::{Game, START, Sending};
use crate::{
    fault::Fault,
    hostile::{Deed, Hostile, Stories, View},
};
use alloy::primitives::Address;
use gainsay_game::{act::Act, court::Refusal};

impl Game<'_> {
    /// The honest players' transactions, one player after the other.
    pub(super) fn act(&mut self, acts: Sending, mut meddled: bool) -> Result<(), Fault> {
        let (mut last, mut won) = (None, false);
        for (player, act) in acts {
            // The other honest player has come before.
            meddled |= last.is_some_and(|last| last != player);
            last = Some(player);
            let address = self.honest[player].address;
            let result = self.l1.act(address, &act)?;
            self.note(address, &act, &result);
            match result {
                Ok(()) => {
                    self.referee.done(&act);
                    won |= matches!(act, Act::Step { .. } | Act::Timeout { .. });
                }
                // Two own stakes played against one rival, and the first has won.
                Err(refusal) if meddled || won && refusal.name() == "NotLive" => self.referee.refused(&refusal),
                Err(refusal) => return Err(Fault::Refused { player, act: Box::new(act), refusal: Box::new(refusal) }),
            }
            self.history.push(act.clone());
            self.sent.push((self.l1.block().number, player, act));
        }
        Ok(())
    }

    /// Something that the script has a hostile player do. Says whether it changed anything.
    pub(super) fn deed(&mut self, who: u64, deed: Deed, pending: &[(usize, Act)]) -> Result<bool, Fault> {
        let Some(player) = self.hostile.get((who % self.hostile.len().max(1) as u64) as usize).copied() else { return Ok(false) };
        let pending: Vec<Act> = pending.iter().map(|(_, act)| act.clone()).collect();
        let mut told = Stories::new();
        let act = self.view(player).deed(deed, &self.l1, &pending, &self.history, &mut told);
        self.stories.extend(told);
        match act {
            Some(act) => self.hostile_act(player, act),
            None => Ok(false),
        }
    }

    /// What hostile players do by themselves.
    pub(super) fn conduct(&mut self) -> Result<bool, Fault> {
        let mut changed = false;
        for player in self.hostile.clone() {
            for act in self.view(player).conduct(self.setup.reaction) {
                changed |= self.hostile_act(player, act)?;
            }
        }
        Ok(changed)
    }

    pub(super) fn hostile_act(&mut self, player: Hostile, act: Act) -> Result<bool, Fault> {
        let mut changed = false;
        for act in View::with_load(act, &self.l1) {
            let result = self.l1.act(player.address, &act)?;
            self.note(player.address, &act, &result);
            match result {
                Ok(()) => {
                    self.referee.done(&act);
                    changed = true;
                }
                Err(refusal) => self.referee.refused(&refusal),
            }
            self.history.push(act);
        }
        Ok(changed)
    }

    pub(super) fn view(&self, player: Hostile) -> View<'_> {
        View {
            player,
            ledger: self.l1.ledger(),
            chain: Self::derived(self.runs, &self.l1),
            stories: &self.stories,
            now: self.l1.now(),
            extension: self.setup.settings.extension,
        }
    }

    pub(super) fn note(&mut self, who: Address, act: &Act, result: &Result<(), Refusal>) {
        let now = self.l1.now() - START;
        if let Some(story) = &mut self.story {
            let about = match act {
                Act::Stake { claims, .. } => format!("{} hops", claims.len()),
                Act::Advance { stake, claims } => format!("{stake:x}, {} hops", claims.len()),
                Act::Withdraw { stake } => format!("{stake:x}"),
                Act::Open { rivals } | Act::OpenAndDissect { rivals, .. } => format!("{:x} against {:x}", rivals.first, rivals.second),
                _ => act
                    .match_state()
                    .map(|m| format!("{:x} against {:x}, round {}, clock {}", m.mover, m.rival, m.round, m.moverClock))
                    .unwrap_or_default(),
            };
            let result = result.as_ref().map_or_else(|refusal| format!(": {}", refusal.name()), |()| String::new());
            story.push(format!("{now:>4} {who} {} {about}{result}", act.name()));
        }
    }
}
