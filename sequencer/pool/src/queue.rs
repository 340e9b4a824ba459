//! The transactions of one sender, by nonce.

use crate::{Account, Pooled, prices::Prices, ranks::Standing};
use alloy_primitives::U256;
use std::{collections::BTreeMap, sync::Arc};

/// Everything that is asked of it often is kept up to date with each change, so that no question looks at all transactions.
#[derive(Debug)]
pub(crate) struct Queue {
    account: Account,
    transactions: BTreeMap<u64, Arc<Pooled>>,
    /// The nonce after the ready transactions.
    next: u64,
    /// The nonce after the transactions that are handed out for the open block; none if none is.
    handed_out: Option<u64>,
    /// Nothing more is handed out for the open block.
    closed: bool,
    /// What all transactions cost at most, wei.
    cost: U256,
    fees: Prices,
    tips: Prices,
}

impl Queue {
    pub(crate) fn new(account: Account) -> Self {
        Self {
            account,
            transactions: BTreeMap::new(),
            next: account.nonce,
            handed_out: None,
            closed: false,
            cost: U256::ZERO,
            fees: Prices::default(),
            tips: Prices::default(),
        }
    }

    pub(crate) const fn account(&self) -> Account {
        self.account
    }

    pub(crate) fn len(&self) -> usize {
        self.transactions.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }

    pub(crate) fn get(&self, nonce: u64) -> Option<&Arc<Pooled>> {
        self.transactions.get(&nonce)
    }

    /// Puts a transaction in, and returns the one that had its nonce.
    pub(crate) fn insert(&mut self, pooled: Arc<Pooled>) -> Option<Arc<Pooled>> {
        self.count_in(&pooled);
        let replaced = self.transactions.insert(pooled.nonce(), pooled);
        if let Some(replaced) = &replaced {
            self.count_out(replaced);
        }
        self.advance();
        replaced
    }

    /// Takes a transaction out. If it was handed out, it is no longer, nor are those after it.
    pub(crate) fn remove(&mut self, nonce: u64) -> Option<Arc<Pooled>> {
        let pooled = self.transactions.remove(&nonce)?;
        self.count_out(&pooled);
        self.next = if (self.account.nonce..self.next).contains(&nonce) { nonce } else { self.next };
        self.handed_out = self.handed_out.map(|end| end.min(nonce));
        Some(pooled)
    }

    pub(crate) fn last(&self) -> Option<&Arc<Pooled>> {
        self.transactions.last_key_value().map(|(_, pooled)| pooled)
    }

    /// What may be dropped to make room, from the highest nonce down: all but what is handed out.
    pub(crate) fn droppable(&self) -> impl Iterator<Item = &Arc<Pooled>> {
        self.transactions.range(self.first_free()..).rev().map(|(_, pooled)| pooled)
    }

    /// The next nonce that no waiting transaction has.
    pub(crate) const fn next_nonce(&self) -> u64 {
        self.next
    }

    /// Count of the ready transactions: their nonces have no gap.
    pub(crate) fn ready_len(&self) -> usize {
        usize::try_from(self.next.saturating_sub(self.account.nonce)).unwrap_or(usize::MAX)
    }

    pub(crate) fn ready(&self) -> impl Iterator<Item = &Arc<Pooled>> {
        self.ready_from(self.account.nonce)
    }

    /// The ready transactions from a nonce on.
    pub(crate) fn ready_from(&self, nonce: u64) -> impl Iterator<Item = &Arc<Pooled>> {
        let first = nonce.max(self.account.nonce).min(self.next);
        self.transactions.range(first..self.next).map(|(_, pooled)| pooled)
    }

    pub(crate) fn future(&self) -> impl Iterator<Item = &Arc<Pooled>> {
        self.transactions.range(self.next..).map(|(_, pooled)| pooled)
    }

    /// What all transactions but the one at `nonce` cost at most, wei.
    pub(crate) fn cost_without(&self, nonce: u64) -> U256 {
        self.get(nonce).map_or(self.cost, |pooled| self.cost.saturating_sub(pooled.cost()))
    }

    /// What the queue is worth to a full pool.
    pub(crate) fn standing(&self) -> Standing {
        let all_ready = self.last().is_none_or(|last| last.nonce() < self.next);
        Standing { all_ready, fee: self.fees.least(), tip: self.tips.least() }
    }

    /// Sets the account, and takes out what it has executed, cannot pay for, or may not send.
    pub(crate) fn set_account(&mut self, account: Account) -> Vec<Arc<Pooled>> {
        let before = std::mem::replace(&mut self.account, account);
        self.next = if account.nonce < before.nonce { account.nonce } else { self.next.max(account.nonce) };
        let mut gone = Vec::new();
        while self.transactions.first_key_value().is_some_and(|(nonce, _)| *nonce < account.nonce) {
            gone.extend(self.transactions.pop_first().map(|(_, pooled)| pooled));
        }
        for pooled in &gone {
            self.count_out(pooled);
        }
        if account.is_contract || self.cost > account.balance {
            let impossible = |pooled: &Pooled| account.is_contract || pooled.cost() > account.balance;
            let nonces: Vec<u64> = self.transactions.values().filter(|pooled| impossible(pooled)).map(|pooled| pooled.nonce()).collect();
            gone.extend(nonces.into_iter().filter_map(|nonce| self.remove(nonce)));
        }
        self.advance();
        gone
    }

    /// The transaction that is handed out next; none if there is none for the open block.
    pub(crate) fn head(&self) -> Option<&Arc<Pooled>> {
        let first = self.first_free();
        if self.closed || first >= self.next { None } else { self.get(first) }
    }

    /// Hands out the head. Returns it, and whether it is the sender's first for the open block.
    pub(crate) fn hand_out(&mut self) -> Option<(Arc<Pooled>, bool)> {
        let head = self.head()?.clone();
        let first = self.handed_out.is_none();
        self.handed_out = Some(head.nonce().saturating_add(1));
        Some((head, first))
    }

    /// The transactions from `nonce` on are not handed out after all, and none will be for the open block.
    pub(crate) fn put_back(&mut self, nonce: u64) {
        self.handed_out = self.handed_out.map(|end| end.min(nonce));
        self.closed = true;
    }

    /// Nothing is handed out any more.
    pub(crate) const fn reopen(&mut self) {
        self.handed_out = None;
        self.closed = false;
    }

    /// The first nonce that is not handed out.
    pub(crate) fn first_free(&self) -> u64 {
        self.handed_out.map_or(self.account.nonce, |end| end.max(self.account.nonce))
    }

    /// Counts in what follows the ready transactions without a gap.
    fn advance(&mut self) {
        let mut next = self.next;
        for nonce in self.transactions.range(self.next..).map(|(nonce, _)| *nonce) {
            if nonce != next {
                break;
            }
            next = next.saturating_add(1);
        }
        self.next = next;
    }

    fn count_in(&mut self, pooled: &Pooled) {
        self.cost = self.cost.saturating_add(pooled.cost());
        self.fees.insert(pooled.max_fee());
        self.tips.insert(pooled.max_tip());
    }

    fn count_out(&mut self, pooled: &Pooled) {
        self.cost = self.cost.saturating_sub(pooled.cost());
        self.fees.remove(pooled.max_fee());
        self.tips.remove(pooled.max_tip());
    }
}
