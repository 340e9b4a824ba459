use super::*;
use alloy_primitives::keccak256;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A database in memory that says how often it was asked.
#[derive(Default)]
struct Memory {
    entries: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    reads: std::sync::atomic::AtomicUsize,
}

impl Memory {
    fn reads(&self) -> usize {
        self.reads.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn keys_with(&self, letter: u8) -> usize {
        self.entries.lock().unwrap().keys().filter(|key| key[0] == letter).count()
    }

    fn copy(&self) -> Self {
        Self { entries: Mutex::new(self.entries.lock().unwrap().clone()), reads: 0.into() }
    }
}

impl Database for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.reads.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(self.entries.lock().unwrap().get(key).cloned())
    }

    fn contains(&self, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.get(key)?.is_some())
    }

    fn scan<'a>(&'a self, prefix: &[u8], from: &[u8]) -> Box<dyn Iterator<Item = Result<crate::Entry, StoreError>> + 'a> {
        let entries = self.entries.lock().unwrap();
        let found = entries.range(from.max(prefix).to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        let found: Vec<_> = found.map(|(key, value)| Ok((key.clone(), value.clone()))).collect();
        Box::new(found.into_iter())
    }

    fn apply(&self, batch: &WriteBatch) -> Result<(), StoreError> {
        let mut entries = self.entries.lock().unwrap();
        for (key, value) in batch.writes() {
            match value {
                Some(value) => entries.insert(key.to_vec(), value.to_vec()),
                None => entries.remove(key),
            };
        }
        Ok(())
    }

    fn write_back(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A chain of hashes with its index, and what the index must say.
struct World {
    database: Memory,
    index: Index,
    blocks: Vec<Vec<B256>>,
}

impl World {
    fn new() -> Self {
        let database = Memory::default();
        let index = Index::open(&database).unwrap();
        Self { database, index, blocks: vec![Vec::new()] }
    }

    fn tip(&self) -> u64 {
        self.blocks.len() as u64 - 1
    }

    fn push(&mut self, hashes: Vec<B256>) {
        self.blocks.push(hashes);
        self.index.push_block(self.tip(), self.blocks.last().unwrap());
    }

    fn pop(&mut self) {
        let mut writes = WriteBatch::default();
        self.index.pop_block(self.tip(), &mut writes).unwrap();
        self.database.apply(&writes).unwrap();
        self.blocks.pop();
    }

    /// As after a crash: what was in memory is gone, and pushed again from the blocks.
    fn reopen(&mut self) {
        self.index = Index::open(&self.database).unwrap();
        let first = self.index.covered() + 1;
        assert!(first <= self.tip() + 1, "covered {} of {}", first - 1, self.tip());
        for (number, hashes) in (first..).zip(&self.blocks[first as usize..]) {
            self.index.push_block(number, hashes);
        }
    }

    fn hash_at(&self, location: Location) -> Option<&B256> {
        self.blocks.get(location.block as usize)?.get(location.index as usize)
    }

    fn locate(&self, hash: &B256) -> Option<Location> {
        self.index.locate(&self.database, hash, |location| Ok(self.hash_at(location) == Some(hash))).unwrap()
    }

    fn known(&self, hash: &B256) -> Known {
        self.index.known(hash, |location| Ok(self.hash_at(location) == Some(hash))).unwrap()
    }

    fn check(&self) {
        for (block, hashes) in (0..).zip(&self.blocks) {
            for (index, hash) in (0..).zip(hashes) {
                let here = Location { block, index };
                assert_eq!(self.locate(hash), Some(here));
                assert!(matches!(self.known(hash), Known::AskDisk) || self.known(hash) == Known::At(here));
            }
        }
    }
}

fn hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Pop,
    Flush,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![6 => (0usize..40).prop_map(Step::Push), 2 => Just(Step::Pop), 4 => Just(Step::Flush), 1 => Just(Step::Reopen)]
}

proptest! {
    #[test]
    fn it_locates_what_the_chain_has_through_flushes_unwinding_and_crashes(steps in prop::collection::vec(step(), 1..80), seed: u64) {
        let mut world = World::new();
        let mut next = seed;
        for step in steps {
            match step {
                Step::Push(count) => {
                    let hashes = (0..count as u64).map(|more| hash(next.wrapping_add(more))).collect();
                    next = next.wrapping_add(count as u64);
                    world.push(hashes);
                }
                Step::Pop if world.tip() > 0 => world.pop(),
                Step::Pop => {}
                Step::Flush => world.index.flush(&world.database).unwrap(),
                Step::Reopen => world.reopen(),
            }
        }
        world.check();
        for unknown in 0..50u64 {
            prop_assert_eq!(world.locate(&hash(unknown ^ seed ^ 1 << 63)), None);
        }
        world.reopen();
        world.check();
    }

    #[test]
    fn a_guessed_search_finds_what_halving_finds(mut prefixes in prop::collection::vec(0u64..1000, 0..200), wanted in 0u64..1001) {
        prefixes.sort_unstable();
        let found = sorted::first_at_or_after(prefixes.len(), 0, 1000, wanted, |index| prefixes[index]);
        prop_assert_eq!(found, prefixes.partition_point(|prefix| *prefix < wanted));
    }

    #[test]
    fn an_entry_survives_the_round_trip(hash: [u8; 32], block in 0u64..1 << 40) {
        let hash = B256::from(hash);
        let entry = Sorted::of_block(block, [&hash, &hash]).entries()[1];
        let mut bytes = Vec::new();
        entry.write(&mut bytes);
        prop_assert_eq!((bytes.len(), Entry::read(&bytes)), (Entry::BYTES, entry));
        prop_assert_eq!((entry.location(), entry.prefix), (Location { block, index: 1 }, Entry::prefix_of(&hash)));
    }
}

#[test]
fn a_hash_that_shares_its_first_bits_with_another_is_told_apart() {
    let mut world = World::new();
    let (one, mut other) = (hash(1), hash(1));
    other.0[31] ^= 1;
    world.push(vec![one]);
    assert_eq!((world.locate(&other), world.known(&other)), (None, Known::Nowhere));
    world.index.flush(&world.database).unwrap();
    assert_eq!((world.locate(&other), world.known(&other)), (None, Known::AskDisk));
    world.push(vec![other]);
    world.check();
    world.index.flush(&world.database).unwrap();
    world.check();
}

#[test]
fn a_transaction_that_came_back_in_another_block_is_located_there() {
    let mut world = World::new();
    world.push(vec![hash(1), hash(2)]);
    world.index.flush(&world.database).unwrap();
    world.pop();
    world.push(vec![hash(3)]);
    assert_eq!(world.locate(&hash(1)), None);
    world.push(vec![hash(2), hash(1)]);
    world.check();
    world.index.flush(&world.database).unwrap();
    world.reopen();
    world.check();
}

#[test]
fn runs_are_merged_and_what_they_were_made_of_goes() {
    let mut world = World::new();
    for block in 0..200u64 {
        world.push((0..20).map(|index| hash(block * 20 + index)).collect());
        world.index.flush(&world.database).unwrap();
        assert!(world.database.keys_with(b'r') <= 30, "{} runs", world.database.keys_with(b'r'));
    }
    let runs = world.database.keys_with(b'r');
    assert_eq!(world.index.snapshot().runs.len(), runs);
    assert!(runs < 20, "{runs} runs");
    world.check();
    // Every chunk belongs to a run that counts: nothing is left for start-up to remove.
    let chunks: u32 = world.index.snapshot().runs.iter().map(|run| run.record.chunks()).sum();
    let merging = usize::from(world.index.compaction.lock().unwrap().is_merging());
    assert!(merging == 1 || world.database.keys_with(b'k') == chunks as usize);
    world.reopen();
    assert_eq!(world.database.keys_with(b'k'), chunks as usize);
    world.check();
}

#[test]
fn an_unknown_hash_hardly_ever_reaches_the_disk() {
    let mut world = World::new();
    for block in 0..20u64 {
        world.push((0..1000).map(|index| hash(block * 1000 + index)).collect());
        world.index.flush(&world.database).unwrap();
    }
    world.reopen();
    let before = world.database.reads();
    for unknown in 0..10_000u64 {
        assert_eq!(world.locate(&hash(unknown | 1 << 40)), None);
    }
    let reads = world.database.reads() - before;
    // 1 % of 10,000 look-ups in each of at most a dozen runs.
    assert!(reads < 1_500, "{reads} reads");
}

#[test]
fn what_a_crash_left_of_a_flush_does_not_count() {
    let mut world = World::new();
    world.push((0..2000).map(hash).collect());
    let before = world.database.copy();
    world.index.flush(&world.database).unwrap();
    // All was written but the record and the bound.
    for key in [keys::index_run(0), keys::INDEX.to_vec()] {
        world.database.entries.lock().unwrap().remove(&key).unwrap();
    }
    world.reopen();
    assert_eq!(*world.database.entries.lock().unwrap(), *before.entries.lock().unwrap());
    world.check();
}

#[test]
fn damaged_records_are_errors() {
    let mut world = World::new();
    world.push((0..2000).map(hash).collect());
    world.index.flush(&world.database).unwrap();
    let chunk = keys::index_chunk(0, world.index.snapshot().runs[0].record.chunk_of(Entry::prefix_of(&hash(7))));
    world.database.entries.lock().unwrap().get_mut(&chunk).unwrap().pop();
    let found = world.index.locate(&world.database, &hash(7), |_| Ok(true));
    assert!(matches!(found, Err(StoreError::Damaged { .. })), "{found:?}");
    world.database.entries.lock().unwrap().remove(&chunk).unwrap();
    let found = world.index.locate(&world.database, &hash(7), |_| Ok(true));
    assert!(matches!(found, Err(StoreError::Damaged { .. })), "{found:?}");
    world.database.entries.lock().unwrap().remove(&keys::index_filter(0, 0)).unwrap();
    assert!(matches!(Index::open(&world.database), Err(StoreError::Damaged { .. })));
}
