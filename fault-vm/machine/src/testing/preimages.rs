//! An oracle in memory.

use crate::oracle::{BLOB, MAX_DATA, Oracle, PART, blob_key, keccak_key, part_of, precompile_key};
use alloy_primitives::{Address, B256, keccak256};
use std::collections::BTreeMap;

/// Preimages by key, and what the program logged.
#[derive(Clone, Debug, Default)]
pub struct Preimages {
    preimages: BTreeMap<B256, Vec<u8>>,
    /// The texts of LOG, in order.
    pub logs: Vec<Vec<u8>>,
}

impl Preimages {
    /// Knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds data, and gives its key.
    ///
    /// # Panics
    /// If it has more bytes than a preimage may have.
    pub fn insert_data(&mut self, data: &[u8]) -> B256 {
        assert!(data.len() <= MAX_DATA, "data of {} bytes has no key", data.len());
        self.insert(keccak_key(keccak256(data)), data)
    }

    /// Adds a blob, and gives its key. Nobody checks the hash.
    ///
    /// # Panics
    /// If it has not the size of a blob.
    pub fn insert_blob(&mut self, versioned_hash: B256, blob: &[u8]) -> B256 {
        assert_eq!(blob.len(), BLOB, "bytes of a blob");
        self.insert(blob_key(versioned_hash), blob)
    }

    /// Adds what a precompile returns, and gives the key of the call. Nobody makes the call.
    pub fn insert_call(&mut self, address: Address, required_gas: u64, input: &[u8], success: bool, output: &[u8]) -> B256 {
        self.insert(precompile_key(address, required_gas, input), &[&[u8::from(success)], output].concat())
    }

    fn insert(&mut self, key: B256, preimage: &[u8]) -> B256 {
        self.preimages.insert(key, preimage.to_vec());
        key
    }

    /// The preimage of a key.
    #[must_use]
    pub fn get(&self, key: &B256) -> Option<&[u8]> {
        self.preimages.get(key).map(Vec::as_slice)
    }
}

impl Oracle for Preimages {
    type Error = MissingPreimage;

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], MissingPreimage> {
        let preimage = self.get(key).ok_or(MissingPreimage { key: *key })?;
        Ok(part_of(preimage, index))
    }

    fn log(&mut self, text: &[u8]) {
        self.logs.push(text.to_vec());
    }
}

/// A key that nobody added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no preimage of {key} was added to the oracle of the test")]
pub struct MissingPreimage {
    /// The key.
    pub key: B256,
}
