//! Assertions: who may claim what, when, and what is confirmed.

use super::{Batches, Court, Refusal};
use crate::{act::Claim, settings::Settings};
use alloy::primitives::{Address, B256, U256};
use gainsay_bindings::Rollup::{self as Sol, RollupErrors};
use gainsay_l1::{L1Event, RollupEvent};
use gainsay_types::{MAX_BATCHES_PER_ASSERTION, State, assertion_id, inputs_hash};

/// What is known of an assertion. Times in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionRecord {
    /// Zero for the first one.
    pub parent: B256,
    /// The claimed state.
    pub end: State,
    /// Batches that its children are computed from.
    pub target: u64,
    /// What its children are computed from.
    pub inputs_hash: B256,
    /// When it was first claimed.
    pub created_at: u64,
    /// Whether it is its parent's first child.
    pub first: bool,
    /// When its first child was claimed, or the fork below it opened again.
    pub first_child_at: Option<u64>,
    /// When its first child had its first sibling.
    pub second_child_at: Option<u64>,
    /// Stakes on it that have not lost, or have not been evicted.
    pub live: u64,
    /// The sum of `live` over its children.
    pub live_children: u64,
    /// Whether it is confirmed.
    pub confirmed: bool,
    /// Whether a child of it is.
    pub child_confirmed: bool,
}

/// A claim that may be made now.
struct Checked {
    id: B256,
    creates: bool,
    reopens: bool,
}

pub(super) fn check_settings(settings: &Settings, genesis: &State, batches: &Batches) -> Result<(), Refusal> {
    let Settings { bond, window, clock, extension, period } = *settings;
    // A rival that comes at W − C leaves C to answer it, and W − C > C leaves the honest side to see the first one.
    let times = u128::from(window) > 2 * u128::from(clock) && clock >= extension && extension > 0 && period > 0;
    let narrow = u32::try_from(window).is_ok() && u32::try_from(period).is_ok();
    let bonded = !bond.is_zero() && bond <= U256::from(u128::MAX);
    if times && narrow && bonded && batches.count() >= genesis.batch_index {
        Ok(())
    } else {
        Err(RollupErrors::BadParams(Sol::BadParams {}).into())
    }
}

impl Court {
    /// The first assertion.
    pub(super) fn found(&mut self, id: B256, genesis: State, now: u64, events: &mut Vec<L1Event>) {
        self.create(B256::ZERO, id, genesis, false, now, events);
        if let Some(record) = self.tree.get_mut(&id) {
            record.confirmed = true;
        }
        events.push(L1Event::Rollup(RollupEvent::AssertionConfirmed { id }));
    }

    pub(super) fn stake(
        &mut self,
        sender: Address,
        now: u64,
        parent: B256,
        claims: &[Claim],
        events: &mut Vec<L1Event>,
    ) -> Result<(), Refusal> {
        // INVARIANT: a stake enters at a child of the latest confirmed assertion. (From an older one the walk comes past it.)
        if !self.tree.get(&parent).is_some_and(|record| record.confirmed) {
            return Err(RollupErrors::NotLatestConfirmed(Sol::NotLatestConfirmed { latest: self.latest_confirmed }).into());
        }
        // A refusal further down the list undoes the hops before it.
        let mut next = self.clone();
        let stake = next.place(sender, events);
        next.walk(stake, parent, claims, now, events)?;
        *self = next;
        Ok(())
    }

    pub(super) fn advance(
        &mut self,
        sender: Address,
        now: u64,
        stake: U256,
        claims: &[Claim],
        events: &mut Vec<L1Event>,
    ) -> Result<(), Refusal> {
        let tip = self.tip_of_caller(sender, stake)?;
        let mut next = self.clone();
        next.walk(stake, tip, claims, now, events)?;
        *self = next;
        Ok(())
    }

    /// Walks the stake down from `tip` and records it at each assertion on the way that is not confirmed yet.
    fn walk(&mut self, stake: U256, tip: B256, claims: &[Claim], now: u64, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        if claims.is_empty() {
            return Err(RollupErrors::NoClaims(Sol::NoClaims {}).into());
        }
        let (mut tip, claims) = self.pass_over(tip, claims)?;
        for claim in claims {
            let Checked { id, creates, reopens } = self.check_claim(tip, claim, now)?;
            let first = self.open_fork(tip, creates, reopens, now, events);
            if creates {
                self.create(tip, id, claim.end, first, now, events);
            }
            self.record(stake, tip, id, now, events);
            tip = id;
        }
        Ok(())
    }

    /// INVARIANT: a confirmation ahead of a claim cannot make it revert, unless it decides against it: what is confirmed is passed over. Gives the latest
    /// confirmed assertion, or the tip if it is not above that, and the claims that follow it, at least one.
    fn pass_over<'a>(&self, mut tip: B256, mut claims: &'a [Claim]) -> Result<(B256, &'a [Claim]), Refusal> {
        while let (true, Some((claim, rest))) = (self.tree.get(&tip).is_some_and(|record| record.child_confirmed), claims.split_first()) {
            tip = self.child_of(tip, claim)?.1;
            claims = rest;
        }
        if claims.is_empty() { Err(RollupErrors::AlreadyConfirmed(Sol::AlreadyConfirmed { id: tip }).into()) } else { Ok((tip, claims)) }
    }

    /// The parent and the child that is claimed, unless another one is confirmed.
    fn child_of(&self, parent: B256, claim: &Claim) -> Result<(&AssertionRecord, B256), Refusal> {
        let unknown = || Refusal::from(RollupErrors::UnknownAssertion(Sol::UnknownAssertion { id: parent }));
        let above = self.tree.get(&parent).ok_or_else(unknown)?;
        // INVARIANT: an L1 reorg cannot turn an honest claim into a false one: it names its inputs.
        if claim.inputs_hash != above.inputs_hash {
            return Err(RollupErrors::InputsDiffer(Sol::InputsDiffer { actual: above.inputs_hash }).into());
        }
        let id = assertion_id(parent, claim.end.hash());
        if above.child_confirmed && !self.tree.get(&id).is_some_and(|record| record.confirmed) {
            return Err(RollupErrors::ForkDecided(Sol::ForkDecided {}).into());
        }
        Ok((above, id))
    }

    fn check_claim(&self, parent: B256, claim: &Claim, now: u64) -> Result<Checked, Refusal> {
        let (above, id) = self.child_of(parent, claim)?;
        if above.child_confirmed {
            return Err(RollupErrors::AlreadyConfirmed(Sol::AlreadyConfirmed { id }).into());
        }
        let creates = !self.tree.contains_key(&id);
        let reopens = self.check_window(above, creates, now)?;
        if creates {
            self.check_child(above, &claim.end, now)?;
        }
        Ok(Checked { id, creates, reopens })
    }

    /// INVARIANT: new siblings while now < t0 + W − C; joining while now < t0 + W, an only child until it is confirmed; with nobody live left from t0 + W
    /// on, the fork reopens.
    fn check_window(&self, above: &AssertionRecord, creates: bool, now: u64) -> Result<bool, Refusal> {
        let Some(opened) = above.first_child_at else { return Ok(false) };
        let Settings { window, clock, .. } = self.rules.settings;
        let closes_at = opened.saturating_add(window);
        if now >= closes_at && above.live_children == 0 {
            return Ok(true);
        }
        if creates {
            let closed_at = closes_at.saturating_sub(clock);
            if now >= closed_at {
                return Err(RollupErrors::SiblingsClosed(Sol::SiblingsClosed { closedAt: U256::from(closed_at) }).into());
            }
        } else if above.second_child_at.is_some() && now >= closes_at {
            return Err(RollupErrors::JoiningClosed(Sol::JoiningClosed { closedAt: U256::from(closes_at) }).into());
        }
        Ok(false)
    }

    /// INVARIANT: a child comes M after its parent, ends within the parent's inputs, and only when a batch is left to claim about.
    fn check_child(&self, above: &AssertionRecord, end: &State, now: u64) -> Result<(), Refusal> {
        let possible_at = above.created_at.saturating_add(self.rules.settings.period);
        let refused = if now < possible_at {
            RollupErrors::ChildTooEarly(Sol::ChildTooEarly { possibleAt: U256::from(possible_at) })
        } else if end.batch_index > above.target {
            RollupErrors::BeyondTarget(Sol::BeyondTarget { batchIndex: end.batch_index, target: above.target })
        } else if end.batch_index < above.end.batch_index || end.l2_block_number < above.end.l2_block_number {
            RollupErrors::BeforeParent(Sol::BeforeParent {})
        } else if self.batches.count() <= above.end.batch_index {
            RollupErrors::NothingToClaim(Sol::NothingToClaim {})
        } else {
            return Ok(());
        };
        Err(refused.into())
    }

    /// Keeps the two times of a fork, and says whether the child is its first. A fork that reopens counts from now for all its children.
    fn open_fork(&mut self, parent: B256, creates: bool, reopens: bool, now: u64, events: &mut Vec<L1Event>) -> bool {
        let Some(above) = self.tree.get_mut(&parent) else { return false };
        if above.first_child_at.is_none() {
            above.first_child_at = Some(now);
            return true;
        }
        if reopens {
            above.first_child_at = Some(now);
            above.second_child_at = (creates || above.second_child_at.is_some()).then_some(now);
            events.push(L1Event::Rollup(RollupEvent::ForkReopened { parent }));
        } else if creates {
            above.second_child_at.get_or_insert(now);
        }
        false
    }

    fn create(&mut self, parent: B256, id: B256, end: State, first: bool, now: u64, events: &mut Vec<L1Event>) {
        // The batches there are, but no more than an assertion reaches.
        let target = self.batches.count().min(end.batch_index.saturating_add(MAX_BATCHES_PER_ASSERTION));
        let inputs_hash = inputs_hash(target, self.batches.acc(target));
        let record = AssertionRecord {
            parent,
            end,
            target,
            inputs_hash,
            created_at: now,
            first,
            first_child_at: None,
            second_child_at: None,
            live: 0,
            live_children: 0,
            confirmed: false,
            child_confirmed: false,
        };
        self.tree.insert(id, record);
        events.push(L1Event::Rollup(RollupEvent::AssertionCreated { id, parent, end, target, inputs_hash }));
    }

    pub(super) fn confirm(&mut self, id: B256, now: u64, events: &mut Vec<L1Event>) -> Result<(), Refusal> {
        let parent = self.check_confirm(id, now)?;
        if let Some(above) = self.tree.get_mut(&parent) {
            above.child_confirmed = true;
        }
        if let Some(record) = self.tree.get_mut(&id) {
            record.confirmed = true;
        }
        self.latest_confirmed = id;
        events.push(L1Event::Rollup(RollupEvent::AssertionConfirmed { id }));
        Ok(())
    }

    /// The parent, if the assertion may be confirmed.
    fn check_confirm(&self, id: B256, now: u64) -> Result<B256, Refusal> {
        let unknown = || Refusal::from(RollupErrors::UnknownAssertion(Sol::UnknownAssertion { id }));
        let record = self.tree.get(&id).ok_or_else(unknown)?;
        if record.confirmed {
            return Err(RollupErrors::ForkDecided(Sol::ForkDecided {}).into());
        }
        // INVARIANT: confirmed assertions are one line: the parent is the latest.
        if record.parent != self.latest_confirmed {
            return Err(RollupErrors::NotLatestConfirmed(Sol::NotLatestConfirmed { latest: self.latest_confirmed }).into());
        }
        let above = self.tree.get(&record.parent).ok_or_else(unknown)?;
        let closes_at = above.first_child_at.unwrap_or_default().saturating_add(self.rules.settings.window);
        let refused = if now < closes_at {
            RollupErrors::WindowOpen(Sol::WindowOpen { closesAt: U256::from(closes_at) })
        } else if record.live == 0 {
            // INVARIANT: confirmed only with a live stake on it and none on a sibling.
            RollupErrors::NoLiveStake(Sol::NoLiveStake {})
        } else if above.live_children != record.live {
            RollupErrors::RivalsLeft(Sol::RivalsLeft { count: U256::from(above.live_children - record.live) })
        } else {
            return Ok(record.parent);
        };
        Err(refused.into())
    }

    /// When the stake came to this assertion, and the time it has for all its moves in each match there.
    pub(super) fn clock_of(&self, stake: U256, id: B256) -> Result<(u64, u64), Refusal> {
        let not_recorded = || Refusal::from(RollupErrors::NotRecorded(Sol::NotRecorded {}));
        let joined = self.stakes.get(&stake).and_then(|stake| stake.joined.get(&id)).copied().ok_or_else(not_recorded)?;
        let record = self.tree.get(&id).ok_or_else(not_recorded)?;
        let above = self.tree.get(&record.parent).ok_or_else(not_recorded)?;
        let since = if record.first { above.second_child_at } else { above.first_child_at };
        // Without a sibling there is no match that could use it.
        let late = since.map_or(0, |since| joined.saturating_sub(since));
        Ok((joined, self.rules.settings.clock.saturating_sub(late)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::{Deployment, MachineSteps};
    use std::sync::Arc;

    const OWNERS: [Address; 3] = [Address::repeat_byte(1), Address::repeat_byte(2), Address::repeat_byte(3)];
    const WINDOW: u64 = 10_000;

    fn end(root: u8) -> State {
        State { batch_index: 1, l2_block_number: 1, ..State::genesis(B256::repeat_byte(root)) }
    }

    fn stake(court: &mut Court, owner: Address, now: u64, root: u8) -> Result<Vec<L1Event>, Refusal> {
        let parent = court.latest_confirmed;
        let claims = [Claim { inputs_hash: court.tree[&parent].inputs_hash, end: end(root) }];
        let mut events = Vec::new();
        court.stake(owner, now, parent, &claims, &mut events).map(|()| events)
    }

    /// A fork at time 10 of which every stake has lost. By the rules of matches a winner is left; here both are made to lose.
    fn lost(claims: &[u8]) -> Court {
        let settings = Settings { bond: U256::from(10), window: WINDOW, clock: 100, extension: 10, period: 1 };
        let deployment = Deployment {
            settings,
            genesis: State::genesis(B256::ZERO),
            batches: Batches::new(vec![B256::repeat_byte(1)]),
            config_hash: B256::ZERO,
            program_root: B256::repeat_byte(1),
            steps: Arc::new(MachineSteps),
            games: Address::ZERO,
        };
        let (mut court, _) = Court::new(deployment, 5).expect("the parameters fit");
        for (owner, root) in OWNERS.into_iter().zip(claims) {
            stake(&mut court, owner, 10, *root).expect("allowed");
            let id = assertion_id(court.latest_confirmed, end(*root).hash());
            court.defeat(court.next_stake_id(owner) - U256::from(1), id, &mut Vec::new()).expect("it is live");
        }
        court
    }

    fn times(court: &Court) -> (Option<u64>, Option<u64>) {
        let above = &court.tree[&court.latest_confirmed];
        (above.first_child_at, above.second_child_at)
    }

    #[test]
    fn a_fork_with_nobody_left_opens_again_for_all_its_children() {
        let court = lost(&[1, 2]);
        assert_eq!(times(&court), (Some(10), Some(10)));
        let reopened = L1Event::Rollup(RollupEvent::ForkReopened { parent: court.latest_confirmed });
        // Joining, and with a new child.
        for root in [2, 3] {
            let mut court = court.clone();
            let refusal = stake(&mut court.clone(), OWNERS[2], 10 + WINDOW - 1, 3).map(|_| ());
            assert_eq!(refusal.map_err(|refusal| refusal.name()), Err("SiblingsClosed"));
            let now = 10 + WINDOW;
            let events = stake(&mut court, OWNERS[2], now, root).expect("it opens again");
            assert!(events.contains(&reopened));
            assert_eq!(times(&court), (Some(now), Some(now)));
            stake(&mut court, OWNERS[2], now + WINDOW - 100 - 1, 4).expect("siblings come again");
        }
    }

    #[test]
    fn an_only_child_that_is_left_stays_one_when_its_fork_opens_again() {
        let now = 10 + WINDOW;
        let mut court = lost(&[1]);
        stake(&mut court, OWNERS[2], now, 1).expect("it opens again");
        assert_eq!(times(&court), (Some(now), None));
        let mut court = lost(&[1]);
        stake(&mut court, OWNERS[2], now, 2).expect("it opens again");
        assert_eq!(times(&court), (Some(now), Some(now)));
    }

    #[test]
    fn the_clock_of_a_stake_runs_from_the_oldest_sibling_until_it_joins() {
        let mut court = lost(&[1, 2]);
        let now = 10 + WINDOW;
        stake(&mut court, OWNERS[0], now, 1).expect("it opens again");
        stake(&mut court, OWNERS[1], now + 40, 2).expect("joining is open");
        stake(&mut court, OWNERS[2], now + 400, 3).expect("siblings come");
        for (owner, root, clock) in [(0, 1, 100), (1, 2, 60), (2, 3, 0)] {
            let id = assertion_id(court.latest_confirmed, end(root).hash());
            let stake = court.next_stake_id(OWNERS[owner]) - U256::from(1);
            assert_eq!(court.clock_of(stake, id).map(|(_, clock)| clock), Ok(clock));
        }
    }
}
