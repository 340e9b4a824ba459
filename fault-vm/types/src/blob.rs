//! The 254-bit packing of blobs.
//!
//! | group of 127 bytes | four field elements |
//! |---|---|
//! | bytes `31k .. 31k+31` | low 31 bytes of element k, k = 0..3 |
//! | bytes 124..127, the k-th run of 6 bits | low 6 bits of the first byte of element k |

use crate::MAX_BLOBS_PER_BATCH;
use alloc::vec::Vec;
use alloy_primitives::Bytes;

/// Bytes of a blob: 4,096 field elements of 32 bytes.
pub const BLOB_BYTES: usize = 131_072;
/// Payload bytes that a blob carries: 4,096 × 254 bits.
pub const BLOB_CAPACITY: usize = 130_048;

const ELEMENT: usize = 32;
const LOW: usize = ELEMENT - 1;
const GROUP: usize = 4 * ELEMENT;
const PACKED_GROUP: usize = 4 * LOW + 3;

/// Why blobs hold no payload, or a payload fits no blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// Not the length of a blob.
    #[error("blob {blob} has {length} bytes instead of 131,072")]
    Length {
        /// Position of the blob, from 0.
        blob: usize,
        /// Bytes found.
        length: usize,
    },
    /// A field element of 2^254 or more.
    #[error("field element {element} of blob {blob} has one of its top two bits set")]
    Element {
        /// Position of the blob, from 0.
        blob: usize,
        /// Position of the element, from 0.
        element: usize,
    },
    /// No blob, or more than a batch may have.
    #[error("a batch has 1 to 6 blobs, not {count}")]
    Count {
        /// Blobs found or needed.
        count: usize,
    },
}

/// Packs a payload into as few blobs as hold it (at least one), the last one padded with zeroes.
///
/// # Errors
/// When it needs more than [`MAX_BLOBS_PER_BATCH`].
pub fn pack(payload: &[u8]) -> Result<Vec<Bytes>, BlobError> {
    let count = payload.len().div_ceil(BLOB_CAPACITY).max(1);
    if count > MAX_BLOBS_PER_BATCH {
        return Err(BlobError::Count { count });
    }
    if payload.is_empty() {
        return Ok(alloc::vec![pack_one(payload)]);
    }
    Ok(payload.chunks(BLOB_CAPACITY).map(pack_one).collect())
}

fn pack_one(payload: &[u8]) -> Bytes {
    let mut blob = Vec::with_capacity(BLOB_BYTES);
    for bytes in payload.chunks(PACKED_GROUP) {
        let mut group = [0; PACKED_GROUP];
        for (slot, byte) in group.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        let (low, high) = group.split_at(4 * LOW);
        let bits = high.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte));
        for (low, shift) in low.chunks(LOW).zip([18, 12, 6, 0]) {
            // Six bits fit a byte.
            blob.push((bits >> shift & 0x3f) as u8);
            blob.extend_from_slice(low);
        }
    }
    blob.resize(BLOB_BYTES, 0);
    blob.into()
}

/// The payload that blobs carry, with its padding.
///
/// # Errors
/// On a wrong count, a wrong length or a field element of 2^254 or more.
pub fn unpack(blobs: &[Bytes]) -> Result<Vec<u8>, BlobError> {
    if blobs.is_empty() || blobs.len() > MAX_BLOBS_PER_BATCH {
        return Err(BlobError::Count { count: blobs.len() });
    }
    let mut payload = Vec::with_capacity(blobs.len().saturating_mul(BLOB_CAPACITY));
    for (index, blob) in blobs.iter().enumerate() {
        if blob.len() != BLOB_BYTES {
            return Err(BlobError::Length { blob: index, length: blob.len() });
        }
        let wide = |element: &[u8]| element.first().is_some_and(|&byte| byte > 0x3f);
        if let Some(element) = blob.chunks(ELEMENT).position(wide) {
            return Err(BlobError::Element { blob: index, element });
        }
        blob.chunks(GROUP).for_each(|group| unpack_group(group, &mut payload));
    }
    Ok(payload)
}

fn unpack_group(group: &[u8], payload: &mut Vec<u8>) {
    let mut bits = 0u32;
    for (&high, low) in group.chunks(ELEMENT).filter_map(<[u8]>::split_first) {
        bits = bits << 6 | u32::from(high);
        payload.extend_from_slice(low);
    }
    payload.extend(bits.to_be_bytes().into_iter().skip(1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn sample(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 31 + i / 251) as u8).collect()
    }

    #[test]
    fn payloads_around_every_blob_boundary_survive_the_round_trip() {
        for blobs in 0..=MAX_BLOBS_PER_BATCH {
            for offset in [-1i64, 0, 1, 127, 128] {
                let Ok(length) = usize::try_from(blobs as i64 * BLOB_CAPACITY as i64 + offset) else { continue };
                let payload = sample(length);
                let Ok(packed) = pack(&payload) else {
                    assert!(length > MAX_BLOBS_PER_BATCH * BLOB_CAPACITY);
                    continue;
                };
                assert_eq!(packed.len(), length.div_ceil(BLOB_CAPACITY).max(1));
                let unpacked = unpack(&packed).unwrap();
                assert_eq!(unpacked[..length], payload);
                assert!(unpacked[length..].iter().all(|&byte| byte == 0));
            }
        }
    }

    #[test]
    fn a_group_is_laid_out_as_the_protocol_says() {
        let mut payload = vec![0; 127];
        payload[0] = 0xa1;
        payload[31] = 0xa2;
        payload[93] = 0xa4;
        payload[124..].copy_from_slice(&[0b1000_0101, 0b0000_1100, 0b0011_1111]);
        let blob = pack(&payload).unwrap().remove(0);
        assert_eq!((blob[0], blob[32], blob[64], blob[96]), (0b10_0001, 0b01_0000, 0b11_0000, 0b11_1111));
        assert_eq!((blob[1], blob[33], blob[97]), (0xa1, 0xa2, 0xa4));
    }

    #[test]
    fn a_field_element_of_2_to_the_254_is_refused() {
        let mut blob = pack(&[]).unwrap().remove(0).to_vec();
        blob[32 * 77] = 0x40;
        assert_eq!(unpack(&[pack(&[]).unwrap().remove(0), blob.into()]), Err(BlobError::Element { blob: 1, element: 77 }));
    }

    #[test]
    fn wrong_counts_and_lengths_are_refused() {
        assert_eq!(unpack(&[]), Err(BlobError::Count { count: 0 }));
        assert_eq!(unpack(&vec![Bytes::new(); 7]), Err(BlobError::Count { count: 7 }));
        assert_eq!(unpack(&[Bytes::from(vec![0; BLOB_BYTES - 1])]), Err(BlobError::Length { blob: 0, length: BLOB_BYTES - 1 }));
        assert_eq!(pack(&vec![0; 6 * BLOB_CAPACITY + 1]), Err(BlobError::Count { count: 7 }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(crate::testing::cases(16)))]
        #[test]
        fn any_payload_survives_the_round_trip(payload in prop::collection::vec(any::<u8>(), 0..300_000)) {
            let packed = pack(&payload).unwrap();
            let unpacked = unpack(&packed).unwrap();
            prop_assert_eq!(&unpacked[..payload.len()], &payload[..]);
        }
    }
}
