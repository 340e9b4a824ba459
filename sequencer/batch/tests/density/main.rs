//! Bytes per transaction on the loads of `examples/density`, compared with the figures kept in `density.snap`, and that example's encoder of OP's
//! span batches, whose output is read back.

#[path = "../../examples/density/calls.rs"]
mod calls;
#[path = "../../examples/density/loads.rs"]
mod loads;
#[path = "../../examples/density/span.rs"]
mod span;
mod span_reader;
#[path = "../../examples/density/traffic.rs"]
mod traffic;

use gainsay_batch::compress_batch;
use gainsay_types::payload::{decompress, envelope};
use loads::Load;
use std::fmt::Write;

const KEPT: &str = include_str!("density.snap");

#[test]
fn bytes_per_transaction_are_those_that_are_kept() {
    let mut found = String::new();
    for load in Load::all() {
        let batch = load.batch();
        let encoded = batch.encode();
        let payload = envelope(&compress_batch(&batch, &encoded, 10).unwrap()).unwrap();
        assert_eq!(decompress(&payload).unwrap(), encoded);
        let span = span::encode(&load.prefix(), &load.blocks);
        let peers = [span::brotli(&span).unwrap(), span::zlib(&span)].map(|bytes| load.per_transaction(bytes));
        let ours = load.per_transaction(payload.len());
        writeln!(found, "{}: {ours:.2}, span batch with brotli {:.2}, with zlib {:.2}", load.name, peers[0], peers[1]).unwrap();
        let most = if load.name == "busy" { 110.0 } else { 86.0 };
        assert!(ours <= most && peers.iter().all(|&peer| ours < peer), "{found}");
    }
    assert_eq!(found, KEPT, "if the codec, the encoders or the loads were changed on purpose: keep the new figures in density.snap");
}

#[test]
fn erc20_transfers_to_fresh_recipients_take_at_most_85_bytes() {
    let [load, ..] = Load::all();
    let batch = load.batch();
    let payload = envelope(&compress_batch(&batch, &batch.encode(), 10).unwrap()).unwrap();
    assert!(load.per_transaction(payload.len()) <= 85.0);
}

#[test]
fn span_batches_are_read_back_as_the_blocks_that_they_were_made_of() {
    for load in Load::all() {
        let prefix = load.prefix();
        let read = span_reader::read(&span::encode(&prefix, &load.blocks));
        assert_eq!(read.blocks, load.blocks, "{}", load.title);
        assert_eq!((read.elapsed, read.origin), (prefix.elapsed, prefix.origin));
        assert_eq!((read.parent, read.origin_hash), (prefix.parent, prefix.origin_hash));
        assert_eq!(read.origins_begun, load.blocks.len().div_ceil(12));
    }
}
