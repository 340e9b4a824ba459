//! The transactions of one sender, by nonce.

use crate::{Account, Pooled};
use alloy_primitives::U256;
use std::{collections::BTreeMap, sync::Arc};

/// How a queue stands among all when room has to be made; the smallest is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// No transaction waits behind a gap.
    pub(crate) all_ready: bool,
    /// Least effective tip of the queue; none if one is below the base fee.
    pub(crate) tip: Option<u128>,
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) account: Account,
    transactions: BTreeMap<u64, Arc<Pooled>>,
}

impl Queue {
    pub(crate) const fn new(account: Account) -> Self {
        Self { account, transactions: BTreeMap::new() }
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

    pub(crate) fn insert(&mut self, pooled: Arc<Pooled>) -> Option<Arc<Pooled>> {
        self.transactions.insert(pooled.nonce(), pooled)
    }

    pub(crate) fn remove(&mut self, nonce: u64) -> Option<Arc<Pooled>> {
        self.transactions.remove(&nonce)
    }

    pub(crate) fn last(&self) -> Option<&Arc<Pooled>> {
        self.transactions.last_key_value().map(|(_, pooled)| pooled)
    }

    /// From the highest nonce down.
    pub(crate) fn backwards(&self) -> impl Iterator<Item = &Arc<Pooled>> {
        self.transactions.values().rev()
    }

    /// The next nonce that no waiting transaction has.
    pub(crate) fn next_nonce(&self) -> u64 {
        self.ready().last().map_or(self.account.nonce, |pooled| pooled.nonce().saturating_add(1))
    }

    pub(crate) fn ready(&self) -> impl Iterator<Item = &Arc<Pooled>> {
        let first = self.account.nonce;
        self.transactions.range(first..).zip(first..).take_while(|((nonce, _), expected)| *nonce == expected).map(|((_, pooled), _)| pooled)
    }

    pub(crate) fn future(&self) -> impl Iterator<Item = &Arc<Pooled>> {
        self.transactions.range(self.next_nonce()..).map(|(_, pooled)| pooled)
    }

    /// What all transactions but the one at `nonce` cost at most, wei. Saturates.
    pub(crate) fn cost_without(&self, nonce: u64) -> U256 {
        let others = self.transactions.iter().filter(|(other, _)| **other != nonce);
        others.fold(U256::ZERO, |sum, (_, pooled)| sum.saturating_add(pooled.cost()))
    }

    pub(crate) fn rank(&self, base_fee: u64) -> Rank {
        let tip = self.transactions.values().map(|pooled| pooled.effective_tip(base_fee)).min().flatten();
        Rank { all_ready: self.future().next().is_none(), tip }
    }

    /// Takes out what the account has executed, cannot pay for, or may not send.
    pub(crate) fn retain_possible(&mut self) -> Vec<Arc<Pooled>> {
        let Account { nonce, balance, is_contract } = self.account;
        let gone = self.transactions.extract_if(.., |at, pooled| *at < nonce || is_contract || pooled.cost() > balance);
        gone.map(|(_, pooled)| pooled).collect()
    }
}
