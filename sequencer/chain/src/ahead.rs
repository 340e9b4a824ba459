//! Looking ahead while catching up: the next batches are opened and their senders recovered on other threads, while blocks before them are executed.
//!
//! A recovery takes several times as long as executing a transfer, so it is what a replay waits for. The threads take the pieces in the order in which
//! they will be needed; how far they go is bounded by the transactions that wait to be executed.

use crate::recover::{Recovered, recover};
use alloy_primitives::{B256, Bytes};
use gainsay_derive::{OpenBatch, Payload, open_batch};
use gainsay_store::{BatchData, BatchRecord, Store, StoreError};
use gainsay_types::{ChainConfig, Transaction};
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

/// Transactions that may wait to be executed; one batch is opened in any case. Each takes about 1 kB of memory.
const MOST_WAITING: usize = 32_768;
/// Bytes of a batch that count as much as a transaction that waits: whoever posts few large ones makes nobody keep more.
const BYTES_A_TRANSACTION: usize = 1024;
/// What a batch counts for until it is opened.
const PRESUMED: usize = 8_192;
/// Batches ahead at most, however small they are.
const MOST_BATCHES: usize = 64;
/// Signatures that a thread recovers at a time, 2 ms worth.
const PIECE: usize = 64;

/// Why a batch is not open.
#[derive(Debug)]
pub(crate) enum Closed {
    /// These blobs are not archived.
    Blobs(Vec<B256>),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Closed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Opened batches, from the one that is derived now.
pub(crate) struct Ahead {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    store: Store,
    config: ChainConfig,
    plan: Mutex<Plan>,
    changed: Condvar,
}

#[derive(Default)]
struct Plan {
    /// Batches in the order of the inbox, without a gap.
    entries: VecDeque<Entry>,
    /// Counts the times that all was forgotten: what a thread brings from before then is for nothing.
    forgotten: u64,
    /// The threads end, or one of them has died: nobody waits for them any more.
    stop: bool,
}

struct Entry {
    index: u64,
    stage: Stage,
}

enum Stage {
    Waiting,
    Opening,
    /// Not to be had from the archive. Whoever needs it finds out why.
    Unreadable,
    Open(Work),
}

/// An open batch and its senders.
struct Work {
    batch: Arc<OpenBatch>,
    /// One a block; none if they are not to be recovered ahead.
    blocks: Vec<Senders>,
    /// Pieces that no thread has taken yet: block, and position of the first transaction.
    pieces: VecDeque<(usize, usize)>,
    /// Bytes of all transactions, which stay as long as the batch does.
    bytes: usize,
}

/// Those of one block, piece by piece.
struct Senders {
    pieces: Vec<Option<Recovered>>,
    missing: usize,
}

enum Task {
    Open { index: u64 },
    Recover { index: u64, batch: Arc<OpenBatch>, block: usize, first: usize },
}

impl Ahead {
    pub(crate) fn new(store: Store, config: ChainConfig) -> Self {
        let shared = Shared { store, config, plan: Mutex::default(), changed: Condvar::new() };
        Self { shared: Arc::new(shared), threads: Vec::new() }
    }

    /// Forgets everything: the inbox has changed.
    pub(crate) fn forget(&self) {
        let mut plan = self.shared.plan();
        plan.entries.clear();
        plan.forgotten += 1;
    }

    /// Batches that could not be read are tried again: a blob was archived.
    pub(crate) fn retry(&self) {
        let mut plan = self.shared.plan();
        for entry in &mut plan.entries {
            if matches!(entry.stage, Stage::Unreadable) {
                entry.stage = Stage::Waiting;
            }
        }
        drop(plan);
        self.shared.changed.notify_all();
    }

    /// Has the batches from `index` up to at most `last` opened, as far as there is room. Those before `index` are done with.
    pub(crate) fn look(&mut self, index: u64, last: u64) {
        let mut plan = self.shared.plan();
        plan.start_at(index);
        let mut added = false;
        while plan.entries.len() < MOST_BATCHES && plan.waiting() < MOST_WAITING {
            let next = index + plan.entries.len() as u64;
            if next > last {
                break;
            }
            plan.entries.push_back(Entry { index: next, stage: Stage::Waiting });
            added = true;
        }
        drop(plan);
        if added {
            self.start();
            self.shared.changed.notify_all();
        }
    }

    /// Batch `index`, opened before or now.
    pub(crate) fn open(&self, index: u64) -> Result<Arc<OpenBatch>, Closed> {
        let mut plan = self.shared.plan();
        plan.start_at(index);
        let forgotten = plan.forgotten;
        while plan.entries.front().is_some_and(|entry| matches!(entry.stage, Stage::Waiting | Stage::Opening)) && !plan.stop {
            plan = self.shared.wait(plan);
        }
        let ahead = match plan.entries.front() {
            Some(Entry { stage: Stage::Open(work), .. }) => return Ok(work.batch.clone()),
            found => found.is_some(),
        };
        drop(plan);
        let batch = Arc::new(self.shared.read(index)?);
        let work = if ahead { Work::new(batch.clone()) } else { Work::without_senders(batch.clone()) };
        let mut plan = self.shared.plan();
        if ahead {
            plan.put(forgotten, index, Stage::Open(work));
        } else {
            plan.entries.push_front(Entry { index, stage: Stage::Open(work) });
        }
        drop(plan);
        self.shared.changed.notify_all();
        Ok(batch)
    }

    /// Batch `index` if it is open.
    pub(crate) fn opened(&self, index: u64) -> Option<Arc<OpenBatch>> {
        self.shared.plan().work(index).map(|work| work.batch.clone())
    }

    /// The transactions of block `offset` of batch `index` with their senders, once; none if they were not asked for ahead.
    pub(crate) fn take_recovered(&self, index: u64, offset: u64) -> Option<Recovered> {
        let block = usize::try_from(offset).ok()?;
        let mut plan = self.shared.plan();
        loop {
            let senders = plan.work(index)?.blocks.get_mut(block)?;
            if senders.missing == 0 {
                return senders.take();
            }
            if plan.stop {
                return None;
            }
            plan = self.shared.wait(plan);
        }
    }

    /// As many threads as cores: while blocks are executed they share the cores with the thread that does so, and while that one waits they have all.
    fn start(&mut self) {
        if !self.threads.is_empty() {
            return;
        }
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let run = |number: usize| {
            let shared = self.shared.clone();
            thread::Builder::new().name(format!("ahead-{number}")).spawn(move || shared.run())
        };
        self.threads.extend((0..cores).map_while(|number| run(number).ok()));
        // Without a thread everything is done when it is needed.
        self.shared.plan().stop = self.threads.is_empty();
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.shared.stop();
        for thread in self.threads.drain(..) {
            // A thread that died was noticed by `Alarm`.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        // Nothing that is done under the lock can fail half-way.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, plan: MutexGuard<'a, Plan>) -> MutexGuard<'a, Plan> {
        self.changed.wait(plan).unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.plan().stop = true;
        self.changed.notify_all();
    }

    fn run(&self) {
        let _alarm = Alarm(self);
        let mut plan = self.plan();
        while !plan.stop {
            let Some(task) = plan.next_task() else {
                plan = self.wait(plan);
                continue;
            };
            let forgotten = plan.forgotten;
            drop(plan);
            plan = self.perform(task, forgotten);
            self.changed.notify_all();
        }
    }

    /// Does the task and puts down what it gave.
    fn perform(&self, task: Task, forgotten: u64) -> MutexGuard<'_, Plan> {
        match task {
            Task::Open { index } => {
                let stage = self.read(index).map_or(Stage::Unreadable, |batch| Stage::Open(Work::new(Arc::new(batch))));
                let mut plan = self.plan();
                plan.put(forgotten, index, stage);
                plan
            }
            Task::Recover { index, batch, block, first } => {
                let transactions = batch.blocks.get(block).map_or(&[][..], |block| &block.transactions);
                let piece = transactions.iter().skip(first).take(PIECE).cloned().collect();
                let recovered = recover(first, piece);
                let mut plan = self.plan();
                if plan.forgotten == forgotten
                    && let Some(senders) = plan.work(index).and_then(|work| work.blocks.get_mut(block))
                {
                    senders.put(first / PIECE, recovered);
                }
                plan
            }
        }
    }

    fn read(&self, index: u64) -> Result<OpenBatch, Closed> {
        let record = self.store.batch(index)?.ok_or_else(|| StoreError::Missing { record: "batch", key: index.to_string() })?;
        let payload = self.payload(&record)?;
        Ok(open_batch(&self.config, &record.header, &payload))
    }

    fn payload(&self, record: &BatchRecord) -> Result<Payload, Closed> {
        let hashes = match &record.data {
            BatchData::Calldata(payload) => return Ok(Payload::Calldata(payload.clone())),
            BatchData::None => return Ok(Payload::None),
            BatchData::Blobs(hashes) => hashes,
        };
        let found = hashes.iter().map(|hash| Ok((hash, self.store.blob(hash)?))).collect::<Result<Vec<_>, StoreError>>()?;
        let missing: Vec<B256> = found.iter().filter(|(_, blob)| blob.is_none()).map(|(hash, _)| **hash).collect();
        if !missing.is_empty() {
            return Err(Closed::Blobs(missing));
        }
        Ok(Payload::Blobs(found.into_iter().filter_map(|(_, blob)| blob).collect::<Vec<Bytes>>()))
    }
}

/// Tells everybody when a thread dies, so that nobody waits for it.
struct Alarm<'a>(&'a Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

impl Plan {
    /// Drops what comes before `index`, or everything if that is not what comes next.
    fn start_at(&mut self, index: u64) {
        while self.entries.front().is_some_and(|entry| entry.index < index) {
            self.entries.pop_front();
        }
        if self.entries.front().is_some_and(|entry| entry.index != index) {
            self.entries.clear();
        }
    }

    fn entry(&mut self, index: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.index == index)
    }

    fn work(&mut self, index: u64) -> Option<&mut Work> {
        match &mut self.entry(index)?.stage {
            Stage::Open(work) => Some(work),
            _ => None,
        }
    }

    /// Transactions that were not executed yet.
    fn waiting(&self) -> usize {
        let of = |entry: &Entry| match &entry.stage {
            Stage::Open(work) => work.waiting(),
            Stage::Waiting | Stage::Opening | Stage::Unreadable => PRESUMED,
        };
        self.entries.iter().map(of).sum()
    }

    fn put(&mut self, forgotten: u64, index: u64, stage: Stage) {
        if self.forgotten == forgotten
            && let Some(entry) = self.entry(index)
        {
            entry.stage = stage;
        }
    }

    /// The first piece of work that nobody does yet.
    fn next_task(&mut self) -> Option<Task> {
        for entry in &mut self.entries {
            match &mut entry.stage {
                Stage::Waiting => {
                    entry.stage = Stage::Opening;
                    return Some(Task::Open { index: entry.index });
                }
                Stage::Open(work) => {
                    if let Some((block, first)) = work.pieces.pop_front() {
                        return Some(Task::Recover { index: entry.index, batch: work.batch.clone(), block, first });
                    }
                }
                Stage::Opening | Stage::Unreadable => {}
            }
        }
        None
    }
}

impl Work {
    fn new(batch: Arc<OpenBatch>) -> Self {
        let (mut blocks, mut pieces) = (Vec::with_capacity(batch.blocks.len()), VecDeque::new());
        for (position, block) in batch.blocks.iter().enumerate() {
            let count = block.transactions.len().div_ceil(PIECE);
            pieces.extend((0..count).map(|piece| (position, piece * PIECE)));
            blocks.push(Senders { pieces: std::iter::repeat_with(|| None).take(count).collect(), missing: count });
        }
        let bytes = batch.blocks.iter().flat_map(|block| &block.transactions).map(Transaction::encoded_length).sum();
        Self { batch, blocks, pieces, bytes }
    }

    const fn without_senders(batch: Arc<OpenBatch>) -> Self {
        Self { batch, blocks: Vec::new(), pieces: VecDeque::new(), bytes: 0 }
    }

    fn waiting(&self) -> usize {
        let transactions = self.blocks.iter().map(|senders| senders.pieces.len() * PIECE).sum::<usize>();
        transactions.max(self.bytes / BYTES_A_TRANSACTION)
    }
}

impl Senders {
    fn put(&mut self, piece: usize, recovered: Recovered) {
        if let Some(place) = self.pieces.get_mut(piece).filter(|place| place.is_none()) {
            *place = Some(recovered);
            self.missing -= 1;
        }
    }

    /// All of them, or the first that is bad; nothing the second time.
    fn take(&mut self) -> Option<Recovered> {
        if self.pieces.is_empty() {
            return None;
        }
        let pieces: Option<Vec<Recovered>> = std::mem::take(&mut self.pieces).into_iter().collect();
        let mut all = Vec::new();
        for piece in pieces? {
            match piece {
                Ok(mut recovered) if all.is_empty() => std::mem::swap(&mut all, &mut recovered),
                Ok(mut recovered) => all.append(&mut recovered),
                Err(bad) => return Some(Err(bad)),
            }
        }
        Some(Ok(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, U256};
    use gainsay_types::{
        BatchHeader, BatchKind, SPEC_ID_OSAKA,
        batch::BatchBlock,
        testing::{Dice, any_transaction},
    };

    #[test]
    fn a_batch_counts_for_its_bytes_even_if_it_has_few_transactions() {
        let header = BatchHeader {
            kind: BatchKind::Forced,
            payload_hash: B256::ZERO,
            deposit_count: 0,
            deposit_acc: B256::ZERO,
            l1_number: 0,
            l1_time: 0,
            l1_base_fee: U256::ZERO,
            l1_blob_base_fee: U256::ZERO,
            batch_index: 1,
        };
        let config = ChainConfig {
            l2_chain_id: 1,
            spec_id: SPEC_ID_OSAKA,
            block_time_ms: 250,
            block_gas_limit: 30_000_000,
            gas_rate: 1,
            gas_target: 1,
            base_fee_denominator: 8,
            min_base_fee: 1,
            base_fee_scalar: 0,
            blob_base_fee_scalar: 0,
            portal: Address::ZERO,
            genesis_hash: B256::ZERO,
        };
        let mut dice = Dice::new(5);
        let transactions: Vec<_> = (0..4 * PIECE).map(|_| any_transaction(&mut dice)).collect();
        let bytes = transactions.iter().map(|transaction| transaction.encode().len()).sum::<usize>();
        let mut batch = open_batch(&config, &header, &Payload::None);
        batch.blocks = vec![BatchBlock { delay_ms: 0, deposits: 0, transactions }];
        let mut work = Work::new(Arc::new(batch));
        assert!(work.waiting() >= 4 * PIECE);
        work.blocks.clear();
        assert_eq!(work.waiting(), bytes / BYTES_A_TRANSACTION);
        assert!(work.waiting() > 0);
    }
}
