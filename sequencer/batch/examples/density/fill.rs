//! How full the blobs of a backlog are, and what packing takes.

use super::{line, traffic::Traffic};
use eyre::{Result, ensure};
use gainsay_batch::{L1Fees, PackedPayload, Packer, PackerConfig, PendingBlock};
use gainsay_types::{Millis, batch::BatchBlock, blob::BLOB_CAPACITY};
use std::time::{Duration, Instant};

const TRANSACTIONS: usize = 60_000;
const FEES: L1Fees = L1Fees { base_fee: 1_000_000_000, blob_base_fee: 1_000_000_000 };

/// A backlog of the busy mix in blocks of so many transactions, packed until less than a full batch is left.
pub(crate) fn measure(per_block: usize) -> Result<()> {
    let mut packer = Packer::new(PackerConfig::default())?;
    let mut traffic = Traffic::new(8);
    for number in 1..=(TRANSACTIONS / per_block) as u64 {
        let block = BatchBlock { delay_ms: 0, deposits: 0, transactions: traffic.block(per_block) };
        packer.push(PendingBlock { number, deposit_index: 0, sealed_at: Millis(0), block })?;
    }
    let (mut blobs, mut used, mut batches, mut spent) = (0, 0, 0, Duration::ZERO);
    while packer.estimated_bytes() >= 6 * BLOB_CAPACITY {
        let start = Instant::now();
        let Some(batch) = packer.take(Millis(0), FEES, true)? else { break };
        spent += start.elapsed();
        ensure!(matches!(batch.payload, PackedPayload::Blobs(_)), "blobs were asked for");
        if let PackedPayload::Blobs(packed) = &batch.payload {
            blobs += packed.len();
        }
        used += batch.payload_bytes;
        batches += 1;
    }
    let filled = 100.0 * used as f64 / (blobs * BLOB_CAPACITY) as f64;
    let per_blob = spent.as_secs_f64() * 1e3 / blobs as f64;
    eprintln!("| {per_block} | {batches} | {blobs} | {filled:.2} | {per_blob:.0} |");
    line(&format!("blobs filled, blocks of {per_block}"), filled, "%", None);
    line(&format!("packing, blocks of {per_block}"), per_blob, "ms/blob", None);
    Ok(())
}
