//! What each event of the Rollup changes.

use super::{Contradiction, ForkTimes, Ledger, NONCE_BITS, Stake, StakeStatus};
use crate::assertions::Assertion;
use alloy::primitives::{Address, B256, U256};
use gainsay_l1::{L1Block, RollupEvent};
use gainsay_types::assertion_id;
use std::collections::BTreeMap;

impl Ledger {
    pub(super) fn rollup_event(&mut self, block: &L1Block, event: &RollupEvent) -> Result<(), Contradiction> {
        match event {
            RollupEvent::AssertionCreated { id, parent, end, target, inputs_hash } => self.created(Assertion {
                id: *id,
                parent: *parent,
                end: *end,
                target: *target,
                inputs_hash: *inputs_hash,
                l1_number: block.number,
                l1_time: block.timestamp,
                confirmed_in: None,
            }),
            RollupEvent::ForkReopened { parent } => self.reopened(parent, block.timestamp),
            RollupEvent::AssertionConfirmed { id } => self.confirmed(*id, block.number),
            RollupEvent::StakePlaced { stake, owner } => self.placed(*stake, *owner),
            RollupEvent::StakeMoved { stake, assertion } => self.moved(*stake, *assertion, block.timestamp),
            RollupEvent::StakeWithdrawn { stake, amount } => self.withdrawn(*stake, *amount),
            RollupEvent::StakeDefeated { stake, assertion, burned } => self.defeated(*stake, *assertion, *burned),
            RollupEvent::StakeEvicted { stake, assertion } => self.evicted(*stake, *assertion),
            RollupEvent::PrizeAwarded { winner, loser, amount, lost } => self.awarded(*winner, *loser, *amount, *lost),
            RollupEvent::Paid { owner, amount, .. } => self.paid(*owner, *amount),
        }
    }

    fn created(&mut self, assertion: Assertion) -> Result<(), Contradiction> {
        let (id, parent, time) = (assertion.id, assertion.parent, assertion.l1_time);
        if id != assertion_id(parent, assertion.end.hash()) {
            return Err(Contradiction::WrongId { id });
        }
        let root = parent.is_zero();
        if self.assertions.get(&id).is_some() || (root && self.assertions.latest_confirmed().is_some()) {
            return Err(Contradiction::CreatedAgain { id });
        }
        if !root && self.assertions.get(&parent).is_none() {
            return Err(Contradiction::UnknownAssertion { id: parent });
        }
        self.assertions.created(assertion);
        if !root {
            let times = self.forks.entry(parent);
            times
                .and_modify(|times| _ = times.second_child_at.get_or_insert(time))
                .or_insert(ForkTimes { first_child_at: time, second_child_at: None });
        }
        Ok(())
    }

    fn reopened(&mut self, parent: &B256, time: u64) -> Result<(), Contradiction> {
        let times = self.forks.get_mut(parent).ok_or(Contradiction::NoFork { parent: *parent })?;
        // A second child that comes with the reopening is told after it, and counts from the same time.
        *times = ForkTimes { first_child_at: time, second_child_at: times.second_child_at.map(|_| time) };
        Ok(())
    }

    fn confirmed(&mut self, id: B256, l1_number: u64) -> Result<(), Contradiction> {
        let assertion = self.assertions.get(&id).ok_or(Contradiction::UnknownAssertion { id })?;
        let latest = self.assertions.latest_confirmed().map(|latest| latest.id);
        let next = assertion.parent.is_zero() || latest == Some(assertion.parent);
        if assertion.confirmed_in.is_some() || !next {
            return Err(Contradiction::NotNext { id });
        }
        self.assertions.confirmed(id, l1_number);
        Ok(())
    }

    fn placed(&mut self, id: U256, owner: Address) -> Result<(), Contradiction> {
        let after_others = self.stakes_of(&owner).next_back().is_none_or(|newest| newest.id < id);
        if id >> NONCE_BITS != U256::from_be_slice(owner.as_slice()) || !after_others {
            return Err(Contradiction::NotNextStake { stake: id, owner });
        }
        let tip = self.assertions.latest_confirmed().ok_or(Contradiction::UnknownAssertion { id: B256::ZERO })?.id;
        let (status, records) = (StakeStatus::Live, BTreeMap::new());
        let stake = Stake { id, owner, status, tip, records, moves_against: 0, burned: U256::ZERO, awarded: U256::ZERO };
        self.stakes.insert(id, stake);
        Ok(())
    }

    fn moved(&mut self, id: U256, assertion: B256, time: u64) -> Result<(), Contradiction> {
        let parent = self.assertions.get(&assertion).ok_or(Contradiction::UnknownAssertion { id: assertion })?.parent;
        let tip = self.stake_that_is(id, StakeStatus::Live)?.tip;
        let confirmed = self.assertions.get(&tip).is_some_and(|tip| tip.confirmed_in.is_some());
        let latest = self.assertions.latest_confirmed().is_some_and(|latest| latest.id == parent);
        let stake = self.stake_that_is(id, StakeStatus::Live)?;
        // It may have come past what is confirmed.
        if stake.tip != parent && !(confirmed && latest) {
            return Err(Contradiction::NotBelowTip { stake: id, assertion });
        }
        stake.tip = assertion;
        stake.records.insert(assertion, time);
        self.recorded.entry(assertion).or_default().insert(id);
        Ok(())
    }

    fn withdrawn(&mut self, id: U256, amount: U256) -> Result<(), Contradiction> {
        let stake = self.stake_that_is(id, StakeStatus::Live)?;
        let (owner, tip) = (stake.owner, stake.tip);
        if self.assertions.get(&tip).is_none_or(|tip| tip.confirmed_in.is_none()) {
            return Err(Contradiction::TipUnconfirmed { stake: id });
        }
        self.owe(owner, amount)?;
        self.stake_that_is(id, StakeStatus::Live)?.status = StakeStatus::Withdrawn;
        self.close_matches(id);
        Ok(())
    }

    fn defeated(&mut self, id: U256, assertion: B256, burned: U256) -> Result<(), Contradiction> {
        let stake = self.stake_that_is(id, StakeStatus::Live)?;
        if !stake.records.contains_key(&assertion) {
            return Err(Contradiction::NotRecorded { stake: id, assertion });
        }
        (stake.status, stake.burned) = (StakeStatus::Defeated, burned);
        self.close_matches(id);
        Ok(())
    }

    fn evicted(&mut self, id: U256, assertion: B256) -> Result<(), Contradiction> {
        let stake = self.stake_that_is(id, StakeStatus::Defeated)?;
        if stake.records.remove(&assertion).is_none() {
            return Err(Contradiction::NotRecorded { stake: id, assertion });
        }
        self.clear(id, &assertion);
        Ok(())
    }

    pub(super) fn clear(&mut self, id: U256, assertion: &B256) {
        if let Some(recorded) = self.recorded.get_mut(assertion) {
            recorded.remove(&id);
            if recorded.is_empty() {
                self.recorded.remove(assertion);
            }
        }
    }

    fn awarded(&mut self, winner: U256, loser: U256, amount: U256, lost: bool) -> Result<(), Contradiction> {
        let left = if lost { StakeStatus::Defeated } else { StakeStatus::Withdrawn };
        let owner = self.stake_that_is(winner, left)?.owner;
        let stake = self.stake_that_is(loser, StakeStatus::Defeated)?;
        let too_much = Contradiction::TooMuchAwarded { loser, amount };
        let Some(awarded) = stake.awarded.checked_add(amount) else { return Err(too_much) };
        // Half of the bond was burned, rounded down: the other half is at most one wei more.
        if awarded > stake.burned.saturating_add(U256::from(1)) {
            return Err(too_much);
        }
        if !lost {
            self.owe(owner, amount)?;
        }
        self.stake_that_is(loser, StakeStatus::Defeated)?.awarded = awarded;
        Ok(())
    }

    fn paid(&mut self, owner: Address, amount: U256) -> Result<(), Contradiction> {
        if amount.is_zero() || self.owed(&owner) != amount {
            return Err(Contradiction::NotOwed { owner, amount });
        }
        self.owed.remove(&owner);
        Ok(())
    }

    fn owe(&mut self, owner: Address, amount: U256) -> Result<(), Contradiction> {
        let owed = self.owed(&owner).checked_add(amount).ok_or(Contradiction::NotOwed { owner, amount })?;
        self.owed.insert(owner, owed);
        Ok(())
    }

    /// The stake, if this is what became of it.
    fn stake_that_is(&mut self, id: U256, status: StakeStatus) -> Result<&mut Stake, Contradiction> {
        let stake = self.stakes.get_mut(&id).ok_or(Contradiction::UnknownStake { stake: id })?;
        if stake.status != status {
            return Err(Contradiction::WrongStatus { stake: id, status: stake.status });
        }
        Ok(stake)
    }
}
