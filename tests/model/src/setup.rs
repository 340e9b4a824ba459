//! Who plays under which rules, and what is done to them block by block.

use crate::hostile::{Conduct, Deed};
use gainsay_game::{decide::Policy, settings::Settings};

/// Who plays, and under which rules.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Parameters of the contracts.
    pub settings: Settings,
    /// r: an honest player acts within so many seconds whenever it is not censored.
    pub reaction: u64,
    /// X: L1 censors each honest player for at most so many seconds in all.
    pub censoring: u64,
    /// Batches before the first assertion can have children.
    pub batches: u64,
    /// The honest players.
    pub honest: Vec<Policy>,
    /// The hostile players.
    pub hostile: Vec<Conduct>,
    /// Nobody asks for the truth: only rules and contracts are compared, and the money counted.
    pub anarchy: bool,
}

impl Setup {
    /// Whether the argument holds for it: the constructor's conditions, `r < E` and `X + 7r < C`.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        let Settings { window, clock, extension, period, .. } = self.settings;
        let times = window > 2 * clock && clock >= extension && extension > 0 && period > 0;
        times && self.reaction < extension && self.reaction > 0 && self.censoring + 7 * self.reaction < clock
    }
}

/// One L1 block of a script, and what is done to it.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// Seconds since the block before, if nobody honest would have to wait too long.
    pub gap: u64,
    /// The block comes in the last second of somebody's turn, if one ends within `gap`.
    pub last_second: bool,
    /// A bit for each thing that honest players want to do: whether it is kept out of this block.
    pub held: u64,
    /// Batches that the sequencer appends.
    pub batches: u64,
    /// Done before the honest players act: who, what.
    pub before: Vec<(u64, Deed)>,
    /// Done after.
    pub after: Vec<(u64, Deed)>,
    /// Hostile players do what they do by themselves before the honest ones.
    pub ahead: bool,
    /// Newest blocks that L1 undoes first.
    pub reorg: u64,
    /// What honest players had in those blocks is included again as it was, before they see anything.
    pub again: bool,
}
