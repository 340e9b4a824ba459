//! What a block's root costs: `cargo run -p gainsay-state --example root [ACCOUNTS] [CHANGES]`. Then what it costs when a block is made to be slow.

#![allow(clippy::print_stdout)]

use alloy_primitives::{Address, B256, U256, keccak256};
use gainsay_execute::{Account, AccountChange, StateChanges};
use gainsay_state::{DirtyPages, Page, PageId, PageSource, PagedStateError, World, read_account};
use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    env,
    time::Instant,
};

/// As in the node.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Pages in a map.
#[derive(Default)]
struct Memory {
    pages: HashMap<PageId, Page>,
    root: Option<PageId>,
    next: u64,
}

impl PageSource for Memory {
    type Error = Infallible;

    fn root(&self) -> Option<PageId> {
        self.root
    }

    fn page(&self, id: PageId) -> Result<Option<Page>, Infallible> {
        Ok(self.pages.get(&id).cloned())
    }
}

impl Memory {
    fn take(&mut self, world: &mut World) -> DirtyPages {
        self.next += 1;
        let dirty = world.take_dirty(PageId::new(self.next << 32).unwrap_or_else(|| unreachable!("not 0")));
        self.root = dirty.root;
        dirty
    }

    fn put(&mut self, dirty: DirtyPages) {
        dirty.superseded.iter().for_each(|id| drop(self.pages.remove(id)));
        self.pages.extend(dirty.pages);
    }

    fn write(&mut self, world: &mut World) {
        let dirty = self.take(world);
        self.put(dirty);
    }
}

fn address(number: u64) -> Address {
    Address::from_slice(&keccak256(number.to_be_bytes())[12..])
}

fn changes(numbers: impl Iterator<Item = u64>, nonce: u64) -> StateChanges {
    let balance = U256::from(1_000_000_000_000_000_000u64 + nonce);
    let change = AccountChange { before: None, after: Some(Account { nonce, balance, ..Account::default() }), storage: BTreeMap::new() };
    StateChanges { accounts: numbers.map(|number| (address(number), change.clone())).collect(), codes: BTreeMap::new() }
}

/// Numbers that look random, below `most`.
fn random(seed: u64, most: u64) -> impl Iterator<Item = u64> {
    (0..).map(move |number: u64| {
        let hash: B256 = keccak256([seed.to_be_bytes(), number.to_be_bytes()].concat());
        u64::from_be_bytes(hash.0.as_chunks::<8>().0[0]) % most
    })
}

fn main() -> Result<(), PagedStateError<Infallible>> {
    let mut arguments = env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (accounts, count) = (arguments.next().unwrap_or(1_000_000), arguments.next().unwrap_or(1_000));
    let (mut pages, mut world) = (Memory::default(), World::empty());
    let start = Instant::now();
    for first in (0..accounts).step_by(10_000) {
        world.apply(&changes(first..accounts.min(first + 10_000), 1), &pages)?;
        pages.write(&mut world);
        world.forget();
    }
    let bytes = pages.pages.values().map(|page| page.len()).sum::<usize>() / 1000;
    println!(
        "{accounts} accounts made in {:?}: {} pages, {bytes} kB; {} kB in memory",
        start.elapsed(),
        pages.pages.len(),
        world.held() / 1000
    );
    let mut run = |name: &str, world: &mut World, seed: u64, nonce: u64| {
        let changes = changes(random(seed, accounts).take(count as usize), nonce);
        let start = Instant::now();
        let roots = world.apply(&changes, &pages)?;
        let applied = start.elapsed();
        let start = Instant::now();
        let taken = pages.take(world);
        let took = start.elapsed();
        println!("{count} changes, {name}: root {} in {applied:?}; {} pages taken in {took:?}", roots.state_root, taken.pages.len());
        pages.put(taken);
        Ok::<_, PagedStateError<Infallible>>(())
    };
    for seed in 10..13 {
        run("buckets from pages", &mut world, seed, seed)?;
    }
    for nonce in 20..23 {
        run("all in memory, the same accounts", &mut world, 12, nonce)?;
    }
    let start = Instant::now();
    world.forget();
    println!("forgotten in {:?}: {} kB in memory", start.elapsed(), world.held() / 1000);
    world.forget();
    println!("and what was used lately: {} kB", world.held() / 1000);
    let start = Instant::now();
    let found = random(20, accounts)
        .take(10_000)
        .filter(|number| read_account(&pages, &address(*number)).is_ok_and(|found| found.is_some()))
        .count();
    println!("10000 reads from pages, {found} found: {:?} each", start.elapsed() / 10_000);
    drop((pages, world));
    hostile(20_000, 20, 4_000, 1)?;
    hostile(1, 1_000_000, 1, 4_000)
}

/// Some contracts with some slots each, of which a block changes some: from pages, none of which was read before, then in memory.
fn hostile(contracts: u64, slots: u64, touched: u64, written: u64) -> Result<(), PagedStateError<Infallible>> {
    let change = |numbers: &mut dyn Iterator<Item = u64>, slots: &mut dyn Iterator<Item = u64>, value: u64| {
        let storage: BTreeMap<_, _> = slots.map(|slot| (U256::from(slot), (U256::ZERO, U256::from(value)))).collect();
        let after = Some(Account { nonce: 1, ..Account::default() });
        let change = AccountChange { before: None, after, storage };
        StateChanges { accounts: numbers.map(|number| (address(number), change.clone())).collect(), codes: BTreeMap::new() }
    };
    let (mut pages, mut world) = (Memory::default(), World::empty());
    world.apply(&change(&mut (0..contracts), &mut (0..slots), 1), &pages)?;
    pages.write(&mut world);
    let mut world = World::stored();
    for (value, how) in [(2, "from pages"), (3, "in memory")] {
        let changes = change(&mut random(1, contracts).take(touched as usize), &mut random(2, slots).take(written as usize), value);
        let start = Instant::now();
        world.apply(&changes, &pages)?;
        let spent = start.elapsed();
        let count = changes.accounts.values().map(|change| change.storage.len()).sum::<usize>();
        let (pages, held) = (world.dirty(), world.held() / 1000);
        println!(
            "{count} slots of {} contracts of {contracts} with {slots} slots, {how}: {spent:?}; {pages} pages dirty, {held} kB in memory",
            changes.accounts.len()
        );
    }
    Ok(())
}
