//! What comes in: whether it may, and what has to go for it.

use super::{Added, Pool};
use crate::{
    Account, Candidate, Pooled, Rejection,
    pooled::{effective_tip, fee_and_tip},
    queue::Queue,
    ranks::{Rank, Ranks},
};
use alloy_primitives::{Address, B256, U256, map::HashMap};
use gainsay_types::Transaction;
use std::sync::Arc;

impl Pool {
    /// Takes a transaction, or says why not; then the pool is unchanged.
    ///
    /// # Errors
    /// In geth's words.
    pub fn insert(&mut self, candidate: Candidate) -> Result<Added, Rejection> {
        self.admit(candidate, false)
    }

    /// Of a transaction that was in a block, only the own cost has to be covered: what its sender has sent since was covered by what it left, and it
    /// comes first.
    pub(super) fn admit(&mut self, candidate: Candidate, again: bool) -> Result<Added, Rejection> {
        let Candidate { transaction, account, l1_fee } = candidate;
        self.screen(transaction.transaction())?;
        let pooled = Pooled::new(transaction, l1_fee, self.arrivals);
        self.check_account(&pooled, &account, again)?;
        self.check_replacement(&pooled)?;
        let victims = self.make_room(&pooled, &account)?;
        let evicted: Vec<_> = victims.iter().filter_map(|hash| self.remove(hash)).collect();
        Ok(self.place(Arc::new(pooled), account, evicted))
    }

    /// Says what is wrong with a transaction whoever signed it, and is cheap: to be asked before its signature is recovered.
    ///
    /// # Errors
    /// In geth's words.
    pub fn screen(&self, transaction: &Transaction) -> Result<(), Rejection> {
        if self.by_hash.contains_key(&transaction.hash()) {
            return Err(Rejection::AlreadyKnown);
        }
        self.rules.check(transaction, transaction.encoded_length())?;
        self.screen_full(transaction)
    }

    /// A full pool has no use for what pays no more than its worst. Whatever replaces another pays more than that one, if it pays the base fee.
    fn screen_full(&self, transaction: &Transaction) -> Result<(), Rejection> {
        let Some(ranks) = self.ranks.as_ref().filter(|_| self.len() >= self.limits.transactions) else { return Ok(()) };
        let (fee, tip) = fee_and_tip(transaction);
        match (ranks.worst().next(), effective_tip(fee, tip, self.base_fee)) {
            (Some((Rank { all_ready: true, tip: worst }, _)), Some(effective)) if Some(effective) <= worst => {
                Err(Rejection::Underpriced { least: tip })
            }
            _ => Ok(()),
        }
    }

    fn check_account(&self, pooled: &Pooled, account: &Account, again: bool) -> Result<(), Rejection> {
        let (sender, nonce) = (pooled.sender(), pooled.nonce());
        if account.is_contract {
            return Err(Rejection::SenderHasCode { sender });
        }
        if nonce < account.nonce {
            return Err(Rejection::NonceTooLow { sender, nonce, account: account.nonce });
        }
        let Some(queue) = self.queues.get(&sender) else { return covered(pooled, account, U256::ZERO) };
        // What is handed out is as good as executed.
        if nonce < queue.first_free() {
            return Err(Rejection::NonceTooLow { sender, nonce, account: queue.first_free() });
        }
        covered(pooled, account, if again { U256::ZERO } else { queue.cost_without(nonce) })
    }

    fn check_replacement(&self, pooled: &Pooled) -> Result<(), Rejection> {
        let Some(old) = self.queues.get(&pooled.sender()).and_then(|queue| queue.get(pooled.nonce())) else { return Ok(()) };
        let (least_fee, least_tip) = (self.raised(old.max_fee()), self.raised(old.max_tip()));
        if pooled.max_fee() < least_fee || pooled.max_tip() < least_tip {
            return Err(Rejection::ReplacementUnderpriced { least_fee, least_tip });
        }
        Ok(())
    }

    /// A fee higher by the replacement's share, rounded up, and by 1 wei at the least.
    fn raised(&self, fee: u128) -> u128 {
        let share = fee.saturating_mul(u128::from(self.limits.replacement_percent)).div_ceil(100);
        fee.saturating_add(share.max(1))
    }

    /// The transactions that have to go so that this one fits.
    fn make_room(&mut self, pooled: &Pooled, account: &Account) -> Result<Vec<B256>, Rejection> {
        let queue = self.queues.get(&pooled.sender());
        let replaced = queue.and_then(|queue| queue.get(pooled.nonce())).cloned();
        let mut gone: Vec<Arc<Pooled>> = Vec::new();
        if let Some(queue) = queue.filter(|queue| replaced.is_none() && queue.len() >= self.limits.per_sender) {
            // A transaction that comes before the last one is worth more to its sender than that one.
            let last = queue.last().filter(|last| last.nonce() > pooled.nonce());
            gone.push(last.cloned().ok_or(Rejection::AccountLimit { limit: self.limits.per_sender })?);
        }
        if self.fits(pooled, gone.iter().chain(&replaced)) {
            return Ok(gone.iter().map(|pooled| pooled.hash()).collect());
        }
        let rank = self.rank_with(pooled, account);
        self.ranks.get_or_insert_with(|| rank_all(self.base_fee, &self.queues));
        let mut tails = self.worst_tails();
        while !self.fits(pooled, gone.iter().chain(&replaced)) {
            let (worst, last) = tails.next().ok_or(Rejection::Full)?;
            if gone.iter().any(|other| other.hash() == last.hash()) {
                continue;
            }
            let breaks_own_queue = last.sender() == pooled.sender() && last.nonce() <= pooled.nonce();
            if worst >= rank || breaks_own_queue {
                return Err(if rank.all_ready { Rejection::Underpriced { least: pooled.max_tip() } } else { Rejection::Full });
            }
            gone.push(last.clone());
        }
        Ok(gone.iter().map(|pooled| pooled.hash()).collect())
    }

    /// Whether the pool keeps its bounds with this transaction and without those.
    fn fits<'a>(&self, pooled: &Pooled, gone: impl Iterator<Item = &'a Arc<Pooled>>) -> bool {
        let (count, bytes) =
            gone.fold((0usize, 0usize), |(count, bytes), gone| (count.saturating_add(1), bytes.saturating_add(gone.size())));
        self.len().saturating_sub(count) < self.limits.transactions
            && self.bytes.saturating_sub(bytes).saturating_add(pooled.size()) <= self.limits.bytes
    }

    /// The rank of a transaction that is not in its queue yet.
    fn rank_with(&self, pooled: &Pooled, account: &Account) -> Rank {
        let next = self.pending_nonce(&pooled.sender()).unwrap_or(account.nonce);
        Rank { all_ready: pooled.nonce() <= next, tip: pooled.effective_tip(self.base_fee) }
    }

    /// The transactions in the order in which a full pool drops them: queue by queue, each from its end.
    fn worst_tails(&self) -> impl Iterator<Item = (Rank, &Arc<Pooled>)> {
        self.ranks.iter().flat_map(Ranks::worst).flat_map(|(rank, sender)| {
            let queue = self.queues.get(&sender);
            queue.into_iter().flat_map(Queue::droppable).map(move |pooled| (rank, pooled))
        })
    }

    fn place(&mut self, pooled: Arc<Pooled>, account: Account, evicted: Vec<Arc<Pooled>>) -> Added {
        let (sender, nonce) = (pooled.sender(), pooled.nonce());
        self.arrivals = self.arrivals.saturating_add(1);
        let before = self.pending_nonce(&sender).unwrap_or(account.nonce);
        self.queues.entry(sender).or_insert_with(|| Queue::new(account));
        let mut replaced = None;
        let mut now_ready = Vec::new();
        let stale = self.change(sender, |queue| {
            let stale = if queue.account() == account { Vec::new() } else { queue.set_account(account) };
            replaced = queue.insert(pooled.clone());
            now_ready.extend(queue.get(nonce).filter(|_| nonce < before.min(queue.next_nonce())).cloned());
            now_ready.extend(queue.ready_from(before).cloned());
            stale
        });
        for gone in stale.iter().chain(&replaced) {
            self.forget(gone);
        }
        self.bytes = self.bytes.saturating_add(pooled.size());
        self.by_hash.insert(pooled.hash(), pooled.clone());
        Added { pooled, now_ready, replaced, evicted }
    }
}

fn rank_all(base_fee: u64, queues: &HashMap<Address, Queue>) -> Ranks {
    Ranks::new(base_fee, queues.iter().map(|(sender, queue)| (*sender, queue.standing())))
}

/// Whether the balance covers a transaction and what else is queued. A sum that overflows is covered by none.
fn covered(pooled: &Pooled, account: &Account, queued: U256) -> Result<(), Rejection> {
    match pooled.cost().checked_add(queued) {
        Some(sum) if sum <= account.balance => Ok(()),
        _ => Err(Rejection::InsufficientFunds { balance: account.balance, cost: pooled.cost(), queued }),
    }
}
