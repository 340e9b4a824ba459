//! A stake, and the times of a fork.

use alloy::primitives::{Address, B256, U256};
use std::collections::BTreeMap;

/// What became of a stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StakeStatus {
    /// It stands behind its claims.
    Live,
    /// Its owner took it back.
    Withdrawn,
    /// It lost a match, and its bond.
    Defeated,
}

impl std::fmt::Display for StakeStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Live => "live",
            Self::Withdrawn => "withdrawn",
            Self::Defeated => "defeated",
        })
    }
}

/// A bond, and what it stands behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stake {
    /// owner ‖ nonce (96 bits).
    pub id: U256,
    /// Who placed it.
    pub owner: Address,
    /// What became of it.
    pub status: StakeStatus,
    /// The assertion that it moved to last; before its first move the one below which it enters.
    pub tip: B256,
    /// When it came to each assertion, seconds. Evicted records are gone.
    pub records: BTreeMap<B256, u64>,
    /// Moves made against it that are not rewarded yet.
    pub moves_against: u64,
    /// Wei of its bond burned when it lost; 0 before.
    pub burned: U256,
    /// Wei of its bond that went to those who moved against it.
    pub awarded: U256,
}

impl Stake {
    /// Whether it can win and lose.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.status == StakeStatus::Live
    }

    /// Wei that is still to be shared among those who moved against it: of a lost bond what was neither burned nor awarded, else 0.
    #[must_use]
    pub fn prize(&self, bond: U256) -> U256 {
        match self.status {
            StakeStatus::Defeated => bond.saturating_sub(self.burned).saturating_sub(self.awarded),
            StakeStatus::Live | StakeStatus::Withdrawn => U256::ZERO,
        }
    }
}

/// When the children of an assertion came, seconds. A fork that reopens counts from then for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForkTimes {
    /// t0: its first child.
    pub first_child_at: u64,
    /// The first sibling of that one.
    pub second_child_at: Option<u64>,
}

impl ForkTimes {
    /// t0 + W: nobody joins where there are siblings, and a child may be confirmed.
    #[must_use]
    pub const fn closes_at(&self, window: u64) -> u64 {
        self.first_child_at.saturating_add(window)
    }

    /// t0 + W − C: no new sibling from then on.
    #[must_use]
    pub const fn siblings_until(&self, window: u64, clock: u64) -> u64 {
        self.closes_at(window).saturating_sub(clock)
    }
}
