//! In a process that recovers signatures in C, the EVM answers as pure Rust does: the `ecrecover` precompile and the authorities of
//! EIP-7702.
#![allow(missing_docs)]

mod chain;

use alloy_consensus::{
    SignableTransaction, Signed, TxEip1559, TxEip2930, TxLegacy,
    crypto::{backend::CryptoProvider, secp256k1::sign_message},
};
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, Signature, TxKind, U256, address};
use chain::{CHAIN_ID, Chain, PROBE, delegation, signer};
use gainsay_execute::{
    CallRequest, call,
    native::{NativeCrypto, install},
};
use gainsay_types::{RecoveredTransaction, Transaction};
use op_alloy_consensus::OpTxEnvelope;
use proptest::prelude::*;
use revm::precompile::{Crypto, DefaultCrypto};

const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");

/// Order of the curve.
fn order() -> U256 {
    U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16).unwrap()
}

/// A signature over `hash`, changed in one of several ways or not at all.
fn variant(key: B256, hash: B256, way: u8) -> Signature {
    let good = sign_message(key, hash).unwrap();
    match way {
        0 => good,
        1 => Signature::new(good.r(), order() - good.s(), !good.v()),
        2 => Signature::new(good.r(), good.s(), !good.v()),
        3 => Signature::new(good.s(), good.r(), good.v()),
        4 => Signature::new(U256::ZERO, good.s(), good.v()),
        5 => Signature::new(good.r(), order(), good.v()),
        _ => Signature::new(order() + U256::from(1), good.s(), good.v()),
    }
}

fn compact(signature: &Signature) -> [u8; 64] {
    let mut out = [0; 64];
    out[..32].copy_from_slice(&signature.r().to_be_bytes::<32>());
    out[32..].copy_from_slice(&signature.s().to_be_bytes::<32>());
    out
}

/// What the precompile returns by its definition, with the pure-Rust curve.
fn pure(hash: B256, v: U256, signature: &Signature) -> Vec<u8> {
    let parity = match u64::try_from(v) {
        Ok(v @ (27 | 28)) => u8::from(v == 28),
        _ => return Vec::new(),
    };
    DefaultCrypto.secp256k1_ecrecover(&compact(signature), parity, &hash.0).map(|word| word.to_vec()).unwrap_or_default()
}

fn signer_of(key: B256) -> Address {
    let key = secp256k1::SecretKey::from_byte_array(key.0).unwrap().public_key(&secp256k1::Secp256k1::new());
    Address::from_raw_public_key(&key.serialize_uncompressed()[1..])
}

/// A transaction with such a signature, and the hash that it is over.
fn signed<T: SignableTransaction<Signature>>(transaction: T, key: B256, way: u8) -> (B256, OpTxEnvelope)
where
    OpTxEnvelope: From<Signed<T>>,
{
    let hash = transaction.signature_hash();
    (hash, transaction.into_signed(variant(key, hash, way)).into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gainsay_types::testing::cases(500)))]

    #[test]
    fn the_precompile_answers_as_pure_rust_does(key: [u8; 32], hash: [u8; 32], way in 0u8..7, odd_v in prop::option::weighted(0.1, any::<u64>())) {
        install();
        let (key, hash) = (B256::from(key), B256::from(hash));
        prop_assume!(sign_message(key, hash).is_ok());
        let signature = variant(key, hash, way);
        let v = U256::from(odd_v.unwrap_or(27 + u64::from(signature.v())));
        let chain = Chain::new();
        let input = [&hash[..], &v.to_be_bytes::<32>(), &compact(&signature)].concat();
        let request = CallRequest { to: Some(ECRECOVER), data: input.into(), gas_limit: 100_000, ..CallRequest::default() };
        let outcome = call(&chain.config, &chain.parent, request, &chain.state).unwrap();
        prop_assert_eq!(outcome.output.to_vec(), pure(hash, v, &signature));
    }

    #[test]
    fn a_transaction_has_the_sender_that_pure_rust_finds_or_none(key: [u8; 32], nonce: u64, tip: u64, way in 0u8..7, kind in 0u8..4) {
        install();
        let key = B256::from(key);
        prop_assume!(sign_message(key, B256::ZERO).is_ok());
        let to = TxKind::Call(PROBE);
        let (hash, envelope) = match kind {
            0 => signed(TxLegacy { chain_id: Some(CHAIN_ID), nonce, to, ..Default::default() }, key, way),
            1 => signed(TxEip2930 { chain_id: CHAIN_ID, nonce, to, ..Default::default() }, key, way),
            2 => signed(TxEip1559 { chain_id: CHAIN_ID, nonce, to, max_priority_fee_per_gas: tip.into(), ..Default::default() }, key, way),
            _ => signed(delegation(nonce, Vec::new()), key, way),
        };
        let signature = variant(key, hash, way);
        let pure = DefaultCrypto.secp256k1_ecrecover(&compact(&signature), u8::from(signature.v()), &hash.0);
        let expected = pure.ok().filter(|_| signature.s() <= order() >> 1).map(|word| Address::from_word(word.into()));
        let found = Transaction::new(envelope).unwrap().recover();
        prop_assert_eq!(found.as_ref().ok().map(RecoveredTransaction::sender), expected);
        prop_assert_eq!(expected.is_some_and(|sender| sender == signer_of(key)), way == 0);
    }

    #[test]
    fn an_authority_is_recovered_as_c_does_but_never_from_a_high_s_or_another_parity(
        key: [u8; 32], address: [u8; 20], nonce: u64, way in 0u8..7, parity in prop::option::weighted(0.2, any::<u8>()),
    ) {
        let inner = Authorization { chain_id: U256::from(CHAIN_ID), address: address.into(), nonce };
        let (key, hash) = (B256::from(key), inner.signature_hash());
        prop_assume!(sign_message(key, hash).is_ok());
        let signature = variant(key, hash, way);
        let parity = parity.unwrap_or(u8::from(signature.v()));
        let authority = SignedAuthorization::new_unchecked(inner, parity, signature.r(), signature.s()).recover_authority().ok();
        let expected = (parity <= 1 && signature.s() <= order() >> 1).then(|| {
            let mut bytes = [0; 65];
            bytes[..64].copy_from_slice(&compact(&signature));
            bytes[64] = parity;
            NativeCrypto::default().recover_signer_unchecked(&bytes, &hash.0).ok()
        });
        prop_assert_eq!(authority, expected.flatten());
    }
}

#[test]
fn an_authorization_with_high_s_delegates_nothing_and_hurts_no_other() {
    install();
    let mut chain = Chain::new();
    let good = signer(1).authorize(0, PROBE);
    let low = signer(2).authorize(0, PROBE);
    let high = SignedAuthorization::new_unchecked(low.inner().clone(), low.y_parity() ^ 1, low.r(), order() - low.s());
    let odd = signer(3).authorize(0, PROBE);
    let odd = SignedAuthorization::new_unchecked(odd.inner().clone(), odd.y_parity() + 2, odd.r(), odd.s());
    chain.block(vec![], vec![signer(0).sign(delegation(0, vec![high, odd, good]))]);
    let code = |index| chain.state.accounts[&signer(index).address].code_hash;
    assert_ne!(code(1), KECCAK256_EMPTY);
    assert_eq!((code(2), code(3)), (KECCAK256_EMPTY, KECCAK256_EMPTY));
}
