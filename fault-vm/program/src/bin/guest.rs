//! The program in the machine: takes the block step that the machine's input names, and halts with the hash of the state after it.
#![no_std]
#![no_main]

use alloy_primitives::{B256, Bytes, bytes::Bytes as Shared};
use gainsay_program::{
    MAX_PREIMAGE, Oracle,
    accelerate::{self, Call, Precompiles},
    block_step,
};
use gainsay_runtime::{announce, fail, input, preimage, seed_hash_maps};

gainsay_runtime::entry!(main);

fn main() -> [u8; 32] {
    let input = input();
    // INVARIANT: before the first hash map. Whoever chooses the keys of a map has chosen them before the input is known.
    let [seed @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = input;
    seed_hash_maps(u64::from_be_bytes(seed));
    // Nothing was installed before.
    accelerate::install(Machine);
    match block_step(&Machine, B256::from(input)) {
        Ok(output) => output.0,
        Err(_) => fail(),
    }
}

/// The machine's own oracle.
#[derive(Clone, Copy, Debug)]
struct Machine;

/// An answer that no key of the kind has.
#[derive(Debug, thiserror::Error)]
#[error("the oracle's answer has a length that no preimage of this kind has")]
struct Impossible;

/// A key of the given type.
fn key(kind: u8, hash: &B256) -> [u8; 32] {
    let mut key = hash.0;
    if let Some(first) = key.first_mut() {
        *first = kind;
    }
    key
}

fn read(key: [u8; 32]) -> Option<Bytes> {
    preimage(key, MAX_PREIMAGE).map(|preimage| Bytes(Shared::from_owner(preimage)))
}

impl Oracle for Machine {
    type Error = Impossible;

    fn keccak(&self, hash: &B256) -> Result<Bytes, Impossible> {
        read(key(1, hash)).ok_or(Impossible)
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Bytes, Impossible> {
        read(key(2, versioned_hash)).filter(|blob| blob.len() == MAX_PREIMAGE).ok_or(Impossible)
    }
}

impl Precompiles for Machine {
    fn answer(&self, call: &Call) -> Option<Bytes> {
        announce(call.announcement());
        read(call.key().0)
    }
}
