//! What ties a blob to its versioned hash, and one of its field elements to the blob.

use alloy_eips::eip4844::{BLS_MODULUS, BYTES_PER_BLOB, c_kzg, kzg_to_versioned_hash};
use alloy_primitives::{B256, U256};

/// Field elements of a blob, 32 bytes each.
pub const ELEMENTS: u64 = 4096;
/// log2 of [`ELEMENTS`].
const ELEMENT_BITS: u32 = 12;
/// A generator of the field's multiplicative group, as EIP-4844 fixes it.
const GENERATOR: U256 = U256::from_limbs([7, 0, 0, 0]);

/// The trusted setup, without the tables that only the proofs of cells need: those take seconds to make.
fn settings() -> &'static c_kzg::KzgSettings {
    c_kzg::ethereum_kzg_settings(0)
}

/// The versioned hash of a blob; none unless the bytes are 131,072 and each field element is below the modulus. Takes tens of milliseconds.
#[must_use]
pub fn versioned_hash(blob: &[u8]) -> Option<B256> {
    if blob.len() != BYTES_PER_BLOB {
        return None;
    }
    let blob = c_kzg::Blob::from_bytes(blob).ok()?;
    let commitment = settings().blob_to_kzg_commitment(&blob).ok()?;
    Some(kzg_to_versioned_hash(commitment.as_slice()))
}

/// A field element of a blob, and what proves it to the oracle on L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobElement {
    /// The element.
    pub value: B256,
    /// KZG commitment of the blob.
    pub commitment: [u8; 48],
    /// KZG proof of the value.
    pub proof: [u8; 48],
}

/// Why an element cannot be proved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElementError {
    /// No element of a blob.
    #[error("part {index} of a blob is none of its elements: those are the parts 1 to {ELEMENTS}")]
    Index {
        /// The part asked for.
        index: u64,
    },
    /// The blob is none.
    #[error("this is no blob: {reason}")]
    Blob {
        /// What is wrong with it.
        reason: String,
    },
}

/// Proves part `index` of a blob, which is its element `index − 1`. Takes some hundred milliseconds.
///
/// # Errors
/// When there is no such element, and when the bytes are no blob.
pub fn prove_part(blob: &[u8], index: u64) -> Result<BlobElement, ElementError> {
    let element = index.checked_sub(1).filter(|element| *element < ELEMENTS).ok_or(ElementError::Index { index })?;
    let wrong = |error: c_kzg::Error| ElementError::Blob { reason: error.to_string() };
    let settings = settings();
    let blob = c_kzg::Blob::from_bytes(blob).map_err(wrong)?;
    let point = c_kzg::Bytes32::new(point(element).to_be_bytes());
    let commitment = settings.blob_to_kzg_commitment(&blob).map_err(wrong)?;
    let (proof, value) = settings.compute_kzg_proof(&blob, &point).map_err(wrong)?;
    Ok(BlobElement { value: (*value).into(), commitment: commitment.to_bytes().into_inner(), proof: proof.to_bytes().into_inner() })
}

/// Where the blob's polynomial has the value of this element: the 4096th roots of unity, in bit-reversed order.
fn point(element: u64) -> U256 {
    // The modulus is 1 more than a multiple of 2^32.
    let root = GENERATOR.pow_mod(BLS_MODULUS.wrapping_shr(ELEMENT_BITS as usize), BLS_MODULUS);
    let exponent = element.reverse_bits().wrapping_shr(u64::BITS.wrapping_sub(ELEMENT_BITS));
    root.pow_mod(U256::from(exponent), BLS_MODULUS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    #[test]
    fn each_part_is_proved_to_be_the_element_that_stands_there() {
        let blob: Vec<u8> = (0..BYTES_PER_BLOB).map(|i| if i % 32 == 0 { 1 } else { (i * 7 + i / 300) as u8 }).collect();
        for index in [1, 2, 3, 1000, ELEMENTS] {
            let at = (index as usize - 1) * 32;
            assert_eq!(prove_part(&blob, index).expect("an element").value[..], blob[at..at + 32]);
        }
        for index in [0, ELEMENTS + 1, u64::MAX] {
            assert_eq!(prove_part(&blob, index), Err(ElementError::Index { index }));
        }
        assert!(matches!(prove_part(&blob[1..], 1), Err(ElementError::Blob { .. })));
    }

    #[test]
    fn the_zero_blob_has_its_known_versioned_hash() {
        let expected = b256!("010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");
        assert_eq!(versioned_hash(&[0; BYTES_PER_BLOB]), Some(expected));
    }
}
