//! `tests/vectors/blob.json`: elements of a blob with the KZG proofs of the reference library. The Foundry test `LoadBlobElement.t.sol` loads
//! them through the precompile. `GAINSAY_WRITE_VECTORS=1` writes the file instead of comparing it.

use alloy::{
    consensus::EnvKzgSettings,
    eips::eip4844::{BLS_MODULUS, BYTES_PER_BLOB, c_kzg, kzg_to_versioned_hash},
    primitives::{B256, Bytes, U256, keccak256},
};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The edges, neighbours of theirs, and two in the midst, of which one is zero.
const ELEMENTS: [usize; 8] = [0, 1, 2, ZERO, 1365, 2048, 4094, 4095];
const ZERO: usize = 700;

/// Random elements below 2^254.
fn blob() -> Vec<u8> {
    let element = |i: usize| {
        let mut word = if i == ZERO { B256::ZERO } else { keccak256(i.to_be_bytes()) };
        word.0[0] &= 0x3f;
        word.0
    };
    (0..BYTES_PER_BLOB / 32).flat_map(element).collect()
}

/// The 4096th root of unity that belongs to an element.
fn point(element: usize) -> [u8; 32] {
    let reversed = (0..12).filter(|bit| element >> bit & 1 == 1).map(|bit| 1 << (11 - bit)).sum::<u64>();
    let exponent = (BLS_MODULUS - U256::ONE) / U256::from(4096) * U256::from(reversed);
    U256::from(7).pow_mod(exponent, BLS_MODULUS).to_be_bytes()
}

fn elements(blob: &c_kzg::Blob) -> Vec<Value> {
    let prove = |element: usize| {
        let (proof, value) = EnvKzgSettings::Default.get().compute_kzg_proof(blob, &point(element).into()).expect("a valid blob");
        let bytes = blob.get(32 * element..32 * (element + 1)).expect("an element of the blob");
        assert_eq!(value.as_slice(), bytes, "the polynomial at the point of element {element} is that element");
        json!({ "index": (element + 1).to_string(), "value": B256::from_slice(bytes), "proof": Bytes::copy_from_slice(proof.to_bytes().as_slice()) })
    };
    ELEMENTS.map(prove).to_vec()
}

#[test]
fn the_committed_blob_vectors_are_what_the_kzg_library_computes() {
    let blob = c_kzg::Blob::from_bytes(&blob()).expect("131,072 bytes");
    let commitment = EnvKzgSettings::Default.get().blob_to_kzg_commitment(&blob).expect("a valid blob").to_bytes();
    let vectors = json!({
        "commitment": Bytes::copy_from_slice(commitment.as_slice()),
        "versionedHash": kzg_to_versioned_hash(commitment.as_slice()),
        "elements": elements(&blob),
    });
    let mut text = serde_json::to_string_pretty(&vectors).expect("JSON");
    text.push('\n');
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/blob.json");
    if std::env::var_os("GAINSAY_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).expect("the vectors can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the vectors are there: GAINSAY_WRITE_VECTORS=1 writes them");
    assert_eq!(committed, text, "the library computes something else than the contracts were checked against");
}
