//! Points as EIP-2537 writes them: each field element of 48 bytes behind 16 zeroes.

use alloc::vec::Vec;
use revm::precompile::bls12_381::{G1Point, G2Point};

/// Bytes of a field element.
const ELEMENT: usize = 48;
/// Zeroes before it.
const PADDING: usize = 16;

/// Appends field elements, padded.
pub(super) fn push(out: &mut Vec<u8>, elements: &[&[u8; ELEMENT]]) {
    for element in elements {
        out.extend_from_slice(&[0; PADDING]);
        out.extend_from_slice(*element);
    }
}

/// Appends a point of G1, padded.
pub(super) fn push_g1(out: &mut Vec<u8>, point: &G1Point) {
    push(out, &[&point.0, &point.1]);
}

/// Appends a point of G2, padded.
pub(super) fn push_g2(out: &mut Vec<u8>, point: &G2Point) {
    push(out, &[&point.0, &point.1, &point.2, &point.3]);
}

/// Takes the padding away; none if the bytes are no padded point of `N` bytes.
pub(super) fn unpad<const N: usize>(padded: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    let (slots, rest) = out.as_chunks_mut::<ELEMENT>();
    let elements = padded.chunks(ELEMENT.saturating_add(PADDING));
    if !rest.is_empty() || elements.len() != slots.len() {
        return None;
    }
    for (slot, element) in slots.iter_mut().zip(elements) {
        let (padding, element) = element.split_last_chunk::<ELEMENT>()?;
        if *padding != [0; PADDING] {
            return None;
        }
        *slot = *element;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_checked_and_taken_away() {
        let mut padded = Vec::new();
        push_g1(&mut padded, &([1; 48], [2; 48]));
        assert_eq!(padded.len(), 128);
        let mut point = [1; 96];
        point[48..].fill(2);
        assert_eq!(unpad::<96>(&padded), Some(point));
        assert_eq!(unpad::<192>(&padded), None);
        assert_eq!(unpad::<96>(&padded[..127]), None);
        padded[64] = 1;
        assert_eq!(unpad::<96>(&padded), None);
    }
}
