//! Keys: one letter for the kind, then numbers big-endian so that they sort.
//!
//! | letter | then | record |
//! |---|---|---|
//! | `g` | L2 number | the block's state is in pages: an epoch |
//! | `w` | serial of an epoch, chunk | pages to which older epochs refer, but this one does not |
//! | `j` | L2 number | what the block changed: its journal |
//! | `c` | code hash | code |
//! | `h` | L2 number | header, output root, messages consumed |
//! | `b` | L2 number | transactions, senders, receipts |
//! | `i` | block hash | L2 number |
//! | `r` | run | run of the transaction index |
//! | `k` | run, chunk | chunk of it |
//! | `f` | run, part | part of its filter |
//! | `d` | step | State after that block step |
//! | `p` | batch index | batch |
//! | `m` | message index | message |
//! | `e` | L1 transaction hash, message index | the transaction enqueued the message |
//! | `v` | versioned hash | blob |
//! | `x` | versioned hash, batch index | the batch needs the blob |
//! | `y` | batch index, versioned hash | the same, to prune in order |
//! | `l` | L1 number | L1 block |
//! | `M` | name | identity, heads, the transaction index's bound |

use alloy_primitives::B256;

pub(crate) const IDENTITY: &[u8] = b"Midentity";
pub(crate) const HEADS: &[u8] = b"Mheads";

/// How far the transaction index's runs go.
pub(crate) const INDEX: &[u8] = b"Mindex";
pub(crate) const INDEX_RUNS: &[u8] = b"r";
pub(crate) const INDEX_CHUNKS: &[u8] = b"k";
pub(crate) const INDEX_FILTERS: &[u8] = b"f";

fn join(letter: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.push(letter);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

pub(crate) const EPOCHS: &[u8] = b"g";
pub(crate) const SUPERSEDED: &[u8] = b"w";
pub(crate) const JOURNALS: &[u8] = b"j";

pub(crate) fn epoch(number: u64) -> Vec<u8> {
    join(b'g', &[&number.to_be_bytes()])
}

pub(crate) fn superseded_by(serial: u64) -> Vec<u8> {
    join(b'w', &[&serial.to_be_bytes()])
}

pub(crate) fn superseded(serial: u64, chunk: u32) -> Vec<u8> {
    join(b'w', &[&serial.to_be_bytes(), &chunk.to_be_bytes()])
}

pub(crate) fn journal(number: u64) -> Vec<u8> {
    join(b'j', &[&number.to_be_bytes()])
}

pub(crate) fn code(hash: &B256) -> Vec<u8> {
    join(b'c', &[hash.as_slice()])
}

pub(crate) fn header(number: u64) -> Vec<u8> {
    join(b'h', &[&number.to_be_bytes()])
}

pub(crate) fn body(number: u64) -> Vec<u8> {
    join(b'b', &[&number.to_be_bytes()])
}

pub(crate) fn block_hash(hash: &B256) -> Vec<u8> {
    join(b'i', &[hash.as_slice()])
}

pub(crate) fn index_run(run: u32) -> Vec<u8> {
    join(b'r', &[&run.to_be_bytes()])
}

pub(crate) fn index_chunks_of(run: u32) -> Vec<u8> {
    join(b'k', &[&run.to_be_bytes()])
}

pub(crate) fn index_chunk(run: u32, chunk: u32) -> Vec<u8> {
    join(b'k', &[&run.to_be_bytes(), &chunk.to_be_bytes()])
}

pub(crate) fn index_filter_of(run: u32) -> Vec<u8> {
    join(b'f', &[&run.to_be_bytes()])
}

pub(crate) fn index_filter(run: u32, part: u32) -> Vec<u8> {
    join(b'f', &[&run.to_be_bytes(), &part.to_be_bytes()])
}

pub(crate) fn step(step: u64) -> Vec<u8> {
    join(b'd', &[&step.to_be_bytes()])
}

pub(crate) fn batch(index: u64) -> Vec<u8> {
    join(b'p', &[&index.to_be_bytes()])
}

pub(crate) fn message(index: u64) -> Vec<u8> {
    join(b'm', &[&index.to_be_bytes()])
}

pub(crate) fn enqueued(l1_transaction: &B256, index: u64) -> Vec<u8> {
    join(b'e', &[l1_transaction.as_slice(), &index.to_be_bytes()])
}

pub(crate) fn enqueued_by(l1_transaction: &B256) -> Vec<u8> {
    join(b'e', &[l1_transaction.as_slice()])
}

pub(crate) fn blob(hash: &B256) -> Vec<u8> {
    join(b'v', &[hash.as_slice()])
}

pub(crate) fn blob_user(hash: &B256, batch: u64) -> Vec<u8> {
    join(b'x', &[hash.as_slice(), &batch.to_be_bytes()])
}

pub(crate) fn blob_users(hash: &B256) -> Vec<u8> {
    join(b'x', &[hash.as_slice()])
}

pub(crate) fn batch_blob(batch: u64, hash: &B256) -> Vec<u8> {
    join(b'y', &[&batch.to_be_bytes(), hash.as_slice()])
}

pub(crate) fn l1_block(number: u64) -> Vec<u8> {
    join(b'l', &[&number.to_be_bytes()])
}
