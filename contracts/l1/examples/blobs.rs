//! What checking blobs costs a processor: each alone, without its commitment, and many together. A table on stderr.

use alloy::{
    consensus::EnvKzgSettings,
    eips::eip4844::{BYTES_PER_BLOB, Bytes48, c_kzg, kzg_to_versioned_hash},
    primitives::{B256, Bytes},
};
use eyre::{Result, ensure};
use gainsay_l1::{BlobSource, Blobs, BoxFuture, FetchedBlob, Inclusion, L1Error};
use std::{fs, time::Instant};

/// Runs of each; the best counts, since others use the machine as well.
const RUNS: usize = 5;
/// Ticks of the clock in which the system counts a process's time: 100 a second on every Linux.
const TICKS: f64 = 100.0;

/// Blobs in memory.
#[derive(Clone, Debug)]
struct Source(Vec<FetchedBlob>);

impl BlobSource for Source {
    fn fetch<'a>(&'a self, _: &'a Inclusion, _: &'a [B256]) -> BoxFuture<'a, Result<Vec<FetchedBlob>, L1Error>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn name(&self) -> &str {
        "memory"
    }
}

fn blob(seed: u64) -> Result<FetchedBlob> {
    let mut state = seed;
    let mut random = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) as u8
    };
    let bytes: Bytes = (0..BYTES_PER_BLOB).map(|index| if index % 32 == 0 { 0 } else { random() }).collect();
    let commitment = EnvKzgSettings::Default.get().blob_to_kzg_commitment(&c_kzg::Blob::from_bytes(&bytes)?)?;
    Ok(FetchedBlob { bytes, commitment: Some(Bytes48::from(commitment.to_bytes().into_inner())) })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    eprintln!("| blobs at once | commitments | ms a blob | CPU ms a blob |\n|---|---|---|---|");
    for (count, known) in [(1, false), (6, false), (2, true), (6, true), (24, true), (48, true)] {
        let mut blobs = (0..count).map(blob).collect::<Result<Vec<_>>>()?;
        let hashes: Vec<B256> = blobs.iter().filter_map(|blob| Some(kzg_to_versioned_hash(blob.commitment?.as_slice()))).collect();
        if !known {
            blobs.iter_mut().for_each(|blob| blob.commitment = None);
        }
        let source = Blobs::new(None, vec![Box::new(Source(blobs))]);
        let (mut best, mut cpu) = (f64::MAX, 0.0);
        for _ in 0..RUNS {
            let (start, before) = (Instant::now(), ticks()?);
            let found = source.get(Inclusion { number: 1, hash: B256::ZERO, timestamp: 1 }, &hashes).await?;
            ensure!(found.len() == hashes.len(), "not all were found");
            best = best.min(start.elapsed().as_secs_f64());
            cpu += (ticks()? - before) / TICKS / RUNS as f64;
        }
        let each = |seconds: f64| seconds * 1e3 / count as f64;
        eprintln!("| {count} | {} | {:.2} | {:.2} |", if known { "known" } else { "computed" }, each(best), each(cpu));
    }
    Ok(())
}

/// Time of all threads of this process on the processor so far, in ticks.
fn ticks() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The command's name, in brackets, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace().collect();
    ensure!(fields.len() > 12, "/proc/self/stat is too short");
    Ok(fields[11].parse::<f64>()? + fields[12].parse::<f64>()?)
}
