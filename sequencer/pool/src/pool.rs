//! The pool.

use crate::{
    Account, Best, Candidate, Pooled, Rejection, Rules,
    heads::Heads,
    pooled::{effective_tip, fee_and_tip},
    queue::Queue,
    ranks::{Rank, Ranks},
};
use alloy_primitives::{Address, B256, U256, map::HashMap};
use gainsay_types::Transaction;
use std::{collections::BTreeMap, sync::Arc};

/// Bounds of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Transactions in all.
    pub transactions: usize,
    /// Bytes of all encoded transactions.
    pub bytes: usize,
    /// Transactions of one sender.
    pub per_sender: usize,
    /// By how many per cent both fees of a replacement have to be higher.
    pub replacement_percent: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { transactions: 20_000, bytes: 64 << 20, per_sender: 1_024, replacement_percent: 10 }
    }
}

/// A transaction that the pool took.
#[derive(Clone, Debug)]
pub struct Added {
    /// The transaction.
    pub pooled: Arc<Pooled>,
    /// It, and what it closed the gap for: the transactions that are ready from now on, in order of their nonces.
    pub now_ready: Vec<Arc<Pooled>>,
    /// The transaction that it took the place of.
    pub replaced: Option<Arc<Pooled>>,
    /// What was dropped to make room.
    pub evicted: Vec<Arc<Pooled>>,
}

/// All of the pool, by sender and nonce.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// What can be executed next.
    pub ready: BTreeMap<Address, Vec<Arc<Pooled>>>,
    /// What waits for a nonce that is missing.
    pub future: BTreeMap<Address, Vec<Arc<Pooled>>>,
}

/// The transactions that wait for a block.
#[derive(Debug)]
pub struct Pool {
    rules: Rules,
    limits: Limits,
    base_fee: u64,
    queues: HashMap<Address, Queue>,
    by_hash: HashMap<B256, Arc<Pooled>>,
    /// What each sender would have in the open block next.
    heads: Heads,
    /// Senders of whom something was handed out or put back since the last [`Self::reopen`]; some may be named twice, or be gone.
    in_block: Vec<Address>,
    /// Kept only while the pool is about full.
    ranks: Option<Ranks>,
    bytes: usize,
    arrivals: u64,
}

impl Pool {
    /// An empty pool. `base_fee` is the next block's, wei per gas.
    #[must_use]
    pub fn new(rules: Rules, limits: Limits, base_fee: u64) -> Self {
        Self {
            rules,
            limits,
            base_fee,
            queues: HashMap::default(),
            by_hash: HashMap::default(),
            heads: Heads::new(base_fee),
            in_block: Vec::new(),
            ranks: None,
            bytes: 0,
            arrivals: 0,
        }
    }

    /// Takes a transaction, or says why not; then the pool is unchanged.
    ///
    /// # Errors
    /// In geth's words.
    pub fn insert(&mut self, candidate: Candidate) -> Result<Added, Rejection> {
        let Candidate { transaction, account, l1_fee } = candidate;
        self.screen(transaction.transaction())?;
        let pooled = Pooled::new(transaction, l1_fee, self.arrivals);
        self.check_account(&pooled, &account)?;
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

    /// Tells of a new latest block: the base fee of the one after it, and the accounts that changed. Accounts without transactions here are
    /// ignored. Returns what is no longer waiting: executed, unpaid for, or not allowed to be sent any more. What is handed out stays so until
    /// [`Self::reopen`].
    pub fn on_block(&mut self, next_base_fee: u64, accounts: impl IntoIterator<Item = (Address, Account)>) -> Vec<Arc<Pooled>> {
        let mut dropped = Vec::new();
        for (sender, account) in accounts {
            dropped.extend(self.change(sender, |queue| queue.set_account(account)));
        }
        for pooled in &dropped {
            self.forget(pooled);
        }
        if next_base_fee != self.base_fee {
            self.base_fee = next_base_fee;
            self.heads.set_base_fee(next_base_fee);
            if let Some(ranks) = &mut self.ranks {
                ranks.set_base_fee(next_base_fee);
            }
        }
        if self.len() < self.limits.transactions / 2 && self.bytes < self.limits.bytes / 2 {
            self.ranks = None;
        }
        dropped
    }

    /// Hands out transactions for the open block, at most so many: best effective tip at the next base fee first, earlier arrival before later,
    /// the nonces of each sender in order. Each is handed out once, until it is put back and the pool is opened again.
    pub fn take(&mut self, most: usize) -> Vec<Arc<Pooled>> {
        let mut taken = Vec::with_capacity(most.min(self.len()));
        while taken.len() < most {
            let Some((head, first)) = self.heads.best().and_then(|sender| self.hand_out(sender)) else { break };
            if first {
                self.in_block.push(head.sender());
            }
            taken.push(head);
        }
        taken
    }

    /// What `take(1)` would give.
    #[must_use]
    pub fn peek(&self) -> Option<Arc<Pooled>> {
        let sender = self.heads.best()?;
        self.queues.get(&sender)?.head().cloned()
    }

    /// This transaction is not in the open block, so the sender's later ones cannot be: none of them is handed out before [`Self::reopen`].
    pub fn put_back(&mut self, sender: Address, nonce: u64) {
        self.in_block.push(sender);
        self.change(sender, |queue| {
            queue.put_back(nonce);
            Vec::new()
        });
    }

    /// The open block was closed or given up: everything that waits may be handed out again. After a block was closed, call [`Self::on_block`]
    /// first, or what is in it is handed out once more.
    pub fn reopen(&mut self) {
        for sender in std::mem::take(&mut self.in_block) {
            self.change(sender, |queue| {
                queue.reopen();
                Vec::new()
            });
        }
    }

    /// Takes back the transactions of blocks that a reorg dropped. Call [`Self::on_block`] with the accounts of the new latest block first.
    /// Returns those that no longer fit, with the reason.
    pub fn reinsert(&mut self, candidates: impl IntoIterator<Item = Candidate>) -> Vec<(B256, Rejection)> {
        let refused = candidates.into_iter().filter_map(|candidate| {
            let hash = candidate.transaction.transaction().hash();
            self.insert(candidate).err().map(|rejection| (hash, rejection))
        });
        refused.collect()
    }

    /// Takes a transaction out, because it cannot be executed. Later nonces of its sender then wait for another in its place.
    pub fn remove(&mut self, hash: &B256) -> Option<Arc<Pooled>> {
        let pooled = self.by_hash.get(hash)?.clone();
        let removed = self.change(pooled.sender(), |queue| queue.remove(pooled.nonce()).into_iter().collect());
        for pooled in &removed {
            self.forget(pooled);
        }
        Some(pooled)
    }

    /// The ready transactions, best first, for a block with this base fee.
    #[must_use]
    pub fn best(&self, base_fee: u64) -> Best {
        Best::new(base_fee, self.queues.values().map(|queue| queue.ready().cloned().collect()))
    }

    /// A transaction by its hash.
    #[must_use]
    pub fn get(&self, hash: &B256) -> Option<&Arc<Pooled>> {
        self.by_hash.get(hash)
    }

    /// The nonce after the ready transactions of an account; none if nothing of it waits here.
    #[must_use]
    pub fn pending_nonce(&self, sender: &Address) -> Option<u64> {
        self.queues.get(sender).map(Queue::next_nonce)
    }

    /// Whether transactions of this account wait here, so that [`Self::on_block`] needs to hear of its changes.
    #[must_use]
    pub fn tracks(&self, sender: &Address) -> bool {
        self.queues.contains_key(sender)
    }

    /// What the pool was last told of an account; none if nothing of it waits here.
    #[must_use]
    pub fn account(&self, sender: &Address) -> Option<Account> {
        self.queues.get(sender).map(Queue::account)
    }

    /// All senders, in no order.
    pub fn senders(&self) -> impl Iterator<Item = &Address> {
        self.queues.keys()
    }

    /// Everything that waits.
    #[must_use]
    pub fn content(&self) -> Content {
        let mut content = Content::default();
        for (sender, queue) in &self.queues {
            let (ready, future): (Vec<_>, Vec<_>) = (queue.ready().cloned().collect(), queue.future().cloned().collect());
            if !ready.is_empty() {
                content.ready.insert(*sender, ready);
            }
            if !future.is_empty() {
                content.future.insert(*sender, future);
            }
        }
        content
    }

    /// Transactions in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Bytes of all encoded transactions.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    fn check_account(&self, pooled: &Pooled, account: &Account) -> Result<(), Rejection> {
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
        covered(pooled, account, queue.cost_without(nonce))
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

    fn hand_out(&mut self, sender: Address) -> Option<(Arc<Pooled>, bool)> {
        let queue = self.queues.get_mut(&sender)?;
        let (head, first) = queue.hand_out()?;
        self.heads.remove(&head);
        if let Some(next) = queue.head() {
            self.heads.insert(next);
        }
        Some((head, first))
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

    /// Changes a queue, keeping its head and its rank right and dropping it once it is empty.
    fn change(&mut self, sender: Address, change: impl FnOnce(&mut Queue) -> Vec<Arc<Pooled>>) -> Vec<Arc<Pooled>> {
        let Some(queue) = self.queues.get_mut(&sender) else { return Vec::new() };
        let (head, standing) = (queue.head().cloned(), queue.standing());
        let gone = change(queue);
        let is_empty = queue.is_empty();
        let arrival = |head: &Option<Arc<Pooled>>| head.as_ref().map(|head| head.arrival());
        let new_head = queue.head().cloned();
        if arrival(&head) != arrival(&new_head) {
            head.iter().for_each(|head| self.heads.remove(head));
            new_head.iter().for_each(|head| self.heads.insert(head));
        }
        if let Some(ranks) = &mut self.ranks {
            ranks.remove(sender, standing);
            if !is_empty {
                ranks.insert(sender, queue.standing());
            }
        }
        if is_empty {
            self.queues.remove(&sender);
        }
        gone
    }

    fn forget(&mut self, pooled: &Pooled) {
        if self.by_hash.remove(&pooled.hash()).is_some() {
            self.bytes = self.bytes.saturating_sub(pooled.size());
        }
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
