//! A sum over a record, to notice bytes that changed on the disk. Not against anybody who means it: who can write the database can write the sum.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Of any bytes. A change within one group of eight always changes it, since each step can be undone.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let (groups, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let start = (bytes.len() as u64).wrapping_mul(STEP);
    groups.iter().chain([&last]).fold(start, |sum, group| (sum.rotate_left(29) ^ u64::from_le_bytes(*group)).wrapping_mul(STEP))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn another_byte_or_another_length_gives_another_sum(bytes in prop::collection::vec(any::<u8>(), 1..100), position: usize, flip in 1u8..) {
            let sum = checksum(&bytes);
            let mut other = bytes.clone();
            other[position % bytes.len()] ^= flip;
            prop_assert_ne!(checksum(&other), sum);
            prop_assert_ne!(checksum(&bytes[1..]), sum);
            other.clone_from(&bytes);
            other.push(0);
            prop_assert_ne!(checksum(&other), sum);
        }
    }
}
