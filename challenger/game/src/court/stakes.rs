//! Stakes: who stands where, and whose ether it is.

use super::{Court, Refusal};
use crate::ledger::StakeStatus;
use alloy::primitives::{Address, B256, U256};
use gainsay_bindings::Rollup::{self as Sol, RollupErrors};
use gainsay_l1::{L1Event, RollupEvent};
use std::collections::BTreeMap;

/// Bits of the nonce in a stake's id; the owner is above it.
const NONCE_BITS: usize = 96;

/// What is known of a stake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StakeRecord {
    /// Live until it loses a match or leaves.
    pub status: StakeStatus,
    /// Where it stands.
    pub tip: B256,
    /// What is left to award of its bond, wei.
    pub prize: U256,
    /// When it came to each assertion, seconds; without those where it was evicted.
    pub joined: BTreeMap<B256, u64>,
}

/// Where all ether went, wei: `bonded = burned + paid + held`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// All bonds ever sent.
    pub bonded: U256,
    /// Burned of lost bonds.
    pub burned: U256,
    /// Paid to owners.
    pub paid: U256,
}

impl Money {
    /// What the Rollup holds.
    #[must_use]
    pub fn held(&self) -> U256 {
        self.bonded - self.burned - self.paid
    }
}

/// Who owns the stake of this id.
#[must_use]
pub fn owner_of(stake: U256) -> Address {
    Address::from_word((stake >> NONCE_BITS).into())
}

/// A stake's status as the contracts count it.
const fn number(status: Option<StakeStatus>) -> u8 {
    match status {
        None => 0,
        Some(StakeStatus::Live) => 1,
        Some(StakeStatus::Defeated) => 2,
        Some(StakeStatus::Withdrawn) => 3,
    }
}

impl Court {
    /// The id of an owner's next stake.
    #[must_use]
    pub fn next_stake_id(&self, owner: Address) -> U256 {
        let nonce = self.nonces.get(&owner).copied().unwrap_or_default();
        U256::from_be_slice(owner.as_slice()) << NONCE_BITS | U256::from(nonce)
    }

    fn status(&self, stake: U256) -> Option<StakeStatus> {
        self.stakes.get(&stake).map(|record| record.status)
    }

    pub(super) fn is_defeated(&self, stake: U256) -> bool {
        self.status(stake) == Some(StakeStatus::Defeated)
    }

    pub(super) fn require_live(&self, stake: U256) -> Result<(), Refusal> {
        match self.status(stake) {
            Some(StakeStatus::Live) => Ok(()),
            other => Err(RollupErrors::NotLive(Sol::NotLive { status: number(other) }).into()),
        }
    }

    /// INVARIANT: stake ids are never used again.
    pub(super) fn place(&mut self, owner: Address, events: &mut Vec<L1Event>) -> U256 {
        let stake = self.next_stake_id(owner);
        *self.nonces.entry(owner).or_default() += 1;
        let record = StakeRecord { status: StakeStatus::Live, tip: self.latest_confirmed, prize: U256::ZERO, joined: BTreeMap::new() };
        self.stakes.insert(stake, record);
        self.money.bonded += self.rules.settings.bond;
        events.push(L1Event::Rollup(RollupEvent::StakePlaced { stake, owner }));
        stake
    }

    /// Records the stake on a child of its tip, which becomes its tip.
    pub(super) fn record(&mut self, stake: U256, parent: B256, id: B256, now: u64, events: &mut Vec<L1Event>) {
        if let Some(record) = self.stakes.get_mut(&stake) {
            record.joined.insert(id, now);
            record.tip = id;
        }
        if let Some(record) = self.tree.get_mut(&id) {
            record.live += 1;
        }
        if let Some(above) = self.tree.get_mut(&parent) {
            above.live_children += 1;
        }
        events.push(L1Event::Rollup(RollupEvent::StakeMoved { stake, assertion: id }));
    }

    /// Where the caller's live stake stands.
    pub(super) fn tip_of_caller(&self, sender: Address, stake: U256) -> Result<B256, Refusal> {
        if owner_of(stake) != sender {
            return Err(RollupErrors::NotOwner(Sol::NotOwner {}).into());
        }
        self.require_live(stake)?;
        Ok(self.stakes.get(&stake).map(|record| record.tip).unwrap_or_default())
    }

    pub(super) fn withdraw(&mut self, sender: Address, stake: U256, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        let tip = self.tip_of_caller(sender, stake)?;
        if !self.tree.get(&tip).is_some_and(|record| record.confirmed) {
            return Err(RollupErrors::TipUnconfirmed(Sol::TipUnconfirmed { tip }).into());
        }
        if let Some(record) = self.stakes.get_mut(&stake) {
            record.status = StakeStatus::Withdrawn;
        }
        let amount = self.rules.settings.bond;
        *self.owed.entry(sender).or_default() += amount;
        events.push(L1Event::Rollup(RollupEvent::StakeWithdrawn { stake, amount }));
        Ok(())
    }

    pub(super) fn evict(&mut self, stake: U256, id: B256, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        let status = self.status(stake);
        if status != Some(StakeStatus::Defeated) {
            return Err(RollupErrors::NotDefeated(Sol::NotDefeated { status: number(status) }).into());
        }
        self.clear(stake, id, events)
    }

    /// INVARIANT: a record counts in `live` and in the parent's `liveChildren` until it is cleared, and is cleared once.
    fn clear(&mut self, stake: U256, id: B256, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        if self.stakes.get_mut(&stake).and_then(|record| record.joined.remove(&id)).is_none() {
            return Err(RollupErrors::NotRecorded(Sol::NotRecorded {}).into());
        }
        let parent = self.tree.get_mut(&id).map(|record| {
            record.live -= 1;
            record.parent
        });
        if let Some(above) = parent.and_then(|parent| self.tree.get_mut(&parent)) {
            above.live_children -= 1;
        }
        events.push(L1Event::Rollup(RollupEvent::StakeEvicted { stake, assertion: id }));
        Ok(())
    }

    /// A live stake has lost a match at the fork above `id`, on which it stands.
    ///
    /// INVARIANT: no bond is lost twice, nor by a stake that has left.
    pub(super) fn defeat(&mut self, stake: U256, id: B256, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        self.require_live(stake)?;
        let bond = self.rules.settings.bond;
        let burned = bond / U256::from(2);
        if let Some(record) = self.stakes.get_mut(&stake) {
            (record.status, record.prize) = (StakeStatus::Defeated, bond - burned);
        }
        self.money.burned += burned;
        events.push(L1Event::Rollup(RollupEvent::StakeDefeated { stake, assertion: id, burned }));
        self.clear(stake, id, events)
    }

    /// Fails unless the stake has left or has lost; says whether it has lost.
    pub(super) fn check_left(&self, stake: U256) -> Result<bool, Refusal> {
        match self.status(stake) {
            Some(StakeStatus::Defeated) => Ok(true),
            Some(StakeStatus::Withdrawn) => Ok(false),
            other => Err(RollupErrors::NotLeft(Sol::NotLeft { status: number(other) }).into()),
        }
    }

    /// Gives `moves / out_of` of what is left of the loser's prize to the owner of a stake that has left, or burns it if that stake has lost.
    pub(super) fn award(&mut self, winner: U256, loser: U256, moves: u64, out_of: u64, lost: bool, events: &mut Vec<L1Event>) {
        let Some(record) = self.stakes.get_mut(&loser) else { return };
        // INVARIANT: no more is awarded than the half of a lost bond: the last share takes what is left. A prize is below 2^128.
        let amount = record.prize * U256::from(moves) / U256::from(out_of.max(1));
        record.prize -= amount;
        // INVARIANT: a prize stays with the stake until it leaves, and is lost with it.
        if lost {
            self.money.burned += amount;
        } else {
            *self.owed.entry(owner_of(winner)).or_default() += amount;
        }
        events.push(L1Event::Rollup(RollupEvent::PrizeAwarded { winner, loser, amount, lost }));
    }

    /// Pays all that is owed to the sender. A receiver that refuses is not modelled.
    pub(super) fn pay(&mut self, sender: Address, to: Address, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        let amount = self.owed(&sender);
        if amount.is_zero() {
            return Err(RollupErrors::NothingOwed(Sol::NothingOwed {}).into());
        }
        self.owed.remove(&sender);
        self.money.paid += amount;
        events.push(L1Event::Rollup(RollupEvent::Paid { owner: sender, to, amount }));
        Ok(())
    }
}
