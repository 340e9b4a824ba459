//! The story itself: each transaction in words, with what it means the first time.

mod claims;
mod games;
#[cfg(test)]
mod tests;

use crate::{
    deed::{Call, Deed},
    people::{People, Side},
    words::{Line, grouped},
};
use alloy::primitives::B256;
use gainsay_bindings::{Matches::MatchesCalls, PreimageOracle::PreimageOracleCalls, Rollup::RollupCalls};
use gainsay_game::{ledger::Ledger, settings::Settings};
use games::Game;
use std::collections::{BTreeMap, BTreeSet};

/// What is explained when it comes for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    Claim,
    Rival,
    Open,
    Dissection,
    Machine,
    Instructions,
    Load,
    Step,
    Timeout,
    Confirm,
    Withdraw,
    Reward,
    Reverted,
}

/// Tells what happened, in order.
pub(crate) struct Tale {
    people: People,
    settings: Settings,
    /// L1 time at which it begins, seconds.
    begins: u64,
    told: BTreeSet<Topic>,
    games: BTreeMap<B256, Game>,
    lines: Vec<Line>,
}

impl Tale {
    pub(crate) const fn new(people: People, settings: Settings, begins: u64) -> Self {
        Self { people, settings, begins, told: BTreeSet::new(), games: BTreeMap::new(), lines: Vec::new() }
    }

    /// Lines about a transaction; `ledger` is what L1 holds after its block.
    pub(crate) fn tell(&mut self, deed: &Deed, ledger: &Ledger) -> Vec<Line> {
        let known = self.people.side(&deed.from) != Side::Other;
        match &deed.call {
            Call::Other => {}
            call if !deed.done => self.reverted(deed, call),
            Call::Rollup(call) => self.rollup(deed, call, ledger),
            Call::Matches(call) => self.game(deed, call, ledger),
            Call::Step(step, computed) => self.step(deed, step, computed.as_deref()),
            Call::Oracle(call) if known => self.load(deed, call),
            Call::Oracle(_) => {}
        }
        std::mem::take(&mut self.lines)
    }

    /// All matches so far.
    pub(crate) fn games(&self) -> impl Iterator<Item = &Game> {
        self.games.values()
    }

    /// A line about something that an account did.
    fn act(&mut self, deed: &Deed, text: &str) {
        let name = self.people.name(&deed.from);
        let line = format!("{} {name:<width$}  {text}", self.clock(deed.time), width = self.people.width());
        self.lines.push(match self.people.side(&deed.from) {
            Side::Honest => Line::Honest(line),
            Side::Liar => Line::Lie(line),
            Side::Other => Line::Fact(line),
        });
    }

    /// A line below the one about an act.
    fn detail(&mut self, text: &str) {
        self.lines.push(Line::Fact(format!("       {text}")));
    }

    /// What something means, the first time that it comes.
    fn explain(&mut self, topic: Topic, text: &str) {
        if self.told.insert(topic) {
            self.lines.push(Line::Aside(text.to_owned()));
        }
    }

    fn clock(&self, time: u64) -> String {
        format!("{:>4} s", time.saturating_sub(self.begins))
    }

    fn reverted(&mut self, deed: &Deed, call: &Call) {
        self.act(deed, &format!("sent {} without effect: it reverted ({} gas)", name(call), grouped(deed.gas)));
        self.explain(
            Topic::Reverted,
            "What the rules do not allow now changes nothing and costs gas. Mostly somebody else has just done the same.",
        );
    }

    fn load(&mut self, deed: &Deed, call: &PreimageOracleCalls) {
        let what = match call {
            PreimageOracleCalls::loadBlobElement(_) => "a piece of a blob",
            PreimageOracleCalls::loadPrecompile(_) => "the answer of a precompile",
            _ => "a piece of data",
        };
        self.act(deed, &format!("posts what the instruction will read, {what}, to the oracle on L1 ({} gas)", grouped(deed.gas)));
        self.explain(
            Topic::Load,
            "The instruction reads data from outside the machine. L1 takes nobody's word for it: it checks that the data is what its name, a hash, \
             stands for.",
        );
    }
}

fn name(call: &Call) -> &'static str {
    match call {
        Call::Rollup(call) => match **call {
            RollupCalls::stake(_) => "stake",
            RollupCalls::advance(_) => "advance",
            RollupCalls::withdraw(_) => "withdraw",
            RollupCalls::confirm(_) => "confirm",
            RollupCalls::evict(_) => "evict",
            RollupCalls::claim(_) => "claim",
            _ => "a call of the Rollup",
        },
        Call::Matches(call) => match **call {
            MatchesCalls::openAndDissect(_) => "openAndDissect",
            MatchesCalls::open(_) => "open",
            MatchesCalls::dissect(_) => "dissect",
            MatchesCalls::r#move(_) => "move",
            MatchesCalls::enterMachine(_) => "enterMachine",
            MatchesCalls::timeout(_) => "timeout",
            MatchesCalls::reward(_) => "reward",
            _ => "a call of Matches",
        },
        Call::Step(..) => "step",
        Call::Oracle(_) => "a load of the oracle",
        Call::Other => "something else",
    }
}
