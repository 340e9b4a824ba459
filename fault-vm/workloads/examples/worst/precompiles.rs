//! Precompiles, each with the input that costs most for its gas, as far as is known; those that L1 computes for the program also just beyond
//! the sizes up to which it does.

use crate::{
    case::Case,
    code::{GAS, call, endless},
    world::Signer,
};
use alloy_primitives::{B256, U256, hex, keccak256};
use revm::precompile::{Crypto, DefaultCrypto};

/// Gas of a transaction that makes calls of more than three million.
const MUCH: u64 = 16_000_000;

const G2_BN254: [u8; 128] = hex!(
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed
     090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
);
/// A message, its signature and the key, from EIP-7951's vectors.
const P256: [u8; 160] = hex!(
    "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4da73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac
     36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d604aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3
     7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e"
);
/// Commitment, point, value and proof, from the consensus specification's vectors.
const KZG: [u8; 160] = hex!(
    "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff000000001522a4a7f34e1ea350ae07c29c96c7e79655aa926122e95fe69fcbd932ca49e9
     8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7
     a62ad71d14c5719385c0686f1871430475bf3a00f0aa3f7b8dd99a9abc2160744faf0070725e00b60ad9a026a15b1a8c"
);

fn random(seed: u64, length: usize) -> Vec<u8> {
    (0..length.div_ceil(32)).flat_map(|block| keccak256([seed, block as u64].map(u64::to_be_bytes).concat()).0).take(length).collect()
}

/// A block that calls a precompile again and again with the input.
fn case(name: &str, precompile: u16, input: Vec<u8>, gas: u64) -> Case {
    let body = format!("5f 5f 36 5f 61{precompile:04x} 5a fa 50");
    call(name, endless("36 5f 5f 37", &body), input.into(), gas, Vec::new)
}

fn ecrecover() -> Vec<u8> {
    let message = B256::repeat_byte(5);
    let signature = Signer::new(1).sign_hash(message);
    let v = U256::from(27 + u64::from(signature.v())).to_be_bytes::<32>();
    [message.as_slice(), &v, &signature.r().to_be_bytes::<32>(), &signature.s().to_be_bytes::<32>()].concat()
}

fn g1_bn254(scalar: u64) -> Vec<u8> {
    let generator = [U256::from(1).to_be_bytes::<32>(), U256::from(2).to_be_bytes()].concat();
    DefaultCrypto.bn254_g1_mul(&generator, &random(scalar, 32)).unwrap().to_vec()
}

/// Pads the field elements of a BLS12-381 point.
fn padded(point: &[u8]) -> Vec<u8> {
    point.chunks(48).flat_map(|element| [&[0; 16], element].concat()).collect()
}

fn element(seed: u64) -> [u8; 48] {
    let mut element: [u8; 48] = random(seed, 48).try_into().unwrap();
    element[0] &= 0x0f;
    element
}

fn g1(seed: u64) -> Vec<u8> {
    padded(&DefaultCrypto.bls12_381_fp_to_g1(&element(seed)).unwrap())
}

fn g2(seed: u64) -> Vec<u8> {
    padded(&DefaultCrypto.bls12_381_fp2_to_g2((element(seed), element(seed + 1))).unwrap())
}

/// Pairs of points of BLS12-381, of which a few are repeated.
fn pairs(count: u64, make: impl Fn(u64) -> Vec<u8>) -> Vec<u8> {
    let some: Vec<Vec<u8>> = (0..count.min(8)).map(make).collect();
    (0..count).flat_map(|index| some[index as usize % some.len()].clone()).collect()
}

/// Pairs of points and scalars, of which only points are repeated.
fn terms(count: u64, make: impl Fn(u64) -> Vec<u8>) -> Vec<u8> {
    let some: Vec<Vec<u8>> = (0..count.min(8)).map(make).collect();
    (0..count).flat_map(|index| [some[index as usize % some.len()].clone(), random(1_000 + index, 32)].concat()).collect()
}

/// Base, exponent and modulus of these lengths; the modulus ends with the byte given.
fn modexp(base: usize, exponent: usize, modulus: usize, last: u8) -> Vec<u8> {
    let length = |length: usize| U256::from(length).to_be_bytes::<32>();
    let mut modulus_bytes = random(3, modulus);
    modulus_bytes[0] |= 0x80;
    *modulus_bytes.last_mut().unwrap() = last;
    let mut power = random(2, exponent);
    power[0] |= 0x80;
    [&length(base)[..], &length(exponent), &length(modulus), &random(1, base), &power, &modulus_bytes].concat()
}

fn blake2f(rounds: u32) -> Vec<u8> {
    let mut input = rounds.to_be_bytes().to_vec();
    input.extend(random(1, 208));
    input.push(1);
    input
}

fn kzg() -> Vec<u8> {
    let hash = revm::precompile::kzg_point_evaluation::kzg_to_versioned_hash(KZG[64..112].try_into().unwrap());
    [&hash[..], &KZG].concat()
}

fn bn254_pairs(count: u64) -> Vec<u8> {
    let some: Vec<Vec<u8>> = (0..count.min(8)).map(|seed| [g1_bn254(seed), G2_BN254.to_vec()].concat()).collect();
    (0..count).flat_map(|index| some[index as usize % some.len()].clone()).collect()
}

pub(crate) fn cases() -> Vec<Case> {
    [hashes(), modexps(), curves(), bls()].into_iter().flatten().collect()
}

fn hashes() -> Vec<Case> {
    vec![
        case("ecrecover", 1, ecrecover(), GAS),
        case("ecrecover of nothing", 1, vec![], GAS),
        case("sha256 of nothing", 2, vec![], GAS),
        case("sha256 of 64 bytes", 2, random(1, 64), GAS),
        case("sha256 of 8 kB", 2, random(1, 8192), GAS),
        case("ripemd160 of nothing", 3, vec![], GAS),
        case("ripemd160 of 8 kB", 3, random(1, 8192), GAS),
        case("identity of nothing", 4, vec![], GAS),
        case("identity of 8 kB", 4, random(1, 8192), GAS),
        case("blake2f, no rounds", 9, blake2f(0), GAS),
        case("blake2f, 12 rounds", 9, blake2f(12), GAS),
        case("blake2f, 100,000 rounds", 9, blake2f(100_000), GAS),
    ]
}

fn modexps() -> Vec<Case> {
    let mut cases = vec![case("modexp of nothing", 5, vec![], GAS)];
    for (bytes, exponent) in [(1, 1), (8, 32), (32, 32), (32, 1024), (64, 32), (256, 3), (256, 32), (1024, 1), (1024, 3)] {
        for (last, what) in [(1, "odd"), (0, "even")] {
            cases.push(case(
                &format!("modexp, {bytes} bytes, exponent of {exponent}, {what}"),
                5,
                modexp(bytes, exponent, bytes, last),
                GAS,
            ));
        }
    }
    // Over three million gas: in the guest.
    for (bytes, exponent) in [(88, 1024), (256, 120), (512, 48), (1024, 14), (1024, 32)] {
        for (last, what) in [(1, "odd"), (0, "even")] {
            let name = format!("modexp, {bytes} bytes, exponent of {exponent}, {what}, in the guest");
            cases.push(case(&name, 5, modexp(bytes, exponent, bytes, last), MUCH));
        }
    }
    cases
}

fn curves() -> Vec<Case> {
    let sum = [g1_bn254(1), g1_bn254(2)].concat();
    let same = [g1_bn254(1), g1_bn254(1)].concat();
    let product = [g1_bn254(1), vec![0xff; 32]].concat();
    vec![
        case("bn254 add", 6, sum, GAS),
        case("bn254 add, doubling", 6, same, GAS),
        case("bn254 add of nothing", 6, vec![], GAS),
        case("bn254 mul", 7, product, GAS),
        case("bn254 pairing of nothing", 8, vec![], GAS),
        case("bn254 pairing, 2 pairs", 8, bn254_pairs(2), GAS),
        case("bn254 pairing, 86 pairs", 8, bn254_pairs(86), MUCH),
        case("bn254 pairing, 88 pairs, in the guest", 8, bn254_pairs(88), MUCH),
        case("bn254 pairing, 300 pairs, in the guest", 8, bn254_pairs(300), MUCH),
        case("point evaluation", 0x0a, kzg(), GAS),
        case("p256", 0x100, P256.to_vec(), GAS),
    ]
}

fn bls() -> Vec<Case> {
    let pair = |seed: u64| [g1(seed), g2(seed)].concat();
    let (field, field2) = (padded(&element(1)), padded(&[element(1), element(2)].concat()));
    vec![
        case("BLS12-381 G1 add", 0x0b, pairs(2, g1), GAS),
        case("BLS12-381 G1 MSM, 1 term", 0x0c, terms(1, g1), GAS),
        case("BLS12-381 G1 MSM, 128 terms", 0x0c, terms(128, g1), MUCH),
        case("BLS12-381 G1 MSM, 204 terms", 0x0c, terms(204, g1), MUCH),
        case("BLS12-381 G1 MSM, 205 terms, in the guest", 0x0c, terms(205, g1), MUCH),
        case("BLS12-381 G1 MSM, 500 terms, in the guest", 0x0c, terms(500, g1), MUCH),
        case("BLS12-381 G2 add", 0x0d, pairs(2, g2), GAS),
        case("BLS12-381 G2 MSM, 1 term", 0x0e, terms(1, g2), GAS),
        case("BLS12-381 G2 MSM, 113 terms", 0x0e, terms(113, g2), MUCH),
        case("BLS12-381 G2 MSM, 114 terms, in the guest", 0x0e, terms(114, g2), MUCH),
        case("BLS12-381 G2 MSM, 250 terms, in the guest", 0x0e, terms(250, g2), MUCH),
        case("BLS12-381 pairing, 1 pair", 0x0f, pairs(1, pair), GAS),
        case("BLS12-381 pairing, 85 pairs", 0x0f, pairs(85, pair), MUCH),
        case("BLS12-381 pairing, 86 pairs, in the guest", 0x0f, pairs(86, pair), MUCH),
        case("BLS12-381 map to G1", 0x10, field, GAS),
        case("BLS12-381 map to G2", 0x11, field2, GAS),
    ]
}
