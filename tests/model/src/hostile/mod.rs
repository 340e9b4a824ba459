//! Players that do what they like: tell consistent lies, make any move that the contracts take, meddle with others' matches.

mod choice;
mod deeds;
mod moves;

use crate::{
    honest::load_for,
    l1::L1,
    truth::{Derived, Lie, Story},
};
use alloy::primitives::{Address, B256, U256};
use choice::{ongoing, pairs, swapped};
use gainsay_game::{act::Act, court::owner_of, ledger::Ledger};
use std::collections::BTreeMap;

/// How a hostile player behaves by itself, between the deeds of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Opens and answers at once, by its story.
    Prompt,
    /// Answers by its story, as late as it can.
    LastSecond,
    /// Answers at once, with anything that the contracts take.
    Wild,
    /// Does nothing by itself.
    Silent,
}

/// A hostile player.
#[derive(Clone, Copy, Debug)]
pub struct Hostile {
    /// Its address.
    pub address: Address,
    /// What it does by itself.
    pub conduct: Conduct,
}

/// One thing that a script has a hostile player do. Numbers are read as choices among what there is: any number means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Stakes or advances, on the truth, a lie, or whatever is there.
    Claim {
        /// Where.
        place: u64,
        /// Which lie.
        lie: u64,
    },
    /// Opens a match between any two rivals; bare unless the first one is its own.
    Open {
        /// Which pair, and how.
        pair: u64,
    },
    /// Answers in a match, by its story or with anything.
    Play {
        /// Which match, and how.
        choice: u64,
    },
    /// Calls `timeout` in any match, in time or not.
    Timeout {
        /// Which.
        choice: u64,
    },
    /// Evicts any stake anywhere.
    Evict {
        /// Whom, where.
        choice: u64,
    },
    /// Confirms any assertion.
    Confirm {
        /// Which.
        choice: u64,
    },
    /// Withdraws any stake.
    Withdraw {
        /// Which.
        choice: u64,
    },
    /// Rewards anybody in any match.
    Reward {
        /// Whom.
        choice: u64,
    },
    /// Has what it is owed paid.
    Pay,
    /// Sends what an honest player is about to send, ahead of it.
    Copy {
        /// Which act.
        choice: u64,
    },
    /// Sends what it or an honest player could send, with one thing in it changed.
    Alter {
        /// Which act.
        choice: u64,
        /// What in it.
        change: u64,
    },
    /// Sends again what somebody sent before.
    Again {
        /// Which act.
        choice: u64,
    },
}

/// The stories behind the assertions that hostile players made.
pub type Stories = BTreeMap<B256, Lie>;

/// What one hostile player sees.
pub struct View<'a> {
    /// Who it is.
    pub player: Hostile,
    /// The logs up to the last block.
    pub ledger: &'a Ledger,
    /// What everybody derives.
    pub chain: Derived<'a>,
    /// All lies that were told.
    pub stories: &'a Stories,
    /// Time of the block under way.
    pub now: u64,
    /// The least time of a move.
    pub extension: u64,
}

impl View<'_> {
    fn story(&self, node: &B256) -> Story<'_> {
        Story { chain: self.chain, lie: self.stories.get(node).copied() }
    }

    fn owns(&self, stake: U256) -> bool {
        owner_of(stake) == self.player.address
    }

    /// What it does by itself now.
    #[must_use]
    pub fn conduct(&self, reaction: u64) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.player.conduct == Conduct::Silent {
            return acts;
        }
        for found in ongoing(self.ledger).into_iter().filter(|found| self.owns(found.on_turn())) {
            let left = found.deadline(self.extension).saturating_sub(self.now);
            let late = left <= reaction;
            acts.extend(match self.player.conduct {
                _ if left == 0 => None,
                Conduct::LastSecond if !late => None,
                Conduct::Wild => self.wild(found, found.state.since.to::<u64>() ^ u64::from(found.round()) << 40),
                _ => self.told(found),
            });
        }
        if self.player.conduct == Conduct::Prompt {
            let mine = pairs(self.ledger).into_iter().flat_map(|rivals| [swapped(rivals.clone()), rivals]);
            acts.extend(mine.filter(|rivals| self.owns(rivals.first)).filter_map(|rivals| self.open(rivals)));
        }
        acts
    }

    /// An act with what must be loaded before it.
    #[must_use]
    pub fn with_load(act: Act, l1: &L1<'_>) -> Vec<Act> {
        load_for(&act, l1.court().parts()).into_iter().chain([act]).collect()
    }
}
