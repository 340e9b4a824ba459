//! Signature recovery in C and in pure Rust: the same answer to every input.
#![allow(missing_docs)]

use alloy_consensus::crypto::{
    backend::CryptoProvider,
    secp256k1::{recover_signer, recover_signer_unchecked, sign_message},
};
use alloy_primitives::{B256, Signature, U256};
use gainsay_execute::native::NativeCrypto;
use proptest::prelude::*;
use revm::precompile::{Crypto, DefaultCrypto};

/// Order of the curve.
fn order() -> U256 {
    U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16).unwrap()
}

/// Signatures of every sort, and what they are over.
fn input() -> impl Strategy<Value = (Signature, B256)> {
    let n = order();
    let edge = prop::sample::select(vec![
        U256::ZERO,
        U256::from(1),
        n >> 1,
        (n >> 1) + U256::from(1),
        n - U256::from(1),
        n,
        n + U256::from(1),
        U256::MAX,
    ]);
    let scalar = prop_oneof![any::<[u8; 32]>().prop_map(U256::from_be_bytes), edge];
    let message = prop_oneof![9 => any::<[u8; 32]>().prop_map(B256::from), 1 => Just(B256::ZERO), 1 => Just(B256::from(n)), 1 => Just(B256::repeat_byte(0xff))];
    let valid =
        (any::<[u8; 32]>(), message.clone(), any::<bool>(), any::<bool>()).prop_filter_map("no key", move |(key, message, high, odd)| {
            let signature = sign_message(B256::from(key), message).ok()?;
            let s = if high { n - signature.s() } else { signature.s() };
            Some((Signature::new(signature.r(), s, signature.v() ^ high ^ odd), message))
        });
    let any = (scalar.clone(), scalar, any::<bool>(), message).prop_map(|(r, s, v, message)| (Signature::new(r, s, v), message));
    prop_oneof![valid, any]
}

fn compact(signature: &Signature) -> [u8; 64] {
    let mut out = [0; 64];
    out[..32].copy_from_slice(&signature.r().to_be_bytes::<32>());
    out[32..].copy_from_slice(&signature.s().to_be_bytes::<32>());
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(2_000)))]

    #[test]
    fn both_recover_the_same_sender_or_none((signature, message) in input()) {
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&compact(&signature));
        bytes[64] = u8::from(signature.v());
        let native = NativeCrypto::default().recover_signer_unchecked(&bytes, &message.0).ok();
        prop_assert_eq!(recover_signer_unchecked(&signature, message).ok(), native);
        if signature.s() > order() >> 1 {
            prop_assert!(recover_signer(&signature, message).is_err());
        } else {
            prop_assert_eq!(recover_signer(&signature, message).ok(), native);
        }
    }

    #[test]
    fn both_give_the_precompile_the_same_answer((signature, message) in input(), overflow: bool) {
        // The EVM passes 0 and 1 only; 2 and 3 say that r lost the curve's order.
        let (bytes, parity) = (compact(&signature), u8::from(signature.v()) + if overflow { 2 } else { 0 });
        let native = NativeCrypto::default().secp256k1_ecrecover(&bytes, parity, &message.0).ok();
        prop_assert_eq!(DefaultCrypto.secp256k1_ecrecover(&bytes, parity, &message.0).ok(), native);
    }

    #[test]
    fn both_verify_the_same_signatures((signature, message) in input(), (other, _) in input()) {
        let secp = secp256k1::Secp256k1::new();
        let key = secp256k1::SecretKey::from_byte_array([7; 32]).unwrap().public_key(&secp).serialize_uncompressed();
        let own = sign_message(B256::repeat_byte(7), message).unwrap();
        for signature in [own, signature, other, Signature::new(own.r(), order() - own.s(), own.v())] {
            let native = NativeCrypto::default().verify_and_compute_signer_unchecked(&key, &compact(&signature), &message.0).ok();
            let pure = alloy_consensus::crypto::secp256k1::verify_and_compute_signer_unchecked(&key, &signature, message).ok();
            prop_assert_eq!(pure, native);
        }
    }
}

#[test]
fn a_valid_signature_recovers_its_signer() {
    let message = B256::repeat_byte(3);
    let signature = sign_message(B256::repeat_byte(7), message).unwrap();
    let secp = secp256k1::Secp256k1::new();
    let key = secp256k1::SecretKey::from_byte_array([7; 32]).unwrap().public_key(&secp).serialize_uncompressed();
    let expected = alloy_primitives::Address::from_raw_public_key(&key[1..]);
    let native = NativeCrypto::default().secp256k1_ecrecover(&compact(&signature), u8::from(signature.v()), &message.0);
    assert_eq!(native.unwrap(), expected.into_word().0);
    assert_eq!(recover_signer(&signature, message).unwrap(), expected);
}
