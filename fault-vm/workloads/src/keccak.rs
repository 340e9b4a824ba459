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

/// Where lane `i` of the walk through rho and pi goes, and how far it is turned.
const STEPS: [(usize, u32); 24] = [
    (10, 1),
    (7, 3),
    (11, 6),
    (17, 10),
    (18, 15),
    (3, 21),
    (5, 28),
    (16, 36),
    (8, 45),
    (21, 55),
    (24, 2),
    (4, 14),
    (15, 27),
    (23, 41),
    (19, 56),
    (13, 8),
    (12, 25),
    (2, 43),
    (20, 62),
    (14, 18),
    (22, 39),
    (9, 61),
    (6, 20),
    (1, 44),
];

/// Keccak-f\[1600\].
fn permute(state: &mut [u64; 25]) {
    for constant in ROUND_CONSTANTS {
        let mut column = [0; 5];
        for x in 0..5 {
            column[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
        }
        for x in 0..5 {
            let turned = column[(x + 4) % 5] ^ column[(x + 1) % 5].rotate_left(1);
            for y in 0..5 {
                state[5 * y + x] ^= turned;
            }
        }
        let mut carried = state[1];
        for (lane, turn) in STEPS {
            carried = core::mem::replace(&mut state[lane], carried.rotate_left(turn));
        }
        for row in state.chunks_exact_mut(5) {
            let [a, b, c, d, e] = [row[0], row[1], row[2], row[3], row[4]];
            row[0] = a ^ (!b & c);
            row[1] = b ^ (!c & d);
            row[2] = c ^ (!d & e);
            row[3] = d ^ (!e & a);
            row[4] = e ^ (!a & b);
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
