/// Bytes that one permutation absorbs for a 256-bit hash.
const RATE: usize = 136;

const ROUND_CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// Keccak-f\[1600\].
fn permute(state: &mut [u64; 25]) {
    for constant in ROUND_CONSTANTS {
        let sum = |x: usize| state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
        let column = [sum(0), sum(1), sum(2), sum(3), sum(4)];
        // A lane with its neighbours' columns in it, turned; listed where it goes.
        let mixed =
            |lane: usize, x: usize, turn: u32| (state[lane] ^ column[(x + 4) % 5] ^ column[(x + 1) % 5].rotate_left(1)).rotate_left(turn);
        let lanes = [
            mixed(0, 0, 0),
            mixed(6, 1, 44),
            mixed(12, 2, 43),
            mixed(18, 3, 21),
            mixed(24, 4, 14),
            mixed(3, 3, 28),
            mixed(9, 4, 20),
            mixed(10, 0, 3),
            mixed(16, 1, 45),
            mixed(22, 2, 61),
            mixed(1, 1, 1),
            mixed(7, 2, 6),
            mixed(13, 3, 25),
            mixed(19, 4, 8),
            mixed(20, 0, 18),
            mixed(4, 4, 27),
            mixed(5, 0, 36),
            mixed(11, 1, 10),
            mixed(17, 2, 15),
            mixed(23, 3, 56),
            mixed(2, 2, 62),
            mixed(8, 3, 55),
            mixed(14, 4, 39),
            mixed(15, 0, 41),
            mixed(21, 1, 2),
        ];
        for (row, lanes) in state.chunks_exact_mut(5).zip(lanes.chunks_exact(5)) {
            for x in 0..5 {
                row[x] = lanes[x] ^ (!lanes[(x + 1) % 5] & lanes[(x + 2) % 5]);
            }
        }
        state[0] ^= constant;
    }
}

/// The Keccak-256 hash that Ethereum uses.
pub fn keccak_256(data: &[u8]) -> [u8; 32] {
    let mut state = [0; 25];
    let blocks = data.chunks_exact(RATE);
    let mut last = [0; RATE];
    let rest = blocks.remainder();
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 1;
    last[RATE - 1] |= 0x80;
    for block in blocks.chain([&last[..]]) {
        for (lane, bytes) in state.iter_mut().zip(block.chunks_exact(8)) {
            *lane ^= u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]);
        }
        permute(&mut state);
    }
    let mut hash = [0; 32];
    for (bytes, lane) in hash.chunks_exact_mut(8).zip(state) {
        bytes.copy_from_slice(&lane.to_le_bytes());
    }
    hash
}

/// Hashes the hash `rounds` times.
pub fn keccak_chain(seed: [u8; 32], rounds: u64) -> [u8; 32] {
    (0..rounds).fold(seed, |hash, _| keccak_256(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_all_lengths_are_keccak_256() {
        let data: alloc::vec::Vec<u8> = (0..500u32).map(|i| (i * 7) as u8).collect();
        for length in 0..data.len() {
            assert_eq!(keccak_256(&data[..length]), alloy_primitives::keccak256(&data[..length]).0, "{length} bytes");
        }
    }
}
