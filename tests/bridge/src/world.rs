//! Both layers, step by step.

use crate::{
    cast::{Cast, HONEST, STRANGER, THIEF},
    fault::{Fault, same},
    l2::{Forged, L2, Output, facts::read_arrivals},
    records::{Assertion, Records},
    report::Report,
    sequencer::Intent,
};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::SolCall,
};
use gainsay_game::{court::owner_of, matches::MatchView};
use gainsay_l1::{GamesEvent, InboxEvent, L1Event, MatchesEvent, RollupEvent};
use gainsay_model::chain::{Chain, ChainError, Done, Saved, Sent};
use gainsay_types::State;
use std::{collections::VecDeque, sync::Arc};

/// Blocks of L1 that can be undone.
const REORG: usize = 5;
/// Gas of a transaction on L1 that is to have enough.
pub const PLENTY: u64 = 6_000_000;

/// L1 after a block, and what of it L2 reads.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) saved: Saved,
    pub(crate) records: Records,
    pub(crate) inbox: usize,
}

/// Both layers before anybody has done anything.
#[derive(Debug)]
pub struct Stage {
    pub(crate) chain: Chain,
    pub(crate) cast: Arc<Cast>,
    pub(crate) start: Page,
    pub(crate) genesis: L2,
    pub(crate) l2: L2,
    pub(crate) inbox: Vec<InboxEvent>,
}

/// Both layers.
#[derive(Debug)]
pub struct World<'a> {
    /// L1.
    pub chain: &'a mut Chain,
    /// L2.
    pub l2: L2,
    /// Everybody.
    pub cast: Arc<Cast>,
    /// What L1's logs say.
    pub records: Records,
    /// What happened.
    pub report: Report,
    pub(crate) genesis: &'a L2,
    pub(crate) inbox: Vec<InboxEvent>,
    pub(crate) forged: Vec<Arc<Forged>>,
    pub(crate) pool: Vec<Intent>,
    pub(crate) pages: VecDeque<Page>,
    pub(crate) salt: u64,
}

impl<'a> World<'a> {
    /// Puts L1 back to the beginning.
    #[must_use]
    pub fn begin(stage: &'a mut Stage) -> Self {
        let Stage { chain, cast, start, genesis, l2, inbox } = stage;
        chain.restore(&start.saved);
        Self {
            chain,
            l2: l2.clone(),
            cast: cast.clone(),
            records: start.records.clone(),
            report: Report::default(),
            genesis,
            inbox: inbox.clone(),
            forged: Vec::new(),
            pool: Vec::new(),
            pages: VecDeque::from([start.clone()]),
            salt: 0,
        }
    }

    /// Time of L1, seconds.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.chain.block().timestamp
    }

    /// Begins a block of L1, so many seconds later.
    pub fn begin_block(&mut self, gap: u64) {
        self.salt += 1;
        self.chain.begin_block(self.now() + gap.max(1), B256::from(U256::from(self.salt)));
    }

    /// Keeps the state of L1 after a block.
    pub fn end_block(&mut self) {
        self.pages.push_back(Page { saved: self.chain.save(), records: self.records.clone(), inbox: self.inbox.len() });
        if self.pages.len() > REORG + 1 {
            self.pages.pop_front();
        }
    }

    /// A transaction on L1. The inner error is the contract's refusal.
    ///
    /// # Errors
    /// When what was told cannot be, and when a delivered or paid thing was delivered or paid before.
    pub fn send(&mut self, sent: Sent) -> Result<Result<Done, String>, Fault> {
        let done = match self.chain.send(sent) {
            Ok(done) => done,
            Err(ChainError::Refused { reason }) => return Ok(Err(reason)),
            Err(ChainError::Halted { reason }) => return Ok(Err(format!("{reason:?}"))),
            Err(other) => return Err(other.into()),
        };
        let at = *self.chain.addresses();
        done.logs.iter().for_each(|log| self.records.read(&at, log));
        read_arrivals(&mut self.records.arrivals, at.messenger, &done.logs);
        for event in &done.events {
            self.event(event)?;
        }
        self.derive()?;
        Ok(Ok(done))
    }

    /// A call of a contract on L1.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn act<C: SolCall>(&mut self, sender: Address, to: Address, call: &C, value: U256) -> Result<Result<Done, String>, Fault> {
        self.send(Sent { sender, to, input: Bytes::from(call.abi_encode()), value, gas: PLENTY })
    }

    /// A call of a contract on L1 that must be done.
    ///
    /// # Errors
    /// When it is refused.
    pub fn must<C: SolCall>(&mut self, sender: Address, to: Address, call: &C, value: U256) -> Result<Done, Fault> {
        let done = self.act(sender, to, call, value)?;
        done.map_err(|answer| Fault::Answer { what: C::SIGNATURE.to_owned(), expected: "be done", answer })
    }

    /// A view of L1.
    ///
    /// # Errors
    /// When it reverts.
    pub fn ask<C: SolCall>(&mut self, contract: Address, call: &C) -> Result<C::Return, Fault> {
        Ok(self.chain.call(contract, call)?)
    }

    /// Derives and executes what is new.
    fn derive(&mut self) -> Result<(), Fault> {
        let (failed, succeeded) = self.l2.facts().deposits;
        self.l2.advance()?;
        let now = self.l2.facts().deposits;
        self.report.more("deposits whose call failed", now.0 - failed);
        self.report.more("deposits whose call succeeded", now.1 - succeeded);
        Ok(())
    }

    /// Takes up what an event says.
    pub(crate) fn event(&mut self, event: &L1Event) -> Result<(), Fault> {
        match event {
            L1Event::Inbox(event) => {
                self.l2.push(event)?;
                self.inbox.push(event.clone());
            }
            L1Event::Rollup(event) => self.rollup_event(event)?,
            L1Event::Games(GamesEvent::Listed { assertion, index, .. }) => {
                let place = self.records.place(*assertion).unwrap_or_default();
                same("index of a game", *index, self.records.games.len() as u64)?;
                self.records.games.push(place);
                self.records.assertions[place].game = Some(*index);
            }
            L1Event::Matches(event) => self.match_event(event)?,
        }
        Ok(())
    }

    fn match_event(&mut self, event: &MatchesEvent) -> Result<(), Fault> {
        let now = self.now();
        match event {
            MatchesEvent::Opened { id, state } => self.records.matches.push(MatchView::opened(*id, B256::ZERO, state.clone())),
            MatchesEvent::Won { id, .. } => self.records.matches.retain(|one| one.id != *id),
            MatchesEvent::Dissected { id, .. } => {
                let known = self.records.matches.iter_mut().find(|one| one.id == *id);
                known.map_or(Ok(()), |one| one.apply(event, now)).map_err(|fault| Fault::L2 { reason: fault.to_string() })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn rollup_event(&mut self, event: &RollupEvent) -> Result<(), Fault> {
        match event {
            RollupEvent::AssertionCreated { id, parent, end, target, inputs_hash } => {
                let parent = self.records.place(*parent).unwrap_or_default();
                let is_true = self.is_true(parent, end);
                let output = self.output(end);
                let (id, end, target, inputs_hash) = (*id, *end, *target, *inputs_hash);
                let assertion = Assertion { id, parent, end, output, is_true, target, inputs_hash, confirmed: false, game: None };
                self.records.assertions.push(assertion);
            }
            RollupEvent::AssertionConfirmed { id } => {
                let place = self.records.place(*id).unwrap_or_default();
                same("a confirmed assertion is true", self.records.assertions[place].is_true, true)?;
                self.records.assertions[place].confirmed = true;
                self.report.count("assertions confirmed");
            }
            RollupEvent::StakeMoved { stake, assertion } => {
                let place = self.records.place(*assertion).unwrap_or_default();
                let owner = owner_of(*stake);
                if owner == HONEST {
                    self.records.honest = Some((*stake, place));
                } else if owner == THIEF {
                    self.records.liars.retain(|(one, _)| one != stake);
                    self.records.liars.push((*stake, place));
                }
            }
            RollupEvent::StakeDefeated { stake, .. } => {
                same("whoever says the truth does not lose", owner_of(*stake), THIEF)?;
                self.records.liars.retain(|(one, _)| one != stake);
                self.report.count("liars defeated");
            }
            _ => {}
        }
        Ok(())
    }

    /// What the children of an assertion must claim.
    #[must_use]
    pub fn truth_below(&self, parent: usize) -> Option<State> {
        let assertion = &self.records.assertions[parent];
        assertion.is_true.then(|| self.l2.after_batches(assertion.target)).flatten()
    }

    fn is_true(&self, parent: usize, end: &State) -> bool {
        // Genesis claims itself.
        self.records.assertions.is_empty() || self.truth_below(parent) == Some(*end)
    }

    fn output(&self, end: &State) -> Output {
        if let Some(forged) = self.forged.iter().find(|forged| forged.root() == end.output_root) {
            return Output::Forged(forged.clone());
        }
        match self.l2.blocks().iter().position(|block| block.output_root == end.output_root) {
            Some(number) => Output::Block(number as u64),
            None => Output::Nothing,
        }
    }

    /// L1 undoes its newest blocks; L2 is derived anew from what is left.
    ///
    /// # Errors
    /// When L2 then is another than it was there.
    pub fn reorg(&mut self, blocks: usize) -> Result<(), Fault> {
        let kept = self.pages.len().saturating_sub(blocks).max(1);
        self.pages.truncate(kept);
        let Some(page) = self.pages.back() else { return Ok(()) };
        self.chain.restore(&page.saved);
        self.records = page.records.clone();
        self.inbox.truncate(page.inbox);
        let before = std::mem::replace(&mut self.l2, self.genesis.clone());
        for event in &self.inbox {
            self.l2.push(event)?;
            self.l2.advance()?;
        }
        let states = self.l2.states();
        same("L2 derived anew", states, &before.states()[..states.len().min(before.states().len())])?;
        self.report.count("reorganisations of L1");
        Ok(())
    }

    /// A stranger's address, for whom nothing is at stake.
    #[must_use]
    pub const fn stranger(&self) -> Address {
        STRANGER
    }
}
