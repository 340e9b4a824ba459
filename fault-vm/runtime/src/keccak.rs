//! Keccak-256 in few steps of the machine.
//!
//! A program in the machine spends much of its time here, and RV64IM has neither a rotation nor and-not. Lanes 1, 2, 8, 12, 17 and 20 are
//! therefore held inverted between rounds: the non-linear step then needs one inversion in most rows instead of five (the "lane
//! complementing" of the Keccak team's implementation overview).

/// Bytes absorbed at a time.
const RATE: usize = 136;
const ROUNDS: [u64; 24] = [
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
/// Lanes that are inverted between rounds.
const INVERTED: [usize; 6] = [1, 2, 8, 12, 17, 20];

/// Keccak-f[1600]; lane x + 5 y is at that index.
pub fn permute(lanes: &mut [u64; 25]) {
    for lane in INVERTED {
        lanes[lane] = !lanes[lane];
    }
    let mut other = [0u64; 25];
    for pair in ROUNDS.as_chunks::<2>().0 {
        round(lanes, &mut other, pair[0]);
        round(&other, lanes, pair[1]);
    }
    for lane in INVERTED {
        lanes[lane] = !lanes[lane];
    }
}

/// One round from `a` to `e`. The rows of the result are computed one after the other, so that few values are alive at a time.
#[inline(always)]
fn round(a: &[u64; 25], e: &mut [u64; 25], constant: u64) {
    let c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
    let c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
    let c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
    let c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
    let c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
    let d0 = c4 ^ c1.rotate_left(1);
    let d1 = c0 ^ c2.rotate_left(1);
    let d2 = c1 ^ c3.rotate_left(1);
    let d3 = c2 ^ c4.rotate_left(1);
    let d4 = c3 ^ c0.rotate_left(1);

    let b0 = a[0] ^ d0;
    let b1 = (a[6] ^ d1).rotate_left(44);
    let b2 = (a[12] ^ d2).rotate_left(43);
    let b3 = (a[18] ^ d3).rotate_left(21);
    let b4 = (a[24] ^ d4).rotate_left(14);
    e[0] = b0 ^ (b1 | b2) ^ constant;
    e[1] = b1 ^ (!b2 | b3);
    e[2] = b2 ^ (b3 & b4);
    e[3] = b3 ^ (b4 | b0);
    e[4] = b4 ^ (b0 & b1);

    let b0 = (a[3] ^ d3).rotate_left(28);
    let b1 = (a[9] ^ d4).rotate_left(20);
    let b2 = (a[10] ^ d0).rotate_left(3);
    let b3 = (a[16] ^ d1).rotate_left(45);
    let b4 = (a[22] ^ d2).rotate_left(61);
    e[5] = b0 ^ (b1 | b2);
    e[6] = b1 ^ (b2 & b3);
    e[7] = b2 ^ (b3 | !b4);
    e[8] = b3 ^ (b4 | b0);
    e[9] = b4 ^ (b0 & b1);

    let b0 = (a[1] ^ d1).rotate_left(1);
    let b1 = (a[7] ^ d2).rotate_left(6);
    let b2 = (a[13] ^ d3).rotate_left(25);
    let b3 = (a[19] ^ d4).rotate_left(8);
    let b4 = (a[20] ^ d0).rotate_left(18);
    e[10] = b0 ^ (b1 | b2);
    e[11] = b1 ^ (b2 & b3);
    let n3 = !b3;
    e[12] = b2 ^ (n3 & b4);
    e[13] = n3 ^ (b4 | b0);
    e[14] = b4 ^ (b0 & b1);

    let b0 = (a[4] ^ d4).rotate_left(27);
    let b1 = (a[5] ^ d0).rotate_left(36);
    let b2 = (a[11] ^ d1).rotate_left(10);
    let b3 = (a[17] ^ d2).rotate_left(15);
    let b4 = (a[23] ^ d3).rotate_left(56);
    e[15] = b0 ^ (b1 & b2);
    e[16] = b1 ^ (b2 | b3);
    let n3 = !b3;
    e[17] = b2 ^ (n3 | b4);
    e[18] = n3 ^ (b4 & b0);
    e[19] = b4 ^ (b0 | b1);

    let b0 = (a[2] ^ d2).rotate_left(62);
    let b1 = (a[8] ^ d3).rotate_left(55);
    let b2 = (a[14] ^ d4).rotate_left(39);
    let b3 = (a[15] ^ d0).rotate_left(41);
    let b4 = (a[21] ^ d1).rotate_left(2);
    let n1 = !b1;
    e[20] = b0 ^ (n1 & b2);
    e[21] = n1 ^ (b2 | b3);
    e[22] = b2 ^ (b3 & b4);
    e[23] = b3 ^ (b4 | b0);
    e[24] = b4 ^ (b0 & b1);
}

/// Keccak-256.
#[must_use]
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    let mut lanes = [0u64; 25];
    let (blocks, rest) = bytes.as_chunks::<RATE>();
    for block in blocks {
        absorb(&mut lanes, block);
    }
    let mut last = [0u8; RATE];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 1;
    last[RATE - 1] |= 0x80;
    absorb(&mut lanes, &last);
    let mut out = [0; 32];
    for (slot, lane) in out.as_chunks_mut::<8>().0.iter_mut().zip(lanes) {
        *slot = lane.to_le_bytes();
    }
    out
}

/// A block where lanes can be loaded at once.
#[repr(align(8))]
struct Aligned([u8; RATE]);

fn absorb(lanes: &mut [u64; 25], bytes: &[u8; RATE]) {
    let mut block = Aligned([0; RATE]);
    // The machine has no misaligned loads. Copying is cheaper than putting bytes together, but a compiler that knows the length does the latter.
    let length = core::hint::black_box(RATE).min(RATE);
    block.0[..length].copy_from_slice(&bytes[..length]);
    for (lane, bytes) in lanes.iter_mut().zip(block.0.as_chunks::<8>().0) {
        *lane ^= u64::from_le_bytes(*bytes);
    }
    permute(lanes);
}

/// What alloy calls with its feature `native-keccak`.
///
/// # Safety
/// `bytes` is valid for reading `length` bytes and `output` for writing 32.
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, length: usize, output: *mut u8) {
    // SAFETY: as the caller promises. A slice of no bytes may come with any address.
    unsafe {
        let bytes = if length == 0 { &[] } else { core::slice::from_raw_parts(bytes, length) };
        output.cast::<[u8; 32]>().write(keccak256(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_all_lengths_around_a_block_are_right() {
        let bytes: [u8; 300] = core::array::from_fn(|index| (index * 7 + 3) as u8);
        for length in 0..=bytes.len() {
            assert_eq!(keccak256(&bytes[..length]), alloy_primitives::keccak256(&bytes[..length]).0, "{length} bytes");
        }
    }
}
