//! What posting a backlog of batches costs those who build blocks: every processor hashes as fast as it can, in rounds, without and with blobs
//! being proved in the background. One JSON line a figure on stdout, a table for people on stderr.
#![allow(clippy::print_stdout)]

use alloy::{
    consensus::EnvKzgSettings,
    eips::{eip4844::Blob, eip7594::BlobTransactionSidecarEip7594},
    primitives::{B256, keccak256},
};
use eyre::Result;
use gainsay_l1::Background;
use serde_json::json;
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Rounds of each kind; they take turns, so that both see the same noise.
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(4);
/// Hashes between two looks at the clock: about a tenth of a millisecond's work.
const HASHES: usize = 300;

/// What the foreground did in one round.
struct Foreground {
    /// Hashes a second, all processors.
    rate: f64,
    /// The longest time that one piece of work took, milliseconds.
    longest: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let background = Background::default();
    let blob_ms = alone(&background).await?;
    let (mut rates, mut longest, mut blobs) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()], Vec::new());
    for _ in 0..ROUNDS {
        for busy in [false, true] {
            let proved = busy.then(|| prove_until_told(&background));
            let foreground = tokio::task::spawn_blocking(foreground).await?;
            rates[usize::from(busy)].push(foreground.rate);
            longest[usize::from(busy)].push(foreground.longest);
            if let Some(proving) = proved {
                blobs.push(proving.stop() as f64 / ROUND.as_secs_f64());
                // Until the last blob is done, the next round would not be without.
                background.run(|| ()).await?;
            }
        }
    }
    let [without, with] = rates.map(median);
    let [quiet, posting] = longest.map(median);
    let lost = 100.0 * (1.0 - with / without);
    let blobs = median(blobs);
    eprintln!("| | nothing posted | blobs proved in the background |\n|---|---|---|");
    eprintln!("| M hashes/s on all processors | {:.2} | {:.2} |", without / 1e6, with / 1e6);
    eprintln!("| longest wait for a processor, ms | {quiet:.1} | {posting:.1} |");
    eprintln!("| blobs/s (one alone: {blob_ms:.0} ms) | 0 | {blobs:.2} |");
    line("builder's work lost while a backlog is posted", lost, "%");
    line("longest wait of the builder while a backlog is posted", posting, "ms");
    line("longest wait of the builder without", quiet, "ms");
    line("blobs proved while every processor is busy", blobs, "blobs/s");
    line("time of a blob's cell proofs", blob_ms, "ms");
    Ok(())
}

/// Milliseconds for one blob's commitment and cell proofs when nothing else is done.
async fn alone(background: &Background) -> Result<f64> {
    background.run(|| prove(0)).await?;
    let start = Instant::now();
    background.run(|| (1..=4).for_each(prove)).await?;
    Ok(start.elapsed().as_secs_f64() * 250.0)
}

fn prove(seed: u8) {
    let blob = Blob::repeat_byte(seed % 0x40);
    let settings = EnvKzgSettings::Default.get();
    black_box(BlobTransactionSidecarEip7594::try_from_blobs_with_settings(vec![blob], settings)).expect("a blob below the modulus");
}

/// Blobs that are proved one after another.
struct Proving {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
}

fn prove_until_told(background: &Background) -> Proving {
    let proving = Proving { stop: Arc::default(), done: Arc::default() };
    let (background, stop, done) = (background.clone(), proving.stop.clone(), proving.done.clone());
    tokio::spawn(async move {
        let prove_all = move || {
            while !stop.load(Ordering::Relaxed) {
                prove(done.fetch_add(1, Ordering::Relaxed) as u8);
            }
        };
        background.run(prove_all).await
    });
    proving
}

impl Proving {
    /// Blobs begun.
    fn stop(&self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.done.load(Ordering::Relaxed)
    }
}

fn foreground() -> Foreground {
    let processors = thread::available_parallelism().map_or(2, usize::from);
    let threads: Vec<_> = (0..processors).map(|_| thread::spawn(hash_for_a_round)).collect();
    let all = threads.into_iter().map(|thread| thread.join().unwrap_or((0, Duration::ZERO)));
    let (hashes, longest) = all.fold((0, Duration::ZERO), |(sum, most), (hashes, longest)| (sum + hashes, most.max(longest)));
    Foreground { rate: hashes as f64 / ROUND.as_secs_f64(), longest: longest.as_secs_f64() * 1e3 }
}

fn hash_for_a_round() -> (usize, Duration) {
    let (start, mut hash, mut hashes, mut longest) = (Instant::now(), B256::ZERO, 0, Duration::ZERO);
    let mut last = start;
    while start.elapsed() < ROUND {
        (0..HASHES).for_each(|_| hash = keccak256(black_box(hash)));
        hashes += HASHES;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    (hashes, longest)
}

fn line(metric: &str, value: f64, unit: &str) {
    println!("{}", json!({ "bench": "batch", "metric": metric, "value": value, "unit": unit, "peer": null, "ratio": null }));
}

/// The value in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
