use alloc::{vec, vec::Vec};

/// Words in the table: 4 MiB, more than the caches nearest to a core hold.
const WORDS: usize = 1 << 19;

/// Reads, mixes and writes at random: 1,024 places a round, each known before the last one's value is.
pub fn walk(seed: [u8; 32], rounds: u64) -> [u8; 32] {
    let mut table: Vec<u64> = vec![0; WORDS];
    let mut place = seed.iter().fold(0x9e37_79b9_7f4a_7c15, |mixed: u64, byte| mixed.rotate_left(7) ^ u64::from(*byte));
    let mut sum = 0u64;
    for _ in 0..rounds {
        for _ in 0..1024 {
            place ^= place << 13;
            place ^= place >> 7;
            place ^= place << 17;
            let word = &mut table[place as usize % WORDS];
            sum = sum.rotate_left(5).wrapping_add(*word);
            *word = word.wrapping_add(place ^ sum);
        }
    }
    let mut result = [0; 32];
    for (bytes, word) in result.chunks_exact_mut(8).zip([sum, place, table[0], table[WORDS / 2]]) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    result
}
