//! The pool.

mod admit;

use crate::{Account, Candidate, Pooled, Rejection, Rules, heads::Heads, queue::Queue, ranks::Ranks};
use alloy_primitives::{Address, B256, map::HashMap};
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

impl Content {
    fn add(&mut self, sender: Address, queue: &Queue) {
        let (ready, future): (Vec<_>, Vec<_>) = (queue.ready().cloned().collect(), queue.future().cloned().collect());
        if !ready.is_empty() {
            self.ready.insert(sender, ready);
        }
        if !future.is_empty() {
            self.future.insert(sender, future);
        }
    }
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

    /// Takes back the transactions of blocks that a reorg dropped, even where their senders can no longer pay for all that they sent since. Call [`Self::on_block`] with the accounts of the new latest block first.
    /// Returns those that no longer fit, with the reason.
    pub fn reinsert(&mut self, candidates: impl IntoIterator<Item = Candidate>) -> Vec<(B256, Rejection)> {
        let refused = candidates.into_iter().filter_map(|candidate| {
            let hash = candidate.transaction.transaction().hash();
            self.admit(candidate, true).err().map(|rejection| (hash, rejection))
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
            content.add(*sender, queue);
        }
        content
    }

    /// What waits of one account.
    #[must_use]
    pub fn content_of(&self, sender: &Address) -> Content {
        let mut content = Content::default();
        if let Some(queue) = self.queues.get(sender) {
            content.add(*sender, queue);
        }
        content
    }

    /// Transactions that can be executed next. Looks at each sender once.
    #[must_use]
    pub fn ready_len(&self) -> usize {
        self.queues.values().map(Queue::ready_len).sum()
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

    fn hand_out(&mut self, sender: Address) -> Option<(Arc<Pooled>, bool)> {
        let queue = self.queues.get_mut(&sender)?;
        let (head, first) = queue.hand_out()?;
        self.heads.remove(&head);
        if let Some(next) = queue.head() {
            self.heads.insert(next);
        }
        Some((head, first))
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
