//! L1 twice over: the rules in Rust, and, if wanted, the contracts. What one does the other must do.

mod checks;
mod disagreement;
#[cfg(test)]
mod tests;

pub use disagreement::Disagreement;

use crate::chain::{Chain, ChainError, Deployment, Saved};
use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use disagreement::same;
use gainsay_game::{
    act::{Act, Contract},
    book::Book,
    court::{self, Batches, Court, MachineSteps, Refusal},
    ledger::Ledger,
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
        let told = chain.as_deref_mut().map(|chain| chain.deploy(deployment)).transpose()?;
        let games = chain.as_deref().map_or(Address::ZERO, Chain::games);
        let (batches, steps) = (Batches::default(), Arc::new(MachineSteps));
        let rules = court::Deployment { settings, genesis, batches, config_hash, program_root, steps, games };
        let (court, events) = Court::new(rules, time).map_err(|refusal| Disagreement::Deployment(Box::new(refusal)))?;
        let block = match (told, chain.as_deref()) {
            (Some(told), Some(chain)) => {
                same("what the constructors told", &events, &told)?;
                *chain.block()
            }
            _ => next_block(&L1Block { number: 0, hash: B256::ZERO, parent_hash: B256::ZERO, timestamp: 0 }, time, B256::ZERO),
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
                Contract::Games => chain.games(),
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
}

fn next_block(parent: &L1Block, timestamp: u64, salt: B256) -> L1Block {
    let hash = keccak256([parent.hash, salt, U256::from(timestamp).into()].map(|word| word.0).concat());
    L1Block { number: parent.number + 1, hash, parent_hash: parent.hash, timestamp }
}
