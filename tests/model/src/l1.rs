//! L1 twice over: the rules in Rust, and, if wanted, the contracts. What one does the other must do.

use crate::chain::{Chain, ChainError, Deployment, Saved};
use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use gainsay_bindings::{Matches, Rollup};
use gainsay_game::{
    act::{Act, Contract},
    book::{Book, TooDeep},
    court::{self, Batches, Court, MachineSteps, Refusal},
    ledger::{Ledger, StakeStatus},
    matches::match_hash,
};
use gainsay_l1::{InboxEvent, L1Block, L1Event, RollupEvent, revert::describe};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Blocks that a reorg can undo; what is older is settled in the book.
pub const REORG: usize = 6;
/// Where the Rollup sends what is lost.
const BURN: Address = address!("000000000000000000000000000000000000dEaD");

/// The two, or the book of their logs, do not say the same.
#[derive(Debug, thiserror::Error)]
pub enum Disagreement {
    /// An act.
    #[error("{act}: the rules say {rules}, the contracts say {contracts}")]
    Act {
        /// Which.
        act: String,
        /// Refusal or events.
        rules: String,
        /// Refusal or events.
        contracts: String,
    },
    /// Something that both hold.
    #[error("{what}: one side has {left}, the other {right}")]
    Held {
        /// What.
        what: String,
        /// The rules' value.
        left: String,
        /// The contracts', or the book's.
        right: String,
    },
    /// The contracts could not be run.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A reorg went below what was settled.
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    /// The rules do not deploy what the contracts do.
    #[error("the rules refuse the deployment: {0}")]
    Deployment(Box<Refusal>),
}

/// L1 after a block.
#[derive(Clone, Debug)]
struct Page {
    block: L1Block,
    court: Court,
    batches: Vec<B256>,
    sums: Sums,
    chain: Option<Saved>,
}

/// What the events add up to.
#[derive(Clone, Debug, Default)]
struct Sums {
    /// Wei by owner.
    paid: BTreeMap<Address, U256>,
    /// Wei by owner.
    earned: BTreeMap<Address, U256>,
    /// Forks that opened again.
    reopened: u64,
}

impl Sums {
    fn read(&mut self, events: &[L1Event]) {
        for event in events {
            match event {
                L1Event::Rollup(RollupEvent::Paid { owner, amount, .. }) => *self.paid.entry(*owner).or_default() += *amount,
                L1Event::Rollup(RollupEvent::PrizeAwarded { winner, amount, lost: false, .. }) => {
                    *self.earned.entry(court::owner_of(*winner)).or_default() += *amount;
                }
                L1Event::Rollup(RollupEvent::ForkReopened { .. }) => self.reopened += 1,
                _ => {}
            }
        }
    }
}

/// L1 with the rules in Rust and, in a differential test, the contracts beside them.
#[derive(Debug)]
pub struct L1<'a> {
    court: Court,
    chain: Option<&'a mut Chain>,
    book: Book,
    block: L1Block,
    events: Vec<L1Event>,
    batches: Vec<B256>,
    sums: Sums,
    pages: VecDeque<Page>,
}

impl<'a> L1<'a> {
    /// Deploys, in block 1, over an inbox without batches.
    ///
    /// # Errors
    /// When the two disagree, and when the deployment is refused.
    pub fn new(deployment: &Deployment, mut chain: Option<&'a mut Chain>) -> Result<Self, Disagreement> {
        let Deployment { settings, config_hash, genesis, program_root, time } = *deployment;
        let rules =
            court::Deployment { settings, genesis, batches: Batches::default(), config_hash, program_root, steps: Arc::new(MachineSteps) };
        let (court, events) = Court::new(rules, time).map_err(|refusal| Disagreement::Deployment(Box::new(refusal)))?;
        let block = match chain.as_deref_mut() {
            Some(chain) => {
                let told = chain.deploy(deployment)?;
                same("what the constructors told", &events, &told)?;
                *chain.block()
            }
            None => next_block(&L1Block { number: 0, hash: B256::ZERO, parent_hash: B256::ZERO, timestamp: 0 }, time, B256::ZERO),
        };
        let mut l1 = Self {
            court,
            chain,
            book: Book::new(),
            block,
            events,
            batches: vec![B256::ZERO],
            sums: Sums::default(),
            pages: VecDeque::new(),
        };
        l1.end_block()?;
        Ok(l1)
    }

    /// Another L1 in the same state; none where there are contracts.
    #[must_use]
    pub fn copy(&self) -> Option<Self> {
        let Self { court, chain: None, book, block, events, batches, sums, pages } = self else { return None };
        let (court, book, events, batches) = (court.clone(), book.clone(), events.clone(), batches.clone());
        Some(Self { court, chain: None, book, block: *block, events, batches, sums: sums.clone(), pages: pages.clone() })
    }

    /// The newest block, or the one under way.
    #[must_use]
    pub const fn block(&self) -> &L1Block {
        &self.block
    }

    /// Its time.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.block.timestamp
    }

    /// What the logs up to the last whole block say.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        self.book.ledger()
    }

    /// The rules' own state, the block under way included.
    #[must_use]
    pub const fn court(&self) -> &Court {
        &self.court
    }

    /// `batchAcc` by index; the first is 0.
    #[must_use]
    pub fn batches(&self) -> &[B256] {
        &self.batches
    }

    /// Begins the next block. After a reorg `salt` makes it another than the one that was there.
    pub fn begin_block(&mut self, time: u64, salt: B256) {
        self.block = match self.chain.as_deref_mut() {
            Some(chain) => {
                chain.begin_block(time, salt);
                *chain.block()
            }
            None => next_block(&self.block, time, salt),
        };
    }

    /// The sequencer appends a batch.
    ///
    /// # Errors
    /// When the Inbox refuses.
    pub fn append_batch(&mut self) -> Result<(), Disagreement> {
        let acc = match self.chain.as_deref_mut() {
            Some(chain) => {
                let told = chain.append_batch(Bytes::from(self.block.hash.0))?;
                let acc = told.iter().find_map(|event| match event {
                    L1Event::Inbox(InboxEvent::Batch { acc, .. }) => Some(*acc),
                    _ => None,
                });
                acc.unwrap_or_default()
            }
            // Few different ones, so that their runs are shared between games.
            None => keccak256([self.block.hash.0[0] % 2, self.batches.len() as u8]),
        };
        self.batches.push(acc);
        self.court.append_batch(acc);
        Ok(())
    }

    /// An act in the block under way. The inner refusal is L1's.
    ///
    /// # Errors
    /// When the two disagree.
    pub fn act(&mut self, sender: Address, act: &Act) -> Result<Result<(), Refusal>, Disagreement> {
        let ruled = self.court.act(sender, self.block.timestamp, act);
        if let Some(chain) = self.chain.as_deref_mut() {
            let to = match act.to() {
                Contract::Rollup => chain.rollup(),
                Contract::Matches => chain.matches(),
                Contract::Oracle => chain.oracle(),
            };
            let done = match chain.transact(sender, to, act.input(), act.value(self.court.settings().bond)) {
                Ok(events) => Ok(events),
                Err(ChainError::Refused { reason }) => Err(reason),
                Err(other) => return Err(other.into()),
            };
            let expected = ruled.as_ref().map_err(|refusal| describe(&refusal.output()));
            if done.as_ref() != expected.as_ref().copied() {
                let (rules, contracts) = (format!("{expected:?}"), format!("{done:?}"));
                return Err(Disagreement::Act { act: format!("{sender} {act:?}"), rules, contracts });
            }
        }
        Ok(ruled.map(|events| {
            self.sums.read(&events);
            self.events.extend(events);
        }))
    }

    /// Wei that an owner was paid.
    #[must_use]
    pub fn paid(&self, owner: &Address) -> U256 {
        self.sums.paid.get(owner).copied().unwrap_or_default()
    }

    /// Forks that opened again.
    #[must_use]
    pub const fn reopened(&self) -> u64 {
        self.sums.reopened
    }

    /// Wei that the moves of an owner's stakes earned.
    #[must_use]
    pub fn earned(&self, owner: &Address) -> U256 {
        self.sums.earned.get(owner).copied().unwrap_or_default()
    }

    /// Ends the block: its logs are read.
    ///
    /// # Errors
    /// When the book of the logs says something else than the rules.
    pub fn end_block(&mut self) -> Result<(), Disagreement> {
        self.book.apply(&self.block, &std::mem::take(&mut self.events));
        let chain = self.chain.as_deref().map(Chain::save);
        self.pages.push_back(Page {
            block: self.block,
            court: self.court.clone(),
            batches: self.batches.clone(),
            sums: self.sums.clone(),
            chain,
        });
        if self.pages.len() > REORG + 1 {
            self.pages.pop_front();
            if let Some(oldest) = self.pages.front() {
                self.book.settle(oldest.block.number);
            }
        }
        self.check_book()
    }

    /// Time of the block that would be the newest after a reorg of so many; none if there are not so many that can go.
    #[must_use]
    pub fn time_before(&self, blocks: usize) -> Option<u64> {
        let place = self.pages.len().checked_sub(1 + blocks)?;
        self.pages.get(place).map(|page| page.block.timestamp)
    }

    /// Undoes the newest blocks. The next one comes on top of what is left.
    ///
    /// # Errors
    /// When so many cannot go.
    pub fn reorg(&mut self, blocks: usize) -> Result<(), Disagreement> {
        let kept = self.pages.len().saturating_sub(blocks).max(1);
        self.pages.truncate(kept);
        let Some(page) = self.pages.back() else { return Ok(()) };
        (self.block, self.court, self.batches) = (page.block, page.court.clone(), page.batches.clone());
        self.sums = page.sums.clone();
        if let (Some(chain), Some(saved)) = (self.chain.as_deref_mut(), &page.chain) {
            chain.restore(saved);
        }
        self.book.rewind(self.block.number)?;
        self.check_book()
    }

    /// What the logs say is what the rules hold.
    fn check_book(&self) -> Result<(), Disagreement> {
        let (court, ledger) = (&self.court, self.book.ledger());
        same("contradictions in the logs", &None, &ledger.contradiction())?;
        let latest = ledger.assertions().latest_confirmed().map(|latest| latest.id);
        same("the latest confirmed assertion", &Some(court.latest_confirmed()), &latest)?;
        for (id, record) in court.assertions() {
            let known = ledger.assertions().get(id).map(|known| (known.parent, known.end, known.target, known.inputs_hash, known.l1_time));
            same("an assertion", &Some((record.parent, record.end, record.target, record.inputs_hash, record.created_at)), &known)?;
            if !record.confirmed {
                same("live stakes on an assertion", &(record.live as usize), &ledger.live(id))?;
            }
            let times = ledger.fork(id).map(|times| (times.first_child_at, times.second_child_at));
            same("the times of a fork", &record.first_child_at.map(|first| (first, record.second_child_at)), &times)?;
        }
        self.check_stakes()?;
        for (id, m) in court.matches() {
            let live = [m.mover, m.rival].iter().all(|id| court.stake_record(id).is_some_and(|stake| stake.status == StakeStatus::Live));
            match ledger.match_by_id(id) {
                Some(view) => same("the state of a match", &match_hash(m), &view.hash())?,
                None => same("whether a match is still to be played", &false, &live)?,
            }
        }
        Ok(())
    }

    fn check_stakes(&self) -> Result<(), Disagreement> {
        let (court, ledger) = (&self.court, self.book.ledger());
        for (id, record) in court.stake_records() {
            let Some(stake) = ledger.stake(id) else {
                same("whether a stake that is forgotten is live", &false, &(record.status == StakeStatus::Live))?;
                continue;
            };
            same("a stake", &(record.status, record.tip, &record.joined), &(stake.status, stake.tip, &stake.records))?;
            same("the prize of a stake", &record.prize, &stake.prize(court.settings().bond))?;
            same("the moves against a stake", &court.moves_against(id), &stake.moves_against)?;
            same("what is owed", &court.owed(&stake.owner), &ledger.owed(&stake.owner))?;
        }
        Ok(())
    }

    /// All that the contracts hold is what the rules hold. Takes some hundred calls.
    ///
    /// # Errors
    /// At the first difference.
    pub fn check_contracts(&mut self) -> Result<(), Disagreement> {
        let Some(chain) = self.chain.as_deref_mut() else { return Ok(()) };
        let (court, rollup, matches) = (&self.court, chain.rollup(), chain.matches());
        same("the latest confirmed assertion", &court.latest_confirmed(), &chain.call(rollup, &Rollup::latestConfirmedCall {})?)?;
        for (id, record) in court.assertions() {
            let held = chain.call(rollup, &Rollup::assertionCall { id: *id })?;
            let ours = (record.parent, record.inputs_hash, record.target, record.first, record.confirmed, record.child_confirmed);
            let theirs = (held.parent, held.inputsHash, held.target, held.first, held.confirmed, held.childConfirmed);
            same("an assertion", &ours, &theirs)?;
            let times = [Some(record.created_at), record.first_child_at, record.second_child_at].map(Option::unwrap_or_default);
            same("the times of an assertion", &times, &[held.createdAt, held.firstChildAt, held.secondChildAt].map(|time| time.to()))?;
            same("the counters of an assertion", &(record.live, record.live_children), &(held.live, held.liveChildren))?;
        }
        for (id, record) in court.stake_records() {
            let held = chain.call(rollup, &Rollup::stakeOfCall { stakeId: *id })?;
            let status = [StakeStatus::Live, StakeStatus::Defeated, StakeStatus::Withdrawn].iter().position(|one| *one == record.status);
            same("a stake", &(status.map(|place| place as u8 + 1), record.tip), &(Some(held.status), held.tip))?;
            same("a prize", &record.prize, &chain.call(rollup, &Rollup::prizeOfCall { loser: *id })?)?;
            let against = chain.call(matches, &Matches::movesAgainstCall { stakeId: *id })?;
            same("the moves against a stake", &U256::from(court.moves_against(id)), &against)?;
            for (node, joined) in &record.joined {
                same("a record", &U256::from(*joined), &chain.call(rollup, &Rollup::joinedAtCall { stakeId: *id, id: *node })?)?;
            }
            let owner = court::owner_of(*id);
            same("what is owed", &court.owed(&owner), &chain.call(rollup, &Rollup::owedCall { owner })?)?;
        }
        for (id, m) in court.matches() {
            same("the state of a match", &match_hash(m), &chain.call(matches, &Matches::stateOfCall { id: *id })?)?;
        }
        same("what the Rollup holds", &court.money().held(), &chain.balance(rollup)?)?;
        same("what is burned", &court.money().burned, &chain.balance(BURN)?)
    }
}

fn next_block(parent: &L1Block, timestamp: u64, salt: B256) -> L1Block {
    let hash = keccak256([parent.hash, salt, U256::from(timestamp).into()].map(|word| word.0).concat());
    L1Block { number: parent.number + 1, hash, parent_hash: parent.hash, timestamp }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, left: &T, right: &T) -> Result<(), Disagreement> {
    if left == right {
        return Ok(());
    }
    Err(Disagreement::Held { what: what.to_owned(), left: format!("{left:?}"), right: format!("{right:?}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Runs;
    use gainsay_game::{act::Claim, settings::Settings};
    use gainsay_types::{State, assertion_id};

    const STAKER: Address = Address::repeat_byte(0x55);

    fn deployment(period: u64) -> Deployment {
        Deployment {
            settings: Settings { bond: U256::from(1_000), window: 100, clock: 40, extension: 4, period },
            config_hash: B256::repeat_byte(2),
            genesis: State::genesis(B256::repeat_byte(1)),
            program_root: Runs::new().expect("the program loads").program_root(),
            time: 1_000,
        }
    }

    fn stake(l1: &L1<'_>) -> Act {
        let genesis = l1.ledger().assertions().latest_confirmed().expect("it is there").clone();
        Act::Stake { parent: genesis.id, claims: vec![Claim { inputs_hash: genesis.inputs_hash, end: genesis.end }] }
    }

    /// The contracts, by a deployment that the rules take for another one.
    fn unequal<'a>(chain: &'a mut Chain, rules: &Deployment, contracts: &Deployment) -> L1<'a> {
        chain.fund(STAKER);
        let mut l1 = L1::new(rules, None).expect("the rules deploy");
        chain.deploy(contracts).expect("the contracts deploy");
        l1.chain = Some(chain);
        l1
    }

    #[test]
    fn equal_rules_agree_and_a_reorg_undoes_both() {
        let mut chain = Chain::new().expect("deploys");
        chain.fund(STAKER);
        let mut l1 = L1::new(&deployment(2), Some(&mut chain)).expect("they agree");
        l1.begin_block(1_002, B256::ZERO);
        l1.append_batch().expect("appends");
        let act = stake(&l1);
        assert_eq!(l1.act(STAKER, &act).expect("they agree"), Ok(()));
        l1.end_block().expect("they agree");
        l1.check_contracts().expect("they agree");
        assert_eq!(l1.ledger().stakes().count(), 1);
        l1.reorg(1).expect("they agree");
        l1.check_contracts().expect("they agree");
        assert_eq!((l1.ledger().stakes().count(), l1.batches().len()), (0, 1));
    }

    #[test]
    fn contracts_with_another_period_are_found_by_the_first_act_that_it_decides() {
        let mut chain = Chain::new().expect("deploys");
        let mut l1 = unequal(&mut chain, &deployment(2), &deployment(3));
        l1.begin_block(1_002, B256::ZERO);
        l1.append_batch().expect("appends");
        let act = stake(&l1);
        let found = l1.act(STAKER, &act);
        assert!(matches!(&found, Err(Disagreement::Act { contracts, .. }) if contracts.contains("ChildTooEarly")), "{found:?}");
    }

    #[test]
    fn what_only_the_rules_did_is_missed_in_the_contracts() {
        let mut chain = Chain::new().expect("deploys");
        let mut l1 = unequal(&mut chain, &deployment(2), &deployment(2));
        l1.begin_block(1_002, B256::ZERO);
        l1.append_batch().expect("appends");
        let act = stake(&l1);
        let beside = l1.chain.take();
        assert_eq!(l1.act(STAKER, &act).expect("no contracts"), Ok(()));
        l1.chain = beside;
        let found = l1.check_contracts();
        assert!(matches!(found, Err(Disagreement::Held { .. })), "{found:?}");
    }

    #[test]
    fn a_book_that_missed_a_block_is_found() {
        let mut l1 = L1::new(&deployment(2), None).expect("the rules deploy");
        l1.begin_block(1_002, B256::ZERO);
        l1.append_batch().expect("appends");
        let act = stake(&l1);
        assert_eq!(l1.act(STAKER, &act).expect("no contracts"), Ok(()));
        l1.events.clear();
        let found = l1.end_block();
        assert!(matches!(found, Err(Disagreement::Held { .. })), "{found:?}");
        let genesis = State::genesis(B256::repeat_byte(1));
        assert!(l1.court().assertion(&assertion_id(l1.court().genesis_id(), genesis.hash())).is_some());
    }
}
