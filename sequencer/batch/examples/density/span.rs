//! The peer: OP Stack's span batches (batch version 1, as the Delta upgrade specifies them), in a channel as Fjord compresses it.
//!
//! ```text
//! channel = 1 ‖ brotli(rlp(1 ‖ prefix ‖ payload))        or zlib(rlp(1 ‖ prefix ‖ payload))
//! prefix  = time since genesis ‖ L1 origin's number ‖ parent's hash, 20 bytes ‖ L1 origin's hash, 20 bytes
//! payload = block count ‖ origin bits ‖ transactions of each block ‖ creation bits ‖ parity bits ‖ signatures ‖ callees ‖ data ‖ nonces ‖ gas limits ‖ protected bits
//! ```
//!
//! A channel is cut into frames of 23 bytes more than their content, one a blob, and a blob carries 130,044 bytes: a version byte and a frame.

use alloy_consensus::Transaction as _;
use alloy_primitives::Signature;
use alloy_rlp::{Encodable, Header};
use gainsay_types::Transaction;
use op_alloy_consensus::OpTxEnvelope;

/// Bytes that a blob carries beside its frame's head.
const FRAME_CONTENT: usize = 130_044 - 1 - 23;
/// A frame's head and the version byte before it.
const FRAME: usize = 24;
/// Compression of a channel: brotli.
const BROTLI: u8 = 1;
/// Blocks a second apart share an L1 origin twelve seconds long.
const BLOCKS_PER_ORIGIN: usize = 12;

/// What a span batch says of the chain beside its transactions.
pub(crate) struct Prefix {
    /// Seconds between genesis and the first block.
    pub(crate) elapsed: u64,
    /// Number of the last block's L1 origin.
    pub(crate) origin: u64,
    /// First bytes of the hash of the first block's parent.
    pub(crate) parent: [u8; 20],
    /// First bytes of the hash of that origin.
    pub(crate) origin_hash: [u8; 20],
}

/// `rlp(1 ‖ prefix ‖ payload)`. `blocks` are the transactions of each block, types 0 to 2.
pub(crate) fn encode(prefix: &Prefix, blocks: &[Vec<Transaction>]) -> Vec<u8> {
    let mut batch = vec![1];
    uvarint(&mut batch, prefix.elapsed);
    uvarint(&mut batch, prefix.origin);
    batch.extend(prefix.parent);
    batch.extend(prefix.origin_hash);
    uvarint(&mut batch, blocks.len() as u64);
    bitlist(&mut batch, &(0..blocks.len()).map(|block| block % BLOCKS_PER_ORIGIN == 0).collect::<Vec<_>>());
    blocks.iter().for_each(|block| uvarint(&mut batch, block.len() as u64));
    transactions(&mut batch, &blocks.iter().flatten().map(Transaction::envelope).collect::<Vec<_>>());
    let mut out = Vec::with_capacity(batch.len() + 5);
    batch.as_slice().encode(&mut out);
    out
}

/// Bytes of a channel in frames: with brotli as OP's batcher is mostly run (quality 10).
pub(crate) fn brotli(encoded: &[u8]) -> std::io::Result<usize> {
    let mut channel = vec![BROTLI];
    channel.extend(gainsay_batch::compress(encoded, 10)?);
    Ok(framed(channel.len()))
}

/// The same with zlib at its best.
pub(crate) fn zlib(encoded: &[u8]) -> usize {
    framed(miniz_oxide::deflate::compress_to_vec_zlib(encoded, 9).len())
}

fn framed(channel: usize) -> usize {
    channel + channel.div_ceil(FRAME_CONTENT) * FRAME
}

fn transactions(out: &mut Vec<u8>, all: &[&OpTxEnvelope]) {
    let all = || all.iter().copied();
    bitlist(out, &all().map(|tx| tx.is_create()).collect::<Vec<_>>());
    bitlist(out, &all().map(|tx| signature(tx).v()).collect::<Vec<_>>());
    for tx in all() {
        out.extend(signature(tx).r().to_be_bytes::<32>());
        out.extend(signature(tx).s().to_be_bytes::<32>());
    }
    all().filter_map(|tx| tx.to()).for_each(|to| out.extend(to));
    all().for_each(|tx| data(out, tx));
    all().for_each(|tx| uvarint(out, tx.nonce()));
    all().for_each(|tx| uvarint(out, tx.gas_limit()));
    let legacy = all().filter(|tx| matches!(tx, OpTxEnvelope::Legacy(_)));
    bitlist(out, &legacy.map(|tx| tx.chain_id().is_some()).collect::<Vec<_>>());
}

/// Type byte and RLP list of the fields without a place of their own.
fn data(out: &mut Vec<u8>, tx: &OpTxEnvelope) {
    let mut fields = Vec::new();
    tx.value().encode(&mut fields);
    match tx {
        OpTxEnvelope::Legacy(_) | OpTxEnvelope::Eip2930(_) => tx.max_fee_per_gas().encode(&mut fields),
        _ => {
            tx.max_priority_fee_per_gas().unwrap_or_default().encode(&mut fields);
            tx.max_fee_per_gas().encode(&mut fields);
        }
    }
    tx.input().encode(&mut fields);
    match tx {
        OpTxEnvelope::Legacy(_) => {}
        _ => tx.access_list().cloned().unwrap_or_default().encode(&mut fields),
    }
    match tx {
        OpTxEnvelope::Legacy(_) => {}
        OpTxEnvelope::Eip2930(_) => out.push(1),
        _ => out.push(2),
    }
    Header { list: true, payload_length: fields.len() }.encode(out);
    out.extend(fields);
}

fn signature(tx: &OpTxEnvelope) -> Signature {
    match tx {
        OpTxEnvelope::Legacy(signed) => *signed.signature(),
        OpTxEnvelope::Eip2930(signed) => *signed.signature(),
        OpTxEnvelope::Eip1559(signed) => *signed.signature(),
        _ => unreachable!("the traffic has types 0 to 2 only"),
    }
}

/// Base 128, least significant group first.
fn uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bit i of the big-endian integer is the i-th flag; padded with zeroes on the left to whole bytes.
fn bitlist(out: &mut Vec<u8>, bits: &[bool]) {
    for byte in bits.chunks(8).rev() {
        out.push(byte.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit)));
    }
}
