//! Claims, bonds and payments, in words.

use super::{Tale, Topic};
use crate::{
    deed::Deed,
    people::owner_of,
    words::{coins, grouped, short},
};
use alloy::primitives::{B256, U256};
use gainsay_bindings::Rollup::{AssertionCreated, RollupCalls, RollupEvents};
use gainsay_game::{assertions::Assertion, ledger::Ledger};
use gainsay_types::assertion_id;

impl Tale {
    pub(super) fn rollup(&mut self, deed: &Deed, call: &RollupCalls, ledger: &Ledger) {
        match call {
            RollupCalls::stake(call) => {
                let bond = coins(self.settings.bond);
                self.claims(deed, ledger, call.claims.len(), &format!("bonds {bond} and"));
            }
            RollupCalls::advance(call) => self.claims(deed, ledger, call.claims.len(), "moves its stake on and"),
            RollupCalls::confirm(call) => {
                self.act(deed, &format!("has L1 confirm the claim {}: it is final ({} gas)", short(&call.id), grouped(deed.gas)));
                self.explain(
                    Topic::Confirm,
                    "That can be done by anybody once the window is over and no live stake stands behind another claim.",
                );
            }
            RollupCalls::evict(call) => {
                let owner = self.people.owner(&call.stakeId);
                self.act(deed, &format!("clears what the beaten stake of {owner} still stood on ({} gas)", grouped(deed.gas)));
            }
            RollupCalls::withdraw(_) => {
                self.act(deed, &format!("takes its stake back: its claim is final ({} gas)", grouped(deed.gas)));
                self.explain(Topic::Withdraw, "The bond is credited by the Rollup, and paid out with whatever the stake has earned.");
            }
            RollupCalls::claim(_) => self.paid(deed),
            _ => {}
        }
    }

    /// What a stake says: what it joins, what is new, and against what that stands.
    fn claims(&mut self, deed: &Deed, ledger: &Ledger, count: usize, how: &str) {
        let created: Vec<&AssertionCreated> = deed
            .events
            .iter()
            .filter_map(|event| if let RollupEvents::AssertionCreated(created) = event { Some(created) } else { None })
            .collect();
        let joined = count.saturating_sub(created.len());
        let joins = match joined {
            0 => None,
            1 => Some("agrees with a claim that is there".to_owned()),
            many => Some(format!("agrees with {many} claims that are there")),
        };
        let makes = match (joined, created.len()) {
            (_, 0) => None,
            (0, _) => Some("claims:".to_owned()),
            (_, 1) => Some("makes one of its own:".to_owned()),
            (_, many) => Some(format!("makes {many} of its own:")),
        };
        let what = joins.into_iter().chain(makes).collect::<Vec<_>>().join(", and ");
        self.act(deed, &format!("{how} {what} ({} gas)", grouped(deed.gas)));
        for made in created {
            self.claim(made, ledger);
        }
    }

    fn claim(&mut self, made: &AssertionCreated, ledger: &Ledger) {
        let (end, claim) = (&made.end, short(&made.id));
        let same = ledger.assertions().get(&made.parent).is_some_and(|parent| made.id == assertion_id(made.parent, parent.end.hash()));
        let batches = match end.batchIndex {
            0 => "no batch at all leads".to_owned(),
            1 => "the first batch leads".to_owned(),
            many => format!("the first {many} batches lead"),
        };
        self.detail(&if same {
            format!("nothing new: it only fixes which batches the next claim is about   (claim {claim})")
        } else {
            format!("{batches} to block {} with the state {}   (claim {claim})", end.l2BlockNumber, short(&end.outputRoot))
        });
        let window = self.settings.window;
        self.explain(
            Topic::Claim,
            &format!(
                "L1 holds the batches but does not execute them: it takes somebody's word for the state that they lead to, and a bond on it. \
                 If nobody contradicts within {window} s, the claim is final."
            ),
        );
        if let Some(rival) = rival(made.id, made.parent, ledger) {
            self.detail(&format!(
                "against the claim {}: block {} with the state {}",
                short(&rival.id),
                rival.end.l2_block_number,
                short(&rival.end.output_root)
            ));
            self.explain(
                Topic::Rival,
                "Both start from the same state and read the same batches, which have one result: one of the two is false. \
                 Nobody had to tell: who runs a challenger executes every batch itself, and stakes on what it found.",
            );
        }
    }

    fn paid(&mut self, deed: &Deed) {
        let amount: U256 =
            deed.events.iter().filter_map(|event| if let RollupEvents::Paid(paid) = event { Some(paid.amount) } else { None }).sum();
        self.act(deed, &format!("is paid {} by the Rollup ({} gas)", coins(amount), grouped(deed.gas)));
    }

    /// What became of a bond in this transaction.
    pub(super) fn bonds(&mut self, deed: &Deed) {
        for event in &deed.events {
            match event {
                RollupEvents::StakeDefeated(lost) => {
                    let owner = self.people.owner(&lost.stakeId);
                    let prize = self.settings.bond.saturating_sub(lost.burned);
                    self.detail(&format!(
                        "{owner} has lost its bond: {} are burned, {} are the prize of those who moved against it",
                        coins(lost.burned),
                        coins(prize)
                    ));
                }
                RollupEvents::PrizeAwarded(award) => {
                    let winner = self.people.name(&owner_of(&award.winner));
                    let what = if award.burned { "are burned: the winner has lost as well" } else { "are owed to it" };
                    self.detail(&format!("for the moves of {winner} {} {what}", coins(award.amount)));
                }
                _ => {}
            }
        }
    }
}

/// The oldest other claim of the same inputs.
fn rival(id: B256, parent: B256, ledger: &Ledger) -> Option<&Assertion> {
    let own = ledger.assertions().get(&id)?;
    ledger.assertions().children(parent).find(|other| other.id != id && other.l1_number <= own.l1_number)
}
