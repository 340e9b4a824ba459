//! All disputes of a network as L1's logs tell them: assertions, stakes, and matches move by move.

use crate::Setup;
use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider,
    rpc::types::{Filter, Log},
    sol_types::SolEventInterface,
};
use eyre::OptionExt;
use gainsay_bindings::{
    Matches::MatchesEvents,
    Rollup::{AssertionCreated, RollupEvents},
};
use std::collections::BTreeMap;

/// What has happened up to L1's newest block.
#[derive(Clone, Debug, Default)]
pub struct Disputes {
    /// Every assertion, oldest first.
    pub assertions: Vec<AssertionCreated>,
    /// Those that are confirmed, oldest first.
    pub confirmed: Vec<B256>,
    /// Every stake by its id.
    pub stakes: BTreeMap<U256, Stake>,
    /// Every match by its id.
    pub matches: BTreeMap<B256, Match>,
    /// Wei that the Rollup has paid out, by owner.
    pub paid: BTreeMap<Address, U256>,
    /// Wei of prizes, by the owner of the winning stake.
    pub prizes: BTreeMap<Address, U256>,
}

/// A stake.
#[derive(Clone, Debug)]
pub struct Stake {
    /// Its id.
    pub id: U256,
    /// Who placed it.
    pub owner: Address,
    /// The transaction that placed it.
    pub placed_by: B256,
    /// What has become of it.
    pub status: Status,
    /// The assertions on which it is recorded, in the order in which it came to them.
    pub path: Vec<B256>,
}

/// What has become of a stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing yet.
    Live,
    /// It has left with its bond.
    Withdrawn,
    /// It has lost its bond.
    Defeated,
}

/// A match.
#[derive(Clone, Debug)]
pub struct Match {
    /// Both stakes.
    pub sides: [U256; 2],
    /// L1 time of its opening, seconds.
    pub opened: u64,
    /// Whose turn it is, if it is not over.
    pub on_turn: U256,
    /// All moves; the opening is one if it came with a dissection.
    pub played: Vec<Played>,
    /// How it ended.
    pub won: Option<Won>,
    /// Every transaction of it, in order.
    pub transactions: Vec<B256>,
}

/// A move.
#[derive(Clone, Copy, Debug)]
pub struct Played {
    /// The stake that made it.
    pub mover: U256,
    /// L1 time, seconds.
    pub time: u64,
    /// The segment of the rival's dissection that it named; 0 for the first dissection.
    pub segment: u8,
    /// Whether it entered the machine.
    pub entered: bool,
    /// The transaction.
    pub transaction: B256,
}

/// The end of a match.
#[derive(Clone, Copy, Debug)]
pub struct Won {
    /// Who has won.
    pub winner: U256,
    /// Whether by the clock.
    pub by_clock: bool,
    /// L1 time, seconds.
    pub time: u64,
}

impl Setup {
    /// Reads all disputes.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn disputes(&self) -> eyre::Result<Disputes> {
        let filter = Filter::new().address(vec![self.addresses.rollup, self.addresses.matches]).from_block(0);
        let mut disputes = Disputes::default();
        for log in self.l1.provider().get_logs(&filter).await? {
            if log.address() == self.addresses.rollup {
                disputes.rollup(RollupEvents::decode_log(&log.inner)?.data, log.transaction_hash.unwrap_or_default());
            } else {
                let time = self.time_of(&log).await?;
                disputes.matches(MatchesEvents::decode_log(&log.inner)?.data, &log, time)?;
            }
        }
        Ok(disputes)
    }

    async fn time_of(&self, log: &Log) -> eyre::Result<u64> {
        if let Some(time) = log.block_timestamp {
            return Ok(time);
        }
        let number = log.block_number.ok_or_eyre("a log is in no block")?;
        let block = self.l1.provider().get_block_by_number(number.into()).await?;
        Ok(block.ok_or_eyre("L1 has no such block any more")?.header.timestamp)
    }
}

impl Disputes {
    fn rollup(&mut self, event: RollupEvents, transaction: B256) {
        match event {
            RollupEvents::AssertionCreated(created) => self.assertions.push(created),
            RollupEvents::AssertionConfirmed(confirmed) => self.confirmed.push(confirmed.id),
            RollupEvents::StakePlaced(placed) => {
                let stake =
                    Stake { id: placed.stakeId, owner: placed.owner, placed_by: transaction, status: Status::Live, path: Vec::new() };
                self.stakes.insert(placed.stakeId, stake);
            }
            RollupEvents::StakeMoved(moved) => self.change(moved.stakeId, |stake| stake.path.push(moved.assertion)),
            RollupEvents::StakeWithdrawn(left) => self.change(left.stakeId, |stake| stake.status = Status::Withdrawn),
            RollupEvents::StakeDefeated(lost) => self.change(lost.stakeId, |stake| stake.status = Status::Defeated),
            RollupEvents::Paid(paid) => *self.paid.entry(paid.owner).or_default() += paid.amount,
            RollupEvents::PrizeAwarded(prize) if !prize.burned => {
                *self.prizes.entry(owner_of(prize.winner)).or_default() += prize.amount;
            }
            _ => {}
        }
    }

    fn change(&mut self, id: U256, change: impl FnOnce(&mut Stake)) {
        if let Some(stake) = self.stakes.get_mut(&id) {
            change(stake);
        }
    }

    fn matches(&mut self, event: MatchesEvents, log: &Log, time: u64) -> eyre::Result<()> {
        let transaction = log.transaction_hash.ok_or_eyre("a log is of no transaction")?;
        let id = match &event {
            MatchesEvents::MatchOpened(e) => {
                let sides = [e.mover, e.rival];
                let new = Match { sides, opened: time, on_turn: e.mover, played: Vec::new(), won: None, transactions: Vec::new() };
                self.matches.insert(e.id, new);
                e.id
            }
            MatchesEvents::Dissected(e) => e.id,
            MatchesEvents::MachineEntered(e) => e.id,
            MatchesEvents::MatchWon(e) => e.id,
            MatchesEvents::MovesRewarded(_) => return Ok(()),
        };
        let found = self.matches.get_mut(&id).ok_or_eyre("a match has moves and was never opened")?;
        if found.transactions.last() != Some(&transaction) {
            found.transactions.push(transaction);
        }
        match event {
            MatchesEvents::Dissected(e) => found.play(Played { mover: e.mover, time, segment: e.segment, entered: false, transaction }),
            MatchesEvents::MachineEntered(e) => found.play(Played { mover: e.mover, time, segment: e.segment, entered: true, transaction }),
            MatchesEvents::MatchWon(e) => found.won = Some(Won { winner: e.winner, by_clock: e.byClock, time }),
            MatchesEvents::MatchOpened(_) | MatchesEvents::MovesRewarded(_) => {}
        }
        Ok(())
    }

    /// The stakes of an account.
    pub fn stakes_of(&self, owner: Address) -> impl Iterator<Item = &Stake> {
        self.stakes.values().filter(move |stake| stake.owner == owner)
    }

    /// Whether both sides of a match live and none has won it.
    #[must_use]
    pub fn is_ongoing(&self, found: &Match) -> bool {
        let lives = |id: &U256| self.stakes.get(id).is_some_and(|stake| stake.status == Status::Live);
        found.won.is_none() && found.sides.iter().all(lives)
    }

    /// Moves of all matches.
    #[must_use]
    pub fn moves(&self) -> usize {
        self.matches.values().map(|found| found.played.len() + usize::from(found.won.is_some())).sum()
    }
}

impl Match {
    fn play(&mut self, played: Played) {
        self.on_turn = if self.sides[0] == played.mover { self.sides[1] } else { self.sides[0] };
        self.played.push(played);
    }

    /// Who lost a match that was won so.
    #[must_use]
    pub fn loser(&self, won: &Won) -> Address {
        let [a, b] = self.sides;
        owner_of(if won.winner == a { b } else { a })
    }

    /// Seconds of L1 from the opening to the end; none while it is not over.
    #[must_use]
    pub fn seconds(&self) -> Option<u64> {
        Some(self.won?.time.saturating_sub(self.opened))
    }
}

/// A stake's id begins with its owner's address.
#[must_use]
pub fn owner_of(stake: U256) -> Address {
    Address::from_slice(&stake.to_be_bytes::<32>()[..20])
}
