//! Prints how many bytes of L1 data a transaction takes: of this codec, and of OP's span batches over the same blocks. One JSON line a figure
//! on stdout, a table for people on stderr. `density columns` prints what each field costs as well.
#![allow(clippy::print_stdout)]

mod calls;
mod columns;
mod fill;
mod loads;
mod span;
mod traffic;

use eyre::{Result, ensure, eyre};
use gainsay_batch::compress_batch;
use gainsay_types::{
    batch::Batch,
    blob::BLOB_CAPACITY,
    payload::{MAX_DECOMPRESSED, envelope},
};
use loads::Load;
use serde_json::json;
use std::time::Instant;

/// Brotli qualities that the packer chooses between.
const QUALITIES: [u8; 6] = [2, 4, 5, 9, 10, 11];

fn main() -> Result<()> {
    let columns = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("columns") => true,
        Some(other) => return Err(eyre!("{other:?} is unknown; usage: density [columns]")),
    };
    eprintln!("| load | transactions | ours | span batch, brotli 10 | span batch, zlib 9 |\n|---|---|---|---|---|");
    let loads = Load::all();
    loads.iter().try_for_each(compare)?;
    eprintln!("\n| busy mix by quality | bytes/tx | MB/s | ms/blob |\n|---|---|---|---|");
    let busy = loads.iter().find(|load| load.name == "busy").ok_or_else(|| eyre!("there is no busy mix"))?;
    QUALITIES.iter().try_for_each(|&quality| speed(busy, quality))?;
    eprintln!("\n| transactions a block | batches | blobs | % filled | packing, ms/blob |\n|---|---|---|---|---|");
    [100, 500, 2_000].into_iter().try_for_each(fill::measure)?;
    if columns {
        loads.iter().try_for_each(columns::show)?;
    }
    Ok(())
}

/// Bytes of a payload's envelope and stream.
fn payload(batch: &Batch, quality: u8) -> Result<usize> {
    let encoded = batch.encode();
    ensure!(encoded.len() <= MAX_DECOMPRESSED, "the batch is larger than 8 MiB: make fewer transactions");
    ensure!(Batch::decode(&encoded)? == *batch, "the batch does not survive the round trip");
    Ok(envelope(&compress_batch(batch, &encoded, quality)?).ok_or_else(|| eyre!("too long"))?.len())
}

fn compare(load: &Load) -> Result<()> {
    let ours = load.per_transaction(payload(&load.batch(), 10)?);
    let encoded = span::encode(&load.prefix(), &load.blocks);
    let (brotli, zlib) = (load.per_transaction(span::brotli(&encoded)?), load.per_transaction(span::zlib(&encoded)));
    eprintln!("| {} | {} | {ours:.2} | {brotli:.2} | {zlib:.2} |", load.title, load.transactions());
    for (peer, value) in [("OP span batch, brotli 10", brotli), ("OP span batch, zlib 9", zlib)] {
        line(&format!("{}: bytes per transaction", load.name), ours, "B", Some((peer, value)));
    }
    Ok(())
}

fn speed(load: &Load, quality: u8) -> Result<()> {
    let batch = load.batch();
    let start = Instant::now();
    let encoded = batch.encode();
    let bytes = compress_batch(&batch, &encoded, quality)?.len();
    let seconds = start.elapsed().as_secs_f64();
    let (density, rate) = (load.per_transaction(bytes), encoded.len() as f64 / 1e6 / seconds);
    let per_blob = seconds * 1e3 * BLOB_CAPACITY as f64 / bytes as f64;
    eprintln!("| brotli {quality} | {density:.2} | {rate:.1} | {per_blob:.0} |");
    line(&format!("busy: brotli {quality}"), per_blob, "ms/blob", None);
    Ok(())
}

/// A figure; the ratio is how many times smaller ours is than the peer's.
fn line(metric: &str, value: f64, unit: &str, peer: Option<(&str, f64)>) {
    let (name, ratio) = peer.map_or((None, None), |(name, of_peer)| (Some(format!("{name}: {of_peer:.2}")), Some(of_peer / value)));
    println!("{}", json!({ "bench": "batch", "metric": metric, "value": value, "unit": unit, "peer": name, "ratio": ratio }));
}
