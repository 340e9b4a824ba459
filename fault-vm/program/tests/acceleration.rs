//! Signatures and precompiles through the oracle give what pure Rust gives, for inputs that a precompile accepts and for those it refuses; and
//! so they do where the oracle answers nothing or nonsense.

use alloy_consensus::crypto::{backend::CryptoProvider, secp256k1::sign_message};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use gainsay_program::accelerate::{Accelerated, Call, MAX_GAS, MAX_INPUT, Precompiles};
use gainsay_types::testing::cases;
use proptest::{prelude::*, sample::Index};
use revm::precompile::{
    self, Crypto, DefaultCrypto, PrecompileHalt, PrecompileStatus,
    bls12_381::{G1Point, G2Point},
};
use std::{
    fmt::Debug,
    sync::atomic::{AtomicUsize, Ordering},
};

/// L1: runs the precompile with four times the gas, as the oracle's contract does.
#[derive(Debug, Default)]
struct L1 {
    answers: AtomicUsize,
}

/// The precompiles that the oracle's contract runs.
const ON_L1: [u16; 12] = [1, 5, 8, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x100];

impl Precompiles for L1 {
    fn answer(&self, call: &Call) -> Option<Bytes> {
        let (address, gas, input) = Call::parse(call.announcement()).unwrap();
        assert!(gas <= MAX_GAS && input.len() <= MAX_INPUT);
        assert!(ON_L1.contains(&u16::from_be_bytes(*address.last_chunk().unwrap())) && address[..18] == [0; 18], "{address}");
        let key = keccak256([address.as_slice(), &gas.to_be_bytes(), input].concat());
        assert_eq!((call.key()[0], &call.key()[1..]), (3, &key[1..]));
        let output = precompile::Precompiles::osaka().get(&address).unwrap().execute(input, 4 * gas, 0).unwrap();
        self.answers.fetch_add(1, Ordering::Relaxed);
        Some(match output.status {
            PrecompileStatus::Success => {
                assert_eq!(output.gas_used, gas, "the required gas is what the precompile asks for");
                [&[1], &output.bytes[..]].concat().into()
            }
            PrecompileStatus::Halt(PrecompileHalt::OutOfGas) => panic!("the required gas is too little"),
            _ => Bytes::from_static(&[0]),
        })
    }
}

/// An oracle that answers everything alike.
#[derive(Debug)]
struct Always(Option<Bytes>);

impl Precompiles for Always {
    fn answer(&self, _: &Call) -> Option<Bytes> {
        self.0.clone()
    }
}

/// `run` gives the same with L1's answers, which it uses, and without; with `nonsense` it gives the same too. What kind of error it is makes no
/// difference to the EVM, unless the gas was too little, which `run` cannot say.
fn same<T: PartialEq + Debug>(nonsense: &[u8], run: impl Fn(&dyn Crypto) -> Option<T>) {
    let pure = run(&DefaultCrypto);
    let l1 = L1::default();
    assert_eq!(run(&Accelerated::new(&l1)), pure, "with L1's answer");
    assert_eq!(l1.answers.load(Ordering::Relaxed), 1, "it was asked");
    assert_eq!(run(&Accelerated::new(Always(None))), pure, "without an answer");
    // An answer that says "failed" or gives an output of the right form is one that L1 could give: only others are recognised as nonsense.
    let impossible = [&[2], nonsense].concat();
    assert_eq!(run(&Accelerated::new(Always(Some(impossible.into())))), pure, "with an impossible answer");
    assert_eq!(run(&Accelerated::new(Always(Some(Bytes::new())))), pure, "with an empty answer");
    let long = [&[1][..], nonsense, &[7; 2000]].concat();
    assert_eq!(run(&Accelerated::new(Always(Some(long.into())))), pure, "with too long an answer");
}

/// Changes a byte of one in three.
fn damage(bytes: &mut [u8], at: Index, flip: u8) {
    if flip.is_multiple_of(3) && !bytes.is_empty() {
        bytes[at.index(bytes.len())] ^= flip;
    }
}

const G1: G1Point = (
    hex!("17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"),
    hex!("08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"),
);

/// A message, its signature and the key, from the vectors of EIP-7951.
const P256: ([u8; 32], [u8; 64], [u8; 64]) = (
    hex!("4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"),
    hex!(
        "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
    ),
    hex!(
        "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff37618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e"
    ),
);
/// Commitment, point, value and proof, from the consensus specification's vectors.
const KZG: ([u8; 48], [u8; 32], [u8; 32], [u8; 48]) = (
    hex!("8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7"),
    hex!("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000"),
    hex!("1522a4a7f34e1ea350ae07c29c96c7e79655aa926122e95fe69fcbd932ca49e9"),
    hex!("a62ad71d14c5719385c0686f1871430475bf3a00f0aa3f7b8dd99a9abc2160744faf0070725e00b60ad9a026a15b1a8c"),
);

#[test]
fn the_vectors_are_ones_that_the_precompiles_accept() {
    let l1 = Accelerated::new(L1::default());
    assert!(l1.secp256r1_verify_signature(&P256.0, &P256.1, &P256.2));
    assert_eq!(l1.verify_kzg_proof(&KZG.1, &KZG.2, &KZG.0, &KZG.3), Ok(()));
    assert_eq!(l1.bls12_381_g1_msm(&mut [Ok((G1, [0; 32]))].into_iter()), Ok([0; 96]), "a point of G1");
}

fn g1(seed: u64) -> G1Point {
    let mut element = [0; 48];
    element[16..].copy_from_slice(keccak256(seed.to_be_bytes()).as_slice());
    let point = DefaultCrypto.bls12_381_fp_to_g1(&element).unwrap();
    (point[..48].try_into().unwrap(), point[48..].try_into().unwrap())
}

fn g2(seed: u64) -> G2Point {
    let mut element = ([0; 48], [0; 48]);
    element.0[16..].copy_from_slice(keccak256(seed.to_be_bytes()).as_slice());
    let point = DefaultCrypto.bls12_381_fp2_to_g2(element).unwrap();
    let part = |index: usize| point[48 * index..48 * (index + 1)].try_into().unwrap();
    (part(0), part(1), part(2), part(3))
}

fn bent_g1(seed: u64, at: Index, flip: u8) -> G1Point {
    let (mut x, y) = if seed == 0 { ([0; 48], [0; 48]) } else { g1(seed) };
    damage(&mut x, at, flip);
    (x, y)
}

fn bent_g2(seed: u64, at: Index, flip: u8) -> G2Point {
    let mut point = if seed == 0 { ([0; 48], [0; 48], [0; 48], [0; 48]) } else { g2(seed) };
    damage(&mut point.2, at, flip);
    point
}

prop_compose! {
    fn bend()(at: Index, flip: u8) -> (Index, u8) { (at, flip) }
}

fn few(usual: u32) -> ProptestConfig {
    ProptestConfig::with_cases(cases(usual))
}

proptest! {
    #![proptest_config(few(60))]

    #[test]
    fn ecrecover_is_the_same(key in 1u64.., message: [u8; 32], parity in 0u8..2, bends in prop::collection::vec(bend(), 2), random: [u8; 64], garbage: bool) {
        let mut signature = random;
        if !garbage {
            let signed = sign_message(keccak256(key.to_be_bytes()), message.into()).unwrap();
            signature = [signed.r().to_be_bytes::<32>(), signed.s().to_be_bytes::<32>()].concat().try_into().unwrap();
        }
        for (at, flip) in bends {
            damage(&mut signature, at, flip);
        }
        same(&[0; 31], |crypto| crypto.secp256k1_ecrecover(&signature, parity, &message).ok());
    }

    #[test]
    fn a_sender_is_the_same(key in 1u64.., message: [u8; 32], (at, flip) in bend(), high: bool) {
        let signed = sign_message(keccak256(key.to_be_bytes()), message.into()).unwrap();
        let signer = signed.recover_address_from_prehash(&message.into()).unwrap();
        let order = U256::from_be_bytes(hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
        // The other form of the same signature, which only the caller may refuse.
        let (s, parity) = if high { (order - signed.s(), !signed.v()) } else { (signed.s(), signed.v()) };
        let mut bytes: [u8; 65] = [&signed.r().to_be_bytes::<32>()[..], &s.to_be_bytes::<32>(), &[u8::from(parity)]].concat().try_into().unwrap();
        // alloy wants a backend that lives as long as the program.
        let l1: &'static L1 = Box::leak(Box::default());
        let recover = |bytes: &[u8; 65]| Accelerated::new(l1).recover_signer_unchecked(bytes, &message).ok();
        prop_assert_eq!(recover(&bytes), Some(signer));
        damage(&mut bytes[..64], at, flip);
        let pure = DefaultCrypto.secp256k1_ecrecover(bytes[..64].try_into().unwrap(), bytes[64], &message).ok();
        prop_assert_eq!(recover(&bytes), pure.map(|word| Address::from_word(word.into())));
    }

    #[test]
    fn modexp_is_the_same(
        base in prop::collection::vec(any::<u8>(), 0..80), exponent in prop::collection::vec(any::<u8>(), 0..40), modulus in prop::collection::vec(any::<u8>(), 0..80),
        zeroes in 0usize..80,
    ) {
        prop_assume!(!base.is_empty() || !modulus.is_empty());
        let mut modulus = modulus;
        // Small and even moduli, and zero.
        let length = modulus.len();
        modulus[..zeroes.min(length)].fill(0);
        same(&vec![7; length + 1], |crypto| {
            let power = crypto.modexp(&base, &exponent, &modulus).ok()?;
            // revm fills it up from the left.
            Some([vec![0; length - power.len()], power].concat())
        });
    }

    #[test]
    fn bn254_pairing_is_the_same(seeds in prop::collection::vec((0u64..4, bend()), 0..3)) {
        let generator = [U256::from(1).to_be_bytes::<32>(), U256::from(2).to_be_bytes()].concat();
        let negative = hex!("000000000000000000000000000000000000000000000000000000000000000130644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45");
        let twisted = hex!(
            "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
            "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
        );
        let pairs: Vec<(Vec<u8>, Vec<u8>)> = seeds.iter().map(|(seed, (at, flip))| {
            let mut left = match seed { 0 => vec![0; 64], 1 => negative.to_vec(), 2 => DefaultCrypto.bn254_g1_mul(&generator, &[9; 32]).unwrap().to_vec(), _ => generator.clone() };
            let mut right = twisted.to_vec();
            if flip.is_multiple_of(2) { damage(&mut left, *at, *flip) } else { damage(&mut right, *at, *flip) }
            (left, right)
        }).collect();
        let pairs: Vec<(&[u8], &[u8])> = pairs.iter().map(|(left, right)| (&left[..], &right[..])).collect();
        same(&[0; 32], |crypto| crypto.bn254_pairing_check(&pairs).ok());
    }

    #[test]
    fn p256_is_the_same((at, flip) in bend(), part in 0usize..3) {
        let (mut message, mut signature, mut key) = P256;
        damage(match part { 0 => &mut message[..], 1 => &mut signature[..], _ => &mut key[..] }, at, flip);
        same(&[0; 32], |crypto| Some(crypto.secp256r1_verify_signature(&message, &signature, &key)));
    }

    #[test]
    fn point_evaluation_is_the_same((at, flip) in bend(), part in 0usize..4) {
        let (mut commitment, mut z, mut y, mut proof) = KZG;
        damage(match part { 0 => &mut commitment[..], 1 => &mut z[..], 2 => &mut y[..], _ => &mut proof[..] }, at, flip);
        same(&[0; 64], |crypto| crypto.verify_kzg_proof(&z, &y, &commitment, &proof).ok());
    }
}

proptest! {
    #![proptest_config(few(24))]

    #[test]
    fn bls_additions_are_the_same(seeds: [(u8, bool); 4], (at, flip) in bend()) {
        let seed = |index: usize| u64::from(seeds[index].0 % 5);
        let (left, right) = (bent_g1(seed(0), at, flip), bent_g1(seed(1), at, flip / 2));
        same(&[0; 96], |crypto| crypto.bls12_381_g1_add(left, right).ok());
        let (left, right) = (bent_g2(seed(2), at, flip), bent_g2(seed(3), at, flip / 2));
        same(&[0; 192], |crypto| crypto.bls12_381_g2_add(left, right).ok());
    }

    #[test]
    fn bls_multiplications_are_the_same(seeds in prop::collection::vec((0u64..5, any::<[u8; 32]>(), bend()), 1..4)) {
        let pairs = seeds.iter().map(|(seed, scalar, (at, flip))| Ok((bent_g1(*seed, *at, *flip), *scalar)));
        same(&[0; 96], |crypto| crypto.bls12_381_g1_msm(&mut pairs.clone()).ok());
        let pairs = seeds.iter().map(|(seed, scalar, (at, flip))| Ok((bent_g2(*seed, *at, *flip), *scalar)));
        same(&[0; 192], |crypto| crypto.bls12_381_g2_msm(&mut pairs.clone()).ok());
    }

    #[test]
    fn bls_pairing_is_the_same(seeds in prop::collection::vec((0u64..4, 0u64..4, bend()), 1..3), opposite: bool) {
        let mut pairs: Vec<(G1Point, G2Point)> =
            seeds.iter().map(|(left, right, (at, flip))| (bent_g1(*left, *at, *flip), bent_g2(*right, *at, flip / 2))).collect();
        if opposite {
            // e(P, Q) e(-P, Q) = 1.
            let minus: G1Point = (G1.0, hex!("114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca"));
            pairs = vec![(G1, g2(9)), (minus, g2(9))];
            prop_assert_eq!(DefaultCrypto.bls12_381_pairing_check(&pairs), Ok(true));
        }
        same(&[0; 32], |crypto| crypto.bls12_381_pairing_check(&pairs).ok());
    }

    #[test]
    fn bls_maps_are_the_same(mut low: [u8; 48], mut high: [u8; 48], canonical: bool) {
        if canonical {
            low[0] &= 0x0f;
            high[0] &= 0x0f;
        }
        same(&[0; 96], |crypto| crypto.bls12_381_fp_to_g1(&low).ok());
        same(&[0; 192], |crypto| crypto.bls12_381_fp2_to_g2((low, high)).ok());
    }
}

#[test]
fn calls_beyond_the_limits_are_computed_in_the_guest() {
    // 88 pairs: 3,037,000 gas.
    let zero = ([0; 64], [0; 128]);
    let pairs: Vec<(&[u8], &[u8])> = vec![(&zero.0, &zero.1); 88];
    let l1 = L1::default();
    assert_eq!(Accelerated::new(&l1).bn254_pairing_check(&pairs), Ok(true));
    assert_eq!(l1.answers.load(Ordering::Relaxed), 0);
    assert_eq!(Accelerated::new(&l1).bn254_pairing_check(&pairs[..86]), Ok(true));
    assert_eq!(l1.answers.load(Ordering::Relaxed), 1);
    // 205 points: 32,800 bytes.
    let points = |count: usize| std::iter::repeat_n(Ok((([0; 48], [0; 48]), [1; 32])), count);
    assert_eq!(Accelerated::new(&l1).bls12_381_g1_msm(&mut points(205)), Ok([0; 96]));
    assert_eq!(l1.answers.load(Ordering::Relaxed), 1);
    assert_eq!(Accelerated::new(&l1).bls12_381_g1_msm(&mut points(204)), Ok([0; 96]));
    assert_eq!(l1.answers.load(Ordering::Relaxed), 2);
}

#[test]
fn a_padding_that_is_wrong_is_refused_before_anything_is_asked() {
    let l1 = L1::default();
    let mut pairs = [Ok((G1, [1; 32])), Err(PrecompileHalt::Bls12381FpPaddingInvalid)].into_iter();
    assert_eq!(Accelerated::new(&l1).bls12_381_g1_msm(&mut pairs), Err(PrecompileHalt::Bls12381FpPaddingInvalid));
    assert_eq!(l1.answers.load(Ordering::Relaxed), 0);
}

#[test]
fn a_key_of_a_signature_is_verified() {
    let message = B256::repeat_byte(5);
    let signed = sign_message(B256::repeat_byte(1), message).unwrap();
    let signature: [u8; 64] = [signed.r().to_be_bytes::<32>(), signed.s().to_be_bytes::<32>()].concat().try_into().unwrap();
    // The public key of the private key 0x0101…01.
    let key = hex!(
        "041b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f70beaf8f588b541507fed6a642c5ab42dfdf8120a7f639de5122d47a69a8e8d1"
    );
    let accelerated = Accelerated::new(Always(None));
    let signer = signed.recover_address_from_prehash(&message).unwrap();
    assert_eq!(accelerated.verify_and_compute_signer_unchecked(&key, &signature, &message).ok(), Some(signer));
    assert!(accelerated.verify_and_compute_signer_unchecked(&key, &signature, &B256::ZERO).is_err());
}
