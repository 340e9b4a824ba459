//! Writes the witness of a block step: `block COUNT FILE` makes a block of COUNT transfers of ether and COUNT of a token, each from an account of its own.

#[path = "../../program/tests/world/mod.rs"]
mod world;

use alloy_primitives::{Address, keccak256};
use eyre::{Result, WrapErr, bail};
use gainsay_trace::{BlockStep, MemoryPreimages, record};
use world::{Signer, World, calldata, eth_transfer, token_transfer};

/// Bytes of preimages that the step may read.
const LIMIT: usize = 1 << 28;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, file] = arguments.as_slice() else { bail!("usage: block COUNT FILE") };
    let count: u16 = count.parse().wrap_err("COUNT is a number of transfers, at most 65535")?;
    let transactions = (0..count).flat_map(|index| {
        let [to, holder] = [0u8, 1].map(|kind| Address::from_slice(&keccak256([&index.to_be_bytes()[..], &[kind]].concat())[..20]));
        [eth_transfer(&Signer::new(index), 0, to), token_transfer(&Signer::new(index + count), 0, holder)]
    });
    let mut world = World::new();
    world.attributes();
    world.append(calldata(vec![(0, transactions.collect())]));
    let before = world.state;
    let taken = world.step();
    let made = taken.block.as_ref().map_or(0, |block| block.transactions.len());
    if made < usize::from(count) * 2 {
        bail!("only {made} transactions of {} got into the block: take fewer", 2 * count);
    }
    let source = MemoryPreimages { preimages: world.preimages.data.clone(), blobs: world.preimages.blobs.clone() };
    let witness = record(&source, taken.input, BlockStep { index: 1, before, after: taken.state }, LIMIT)?;
    std::fs::write(file, witness.to_file()?).wrap_err_with(|| format!("cannot write {file}"))
}
