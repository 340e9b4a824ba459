//! A liar as a player: what it holds true, and when it acts.

use crate::{
    manner::{Manner, Opening, Pace},
    own::LyingChain,
    script::Script,
    seed,
    truth::LyingTruth,
};
use alloy::primitives::{Address, B256, U256};
use gainsay_game::{
    act::{Act, Claim},
    decide::Todo,
    ledger::Ledger,
};
use gainsay_play::{
    conduct::{Conduct, When},
    own::Settled,
    truth::StoreTruth,
};
use gainsay_shell::follow::RollupView;
use gainsay_types::{State, assertion_id};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::watch;

/// Who belongs together: they do not play against each other, but for those who lose to an accomplice.
#[derive(Clone, Debug, Default)]
pub struct Gang {
    /// Those who lie.
    pub liars: BTreeSet<Address>,
    /// Those who stake on the truth, to win against the liars before others do.
    pub accomplices: BTreeSet<Address>,
}

/// A player that lies with one stake.
pub struct Hostile {
    /// Whose stake it is.
    pub me: Address,
    /// What it says.
    pub script: Script,
    /// How it behaves.
    pub manner: Manner,
    /// Its kind.
    pub gang: Arc<Gang>,
    /// What L1 holds.
    pub view: watch::Receiver<RollupView>,
    /// Clock of a whole match, seconds: how far random delays go.
    pub clock: u64,
    /// Claims before anybody else has: then it goes on with the truth up to where it can lie.
    pub first: bool,
    /// Counts the times that it was asked for noise.
    pub asked: AtomicU64,
}

impl Hostile {
    /// Only claims that end with the lie, and only one stake: what is lost once is enough.
    fn may_claim(&self, act: &Act) -> bool {
        let view = self.view.borrow();
        let ledger = &view.ledger;
        let (from, claims) = match act {
            Act::Stake { parent, claims } if ledger.stakes_of(&self.me).next().is_none() => (*parent, claims),
            Act::Advance { stake, claims } => match ledger.stake(stake) {
                Some(stake) => (stake.tip, claims),
                None => return false,
            },
            _ => return false,
        };
        match self.script.aim.fork() {
            Some(fork) => self.is_lie(&fork.end, fork.target, claims),
            None => self.first && self.script.aim.is_nowhere() && changes_nothing(ledger, &from, claims),
        }
    }

    fn is_lie(&self, from: &State, target: u64, claims: &[Claim]) -> bool {
        let end = self.script.story(from, target).ok().flatten().and_then(|story| story.end().ok());
        end.is_some() && claims.last().map(|claim| claim.end) == end
    }

    fn is_own_lie(&self, id: &B256) -> bool {
        let Some(fork) = self.script.aim.fork() else { return false };
        let end = self.script.story(&fork.end, fork.target).ok().flatten().and_then(|story| story.end().ok());
        end.is_some_and(|end| assertion_id(fork.id, end.hash()) == *id)
    }

    fn pace(&self, match_id: &B256, deadline: u64) -> When {
        let view = self.view.borrow();
        let Some(found) = view.ledger.match_by_id(match_id) else { return When::Now };
        if self.gang.accomplices.contains(&owner(found.state.rival)) {
            return When::Now;
        }
        match self.manner.pace {
            Pace::Prompt => When::Now,
            Pace::Late(margin) => When::NotBefore(deadline.saturating_sub(margin)),
            Pace::Random(margin) => {
                let number = u64::from_be_bytes(match_id.0[..8].try_into().unwrap_or_default());
                let early = seed::below(self.clock, &[self.script.lie.seed, number, deadline]);
                When::NotBefore(deadline.saturating_sub(margin).saturating_sub(early))
            }
            Pace::Stall(moves) => {
                let made = found.history.iter().filter(|played| played.mover == found.state.mover).count();
                if made as u64 >= moves { When::Never } else { When::Now }
            }
        }
    }

    fn opens(&self, rival: &Address) -> When {
        let refused = self.gang.liars.contains(rival)
            || (!self.gang.accomplices.contains(rival)
                && (self.manner.opening == Opening::Leave || matches!(self.manner.pace, Pace::Stall(0))));
        if refused { When::Never } else { When::Now }
    }
}

impl Conduct for Hostile {
    type Truth = LyingTruth;
    type Own<'a> = LyingChain<'a>;

    fn truth(&self, honest: StoreTruth) -> LyingTruth {
        let noise = self.manner.noise.then(|| {
            let word = seed::word(&[self.script.lie.seed, self.asked.fetch_add(1, Ordering::Relaxed), 4]);
            u64::from_be_bytes(word.0[..8].try_into().unwrap_or_default())
        });
        LyingTruth::new(honest, self.script.clone(), noise)
    }

    fn own<'a>(&'a self, honest: Settled<'a>) -> LyingChain<'a> {
        LyingChain { honest, script: &self.script }
    }

    fn when(&self, todo: &Todo, _: u64) -> When {
        match todo {
            Todo::Act(act @ (Act::Stake { .. } | Act::Advance { .. })) => {
                if self.may_claim(act) {
                    When::Now
                } else {
                    When::Never
                }
            }
            // It is of no help to others.
            Todo::Act(Act::Confirm { id }) => {
                if self.is_own_lie(id) {
                    When::Now
                } else {
                    When::Never
                }
            }
            Todo::Act(Act::Evict { .. }) => When::Never,
            Todo::Act(_) => When::Now,
            Todo::Open { rivals, .. } => self.opens(&owner(rivals.second)),
            Todo::Play { match_id, deadline } => self.pace(match_id, *deadline),
        }
    }

    fn instead(&self, act: Act) -> Act {
        match act {
            Act::OpenAndDissect { rivals, .. } if self.manner.opening == Opening::Bare => Act::Open { rivals },
            act => act,
        }
    }
}

/// Whether the last of these hops ends where it starts.
fn changes_nothing(ledger: &Ledger, from: &B256, claims: &[Claim]) -> bool {
    let before = match claims {
        [.., before, _] => Some(before.end),
        _ => ledger.assertions().get(from).map(|assertion| assertion.end),
    };
    before.is_some() && before == claims.last().map(|claim| claim.end)
}

/// Stake ids are owner ‖ nonce, of 160 and 96 bits.
#[must_use]
pub fn owner(stake: U256) -> Address {
    Address::from_word(B256::from(stake >> 96))
}
