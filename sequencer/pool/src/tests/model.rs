//! The pool against a model that keeps a plain list and works everything out anew each time it is asked.

use super::*;
use std::cmp::Reverse;

const SENDERS: u8 = 4;

#[derive(Clone, Debug)]
struct Entry {
    sender: Address,
    nonce: u64,
    fee: u128,
    tip: u128,
    cost: U256,
    size: usize,
    hash: B256,
    arrival: u64,
}

struct Model {
    limits: Limits,
    base_fee: u64,
    accounts: BTreeMap<Address, Account>,
    entries: Vec<Entry>,
    arrivals: u64,
    handed_out: BTreeSet<B256>,
    closed: BTreeSet<Address>,
}

impl Model {
    fn new(limits: Limits, base_fee: u64) -> Self {
        let accounts = (0..SENDERS).map(|who| (key(who).address(), RICH)).collect();
        let (entries, handed_out, closed) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        Self { limits, base_fee, accounts, entries, arrivals: 0, handed_out, closed }
    }

    fn effective(&self, entry: &Entry) -> Option<u128> {
        entry.fee.checked_sub(self.base_fee.into()).map(|left| left.min(entry.tip))
    }

    fn of(&self, sender: Address) -> Vec<&Entry> {
        let mut entries: Vec<_> = self.entries.iter().filter(|entry| entry.sender == sender).collect();
        entries.sort_by_key(|entry| entry.nonce);
        entries
    }

    fn ready(&self, sender: Address) -> Vec<&Entry> {
        let first = self.accounts[&sender].nonce;
        self.of(sender).into_iter().zip(first..).take_while(|(entry, nonce)| entry.nonce == *nonce).map(|(entry, _)| entry).collect()
    }

    fn next_nonce(&self, sender: Address) -> u64 {
        self.accounts[&sender].nonce + self.ready(sender).len() as u64
    }

    fn first_free(&self, sender: Address) -> u64 {
        let handed_out = self.of(sender).into_iter().filter(|entry| self.handed_out.contains(&entry.hash));
        handed_out.map(|entry| entry.nonce + 1).max().unwrap_or(self.accounts[&sender].nonce)
    }

    fn peek(&self) -> Option<&Entry> {
        let open = self.accounts.keys().filter(|sender| !self.closed.contains(*sender));
        let heads = open.filter_map(|sender| self.ready(*sender).into_iter().find(|entry| !self.handed_out.contains(&entry.hash)));
        heads.filter(|head| self.effective(head).is_some()).max_by_key(|head| (self.effective(head), Reverse(head.arrival)))
    }

    fn take(&mut self, most: usize) -> Vec<B256> {
        let mut taken = Vec::new();
        while let Some(hash) = self.peek().map(|head| head.hash).filter(|_| taken.len() < most) {
            self.handed_out.insert(hash);
            taken.push(hash);
        }
        taken
    }

    fn put_back(&mut self, sender: Address, nonce: u64) {
        let back: Vec<_> = self.of(sender).into_iter().filter(|entry| entry.nonce >= nonce).map(|entry| entry.hash).collect();
        back.iter().for_each(|hash| _ = self.handed_out.remove(hash));
        // A sender of whom nothing waits is nobody to the pool.
        if !self.of(sender).is_empty() {
            self.closed.insert(sender);
        }
    }

    fn reopen(&mut self) {
        self.handed_out.clear();
        self.closed.clear();
    }

    /// Without the sender's last transaction, the pool forgets that the sender was put back.
    fn drop_entry(&mut self, hash: &B256) {
        let Some(at) = self.entries.iter().position(|entry| entry.hash == *hash) else { return };
        let Entry { sender, nonce, .. } = self.entries.remove(at);
        self.handed_out.remove(hash);
        if nonce >= self.accounts[&sender].nonce {
            let later: Vec<_> = self.of(sender).into_iter().filter(|entry| entry.nonce > nonce).map(|entry| entry.hash).collect();
            later.iter().for_each(|hash| _ = self.handed_out.remove(hash));
        }
        if self.of(sender).is_empty() {
            self.closed.remove(&sender);
        }
    }

    fn on_block(&mut self, base_fee: u64, sender: Address, account: Account) {
        self.accounts.insert(sender, account);
        let impossible = |entry: &&Entry| entry.nonce < account.nonce || account.is_contract || entry.cost > account.balance;
        let gone: Vec<_> = self.of(sender).into_iter().filter(impossible).map(|entry| entry.hash).collect();
        gone.iter().for_each(|hash| self.drop_entry(hash));
        self.base_fee = base_fee;
    }

    /// The senders in the order in which a full pool drops their transactions, with what each is worth.
    fn worst_first(&self) -> Vec<(Address, (bool, Option<u128>))> {
        let mut senders: Vec<_> = self.accounts.keys().filter(|sender| !self.of(**sender).is_empty()).collect();
        let rank = |sender: Address| {
            let all_ready = self.ready(sender).len() == self.of(sender).len();
            (all_ready, self.of(sender).into_iter().map(|entry| self.effective(entry)).min().flatten())
        };
        let least_fee = |sender: Address| self.of(sender).into_iter().map(|entry| entry.fee).min();
        senders.sort_by_key(|sender| {
            let (all_ready, tip) = rank(**sender);
            (all_ready, tip, if tip.is_none() { least_fee(**sender) } else { None }, **sender)
        });
        senders.into_iter().map(|sender| (*sender, rank(*sender))).collect()
    }

    fn insert(&mut self, new: Entry) -> Result<Vec<B256>, &'static str> {
        let account = self.accounts[&new.sender];
        let old = self.of(new.sender).into_iter().find(|entry| entry.nonce == new.nonce).cloned();
        if self.entries.iter().any(|entry| entry.hash == new.hash) {
            return Err("already known");
        }
        if new.nonce < self.first_free(new.sender) {
            return Err("nonce too low");
        }
        let others = self.of(new.sender).into_iter().filter(|entry| entry.nonce != new.nonce);
        let sum = others.map(|entry| entry.cost).try_fold(new.cost, U256::checked_add);
        if sum.is_none_or(|sum| sum > account.balance) {
            return Err("insufficient funds");
        }
        let raised = |fee: u128| fee + (fee * u128::from(self.limits.replacement_percent)).div_ceil(100).max(1);
        if old.as_ref().is_some_and(|old| new.fee < raised(old.fee) || new.tip < raised(old.tip)) {
            return Err("replacement transaction underpriced");
        }
        let victims = self.victims(&new, old.as_ref())?;
        victims.iter().for_each(|hash| self.drop_entry(hash));
        self.entries.retain(|entry| old.as_ref().is_none_or(|old| old.hash != entry.hash));
        self.arrivals += 1;
        self.entries.push(new);
        Ok(victims)
    }

    fn victims(&self, new: &Entry, old: Option<&Entry>) -> Result<Vec<B256>, &'static str> {
        let mut victims: Vec<Entry> = Vec::new();
        if old.is_none() && self.of(new.sender).len() >= self.limits.per_sender {
            let last = self.of(new.sender).pop().filter(|last| last.nonce > new.nonce);
            victims.push(last.ok_or("account limit exceeded")?.clone());
        }
        let rank = (new.nonce <= self.next_nonce(new.sender), self.effective(new));
        let tails = self.worst_first().into_iter().flat_map(|(sender, worth)| {
            let free = self.first_free(sender);
            self.of(sender).into_iter().rev().filter(move |entry| entry.nonce >= free).map(move |entry| (worth, entry.clone()))
        });
        let mut tails = tails.collect::<Vec<_>>().into_iter();
        let fits = |victims: &[Entry]| {
            let left: Vec<_> = self.entries.iter().filter(|entry| victims.iter().chain(old).all(|gone| gone.hash != entry.hash)).collect();
            let bytes: usize = left.iter().map(|entry| entry.size).sum();
            left.len() < self.limits.transactions && bytes + new.size <= self.limits.bytes
        };
        while !fits(&victims) {
            let (worth, tail) = tails.next().ok_or("txpool is full")?;
            if victims.iter().any(|victim| victim.hash == tail.hash) {
                continue;
            }
            if worth >= rank || (tail.sender == new.sender && tail.nonce <= new.nonce) {
                return Err(if rank.0 { "transaction underpriced" } else { "txpool is full" });
            }
            victims.push(tail);
        }
        Ok(victims.into_iter().map(|victim| victim.hash).collect())
    }
}

#[derive(Clone, Debug)]
enum Event {
    Insert {
        who: u8,
        nonce: u64,
        fee: u128,
        tip: u128,
    },
    Take {
        most: usize,
    },
    PutBack {
        who: u8,
        nonce: u64,
    },
    Reopen,
    /// The open block was closed: all that was handed out is in it.
    Close {
        base_fee: u64,
    },
    Account {
        who: u8,
        nonce: u64,
        balance: u64,
        is_contract: bool,
        base_fee: u64,
    },
    Remove {
        nth: usize,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let who = || 0..SENDERS;
    prop_oneof![
        12 => (who(), 0u64..8, 5u128..60, 0u128..60).prop_map(|(who, nonce, fee, tip)| Event::Insert { who, nonce, fee, tip: tip.min(fee) }),
        4 => (0usize..6).prop_map(|most| Event::Take { most }),
        2 => (who(), 0u64..8).prop_map(|(who, nonce)| Event::PutBack { who, nonce }),
        1 => Just(Event::Reopen),
        2 => (5u64..40).prop_map(|base_fee| Event::Close { base_fee }),
        1 => (who(), 0u64..6, 0u64..6_000_000, prop::bool::weighted(0.1), 5u64..40)
            .prop_map(|(who, nonce, balance, is_contract, base_fee)| Event::Account { who, nonce, balance, is_contract, base_fee }),
        1 => any::<usize>().prop_map(|nth| Event::Remove { nth }),
    ]
}

struct Both {
    pool: Pool,
    model: Model,
}

impl Both {
    fn apply(&mut self, event: Event) -> Result<(), TestCaseError> {
        let Self { pool, model } = self;
        match event {
            Event::Insert { who, nonce, fee, tip } => self.insert(who, nonce, fee, tip)?,
            Event::Take { most } => prop_assert_eq!(hashes(&pool.take(most)), model.take(most)),
            Event::PutBack { who, nonce } => {
                pool.put_back(key(who).address(), nonce);
                model.put_back(key(who).address(), nonce);
            }
            Event::Reopen => {
                pool.reopen();
                model.reopen();
            }
            Event::Close { base_fee } => {
                let nonces: Vec<_> = model.accounts.keys().map(|sender| (*sender, model.first_free(*sender))).collect();
                let accounts: Vec<_> = nonces.into_iter().map(|(at, nonce)| (at, Account { nonce, ..model.accounts[&at] })).collect();
                accounts.iter().for_each(|(sender, account)| model.on_block(base_fee, *sender, *account));
                pool.on_block(base_fee, accounts);
                pool.reopen();
                model.reopen();
            }
            Event::Account { who, nonce, balance, is_contract, base_fee } => {
                let account = Account { nonce, balance: U256::from(balance), is_contract };
                // A block that changes what is handed out is another's: the open one is given up.
                pool.reopen();
                model.reopen();
                pool.on_block(base_fee, [(key(who).address(), account)]);
                model.on_block(base_fee, key(who).address(), account);
            }
            Event::Remove { nth } => {
                let hash = model.entries.get(nth % model.entries.len().max(1)).map(|entry| entry.hash).unwrap_or_default();
                prop_assert_eq!(pool.remove(&hash).is_some(), !hash.is_zero());
                model.drop_entry(&hash);
            }
        }
        Ok(())
    }

    fn insert(&mut self, who: u8, nonce: u64, fee: u128, tip: u128) -> Result<(), TestCaseError> {
        let Self { pool, model } = self;
        let candidate = Candidate { account: model.accounts[&key(who).address()], ..candidate(who, nonce, fee, tip) };
        if candidate.account.is_contract {
            let refused = pool.insert(candidate).is_err();
            prop_assert!(refused, "a contract sends");
            return Ok(());
        }
        let transaction = candidate.transaction.transaction();
        let (hash, size) = (transaction.hash(), transaction.encoded_length());
        let entry =
            Entry { sender: key(who).address(), nonce, fee, tip, cost: U256::from(21_000 * fee), size, hash, arrival: model.arrivals };
        match (pool.insert(candidate), model.insert(entry)) {
            (Ok(added), Ok(victims)) => prop_assert_eq!(hashes(&added.evicted), victims),
            (Err(error), Err(words)) => {
                // A full pool says so before it looks at who signed.
                let full = error.to_string().starts_with("transaction underpriced");
                prop_assert!(full || error.to_string().starts_with(words), "{error}, not {words}");
            }
            (pool, model) => prop_assert!(false, "the pool says {pool:?}, the model {model:?}"),
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        let Self { pool, model } = self;
        let content = pool.content();
        for sender in model.accounts.keys() {
            let (all, ready) = (model.of(*sender), model.ready(*sender));
            let expected = |entries: &[&Entry]| entries.iter().map(|entry| entry.hash).collect::<Vec<_>>();
            prop_assert_eq!(content.ready.get(sender).map_or_else(Vec::new, |ready| hashes(ready)), expected(&ready));
            prop_assert_eq!(content.future.get(sender).map_or_else(Vec::new, |future| hashes(future)), expected(&all[ready.len()..]));
            prop_assert_eq!(pool.pending_nonce(sender), (!all.is_empty()).then(|| model.next_nonce(*sender)));
        }
        prop_assert_eq!((pool.len(), pool.bytes()), (model.entries.len(), model.entries.iter().map(|entry| entry.size).sum()));
        prop_assert_eq!(pool.peek().map(|head| head.hash()), model.peek().map(|head| head.hash));
        Ok(())
    }
}

fn hashes(pooled: &[Arc<Pooled>]) -> Vec<B256> {
    pooled.iter().map(|pooled| pooled.hash()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(128)))]

    #[test]
    fn the_pool_does_what_a_plain_list_would(events in prop::collection::vec(event(), 1..100), transactions in 1usize..14, per_sender in 1usize..7) {
        let limits = Limits { transactions, per_sender, bytes: transactions * 118, replacement_percent: 10 };
        let mut both = Both { pool: Pool::new(RULES, limits, 10), model: Model::new(limits, 10) };
        for event in events {
            both.apply(event)?;
            both.compare()?;
        }
    }
}
