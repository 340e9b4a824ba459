//! What the transaction index costs on sled: `cargo run -p gainsay-store --example index -- [transactions]`, ten million by default.

#![allow(clippy::print_stdout, reason = "it prints what it measures")]

use alloy_primitives::{B256, keccak256};
use gainsay_store::{Database, Index, Known, SledDatabase, StoreError};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const BLOCK: u64 = 2_500;
const BLOCKS_PER_FLUSH: u64 = 64;
const LOOK_UPS: u64 = 200_000;

fn hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let total: u64 = std::env::args().nth(1).map_or(Ok(10_000_000), |count| count.parse())?;
    let directory = tempfile::tempdir()?;
    let database = SledDatabase::open(directory.path(), 256 << 20)?;
    let index = Index::open(&database)?;
    let (mut pushing, mut flushing, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for block in 0..total.div_ceil(BLOCK) {
        let hashes: Vec<B256> = (block * BLOCK..(block + 1) * BLOCK).map(hash).collect();
        let start = Instant::now();
        index.push_block(block + 1, &hashes);
        pushing += start.elapsed();
        if (block + 1) % BLOCKS_PER_FLUSH == 0 {
            let start = Instant::now();
            index.flush(&database)?;
            longest = longest.max(start.elapsed());
            flushing += start.elapsed();
        }
    }
    let start = Instant::now();
    index.flush(&database)?;
    database.flush()?;
    flushing += start.elapsed();
    let per = |time: Duration, count: u64| time.as_nanos() as f64 / count as f64;
    println!("{total} transactions, {BLOCK} a block, flushed every {BLOCKS_PER_FLUSH} blocks");
    println!("push    {:8.0} ns each", per(pushing, total));
    println!("flush   {:8.0} ns each with its merges, the longest {longest:.1?}", per(flushing, total));
    println!("disk    {:8.1} bytes each", size(directory.path())? as f64 / total as f64);
    look_up(&index, &database, total)?;
    drop(index);
    let start = Instant::now();
    let index = Index::open(&database)?;
    println!("opened in {:.1?}, covered up to block {}", start.elapsed(), index.covered());
    look_up(&index, &database, total)
}

fn look_up(index: &Index, database: &dyn Database, total: u64) -> Result<(), Box<dyn std::error::Error>> {
    let (mut candidates, mut found) = (0u64, 0);
    let start = Instant::now();
    for number in 0..LOOK_UPS {
        let wanted = number.wrapping_mul(0x9e37_79b9) % total;
        let located = index.locate(database, &hash(wanted), |location| {
            candidates += 1;
            Ok((location.block - 1) * BLOCK + location.index == wanted)
        })?;
        found += u64::from(located.is_some());
    }
    println!("known   {:8.0} ns a look-up, {found} of {LOOK_UPS} found among {candidates} candidates", nanos(start));
    let start = Instant::now();
    let mut candidates = 0u64;
    for number in 0..LOOK_UPS {
        let located = index.locate(database, &hash(number | 1 << 63), |_| {
            candidates += 1;
            Ok::<_, StoreError>(false)
        })?;
        assert!(located.is_none());
    }
    println!("unknown {:8.0} ns a look-up, {candidates} candidates", nanos(start));
    let start = Instant::now();
    let asked = (0..LOOK_UPS).filter(|number| !matches!(index.known(&hash(number | 1 << 63), |_| Ok(false)), Ok(Known::Nowhere))).count();
    println!("unknown {:8.0} ns without the disk, of which {asked} of {LOOK_UPS} would have to ask it", nanos(start));
    Ok(())
}

fn nanos(start: Instant) -> f64 {
    start.elapsed().as_nanos() as f64 / LOOK_UPS as f64
}

fn size(path: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(sum)
}
