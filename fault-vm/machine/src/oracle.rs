//! The oracle: preimages by key, in parts of 32 bytes.

use alloy_primitives::{Address, B256, keccak256};

/// Bytes of a part.
pub const PART: usize = 32;
/// Bytes that the preimage of a hash has at most.
pub const MAX_DATA: usize = 131_072;
/// Bytes of a blob.
pub const BLOB: usize = 131_072;

/// Answers the machine's questions. Every answer is a function of its key and index alone: a runner that answers otherwise runs another
/// machine than L1 does.
pub trait Oracle {
    /// Why there is no answer: what the runner lacks, never what the program did.
    type Error;

    /// Part `index` of the preimage of `key`, whose type is known ([`part_of`] gives it from the preimage).
    ///
    /// # Errors
    /// If the preimage is not at hand. The machine stays before the step, and can go on once it is.
    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], Self::Error>;

    /// The program says something: text, or which call the next key stands for. At most [`crate::access::MAX_LOG`] bytes.
    fn log(&mut self, _text: &[u8]) {}
}

impl<O: Oracle + ?Sized> Oracle for &mut O {
    type Error = O::Error;

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], Self::Error> {
        (**self).part(key, index)
    }

    fn log(&mut self, text: &[u8]) {
        (**self).log(text);
    }
}

/// What a key stands for: its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum KeyType {
    /// Data, by its keccak hash.
    Keccak = 1,
    /// A blob, by its versioned hash.
    Blob = 2,
    /// What a precompile returns, by the hash of the call.
    Precompile = 3,
}

impl KeyType {
    /// The type of a key, none if it is unknown: then every part is zero.
    #[inline]
    #[must_use]
    pub const fn of(key: &B256) -> Option<Self> {
        let B256 { 0: [first, ..] } = key;
        match *first {
            1 => Some(Self::Keccak),
            2 => Some(Self::Blob),
            3 => Some(Self::Precompile),
            _ => None,
        }
    }

    /// The key of this type for a hash, whose first byte it replaces.
    #[must_use]
    pub const fn key(self, mut hash: B256) -> B256 {
        let B256 { 0: [first, ..] } = &mut hash;
        *first = self as u8;
        hash
    }
}

/// The key of the data with this keccak hash.
#[must_use]
pub const fn keccak_key(hash: B256) -> B256 {
    KeyType::Keccak.key(hash)
}

/// The key of the blob with this versioned hash.
#[must_use]
pub const fn blob_key(versioned_hash: B256) -> B256 {
    KeyType::Blob.key(versioned_hash)
}

/// The key of what the precompile at `address` returns for `input`; `required_gas` is what the call costs.
#[must_use]
pub fn precompile_key(address: Address, required_gas: u64, input: &[u8]) -> B256 {
    KeyType::Precompile.key(keccak256([address.as_slice(), &required_gas.to_be_bytes(), input].concat()))
}

/// Part `index` of a preimage: 0 is its length, i its bytes from 32 (i − 1) on, padded with zeroes; zero beyond the end.
#[must_use]
pub fn part_of(preimage: &[u8], index: u64) -> [u8; PART] {
    let mut part = [0; PART];
    let Some(place) = index.checked_sub(1) else {
        if let Some(low) = part.last_chunk_mut() {
            *low = (preimage.len() as u64).to_be_bytes();
        }
        return part;
    };
    let bytes = usize::try_from(place).ok().and_then(|place| preimage.chunks(PART).nth(place)).unwrap_or_default();
    for (to, from) in part.iter_mut().zip(bytes) {
        *to = *from;
    }
    part
}
