//! The PreimageOracle: parts that were loaded.

use super::Refusal;
use crate::act::Load;
use alloy::{
    eips::eip4844::BLS_MODULUS,
    primitives::{Address, B256, Bytes, U256, address, b256, keccak256},
};
use gainsay_bindings::PreimageOracle::{self as Sol, PreimageOracleErrors};
use gainsay_machine::{BLOB, KeyType, MAX_DATA, PART, blob_key, keccak_key, part_of};
use gainsay_trace::{
    ACCELERATED, PrecompileCall,
    blob::{BlobElement, ELEMENTS},
};
use std::collections::BTreeMap;

const POINT_EVALUATION: Address = address!("000000000000000000000000000000000000000a");
/// What the point evaluation costs, by EIP-4844.
const POINT_EVALUATION_GAS: u64 = 50_000;
/// Its powers are all the 4096th roots of unity of BLS12-381's scalar field: `7^((modulus − 1) / 4096)`.
const ROOT: B256 = b256!("564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306");

/// What is loaded. What is loaded never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    lengths: BTreeMap<B256, u64>,
    values: BTreeMap<(B256, u64), [u8; PART]>,
}

impl Parts {
    /// A part, if the oracle knows it. A key of an unknown type has only zero parts, and so has every key beyond its end.
    #[must_use]
    pub fn get(&self, key: &B256, index: u64) -> Option<[u8; PART]> {
        let length = match KeyType::of(key) {
            None => return Some([0; PART]),
            Some(KeyType::Blob) => BLOB as u64,
            Some(_) => *self.lengths.get(key)?,
        };
        match index {
            0 => Some(U256::from(length).to_be_bytes()),
            _ if index > length.div_ceil(PART as u64) => Some([0; PART]),
            _ => self.values.get(&(*key, index)).copied(),
        }
    }

    /// Loads a part. The gas that L1 wants for a precompile's call is not counted here.
    pub(super) fn load(&mut self, load: &Load) -> Result<(), Refusal> {
        match load {
            Load::Keccak { data, index } => {
                if data.len() > MAX_DATA {
                    return Err(PreimageOracleErrors::PreimageTooLarge(Sol::PreimageTooLarge { length: U256::from(data.len()) }).into());
                }
                self.keep(keccak_key(keccak256(data)), data, *index);
            }
            Load::Precompile { call, index } => {
                if !ACCELERATED.contains(&call.address) {
                    return Err(PreimageOracleErrors::NotAccelerated(Sol::NotAccelerated { precompile: call.address }).into());
                }
                self.keep(call.key(), &call.run(), *index);
            }
            Load::Blob { versioned_hash, index, element } => {
                if !(1..=ELEMENTS).contains(index) {
                    return Err(PreimageOracleErrors::NotABlobPart(Sol::NotABlobPart { index: U256::from(*index) }).into());
                }
                if !is_element(*versioned_hash, index - 1, element) {
                    return Err(PreimageOracleErrors::WrongBlobElement(Sol::WrongBlobElement {}).into());
                }
                self.values.insert((blob_key(*versioned_hash), *index), element.value.0);
            }
        }
        Ok(())
    }

    fn keep(&mut self, key: B256, preimage: &[u8], index: u64) {
        let length = preimage.len() as u64;
        self.lengths.insert(key, length);
        if index != 0 && index <= length.div_ceil(PART as u64) {
            self.values.insert((key, index), part_of(preimage, index));
        }
    }
}

/// Whether EIP-4844's point evaluation proves that the blob has this value at `place`, below 4,096: where its polynomial is evaluated at the root of unity
/// to the place with its 12 bits reversed.
fn is_element(versioned_hash: B256, place: u64, element: &BlobElement) -> bool {
    let exponent = place.reverse_bits() >> (u64::BITS - ELEMENTS.ilog2());
    let point = U256::from_be_bytes(ROOT.0).pow_mod(U256::from(exponent), BLS_MODULUS);
    let point: B256 = point.into();
    let words = [versioned_hash, point, element.value].concat();
    let input = Bytes::from([&words[..], &element.commitment, &element.proof].concat());
    let call = PrecompileCall { address: POINT_EVALUATION, required_gas: POINT_EVALUATION_GAS, input };
    call.run().first() == Some(&1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsay_trace::{Preimage, blob::versioned_hash};

    fn name(result: Result<(), Refusal>) -> Option<&'static str> {
        result.err().map(|refusal| refusal.name())
    }

    #[test]
    fn loading_any_part_of_data_makes_its_length_and_what_lies_beyond_known() {
        let mut parts = Parts::default();
        let data = Bytes::from(vec![7; 40]);
        let key = keccak_key(keccak256(&data));
        assert_eq!(parts.get(&key, 0), None);
        parts.load(&Load::Keccak { data: data.clone(), index: 2 }).expect("short enough");
        assert_eq!(parts.get(&key, 0), Some(U256::from(40).to_be_bytes()));
        assert_eq!(parts.get(&key, 1), None);
        assert_eq!(parts.get(&key, 2).map(|part| part[..9].to_vec()), Some(vec![7, 7, 7, 7, 7, 7, 7, 7, 0]));
        assert_eq!((parts.get(&key, 3), parts.get(&key, u64::MAX)), (Some([0; 32]), Some([0; 32])));
        parts.load(&Load::Keccak { data, index: 1 }).expect("short enough");
        assert_eq!(parts.get(&key, 1), Some([7; 32]));
        let long = Bytes::from(vec![0; MAX_DATA + 1]);
        assert_eq!(name(parts.load(&Load::Keccak { data: long, index: 0 })), Some("PreimageTooLarge"));
    }

    #[test]
    fn keys_of_unknown_types_have_zero_parts_and_a_blob_has_its_length() {
        let parts = Parts::default();
        assert_eq!(parts.get(&B256::repeat_byte(9), 5), Some([0; 32]));
        let key = blob_key(B256::repeat_byte(1));
        assert_eq!(parts.get(&key, 0), Some(U256::from(BLOB).to_be_bytes()));
        assert_eq!((parts.get(&key, 4096), parts.get(&key, 4097)), (None, Some([0; 32])));
    }

    #[test]
    fn an_element_of_a_blob_is_loaded_with_its_proof_and_no_other() {
        let blob: Bytes = (0..BLOB).map(|i| if i % 32 == 0 { 0 } else { (i * 31 + i / 500) as u8 }).collect::<Vec<_>>().into();
        let hash = versioned_hash(&blob).expect("a blob");
        let preimage = Preimage::Blob { versioned_hash: hash, blob: blob.clone() };
        for none in [0, 4097] {
            assert_eq!(Load::of(&preimage, none).expect("a blob"), None);
        }
        let mut parts = Parts::default();
        for index in [2, 4096] {
            let load = Load::of(&preimage, index).expect("a blob").expect("an element");
            parts.load(&load).expect("it is proved");
            let at = (index as usize - 1) * 32;
            assert_eq!(parts.get(&blob_key(hash), index).map(|part| part.to_vec()), Some(blob[at..at + 32].to_vec()));
            let Load::Blob { versioned_hash, element, .. } = load else { panic!("of a blob") };
            let elsewhere = Load::Blob { versioned_hash, index: index % 4096 + 1, element };
            assert_eq!(name(parts.load(&elsewhere)), Some("WrongBlobElement"));
        }
        let element = Box::new(BlobElement { value: B256::ZERO, commitment: [0; 48], proof: [0; 48] });
        for index in [0, 4097] {
            let load = Load::Blob { versioned_hash: hash, index, element: element.clone() };
            assert_eq!(name(parts.load(&load)), Some("NotABlobPart"));
        }
    }

    #[test]
    fn a_precompile_is_called_if_it_is_accelerated() {
        let mut parts = Parts::default();
        let call = PrecompileCall { address: ACCELERATED[0], required_gas: 3_000, input: vec![0; 128].into() };
        parts.load(&Load::Precompile { call: call.clone(), index: 1 }).expect("accelerated");
        assert_eq!(parts.get(&call.key(), 0), Some(U256::from(1).to_be_bytes()));
        assert_eq!(parts.get(&call.key(), 1).map(|part| part[0]), Some(1));
        let sha256 = PrecompileCall { address: address!("0000000000000000000000000000000000000002"), ..call };
        assert_eq!(name(parts.load(&Load::Precompile { call: sha256, index: 0 })), Some("NotAccelerated"));
    }
}
