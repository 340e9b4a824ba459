//! The rules are Osaka's, with all of its precompiles, in pure Rust.
#![allow(missing_docs)]

mod chain;

use alloy_primitives::{Address, Bytes, U256, address, bytes, hex};
use chain::Chain;
use gainsay_execute::{CallOutcome, CallRequest, CallStatus, call};

fn run(to: Option<Address>, data: Bytes) -> CallOutcome {
    let chain = Chain::new();
    let request = CallRequest { to, data, gas_limit: 1_000_000, ..CallRequest::default() };
    call(&chain.config, &chain.parent, request, &chain.state).unwrap()
}

fn word(value: u64) -> Vec<u8> {
    U256::from(value).to_be_bytes_vec()
}

#[test]
fn there_is_clz() {
    // CLZ of 1 (EIP-7939).
    assert_eq!(run(None, bytes!("60011e5f5260205ff3")).output, word(255));
}

#[test]
fn there_is_no_opcode_of_a_later_fork() {
    // SLOTNUM of Amsterdam (EIP-7843).
    assert!(matches!(run(None, bytes!("4b5f5260205ff3")).status, CallStatus::Halt(_)));
}

#[test]
fn secp256r1_signatures_are_verified() {
    // A vector of EIP-7951.
    let input = bytes!(
        "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4da73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d604aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff37618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e"
    );
    let verifier = address!("0000000000000000000000000000000000000100");
    assert_eq!(run(Some(verifier), input.clone()).output, word(1));
    let mut wrong = input.to_vec();
    wrong[0] ^= 1;
    assert!(run(Some(verifier), wrong.into()).output.is_empty());
}

#[test]
fn a_point_evaluation_is_verified() {
    // The commitment and the proof of the zero polynomial are the point at infinity.
    let infinity = [&[0xc0][..], &[0; 47]].concat();
    let hash = hex!("010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");
    let good = [&hash[..], &[0; 32], &[0; 32], &infinity, &infinity].concat();
    let evaluation = address!("000000000000000000000000000000000000000a");
    let outcome = run(Some(evaluation), good.clone().into());
    assert_eq!(outcome.output[..32], word(4096));
    let mut wrong = good;
    wrong[95] = 1;
    assert!(matches!(run(Some(evaluation), wrong.into()).status, CallStatus::Halt(_)));
}

#[test]
fn points_of_bls12_381_are_added() {
    let infinity = vec![0; 256];
    assert_eq!(run(Some(address!("000000000000000000000000000000000000000b")), infinity.into()).output, vec![0; 128]);
}

#[test]
fn modexp_has_its_new_price_and_limit() {
    let modexp = address!("0000000000000000000000000000000000000005");
    // 3^2 mod 5, and what the call costs: returns the gas before minus the gas after.
    let measure = bytes!("60015f52600160205260016040526203020560e81b6060525a60015f60635f60055afa505a900360805260206080f3");
    // EIP-7883: at least 500 gas; the rest are 100 for the call and 19 for the opcodes around it.
    assert_eq!(run(None, measure).output, word(619));
    assert_eq!(run(Some(modexp), [word(1), word(1), word(1), vec![3, 2, 5]].concat().into()).output, vec![4]);
    // EIP-7823: at most 1024 bytes a number.
    let large = [word(1025), word(0), word(1)].concat();
    assert!(matches!(run(Some(modexp), large.into()).status, CallStatus::Halt(_)));
}

#[test]
fn blobs_do_not_exist() {
    // BLOBHASH of 0, BLOBBASEFEE.
    assert_eq!(run(None, bytes!("5f495f5260205ff3")).output, word(0));
    assert_eq!(run(None, bytes!("4a5f5260205ff3")).output, word(1));
}
