//! Inputs of every precompile: right ones, and ones with something wrong.

use crate::world::Signer;
use alloy_eips::eip4844::kzg_to_versioned_hash;
use alloy_primitives::{U256, hex};
use gainsay_types::testing::Dice;
use revm::precompile::{Crypto, DefaultCrypto};

/// The addresses of all precompiles, and of two neighbours that are none.
pub(crate) const ALL: [u16; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x100, 0x12, 0xff];

/// Commitment and proof at point and value, from the consensus specification's vectors.
const KZG: ([u8; 48], [u8; 32], [u8; 32], [u8; 48]) = (
    hex!("8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7"),
    hex!("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000"),
    hex!("1522a4a7f34e1ea350ae07c29c96c7e79655aa926122e95fe69fcbd932ca49e9"),
    hex!("a62ad71d14c5719385c0686f1871430475bf3a00f0aa3f7b8dd99a9abc2160744faf0070725e00b60ad9a026a15b1a8c"),
);
/// Message, signature and key, from the vectors of EIP-7951.
const P256: [u8; 160] = hex!(
    "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4da73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
    "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d604aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
    "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e"
);
/// The generator of bn254's second group.
const TWISTED: [u8; 128] = hex!(
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
);

/// An input that the precompile accepts, half of the time; else the same with something done to it.
pub(crate) fn input(dice: &mut Dice, precompile: u16) -> Vec<u8> {
    let mut input = right(dice, precompile);
    match dice.below(10) {
        0 => input.truncate(dice.below(input.len() as u64 + 1) as usize),
        1 => {
            let more = 1 + dice.below(64) as usize;
            input.extend(dice.bytes(more));
        }
        2 => {
            let length = dice.below(400) as usize;
            input = dice.bytes(length);
        }
        3 | 4 if !input.is_empty() => {
            let at = dice.below(input.len() as u64) as usize;
            input[at] ^= 1 << dice.below(8);
        }
        _ => {}
    }
    input
}

fn right(dice: &mut Dice, precompile: u16) -> Vec<u8> {
    let several = 1 + dice.below(3) as usize;
    match precompile {
        1 => signature(dice),
        5 => powers(dice),
        6 => [bn(dice), bn(dice)].concat(),
        7 => [bn(dice), dice.bytes(32)].concat(),
        8 => (0..several - 1).flat_map(|_| [bn(dice), TWISTED.to_vec()].concat()).collect(),
        9 => [&[0, 0, 0, dice.below(20) as u8][..], &dice.bytes(208), &[dice.below(2) as u8]].concat(),
        0x0a => [kzg_to_versioned_hash(&KZG.0).as_slice(), &KZG.1, &KZG.2, &KZG.0, &KZG.3].concat(),
        0x0b => [g1(dice), g1(dice)].concat(),
        0x0c => (0..several).flat_map(|_| [g1(dice), dice.bytes(32)].concat()).collect(),
        0x0d => [g2(dice), g2(dice)].concat(),
        0x0e => (0..several).flat_map(|_| [g2(dice), dice.bytes(32)].concat()).collect(),
        0x0f => (0..several).flat_map(|_| [g1(dice), g2(dice)].concat()).collect(),
        0x10 => padded(&element(dice)),
        0x11 => padded(&[element(dice), element(dice)].concat()),
        0x100 => P256.to_vec(),
        _ => {
            let length = dice.below(300) as usize;
            dice.bytes(length)
        }
    }
}

fn signature(dice: &mut Dice) -> Vec<u8> {
    let hash = dice.word();
    let signature = Signer::new(dice.below(400) as u16).sign_hash(hash);
    let v = U256::from(27 + u8::from(signature.v()));
    [hash.0, v.to_be_bytes(), signature.r().to_be_bytes(), signature.s().to_be_bytes()].concat()
}

/// Lengths and numbers of modexp, zero-length ones too.
fn powers(dice: &mut Dice) -> Vec<u8> {
    let lengths: [u64; 3] = std::array::from_fn(|_| [0, 1, 8, 31, 32, 33, 64, 70][dice.below(8) as usize]);
    let mut input: Vec<u8> = lengths.iter().flat_map(|length| U256::from(*length).to_be_bytes::<32>()).collect();
    input.extend(dice.bytes(lengths.iter().sum::<u64>() as usize));
    input
}

fn bn(dice: &mut Dice) -> Vec<u8> {
    let generator = [U256::from(1).to_be_bytes::<32>(), U256::from(2).to_be_bytes()].concat();
    match dice.below(4) {
        0 => vec![0; 64],
        1 => generator,
        _ => DefaultCrypto.bn254_g1_mul(&generator, &dice.bytes(32)).unwrap().to_vec(),
    }
}

/// A field element of BLS12-381.
fn element(dice: &mut Dice) -> Vec<u8> {
    let mut element = dice.bytes(48);
    element[0] &= 0x0f;
    element
}

fn g1(dice: &mut Dice) -> Vec<u8> {
    if dice.below(5) == 0 {
        return vec![0; 128];
    }
    padded(&DefaultCrypto.bls12_381_fp_to_g1(&element(dice).try_into().unwrap()).unwrap())
}

fn g2(dice: &mut Dice) -> Vec<u8> {
    if dice.below(5) == 0 {
        return vec![0; 256];
    }
    padded(&DefaultCrypto.bls12_381_fp2_to_g2((element(dice).try_into().unwrap(), element(dice).try_into().unwrap())).unwrap())
}

/// Field elements as calls have them: 64 bytes each.
fn padded(elements: &[u8]) -> Vec<u8> {
    elements.chunks(48).flat_map(|element| [&[0; 16], element].concat()).collect()
}
