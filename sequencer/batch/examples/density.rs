//! Prints how many payload bytes a transaction of a lifelike load takes. Signatures are random, so 64 of them are incompressible.
#![allow(clippy::print_stdout)]

use gainsay_batch::compress;
use gainsay_types::{
    Transaction,
    batch::{Batch, BatchBlock},
    payload::envelope,
    testing::{Dice, busy_mix, erc20_payout, erc20_transfer},
};
use std::time::Instant;

/// Transactions in a batch, and in a block of it.
const TRANSACTIONS: usize = 6000;
const PER_BLOCK: usize = 100;

/// Makes the next transaction.
type Load = fn(&mut Dice) -> Transaction;

fn main() -> eyre::Result<()> {
    println!("{:<28} {:>8} {:>10} {:>12} {:>12} {:>12}", "load", "quality", "bytes/tx", "rlp+brotli", "encode ms", "decode ms");
    let loads: [(&str, Load); 3] =
        [("erc20 to fresh recipients", erc20_transfer), ("the same, equal amounts", erc20_payout), ("busy mix", busy_mix)];
    for (name, make) in loads {
        for quality in [5, 9, 10, 11] {
            measure(name, make, quality)?;
        }
    }
    Ok(())
}

fn measure(name: &str, make: Load, quality: u8) -> eyre::Result<()> {
    let mut dice = Dice::new(1);
    let block = |dice: &mut Dice| BatchBlock { delay_ms: 0, deposits: 0, transactions: (0..PER_BLOCK).map(|_| make(dice)).collect() };
    let batch = Batch { blocks: (0..TRANSACTIONS / PER_BLOCK).map(|_| block(&mut dice)).collect() };
    let start = Instant::now();
    let encoded = batch.encode();
    let payload = envelope(&compress(&encoded, quality)?).ok_or_else(|| eyre::eyre!("too long"))?;
    let encode_time = start.elapsed();
    let start = Instant::now();
    let decoded = Batch::decode(&encoded)?;
    let decode_time = start.elapsed();
    eyre::ensure!(decoded == batch, "the batch does not survive the round trip");
    let rows: Vec<u8> = batch.blocks.iter().flat_map(|block| &block.transactions).flat_map(Transaction::encode).collect();
    let per_transaction = |bytes: usize| bytes as f64 / TRANSACTIONS as f64;
    println!(
        "{name:<28} {quality:>8} {:>10.2} {:>12.2} {:>12} {:>12}",
        per_transaction(payload.len()),
        per_transaction(compress(&rows, quality)?.len()),
        encode_time.as_millis(),
        decode_time.as_millis()
    );
    Ok(())
}
